//! The folder in which fastwright keeps the record of what it writes into a project, and what it
//! needs to take it back.
//!
//! It is below the user's state directory, where no clone and no archive can bring one, and belongs
//! to this user and to this project: it says at which path the project's folder stood, and which
//! folder that was. Runs on one project wait for no other: they refuse.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::failure::failure;
use super::folder::{Folder, Identity, is_absent};
use super::journal::{Journal, Memory};
use super::lock::{Hold, Lock, hold};
use crate::error::{Error, Result};
use crate::tree::{self, Blob};

/// The folders around all stores, below the state directory.
const FOLDERS: [&str; 2] = ["fastwright", "projects"];

/// The file that tells whose a store is.
const ROOT: &str = "root";

/// How many stores are kept; each of a finished upgrade holds the files that it changed.
const KEPT: usize = 200;

/// The open store of a project, and its locks.
#[derive(Debug)]
pub(super) struct Store {
    pub(super) folder: Folder,
    around: Folder,
    name: String,
    _locks: (Lock, Option<Lock>),
}

impl Store {
    /// Opens the store of a project for reading, where there is one.
    pub(super) fn find(state: Option<&Path>, root: &Folder) -> Result<Option<Folder>> {
        let Some(state) = state else { return Ok(None) };
        refuse_inside(state, root)?;
        let Some(around) = around(state, Missing::Left)? else { return Ok(None) };
        let found = Place::of(root).and_then(|place| place.find(&around));
        match found.map_err(|cause| failure("read", around.path(), &cause))? {
            Some(found) => own(&around, &found.name).map(Some),
            None => Ok(None),
        }
    }

    /// Makes the store of a project where it is missing, and locks the project.
    pub(super) fn open(state: Option<&Path>, root: &Folder) -> Result<Self> {
        state.map_or(Ok(()), |state| refuse_inside(state, root))?;
        let around = state.map(|state| around(state, Missing::Made)).transpose()?.flatten();
        let around = around.ok_or_else(|| {
            Error::failed("there is no place for the record of what is written")
                .because("neither `XDG_STATE_HOME` nor `HOME` names a folder")
                .because("without a record, a run that is killed could not be undone")
                .hint("set `XDG_STATE_HOME` to a folder of yours that stays, then run it again")
        })?;
        // Now that it is there, it is known where links on the way to it lead.
        state.map_or(Ok(()), |state| refuse_inside(state, root))?;
        let project = lock_project(root)?;
        for _ in 0..100 {
            let name = match settle(&around, root) {
                Ok(name) => name,
                // Another run does the same right now.
                Err(cause) if is_fleeting(&cause) => continue,
                Err(cause) => return Err(failure("write in", around.path(), &cause)),
            };
            let folder = match own(&around, &name) {
                Err(_) if matches!(around.has(&name), Ok(false)) => continue,
                result => result?,
            };
            let path = folder.join("lock");
            match folder.open_lock("lock").and_then(|file| hold(&path, file)) {
                Ok(Hold::Ours(lock)) => {
                    return Ok(Self { folder, around, name, _locks: (lock, project) });
                }
                Ok(Hold::Taken) => return Err(taken(&path)),
                Ok(Hold::Unknown) => {
                    return Err(Error::failed(format!("cannot lock `{}`", path.display()))
                        .because("its file system knows no locks")
                        .hint("set `XDG_STATE_HOME` to a folder on another disk"));
                }
                // A run that ended just now took the folder with it.
                Ok(Hold::Gone) => {}
                Err(cause) if is_fleeting(&cause) => {}
                Err(cause) => return Err(failure("write in", folder.path(), &cause)),
            }
        }
        Err(Error::failed(format!("cannot lock `{}`", root.path().display()))
            .because("other runs of fastwright come and go there")
            .hint("run it again"))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The lock still holds while the files go; what holds a record stays.
        let is_gone = |name| matches!(self.folder.has(name), Ok(false));
        let is_empty = is_gone("txn") && is_gone("last");
        if is_empty {
            let _ = self.folder.remove(ROOT);
        }
        let _ = self.folder.remove("lock");
        if is_empty {
            let _ = self.around.remove_directory(&self.name);
        }
    }
}

/// Refuses a state directory whose records may have come with the project.
fn refuse_inside(state: &Path, root: &Folder) -> Result<()> {
    let real = state.canonicalize();
    let places = [Some(state), real.as_deref().ok()];
    if !places.iter().flatten().any(|place| place.starts_with(root.path())) {
        return Ok(());
    }
    Err(Error::failed(format!("records in `{}` are not obeyed", state.display()))
        .because("that folder lies in the project itself, and may have come with it")
        .hint("set `XDG_STATE_HOME` to a folder of yours that stays, outside of the project"))
}

/// Tells whether an error is one of two runs that make and remove the same store.
fn is_fleeting(cause: &io::Error) -> bool {
    is_absent(cause) || cause.kind() == io::ErrorKind::AlreadyExists
}

/// What happens to a folder that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Missing {
    Left,
    Made,
}

