//! Looks at the files of a repository before git or libgit2 opens them: whoever opens a pipe waits for
//! its other end, and a file may claim any length. Both wait without an end, and nobody could tell why.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use super::failure::failure;
use super::folder::Folder;
use super::library::Library;
use crate::error::{Error, Result};
use crate::tree::{RelPath, Tree};

/// The files that are read whole, each with the most bytes of it.
const READ: [(&str, u64); 13] = [
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

/// How long a repository may take to open: settings may include others, and these others again.
const OPENING: Duration = Duration::from_secs(20);

/// Refuses a git folder with something else in the place of a file.
pub(super) fn check_git(git: &Folder) -> Result<()> {
    for (name, most) in READ {
        check(git, name, most)?;
    }
    if let Some(common) = git.read("commondir").ok().flatten() {
        let text = String::from_utf8_lossy(&common.bytes).into_owned();
        let path = git.join(text.trim_end());
        let common = Folder::open(&path).map_err(|cause| failure("open", &path, &cause))?;
        if common.identity().ok() != git.identity().ok() && !common.has("commondir") {
            check_git(&common)?;
        }
    }
    for (name, kind) in git.entries("objects/pack").unwrap_or_default() {
        if !kind.is_file() {
            return Err(refused(&git.join("objects/pack").join(name), "it is no file"));
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

/// Opens a repository, and gives up where that takes too long.
pub(super) fn open(root: &Path, git: &Path) -> Result<std::result::Result<Library, git2::Error>> {
    let (sender, receiver) = sync_channel(1);
    let (whole_root, whole_git) = (root.to_owned(), git.to_owned());
    thread::spawn(move || sender.send(Library::open(&whole_root, &whole_git)));
    receiver
        .recv_timeout(OPENING)
        .map_err(|_| refused(git, "it took more than 20 s to read its settings and its index"))
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
