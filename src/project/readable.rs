//! Looks at the files of a repository before git or libgit2 opens them: whoever opens a pipe waits for
//! its other end, and a file may claim any length. Both wait without an end, and nobody could tell why.
//!
//! Nobody knows all the names that git opens, today and later, so its whole folder is looked at.

use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use cap_std::fs::FileTypeExt as _;
use git2::{Config, ConfigLevel};

use super::failure::failure;
use super::folder::Folder;
use super::library::Library;
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

/// How long a repository may take to open: settings may include others, and these others again.
const OPENING: Duration = Duration::from_secs(20);

/// The most folders one in another, and links or alternates one after another.
const DEEPEST: usize = 64;

/// Git's folders of other repositories, which are not opened.
const OTHERS: &str = "modules";

/// Refuses a git folder in which anything blocks whoever opens it.
pub(super) fn check_git(git: &Folder) -> Result<()> {
    for (name, most) in SIZES {
        check(git, name, most)?;
    }
    check_all(git, OTHERS, 0)?;
    check_alternates(&git.join("objects"), 0)?;
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
        let is_folder = if kind.is_symlink() {
            // A link is followed by git itself; what it leads to is looked at.
            let end = path.metadata().map(|found| found.file_type()).ok();
            if end.is_some_and(|end| !end.is_file() && !end.is_dir() && !end.is_socket()) {
                return Err(refused(&path, "it leads to no file"));
            }
            end.is_some_and(|end| end.is_dir())
        } else {
            kind.is_dir()
        };
        if is_folder && name != other {
            let inner = Folder::open(&path).map_err(|cause| failure("open", &path, &cause))?;
            check_all(&inner, "", depth + 1)?;
        }
    }
    Ok(())
}

/// Looks at the folders of objects that other ones name.
fn check_alternates(objects: &Path, depth: usize) -> Result<()> {
    let Ok(folder) = Folder::open(objects) else { return Ok(()) };
    let Some(blob) = folder.read("info/alternates").ok().flatten() else { return Ok(()) };
    if depth > DEEPEST {
        return Err(refused(objects, "there are too many alternates one after another"));
    }
    for line in String::from_utf8_lossy(&blob.bytes).lines().filter(|line| !line.is_empty()) {
        let other = objects.join(line.trim_matches('"'));
        if let Ok(folder) = Folder::open(&other) {
            check_all(&folder, "", 0)?;
            check_alternates(&other, depth + 1)?;
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
    thread::spawn(move || {
        let opened = check_named(&whole_root, &whole_git);
        sender.send(opened.map(|()| Library::open(&whole_root, &whole_git)))
    });
    receiver
        .recv_timeout(OPENING)
        .map_err(|_| refused(git, "it took more than 20 s to read its settings and its index"))?
}

/// Refuses settings that name something else than a file where git reads one.
fn check_named(root: &Path, git: &Path) -> Result<()> {
    let mut settings = Config::open_default().or_else(|_| Config::new());
    let common =
        git.join(std::fs::read_to_string(git.join("commondir")).unwrap_or_default().trim());
    let files = [("config", ConfigLevel::Local), ("config.worktree", ConfigLevel::Worktree)];
    for ((name, level), folder) in files.into_iter().zip([common.as_path(), git]) {
        if let Ok(settings) = &mut settings {
            // What cannot be read is told by whoever opens the repository.
            let _ = settings.add_file(&folder.join(name), level, true);
        }
    }
    for key in ["core.attributesFile", "core.excludesFile"] {
        let path = settings.as_ref().ok().and_then(|settings| settings.get_path(key).ok());
        let found = path.and_then(|path| root.join(path).metadata().ok());
        if found.is_some_and(|found| !found.is_file()) {
            return Err(refused(git, &format!("`{key}` in its settings names what is no file")));
        }
    }
    Ok(())
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