/// Opens the folder around all stores.
fn around(state: &Path, missing: Missing) -> Result<Option<Folder>> {
    let wrong = |cause: &io::Error| {
        failure("write in", state, cause)
            .hint("or set `XDG_STATE_HOME` to a folder of yours that stays")
    };
    if missing == Missing::Made {
        fs::create_dir_all(state).map_err(|cause| wrong(&cause))?;
    }
    let mut folder = match Folder::open(state) {
        Ok(folder) => folder,
        Err(cause) if is_absent(&cause) => return Ok(None),
        Err(cause) => return Err(wrong(&cause)),
    };
    for name in FOLDERS {
        let is_there = folder.has(name).map_err(|cause| wrong(&cause))?;
        if missing == Missing::Made && !is_there {
            match folder.create_private(name) {
                Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(wrong(&cause));
                }
                Ok(()) | Err(_) => {}
            }
        }
        if !folder.has(name).map_err(|cause| wrong(&cause))? {
            return Ok(None);
        }
        folder = own(&folder, name)?;
    }
    Ok(Some(folder))
}

/// Opens a folder that must be this user's alone to write.
fn own(around: &Folder, name: &str) -> Result<Folder> {
    let path = around.join(name);
    let folder = around.inner(name).map_err(|cause| failure("open", &path, &cause))?;
    let (owner, mode) = folder.owner().map_err(|cause| failure("look at", &path, &cause))?;
    if owner == rustix::process::geteuid().as_raw() && mode & 0o022 == 0 {
        return Ok(folder);
    }
    Err(Error::failed(format!("records in `{}` are not obeyed", path.display()))
        .because("the folder belongs to another user, or others may write in it")
        .hint("run it as that user, make the folder yours alone, or set `XDG_STATE_HOME`"))
}

/// Keeps other users' runs out as well, as far as the file system has locks for folders.
fn lock_project(root: &Folder) -> Result<Option<Lock>> {
    match root.file().and_then(|file| hold(root.path(), file)) {
        Ok(Hold::Ours(lock)) => Ok(Some(lock)),
        Ok(Hold::Taken) => Err(taken(root.path())),
        Ok(Hold::Unknown | Hold::Gone) | Err(_) => Ok(None),
    }
}

fn taken(path: &Path) -> Error {
    Error::failed("another run of fastwright works on this project")
        .because(format!("it holds `{}`", path.display()))
        .hint("wait until it is done, then run it again")
}

/// Which folder at which path a store belongs to.
struct Place {
    path: Vec<u8>,
    identity: Identity,
}

/// A store that was found.
struct Found {
    name: String,
    /// Whether the project stood somewhere else when it was made.
    is_moved: bool,
}

impl Place {
    fn of(root: &Folder) -> io::Result<Self> {
        let path = root.path().as_os_str().as_bytes().to_vec();
        Ok(Self { path, identity: root.identity()? })
    }

    fn name(&self) -> String {
        let digest = tree::sha256(&self.path);
        format!("{}{}", &digest[..16], self.ending())
    }

    fn ending(&self) -> String {
        format!("-{}", self.identity.inode)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let born = self.identity.born.unwrap_or_default();
        let mut bytes = format!("{} {born}\n", self.identity.inode).into_bytes();
        bytes.extend(&self.path);
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let (line, path) = bytes.split_at_checked(end)?;
        let (inode, born) = std::str::from_utf8(line).ok()?.split_once(' ')?;
        let born = Some(born.parse().ok()?).filter(|born| *born != 0);
        let identity = Identity { inode: inode.parse().ok()?, born };
        Some(Self { path: path.get(1..)?.to_vec(), identity })
    }

    /// Finds the store of this folder: at its path, or at the one that it was moved from.
    fn find(&self, around: &Folder) -> io::Result<Option<Found>> {
        let (name, ending) = (self.name(), self.ending());
        let mut found = None;
        for (entry, kind) in around.entries("")? {
            let Some(entry) = entry.to_str().filter(|it| kind.is_dir() && it.ends_with(&ending))
            else {
                continue;
            };
            let read = around.read(&format!("{entry}/{ROOT}"));
            let kept = read.ok().flatten().and_then(|blob| Self::parse(&blob.bytes));
            let Some(kept) = kept.filter(|kept| kept.identity == self.identity) else { continue };
            let is_moved = entry != name;
            if !is_moved {
                return Ok(Some(Found { name, is_moved }));
            }
            if self.identity.born.is_some() && kept.is_left() {
                found = Some(Found { name: entry.to_owned(), is_moved });
            }
        }
        Ok(found)
    }

    /// Tells whether the folder stands no longer at its path.
    fn is_left(&self) -> bool {
        let path = Path::new(std::ffi::OsStr::from_bytes(&self.path));
        let there = Folder::open(path).and_then(|folder| folder.identity());
        there.is_err() || there.is_ok_and(|there| there != self.identity)
    }
}

