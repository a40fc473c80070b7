//! Writes many files as one: a run that dies leaves the old tree or the new one to the next run.
//!
//! All new contents are staged and all originals kept before the first file changes. Up to the
//! mark `COMMIT` every failure changes nothing. After it a failure of this run rolls back, and a
//! run that was killed is finished by the next one.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::apply::locked;
use super::disk::{is_absent, read_blob};
use super::failure::failure;
use super::files;
use super::interrupt::Interrupt;
use super::journal::{Entry, Journal, Place, Repository, State, fingerprint};
use super::store::Store;
use super::work::{Item, Site, Start, Work};
use crate::error::{Error, Result};
use crate::merge::Edit;
use crate::tree::{Blob, Mode, RelPath};

/// Edits on their way to a disk.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    pub(super) site: Site<'a>,
    pub(super) journal: Journal,
}

/// Locks the store of a project, after finishing or undoing what killed runs left.
pub(super) fn recover(root: &Path, git: Option<&Path>) -> Result<Store> {
    // A killed run that started the repository had its store where projects without one do.
    let without_git = Store::place(root, None);
    if git.is_some() && Store::is_used(&without_git) {
        let store = Store::open(without_git)?;
        Transaction::recover(Site { root, git: None, store: &store })?;
    }
    let store = Store::open(Store::place(root, git))?;
    Transaction::recover(Site { root, git, store: &store })?;
    Ok(store)
}

impl<'a> Transaction<'a> {
    /// Does all of the work, or none.
    pub(super) fn run(site: Site<'a>, work: &Work<'_>, interrupt: &Interrupt) -> Result<()> {
        let repository = work.start.map_or(Repository::Absent, |_| Repository::Started);
        let journal = Journal {
            entries: work.items.iter().map(Item::entry).collect(),
            directories: missing_directories(site.root, &work.items),
            repository,
            memory: work.memory.clone(),
        };
        let mut transaction = Self { site, journal };
        for (entry, item) in transaction.journal.entries.iter().zip(&work.items) {
            transaction.check(entry, item)?;
        }
        if let Err(error) = transaction.stage(work, interrupt) {
            transaction.discard();
            return Err(error);
        }
        match transaction.write() {
            Ok(()) => {
                transaction.finish();
                Ok(())
            }
            Err(error) => Err(match transaction.undo() {
                Ok(()) => error,
                Err(second) => Error::many(
                    error.exit(),
                    error.problems().iter().chain(second.problems()).cloned().collect(),
                ),
            }),
        }
    }

    /// Finishes or undoes what a killed run left.
    fn recover(site: Site<'a>) -> Result<()> {
        let directory = site.store.join("txn");
        let text = match fs::read_to_string(directory.join("plan")) {
            Ok(text) => text,
            Err(cause) if is_absent(&cause) => String::new(),
            Err(cause) => return Err(failure("read", &directory.join("plan"), &cause)),
        };
        let Some(journal) = Journal::parse(&text) else {
            // Killed before the record was whole or after it was removed: nothing is half done.
            return match fs::remove_dir_all(&directory) {
                Err(cause) if !is_absent(&cause) => Err(failure("remove", &directory, &cause)),
                Ok(()) | Err(_) => Ok(()),
            };
        };
        let transaction = Self { site, journal };
        if !directory.join("COMMIT").exists() {
            return transaction.undo();
        }
        // Where all is in its place already, what differs now was changed by somebody since.
        if !transaction.is_done() {
            if !transaction.can_finish()? {
                return transaction.undo();
            }
            transaction.write()?;
        }
        transaction.finish();
        Ok(())
    }

