//! The steps of a transaction that touch the project: each can be done twice without harm.

use std::fs;
use std::io;
use std::path::Path;

use super::disk::is_absent;
use super::failure::failure;
use super::files;
use super::journal::{Entry, Repository, State};
use super::transaction::Transaction;
use crate::error::{Error, Result};
use crate::tree::RelPath;

impl Transaction<'_> {
    /// Makes all edits that are not made yet.
    pub(super) fn write(&self) -> Result<()> {
        let (gone, written): (Vec<_>, Vec<_>) =
            self.journal.entries.iter().enumerate().partition(|(_, entry)| entry.after.is_none());
        for (number, entry) in gone.into_iter().chain(written) {
            let target = self.root.join(&entry.path);
            match entry.state(self.root).map_err(|cause| failure("read", &target, &cause))? {
                State::After => continue,
                State::Before => {}
                State::Other => {
                    return Err(Error::failed(format!("`{}` changed in the meantime", entry.path))
                        .because("it is not what was read when this run began")
                        .hint("run it again"));
                }
            }
            if entry.after.is_some() {
                self.put(&self.staged(number), &target)
                    .map_err(|cause| failure("write", &target, &cause))?;
            } else {
                files::remove(&target).map_err(|cause| failure("remove", &target, &cause))?;
                self.prune(&entry.path);
            }
        }
        let (made, target) = (self.repository().join(".git"), self.root.join(".git"));
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
                    self.store.join("txn/old").display()
                ))
            })
        };
        // Without the mark a next run goes on undoing.
        let mark = self.store.join("txn/COMMIT");
        match files::remove(&mark) {
            Err(cause) if !is_absent(&cause) => back(Err(cause), &mark)?,
            Ok(()) | Err(_) => {}
        }
        let entries = || self.journal.entries.iter().enumerate().rev();
        let is_made = |entry: &Entry| {
            entry.before != entry.after && matches!(entry.state(self.root), Ok(State::After))
        };
        for (_, entry) in entries().filter(|(_, entry)| entry.before.is_none() && is_made(entry)) {
            let target = self.root.join(&entry.path);
            back(files::remove(&target), &target)?;
        }
        for directory in self.journal.directories.iter().rev() {
            // One that somebody put something into stays.
            let _ = fs::remove_dir(self.root.join(directory));
        }
        for (number, entry) in entries().filter(|(_, entry)| entry.before.is_some()) {
            if is_made(entry) {
                let target = self.root.join(&entry.path);
                back(self.put(&self.kept(number), &target), &target)?;
            }
        }
        self.discard();
        Ok(())
    }

    /// Moves a file into place, whole, from another disk too.
    fn put(&self, from: &Path, target: &Path) -> io::Result<()> {
        let folder = target.parent().unwrap_or(self.root);
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

    /// Removes the folders that a deleted file leaves empty.
    fn prune(&self, path: &RelPath) {
        let parents: Vec<&str> = path.parents().collect();
        for parent in parents.iter().rev() {
            if files::remove_directory(&self.root.join(parent)).is_err() {
                break;
            }
        }
    }

    /// Forgets the transaction. What cannot be removed now is removed by the next run.
    pub(super) fn discard(&self) {
        // Without its record the rest is waste, in whatever order it goes.
        match files::remove(&self.store.join("txn/plan")) {
            Err(cause) if !is_absent(&cause) => {}
            Ok(()) | Err(_) => drop(fs::remove_dir_all(self.store.join("txn"))),
        }
    }
}