/// Returns the name of the store of a project, which is there afterwards and says whose it is.
fn settle(around: &Folder, root: &Folder) -> io::Result<String> {
    let place = Place::of(root)?;
    let name = place.name();
    match place.find(around)? {
        Some(found) if !found.is_moved => return Ok(name),
        Some(found) => {
            around.remove_all(&name)?;
            around.rename(&found.name, around, &name)?;
            around.remove(&format!("{name}/{ROOT}"))?;
        }
        None => {
            // One of a folder that is gone, whose number this one has now.
            around.remove_all(&name)?;
            forget_oldest(around);
            around.create_private(&name)?;
        }
    }
    let made = around.create(&format!("{name}/{ROOT}"), &Blob::regular(place.to_bytes()));
    if made.is_err() {
        let _ = around.remove_directory(&name);
    }
    made.map(|()| name)
}

/// Makes room for a new store: the oldest memory of an upgrade goes, but for those with conflicts that
/// wait to be resolved.
fn forget_oldest(around: &Folder) {
    let Ok(entries) = around.entries("") else { return };
    if entries.len() < KEPT {
        return;
    }
    let names = entries.iter().filter_map(|(name, _)| name.to_str());
    let is_idle = |name: &&str| matches!(around.has(&format!("{name}/txn")), Ok(false));
    let idle = names.filter(|name| is_idle(name) && !waits(around, name));
    let age = |name: &&str| around.look(name).ok().flatten()?.modified().ok();
    if let Some(oldest) = idle.filter(|name| age(name).is_some()).min_by_key(age) {
        let _ = around.remove_all(oldest);
    }
}

/// Tells whether an upgrade has conflicts that nobody ended yet.
fn waits(around: &Folder, name: &str) -> bool {
    let journal = Journal::read(around, &format!("{name}/last/plan")).ok().flatten();
    let is_open = |memory: &Memory| matches!(memory, Memory::Originals(paths) if !paths.is_empty());
    journal.is_some_and(|journal| is_open(&journal.memory))
        && !matches!(around.has(&format!("{name}/last/resolved")), Ok(true))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Folder, Store};

    fn open(state: &Path, root: &Path) -> crate::error::Result<Store> {
        Store::open(Some(state), &Folder::open(root).expect("a folder"))
    }

    fn stores(state: &Path) -> usize {
        fs::read_dir(state.join("fastwright/projects")).expect("a folder").count()
    }

    #[test]
    fn open_refuses_a_second_run_and_lets_a_later_one_in() {
        let (state, root) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
        let first = open(state.path(), root.path()).expect("locked");

        let error = open(state.path(), root.path()).expect_err("taken").to_string();
        let other = tempfile::tempdir().expect("another state directory");
        let elsewhere = open(other.path(), root.path()).expect_err("taken").to_string();
        drop(first);

        let refused = "error: another run of fastwright works on this project\n";
        assert!(error.starts_with(refused), "{error}");
        assert!(elsewhere.starts_with(refused), "{elsewhere}");
        open(state.path(), root.path()).expect("locked");
        assert_eq!(stores(state.path()), 0, "nothing is left where nothing is remembered");
    }

    #[test]
    fn a_store_follows_its_folder_and_no_other_one() {
        let (state, home) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
        let (here, there) = (home.path().join("here"), home.path().join("there"));
        fs::create_dir(&here).expect("made");
        let store = open(state.path(), &here).expect("locked");
        store.folder.create_directory("last").expect("made");
        drop(store);

        fs::rename(&here, &there).expect("moved");
        fs::create_dir(&here).expect("made");

        let new = open(state.path(), &here).expect("locked");
        assert!(
            !new.folder.has("last").expect("looked at"),
            "another folder stands at the old path"
        );
        drop(new);
        let moved = open(state.path(), &there).expect("locked");
        assert!(moved.folder.has("last").expect("looked at"));
        assert_eq!(stores(state.path()), 1);
    }

    #[test]
    fn a_store_that_others_may_write_is_not_obeyed() {
        use std::os::unix::fs::PermissionsExt;
        let (state, root) = (tempfile::tempdir().expect("one"), tempfile::tempdir().expect("two"));
        for name in ["fastwright", "fastwright/projects"] {
            fs::create_dir(state.path().join(name)).expect("made");
            let shared = fs::Permissions::from_mode(0o777);
            fs::set_permissions(state.path().join(name), shared).expect("opened to all");

            let error = open(state.path(), root.path()).expect_err("refused").to_string();

            assert!(error.contains("others may write in it"), "{error}");
            let own = fs::Permissions::from_mode(0o700);
            fs::set_permissions(state.path().join(name), own).expect("closed again");
        }
        open(state.path(), root.path()).expect("locked");
    }

    #[test]
    fn without_a_state_directory_nothing_is_written() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = Folder::open(root.path()).expect("open");

        let error = Store::open(None, &folder).expect_err("refused").to_string();

        assert!(error.contains("set `XDG_STATE_HOME`"), "{error}");
        assert!(Store::find(None, &folder).expect("nothing to read").is_none());
    }
}
