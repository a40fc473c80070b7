//! Looks at the files of a repository before git or libgit2 opens them: whoever opens a pipe waits for
//! its other end, and a file may claim any length.
//!
//! Nobody knows all the names that git opens, today and later, so its whole folder is looked at, and what is
//! wrong there is told at once, by its name. What git opens elsewhere, by settings, alternates or links, is
//! not looked for: all work of git and libgit2 is waited for with `patience`.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use cap_std::fs::FileTypeExt as _;

use super::failure::failure;
use super::folder::Folder;
use crate::error::{Error, Result};
use crate::tree::{RelPath, Tree};

/// The files that are read whole, each with the most bytes of it.
const SIZES: [(&str, u64); 13] = [
    ("HEAD", 1 << 20),
    ("config", 1 << 20),
    ("config.worktree", 1 << 20),
    ("commondir", 1 << 20),
    ("gitdir", 1 << 20),
    ("index", 1 << 30),
    ("packed-refs", 1 << 28),
    ("shallow", 1 << 28),
    ("info/attributes", 1 << 20),
    ("info/exclude", 1 << 20),
    ("info/sparse-checkout", 1 << 26),
    ("objects/info/alternates", 1 << 20),
    ("objects/info/commit-graph", 1 << 34),
];

/// The most folders one in another.
const DEEPEST: usize = 64;

/// Git's folders of other repositories, which are not opened.
const OTHERS: &str = "modules";

/// Refuses a git folder in which anything blocks whoever opens it.
pub(super) fn check_git(git: &Folder) -> Result<()> {
    for (name, most) in SIZES {
        check(git, name, most)?;
    }
    check_all(git, OTHERS, 0)?;
    if let Some(common) = git.read("commondir").ok().flatten() {
        let text = String::from_utf8_lossy(&common.bytes).into_owned();
        let path = git.join(text.trim_end());
        let common = Folder::open(&path).map_err(|cause| failure("open", &path, &cause))?;
        if common.identity().ok() != git.identity().ok()
            && common.has("commondir").is_ok_and(|has| !has)
        {
            check_git(&common)?;
        }
    }
    Ok(())
}

/// Looks at all that is in a folder and below it, but for one name. A socket, such as that of git's
/// own monitor, opens for nobody and blocks nobody.
fn check_all(folder: &Folder, other: &str, depth: usize) -> Result<()> {
    if depth > DEEPEST {
        return Err(refused(folder.path(), "there are too many folders one in another"));
    }
    let wrong = |cause: &std::io::Error| failure("look at", folder.path(), cause);
    for (name, kind) in folder.entries("").map_err(|cause| wrong(&cause))? {
        let path = folder.join(&name);
        if kind.is_fifo() || kind.is_char_device() || kind.is_block_device() {
            return Err(refused(&path, "it is no file"));
        }
        if kind.is_symlink() {
            let end = path.metadata().map(|found| found.file_type()).ok();
            if end.is_some_and(|end| !end.is_file() && !end.is_dir() && !end.is_socket()) {
                return Err(refused(&path, "it leads to no file"));
            }
            // A folder that it leads to is not entered: it may be any, this one too.
        } else if kind.is_dir() && name != other {
            let inner = Folder::open(&path).map_err(|cause| failure("open", &path, &cause))?;
            check_all(&inner, "", depth + 1)?;
        }
    }
    Ok(())
}

/// Refuses a project in whose folders something else stands in the place of git's settings.
pub(super) fn check_settings(root: &Folder, base: &Tree, theirs: &Tree) -> Result<()> {
    let paths = base.paths().chain(theirs.paths());
    let folders: std::collections::BTreeSet<&str> = paths.flat_map(RelPath::parents).collect();
    for folder in std::iter::once("").chain(folders) {
        for name in [".gitattributes", ".gitignore"] {
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            check(root, &path, 1 << 26)?;
        }
    }
    Ok(())
}

/// Refuses settings of these keys that name something else than a file where git reads one.
pub(super) fn check_named(git: &Folder, named: &[(String, PathBuf)]) -> Result<()> {
    // The empty file, which reads as one.
    let is_wrong = |path: &Path| {
        path != Path::new("/dev/null") && path.metadata().is_ok_and(|found| !found.is_file())
    };
    match named.iter().find(|(_, path)| is_wrong(path)) {
        Some((key, _)) => {
            Err(refused(git.path(), &format!("`{key}` in its settings names what is no file")))
        }
        None => Ok(()),
    }
}

fn check(folder: &Folder, name: &str, most: u64) -> Result<()> {
    let found = folder.look(name);
    match found.map_err(|cause| failure("look at", &folder.join(name), &cause))? {
        Some(found) if found.is_file() && found.len() > most => {
            Err(refused(&folder.join(name), &format!("it has more than {} MiB", most >> 20)))
        }
        // A link is followed by git itself; what it leads to is looked at.
        Some(found) if found.is_symlink() => match folder.join(name).metadata() {
            Ok(end) if !end.is_file() => Err(refused(&folder.join(name), "it leads to no file")),
            Ok(_) | Err(_) => Ok(()),
        },
        Some(found) if !found.is_file() && !found.is_dir() => {
            Err(refused(&folder.join(name), "it is no file"))
        }
        Some(_) | None => Ok(()),
    }
}

fn refused(path: &Path, cause: &str) -> Error {
    Error::failed(format!("git's `{}` cannot be read", path.display()))
        .because(cause)
        .hint("look where the folder comes from; a `git clone` makes a whole one")
}
