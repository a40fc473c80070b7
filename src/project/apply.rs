//! The steps of a transaction that touch the project: each can be done twice without harm.

use std::fs;
use std::io;
use std::path::Path;

use super::disk::is_absent;
use super::failure::failure;
use super::files;
use super::journal::{Entry, Memory, Place, Repository, State};
use super::transaction::{Transaction, changed_meanwhile};
use crate::error::{Error, Result};
use crate::tree::{Blob, RelPath};

impl Transaction<'_> {
    /// Makes all edits that are not made yet.
    pub(super) fn write(&self) -> Result<()> {
        self.unlock_index();
        let (gone, written): (Vec<_>, Vec<_>) =
            self.journal.entries.iter().enumerate().partition(|(_, entry)| entry.after.is_none());
        for (number, entry) in gone.into_iter().chain(written) {
            let target = self.site.target(entry);
            match self.state(entry).map_err(|cause| failure("read", &target, &cause))? {
                State::After => {
                    if entry.after.is_none() {
                        self.prune(&entry.path);
                    }
                    continue;
                }
                State::Other if self.is_written(number, entry) => continue,
                State::Before => {}
                // All that was in it is gone by now.
                State::Other if self.makes_room(entry) => files::remove_directory(&target)
                    .map_err(|cause| failure("remove", &target, &cause))?,
                State::Other => return Err(changed_meanwhile(&entry.path)),
            }
            match (entry.place, &entry.after) {
                (Place::Index, _) => self.put_index(entry, &self.staged(number))?,
                (Place::Project, Some(_)) => self
                    .put(&self.staged(number), &target)
                    .map_err(|cause| failure("write", &target, &cause))?,
                (Place::Project, None) => {
                    files::remove(&target).map_err(|cause| failure("remove", &target, &cause))?;
                    self.prune(&entry.path);
                }
            }
        }
        let (made, target) = (self.repository().join(".git"), self.site.root.join(".git"));
        if self.journal.repository == Repository::Started && made.exists() {
            files::rename(&made, &target).map_err(|cause| failure("write", &target, &cause))?;
        }
        Ok(())
    }

    /// Puts everything back as it was. What somebody else changed in between is left alone.
    pub(super) fn undo(&self) -> Result<()> {
        let back = |attempt: io::Result<()>, path: &Path| {
            attempt.map_err(|cause| {
                failure("put back", path, &cause).hint(format!(
                    "the originals are in `{}`; the next run puts them back",
                    self.site.store.join("txn/old").display()
                ))
            })
        };
        self.unlock_index();
        // Without the mark a next run goes on undoing.
        let mark = self.site.store.join("txn/COMMIT");
        match files::remove(&mark) {
            Err(cause) if !is_absent(&cause) => back(Err(cause), &mark)?,
            Ok(()) | Err(_) => {}
        }
        let entries = || self.journal.entries.iter().enumerate().rev();
        let is_made = |entry: &Entry| {
            let state = self.state(entry);
            entry.before != entry.after && matches!(state, Ok(State::After))
        };
        for (_, entry) in entries().filter(|(_, entry)| entry.before.is_none() && is_made(entry)) {
            let target = self.site.target(entry);
            back(files::remove(&target), &target)?;
        }
        for directory in self.journal.directories.iter().rev() {
            // One that somebody put something into stays.
            let _ = fs::remove_dir(self.site.root.join(directory));
        }
        for (number, entry) in entries().filter(|(_, entry)| entry.before.is_some()) {
            if is_made(entry) {
                let target = self.site.target(entry);
                back(self.put(&self.kept(number), &target), &target)?;
            }
        }
        self.discard();
        Ok(())
    }

    /// Moves a file into place, whole, from another disk too.
    fn put(&self, from: &Path, target: &Path) -> io::Result<()> {
        let folder = target.parent().unwrap_or(self.site.root);
        files::create_directories(folder)?;
        match files::rename(from, target) {
            Err(cause) if cause.kind() == io::ErrorKind::CrossesDevices => {
                let near = folder.join(".fastwright-tmp");
                match files::remove(&near) {
                    Err(cause) if !is_absent(&cause) => return Err(cause),
                    Ok(()) | Err(_) => files::keep(from, &near)?,
                }
                files::rename(&near, target)
            }
            result => result,
        }
    }

    /// Moves an index into place as git does: its lock is taken first.
    fn put_index(&self, entry: &Entry, from: &Path) -> Result<()> {
        let target = self.site.target(entry);
        let lock = target.with_extension("lock");
        files::link(from, &lock).map_err(|cause| match cause.kind() {
            io::ErrorKind::AlreadyExists => locked(&lock),
            _ => failure("write", &lock, &cause),
        })?;
        let put = match entry.state(&target) {
            Ok(State::Before) => files::rename(&lock, &target).and_then(|()| files::remove(from)),
            Ok(State::After | State::Other) | Err(_) => Err(io::ErrorKind::ResourceBusy.into()),
        };
        put.map_err(|cause| {
            self.unlock_index();
            failure("write", &target, &cause)
        })
    }

    /// Removes a lock of ours that a killed run left on the index.
    fn unlock_index(&self) {
        for entry in self.journal.entries.iter().filter(|entry| entry.place == Place::Index) {
            let lock = self.site.target(entry).with_extension("lock");
            if matches!(entry.state(&lock), Ok(State::After)) && lock.exists() {
                // What cannot be removed is told when the index is put in its place.
                let _ = files::remove(&lock);
            }
        }
    }

    /// Removes the folders that a deleted file leaves empty.
    fn prune(&self, path: &RelPath) {
        let parents: Vec<&str> = path.parents().collect();
        for parent in parents.iter().rev() {
            if files::remove_directory(&self.site.root.join(parent)).is_err() {
                break;
            }
        }
    }

    /// Ends the transaction: keeps what undoes it, if that is wanted.
    pub(super) fn finish(&self) {
        let Memory::Originals(_) = &self.journal.memory else { return self.discard() };
        let (txn, last) = (self.site.store.join("txn"), self.site.store.join("last"));
        // What cannot be done now is done by the next run, which finds all files in their places.
        let without_record = match files::remove(&last.join("plan")) {
            Err(cause) if !is_absent(&cause) => return,
            Ok(()) | Err(_) => fs::remove_dir_all(&last),
        };
        match without_record {
            Err(cause) if !is_absent(&cause) => {}
            Ok(()) | Err(_) => drop(files::rename(&txn, &last)),
        }
        if self.site.git.is_none() {
            // Should somebody start a repository around it: what is kept is nothing to commit.
            let _ = files::create(&self.site.store.join(".gitignore"), &Blob::regular("*\n"));
        }
    }

    /// Forgets the transaction. What cannot be removed now is removed by the next run.
    pub(super) fn discard(&self) {
        // Without its record the rest is waste, in whatever order it goes.
        match files::remove(&self.site.store.join("txn/plan")) {
            Err(cause) if !is_absent(&cause) => {}
            Ok(()) | Err(_) => drop(fs::remove_dir_all(self.site.store.join("txn"))),
        }
    }
}

/// Returns the error for an index that git works on.
pub(super) fn locked(lock: &Path) -> Error {
    Error::failed("git is at work in this repository")
        .because(format!("it holds `{}`", lock.display()))
        .hint("wait until it is done; remove the file if no git runs, then run it again")
}