    /// Refuses to edit something that changed since it was read, or that cannot be written.
    fn check(&self, entry: &Entry, item: &Item<'_>) -> Result<()> {
        let target = self.site.target(entry);
        if entry.place == Place::Index {
            let lock = target.with_extension("lock");
            if lock.exists() {
                return Err(locked(&lock));
            }
        }
        if let Some(edit) = item.edit() {
            let state = entry.state(&target).map_err(|cause| failure("read", &target, &cause))?;
            if state == State::Other && !self.makes_room(entry) {
                return Err(changed_meanwhile(&entry.path));
            }
            if edit.before.as_ref().is_none_or(|before| before.mode == Mode::Link) {
                return Ok(());
            }
        }
        match OpenOptions::new().write(true).open(&target) {
            Err(cause) if is_absent(&cause) => Ok(()),
            // A file that nobody may write can be replaced; an immutable one cannot.
            Err(cause) if cause.raw_os_error() != Some(Errno::ACCESS.raw_os_error()) => {
                Err(failure("write", &target, &cause))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Writes all new contents and keeps all originals, then sets the mark.
    fn stage(&mut self, work: &Work<'_>, interrupt: &Interrupt) -> Result<()> {
        for name in ["txn", "txn/new", "txn/old"] {
            create_directory(&self.site.store.join(name))?;
        }
        self.stage_index(&work.items)?;
        create(&self.site.store.join("txn/plan"), &Blob::regular(self.journal.to_text()))?;
        for (number, (entry, item)) in self.journal.entries.iter().zip(&work.items).enumerate() {
            interrupt.check()?;
            if entry.before.is_some() {
                let target = self.site.target(entry);
                files::keep(&target, &self.kept(number))
                    .map_err(|cause| failure("keep a copy of", &target, &cause))?;
            }
            self.stage_file(number, item)?;
        }
        if let Some(start) = work.start {
            self.stage_repository(start)?;
        }
        interrupt.check()?;
        let store = self.site.store.join("txn");
        files::sync(&store).map_err(|cause| failure("write", &store, &cause))?;
        create(&store.join("COMMIT"), &Blob::regular(""))
    }

    /// Makes the new index before the record, which has to tell what is in it.
    fn stage_index(&mut self, items: &[Item<'_>]) -> Result<()> {
        for (number, item) in items.iter().enumerate() {
            let Item::Index(make) = item else { continue };
            let (staged, target) = (self.staged(number), self.site.target(&Entry::index()));
            make(&staged)?;
            let print = |path: &Path| match read_blob(path) {
                Ok(blob) => Ok(blob.as_ref().map(fingerprint)),
                Err(cause) => Err(failure("read", path, &cause)),
            };
            let (before, after) = (print(&target)?, print(&staged)?);
            if let Some(entry) = self.journal.entries.get_mut(number) {
                (entry.before, entry.after) = (before, after);
            }
        }
        Ok(())
    }

    fn stage_file(&self, number: usize, item: &Item<'_>) -> Result<()> {
        let staged = self.staged(number);
        match item {
            Item::Kept(_, kept) => {
                files::keep(kept, &staged).map_err(|cause| failure("take back", kept, &cause))
            }
            Item::File(Edit { path, before, after: Some(after) }) => {
                create(&staged, after)?;
                if before.is_none() {
                    return Ok(());
                }
                let target = self.site.root.join(path);
                files::resemble(&staged, &target, after.mode)
                    .map_err(|cause| failure("write", &staged, &cause))
            }
            Item::File(_) | Item::Index(_) => Ok(()),
        }
    }

    fn stage_repository(&self, start: Start<'_>) -> Result<()> {
        create_directory(&self.repository())?;
        start(&self.repository())
    }

    /// Tells whether all that is missing is still there, whole.
    fn can_finish(&self) -> Result<bool> {
        let mut is_whole = true;
        for (number, entry) in self.journal.entries.iter().enumerate() {
            let target = self.site.target(entry);
            match self.state(entry).map_err(|cause| failure("read", &target, &cause))? {
                State::After => {}
                // Nobody tells what git did to its index; the files are what counts.
                State::Other if self.is_written(number, entry) || entry.place == Place::Index => {}
                State::Other if !self.makes_room(entry) => {
                    let kept = self.site.store.join("txn");
                    return Err(Error::failed(format!("`{}` is neither old nor new", entry.path))
                        .because("an earlier run was killed while it wrote")
                        .because("somebody changed the file since")
                        .hint(format!(
                            "move it away and run it again; both versions are in `{}`",
                            kept.display()
                        )));
                }
                State::Before | State::Other => {
                    let staged = read_blob(&self.staged(number)).ok().flatten();
                    is_whole &= staged.as_ref().map(fingerprint) == entry.after;
                }
            }
        }
        Ok(is_whole)
    }

    /// Looks at what stands at an entry's place.
    pub(super) fn state(&self, entry: &Entry) -> io::Result<State> {
        self.journal.state(entry, &self.site.target(entry))
    }

    /// Tells whether every new file went to its place; what is deleted went before.
    fn is_done(&self) -> bool {
        let mut written =
            self.journal.entries.iter().enumerate().filter(|(_, entry)| entry.after.is_some());
        let is_all = written.clone().all(|(number, entry)| self.is_written(number, entry));
        self.journal.repository == Repository::Absent && written.next().is_some() && is_all
    }

    /// Tells whether an entry's new file went to its place already, where somebody changed it since.
    pub(super) fn is_written(&self, number: usize, entry: &Entry) -> bool {
        entry.after.is_some() && !self.staged(number).exists()
    }

    /// Tells whether a folder at the path of a new file goes with the files that are deleted in it.
    pub(super) fn makes_room(&self, entry: &Entry) -> bool {
        let below = format!("{}/", entry.path);
        let goes = |other: &Entry| other.after.is_none() && other.path.as_str().starts_with(&below);
        entry.before.is_none()
            && self.site.target(entry).is_dir()
            && self.journal.entries.iter().any(goes)
    }

    /// Returns where the new contents of an entry are staged.
    pub(super) fn staged(&self, number: usize) -> PathBuf {
        self.site.store.join("txn/new").join(number.to_string())
    }

    /// Returns where the original of an entry is kept.
    pub(super) fn kept(&self, number: usize) -> PathBuf {
        self.site.store.join("txn/old").join(number.to_string())
    }

    /// Returns where a repository for the project is made.
    pub(super) fn repository(&self) -> PathBuf {
        self.site.store.join("txn/repository")
    }
}

/// Returns the error for a file that is not what it was when the run began.
pub(super) fn changed_meanwhile(path: &RelPath) -> Error {
    Error::failed(format!("`{path}` changed in the meantime"))
        .because("it is not what was read when this run began")
        .hint("run it again")
}

fn create(path: &Path, blob: &Blob) -> Result<()> {
    files::create(path, blob).map_err(|cause| failure("write", path, &cause))
}

fn create_directory(path: &Path) -> Result<()> {
    files::create_directory(path).map_err(|cause| failure("write", path, &cause))
}

/// Returns the folders that edits need and that are not there, from the top.
fn missing_directories(root: &Path, items: &[Item<'_>]) -> Vec<RelPath> {
    let written = items.iter().filter_map(Item::edit).filter(|edit| edit.after.is_some());
    let needed: BTreeSet<&str> = written.flat_map(|edit| edit.path.parents()).collect();
    let missing = needed.into_iter().filter(|folder| !root.join(folder).is_dir());
    missing.filter_map(|folder| RelPath::parse(folder).ok()).collect()
}
