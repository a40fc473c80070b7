//! The steps of a transaction that touch the project: each can be done twice without harm.

use std::io;
use std::path::Path;

use super::failure::failure;
use super::folder::{Folder, is_absent};
use super::journal::{Entry, Memory, Place, Repository, State, fingerprint};
use super::transaction::{Transaction, changed_meanwhile, kept};
use crate::error::{Error, Result};
use crate::tree::{Blob, RelPath};

/// Files that somebody changed while a run was half done: they stay as they are. Each with the name
/// under which stands beside it what it was before that run.
#[derive(Debug, Default)]
pub(super) struct Left(Vec<(RelPath, String)>);

impl Left {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds them to an error.
    pub(super) fn tell(&self, error: Error) -> Error {
        self.0.iter().fold(error, |error, (path, original)| {
            error
                .because(format!("`{path}` was changed since, and stays as it is"))
                .because(format!("what it was before that run is in `{original}`"))
        })
    }
}

impl Transaction<'_> {
    /// Makes all edits that are not made yet.
    pub(super) fn write(&self) -> Result<()> {
        self.unlock_index();
        let (gone, written): (Vec<_>, Vec<_>) =
            self.journal.entries.iter().enumerate().partition(|(_, entry)| entry.after.is_none());
        for (number, entry) in gone.into_iter().chain(written) {
            let root = self.site.root;
            let path = entry.path.as_str();
            match self.state(entry)? {
                State::After => {
                    if entry.after.is_none() {
                        self.prune(&entry.path);
                    }
                    continue;
                }
                State::Other if self.is_written(number, entry)? => continue,
                State::Before => {}
                // All that was in it is gone by now.
                State::Other if self.makes_room(entry)? => root
                    .remove_directory(path)
                    .map_err(|cause| self.wrong("remove", entry, &cause))?,
                State::Other if self.is_free(entry)? => {}
                State::Other => return Err(changed_meanwhile(&entry.path)),
            }
            match (entry.place, &entry.after) {
                (Place::Index, _) => self.put_index(number, entry)?,
                (Place::Project, Some(_)) => {
                    let (folder, staged) = self.staged(number, entry);
                    self.put(folder, &staged, path)
                        .map_err(|cause| self.wrong("write", entry, &cause))?;
                }
                (Place::Project, None) => {
                    root.remove(path).map_err(|cause| self.wrong("remove", entry, &cause))?;
                    self.prune(&entry.path);
                }
            }
        }
        let (root, made) = (self.site.root, format!("{}/.git", self.repository()));
        if self.journal.repository == Repository::Started {
            let moved = root.has(&made).and_then(|is_left| {
                // An earlier run may have come so far.
                if is_left { root.rename(&made, root, ".git") } else { Ok(()) }
            });
            moved.map_err(|cause| failure("write", &root.join(".git"), &cause))?;
        }
        Ok(())
    }

    /// Puts everything back as it was. What somebody else changed in between is left alone, and told.
    pub(super) fn undo(&self) -> Result<Left> {
        let (root, store) = (self.site.root, self.site.store);
        let back = |attempt: io::Result<()>, path: &Path| {
            attempt.map_err(|cause| {
                failure("put back", path, &cause).hint(format!(
                    "the originals are in `{}`; the next run puts them back",
                    store.join("txn/old").display()
                ))
            })
        };
        self.unlock_index();
        // With this mark a next run goes on undoing; without it, it finishes.
        let _ = store.create("txn/UNDO", &Blob::regular(""));
        let entries = || self.journal.entries.iter().enumerate().rev();
        let is_made = |entry: &Entry| {
            Ok::<_, Error>(entry.before != entry.after && self.state(entry)? == State::After)
        };
        for (_, entry) in entries().filter(|(_, entry)| entry.before.is_none()) {
            if is_made(entry)? {
                let folder = self.site.folder(entry);
                back(folder.remove(entry.path.as_str()), &folder.join(&entry.path))?;
            }
        }
        for (_, entry) in entries().filter(|(_, entry)| entry.place == Place::Project) {
            let near = self.near(entry.path.as_str());
            // Of what came from another disk half of it may be there; most have none.
            let _ = root.remove(&near);
        }
        for directory in self.journal.directories.iter().rev() {
            // One that somebody put something into stays.
            let _ = root.remove_directory(directory.as_str());
        }
        let mut left = Left::default();
        for (number, entry) in entries().filter(|(_, entry)| entry.before.is_some()) {
            let target = self.site.folder(entry).join(&entry.path);
            if is_made(entry)? || self.is_free(entry)? {
                back(self.put_back(number, entry), &target)?;
            } else if entry.place == Place::Project && self.state(entry)? == State::Other {
                let kept = self.keep_beside(number, entry)?;
                left.0.extend(kept.map(|name| (entry.path.clone(), name)));
            }
        }
        self.discard();
        Ok(left)
    }

    /// Keeps the original of a file that was written or deleted and changed since beside it, and
    /// returns its name. One that was not written is what somebody changed: they have it. Whether a
    /// deleted one was deleted or changed nobody can tell.
    fn keep_beside(&self, number: usize, entry: &Entry) -> Result<Option<String>> {
        let (root, store, kept) = (self.site.root, self.site.store, kept(number));
        let waits = root.has_folder(&self.journal.waiting);
        let waits = waits.map_err(|cause| self.wrong("look at", entry, &cause))?;
        if waits && entry.after.is_some() && !self.is_written(number, entry)? {
            return Ok(None);
        }
        let copied = self.copy_beside(&kept, entry);
        copied.map(Some).map_err(|cause| {
            self.wrong("keep the original of", entry, &cause)
                .hint(format!("it is in `{}`", store.join(&kept).display()))
        })
    }

    /// Puts the original of an entry beside it, under a name that is free.
    fn copy_beside(&self, kept: &str, entry: &Entry) -> io::Result<String> {
        let (root, store) = (self.site.root, self.site.store);
        if store.read(kept)?.as_ref().map(fingerprint) != entry.before {
            let why = "the kept original was changed";
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        for copy in 1..100 {
            let more = if copy == 1 { String::new() } else { format!("-{copy}") };
            let name = format!("{}.fastwright-original{more}", entry.path);
            if !root.has(&name)? {
                store.keep(kept, root, &name)?;
                return Ok(name);
            }
            // A run before this one was killed when it had got so far.
            if root.read(&name)?.as_ref().map(fingerprint) == entry.before {
                return Ok(name);
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Moves a file of the project or of the store into place, whole, from another disk too.
    fn put(&self, folder: &Folder, from: &str, target: &str) -> io::Result<()> {
        let root = self.site.root;
        let around = target.rsplit_once('/').map_or("", |(around, _)| around);
        root.create_directories(around)?;
        match folder.rename(from, root, target) {
            Err(cause) if cause.kind() == io::ErrorKind::CrossesDevices => {
                let near = self.near(target);
                match root.remove(&near) {
                    Err(cause) if !is_absent(&cause) => return Err(cause),
                    Ok(()) | Err(_) => folder.keep(from, root, &near)?,
                }
                root.rename(&near, root, target)?;
                folder.remove(from)
            }
            result => result,
        }
    }

    /// Returns the name under which a file from another disk grows beside its place.
    fn near(&self, target: &str) -> String {
        let around = target.rsplit_once('/').map_or(String::new(), |(it, _)| format!("{it}/"));
        format!("{around}{}.tmp", self.journal.waiting)
    }

    /// Puts the original of an entry back, if it is what the record says.
    fn put_back(&self, number: usize, entry: &Entry) -> io::Result<()> {
        let (store, kept) = (self.site.store, kept(number));
        let original = store.read(&kept)?;
        if original.as_ref().map(fingerprint) != entry.before {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the kept original was changed",
            ));
        }
        match (entry.place, self.site.git) {
            (Place::Index, Some(git)) => {
                store.keep(&kept, git, &self.journal.waiting)?;
                git.rename(&self.journal.waiting, git, entry.path.as_str())
            }
            (Place::Index, None) | (Place::Project, _) => {
                self.put(store, &kept, entry.path.as_str())
            }
        }
    }

    /// Moves an index into place as git does: its lock is taken first.
    fn put_index(&self, number: usize, entry: &Entry) -> Result<()> {
        let ((store, staged), git) = (self.staged(number, entry), self.site.folder(entry));
        let (near, path) = (self.journal.waiting.as_str(), entry.path.as_str());
        let lock = store.keep(&staged, git, near).and_then(|()| git.link(near, git, LOCK));
        lock.map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => locked(&git.join(LOCK)),
            _ => failure("write", &git.join(LOCK), &cause),
        })?;
        let put = match entry.state(git, path) {
            Ok(State::Before) => git
                .rename(LOCK, git, path)
                .and_then(|()| git.remove(near))
                .and_then(|()| store.remove(&staged)),
            Ok(State::After | State::Other) | Err(_) => Err(io::ErrorKind::ResourceBusy.into()),
        };
        put.map_err(|cause| {
            self.unlock_index();
            self.wrong("write", entry, &cause)
        })
    }

    /// Removes a lock of ours that a killed run left on the index, and what it was made of.
    pub(super) fn unlock_index(&self) {
        for entry in self.journal.entries.iter().filter(|entry| entry.place == Place::Index) {
            let git = self.site.folder(entry);
            let is_lock = git.has(LOCK).unwrap_or(false);
            if is_lock && matches!(entry.state(git, LOCK), Ok(State::After)) {
                // What cannot be removed is told when the index is put in its place.
                let _ = git.remove(LOCK);
            }
            let _ = git.remove(&self.journal.waiting);
        }
    }

    /// Removes the folders that a deleted file leaves empty.
    fn prune(&self, path: &RelPath) {
        let parents: Vec<&str> = path.parents().collect();
        for parent in parents.iter().rev() {
            if self.site.root.remove_directory(parent).is_err() {
                break;
            }
        }
    }

    /// Ends the transaction: keeps what undoes it, if that is wanted.
    pub(super) fn finish(&self) {
        let store = self.site.store;
        // What cannot be done now is done by the next run, which sees by the mark that all files
        // are in their places.
        let marked = store.create("txn/DONE", &Blob::regular(""));
        if marked.is_err_and(|cause| cause.kind() != io::ErrorKind::AlreadyExists) {
            return;
        }
        if self.journal.memory == Memory::Nothing {
            return self.discard();
        }
        if !self.clear() {
            return;
        }
        match store.remove("last/plan") {
            Err(cause) if !is_absent(&cause) => return,
            Ok(()) | Err(_) => {}
        }
        if store.remove_all("last").is_ok() {
            let _ = store.rename("txn", store, "last");
        }
    }

    /// Forgets the transaction. What cannot be removed now is removed by the next run.
    pub(super) fn discard(&self) {
        if !self.clear() {
            return;
        }
        // Without its record the rest is waste, in whatever order it goes.
        match self.site.store.remove("txn/plan") {
            Err(cause) if !is_absent(&cause) => {}
            Ok(()) | Err(_) => drop(self.site.store.remove_all("txn")),
        }
    }

    /// Removes what waited in the project, and tells whether nothing of it is left.
    fn clear(&self) -> bool {
        self.site.root.remove_all(&self.journal.waiting).is_ok()
    }
}

/// The lock that git takes on its index.
const LOCK: &str = "index.lock";

/// Returns the error for an index that git works on.
pub(super) fn locked(lock: &Path) -> Error {
    Error::failed("git is at work in this repository")
        .because(format!("it holds `{}`", lock.display()))
        .hint("wait until it is done; remove the file if no git runs, then run it again")
}
