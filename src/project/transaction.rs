//! Writes many files as one: a run that dies leaves the old tree or the new one to the next run.
//!
//! All new contents are staged and all originals kept before the first file changes. Up to the
//! mark `COMMIT` every failure changes nothing. After it a failure of this run rolls back, and a
//! run that was killed is finished by the next one.
//!
//! The record, the originals and the marks are in the user's store. The new files wait in a folder
//! of the project, on whose disk they have to be; they are used as far as the record vouches for them.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use rustix::io::Errno;

use super::apply::locked;
use super::failure::failure;
use super::folder::{Folder, is_absent};
use super::interrupt::Interrupt;
use super::journal::{Entry, Journal, Place, Repository, State, fingerprint, new_waiting};
use super::links::without_links;
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

/// Locks the store of a project, after finishing or undoing what a killed run left.
pub(super) fn recover(state: Option<&Path>, root: &Folder, git: Option<&Folder>) -> Result<Store> {
    let store = Store::open(state, root)?;
    Transaction::recover(Site { root, git, store: &store.folder })?;
    Ok(store)
}

impl<'a> Transaction<'a> {
    /// Does all of the work, or none.
    pub(super) fn run(site: Site<'a>, work: &Work<'_>, interrupt: &Interrupt) -> Result<()> {
        let repository = work.start.map_or(Repository::Absent, |_| Repository::Started);
        let real = |path: &RelPath| without_links(site.root, path);
        let entries: Vec<Entry> =
            work.items.iter().map(|item| item.entry(real)).collect::<Result<_>>()?;
        let journal = Journal {
            directories: missing_directories(site.root, &entries)?,
            entries,
            repository,
            memory: work.memory.clone(),
            waiting: new_waiting(),
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
                Ok(left) => left.tell(error),
                Err(second) => Error::many(
                    error.exit(),
                    error.problems().iter().chain(second.problems()).cloned().collect(),
                ),
            }),
        }
    }

    /// Finishes or undoes what a killed run left.
    fn recover(site: Site<'a>) -> Result<()> {
        let Some(journal) = Journal::read(site.store, "txn/plan")? else {
            // Killed before the record was whole or after it was removed: nothing is half done.
            let removed = site.store.remove_all("txn");
            return removed.map_err(|cause| failure("remove", &site.store.join("txn"), &cause));
        };
        let transaction = Self { site, journal };
        if transaction.is_marked("txn/UNDO")? {
            return transaction.take_back();
        }
        if !transaction.is_marked("txn/COMMIT")? {
            // Killed before the first file changed; what stands there now is somebody's work.
            transaction.unlock_index();
            transaction.discard();
            return Ok(());
        }
        // Where all is in its place already, what differs now was changed by somebody since.
        if !transaction.is_done()? {
            if !transaction.can_finish()? {
                return transaction.take_back();
            }
            transaction.write()?;
        }
        transaction.finish();
        Ok(())
    }

    /// Undoes what a killed run did, and refuses to go on where files changed since.
    fn take_back(&self) -> Result<()> {
        let left = self.undo()?;
        if left.is_empty() {
            return Ok(());
        }
        let what = "an earlier run was killed while it wrote, and is taken back now";
        Err(left.tell(Error::failed(what)).hint("look at these files, then run it again"))
    }

    /// Refuses to edit something that changed since it was read, or that cannot be written.
    fn check(&self, entry: &Entry, item: &Item<'_>) -> Result<()> {
        let (folder, path) = (self.site.folder(entry), entry.path.as_str());
        if entry.place == Place::Index {
            match folder.has("index.lock") {
                Ok(true) => return Err(locked(&folder.join("index.lock"))),
                Ok(false) => {}
                Err(cause) => return Err(self.wrong("look at", entry, &cause)),
            }
        }
        if let Some(edit) = item.edit() {
            let state =
                entry.state(folder, path).map_err(|cause| self.wrong("read", entry, &cause))?;
            if state == State::Other && !self.makes_room(entry)? {
                return Err(changed_meanwhile(&entry.path));
            }
            if edit.before.as_ref().is_none_or(|before| before.mode == Mode::Link) {
                return Ok(());
            }
        }
        match folder.try_write(path) {
            Err(cause) if is_absent(&cause) => Ok(()),
            // A file that nobody may write can be replaced; an immutable one cannot.
            Err(cause) if cause.raw_os_error() != Some(Errno::ACCESS.raw_os_error()) => {
                Err(self.wrong("write", entry, &cause))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Writes all new contents and keeps all originals, then sets the mark.
    fn stage(&mut self, work: &Work<'_>, interrupt: &Interrupt) -> Result<()> {
        let Site { root, store, .. } = self.site;
        for name in ["txn", "txn/new", "txn/old"] {
            create_directory(store, name)?;
        }
        self.stage_index(&work.items)?;
        create(store, "txn/plan", &Blob::regular(self.journal.to_text()))?;
        create_directory(root, &self.journal.waiting)?;
        for (number, (entry, item)) in self.journal.entries.iter().zip(&work.items).enumerate() {
            interrupt.check()?;
            if entry.before.is_some() {
                let folder = self.site.folder(entry);
                let kept = folder.keep(entry.path.as_str(), store, &kept(number));
                kept.map_err(|cause| self.wrong("keep a copy of", entry, &cause))?;
            }
            self.stage_file(number, entry, item)?;
        }
        if let Some(start) = work.start {
            self.stage_repository(start)?;
        }
        interrupt.check()?;
        for folder in [root, store] {
            folder.sync().map_err(|cause| failure("write", folder.path(), &cause))?;
        }
        create(store, "txn/COMMIT", &Blob::regular(""))
    }

    /// Makes the new index before the record, which has to tell what is in it.
    fn stage_index(&mut self, items: &[Item<'_>]) -> Result<()> {
        for (number, item) in items.iter().enumerate() {
            let (Item::Index(make), Some(entry)) = (item, self.journal.entries.get_mut(number))
            else {
                continue;
            };
            let staged = staged_index(number);
            make(self.site.store, &staged)?;
            let print = |folder: &Folder, path: &str| match folder.read(path) {
                Ok(blob) => Ok(blob.as_ref().map(fingerprint)),
                Err(cause) => Err(failure("read", &folder.join(path), &cause)),
            };
            let before = print(self.site.folder(entry), entry.path.as_str())?;
            let after = print(self.site.store, &staged)?;
            (entry.before, entry.after) = (before, after);
        }
        Ok(())
    }

    fn stage_file(&self, number: usize, entry: &Entry, item: &Item<'_>) -> Result<()> {
        let (folder, staged) = self.staged(number, entry);
        match item {
            Item::Kept(_, kept) => {
                let store = self.site.store;
                let taken = store.keep(kept, folder, &staged);
                taken.map_err(|cause| failure("take back", &store.join(kept), &cause))
            }
            Item::File(Edit { before, after: Some(after), .. }) => {
                create(folder, &staged, after)?;
                if before.is_none() {
                    return Ok(());
                }
                let resembled =
                    folder.resemble(&staged, self.site.root, entry.path.as_str(), after.mode);
                resembled.map_err(|cause| self.wrong("write", entry, &cause))
            }
            Item::File(_) | Item::Index(_) => Ok(()),
        }
    }

    /// Makes the repository in the store, where nobody else comes between, and takes it over.
    fn stage_repository(&self, start: Start<'_>) -> Result<()> {
        let Site { root, store, .. } = self.site;
        create_directory(store, "txn/repository")?;
        start(&store.join("txn/repository"))?;
        let moved = match store.rename("txn/repository", root, &self.repository()) {
            Err(cause) if cause.kind() == io::ErrorKind::CrossesDevices => {
                store.keep_all("txn/repository", root, &self.repository())
            }
            result => result,
        };
        moved.map_err(|cause| failure("write", &root.join(self.repository()), &cause))
    }

    /// Tells whether all that is missing is still there, whole.
    fn can_finish(&self) -> Result<bool> {
        let mut is_whole = true;
        for (number, entry) in self.journal.entries.iter().enumerate() {
            match self.state(entry)? {
                State::After => {}
                // Nobody tells what git did to its index; the files are what counts.
                State::Other
                    if entry.place == Place::Index || self.is_written(number, entry)? => {}
                // Somebody's work: it stays, and the rest goes back to what fits it.
                State::Other if !self.makes_room(entry)? && !self.is_free(entry)? => {
                    return Ok(false);
                }
                State::Before | State::Other => {
                    let (folder, path) = self.staged(number, entry);
                    let staged = folder.read(&path).ok().flatten();
                    is_whole &= staged.as_ref().map(fingerprint) == entry.after;
                }
            }
        }
        Ok(is_whole)
    }

    /// Looks at what stands at an entry's place.
    pub(super) fn state(&self, entry: &Entry) -> Result<State> {
        let state = self.journal.state(entry, self.site.folder(entry));
        state.map_err(|cause| self.wrong("read", entry, &cause))
    }

    /// Returns the error for an attempt on the place of an entry.
    pub(super) fn wrong(&self, attempt: &str, entry: &Entry, cause: &io::Error) -> Error {
        failure(attempt, &self.site.folder(entry).join(&entry.path), cause)
    }

    /// Tells whether every new file went to its place; what is deleted went before.
    fn is_done(&self) -> Result<bool> {
        if self.is_marked("txn/DONE")? {
            return Ok(true);
        }
        let mut is_any = false;
        for (number, entry) in self.journal.entries.iter().enumerate() {
            if entry.after.is_some() && !self.is_written(number, entry)? {
                return Ok(false);
            }
            is_any |= entry.after.is_some();
        }
        Ok(is_any && self.journal.repository == Repository::Absent)
    }

    /// Tells whether a run set a mark.
    fn is_marked(&self, mark: &str) -> Result<bool> {
        let store = self.site.store;
        store.has(mark).map_err(|cause| failure("look at", &store.join(mark), &cause))
    }

    /// Tells whether an entry's new file went to its place already, where somebody changed it since.
    pub(super) fn is_written(&self, number: usize, entry: &Entry) -> Result<bool> {
        let (folder, staged) = self.staged(number, entry);
        let around = staged.rsplit_once('/').map_or("", |(around, _)| around);
        // Somebody may have cleared away the folder with all that waits.
        let is_gone = || Ok(folder.has_folder(around)? && !folder.has(&staged)?);
        let looked = if entry.after.is_some() { is_gone() } else { Ok(false) };
        looked.map_err(|cause: io::Error| failure("look at", &folder.join(&staged), &cause))
    }

    /// Tells whether nothing stands any more where a file is replaced: somebody moved it away.
    pub(super) fn is_free(&self, entry: &Entry) -> Result<bool> {
        let found = self.site.folder(entry).look(entry.path.as_str());
        found.map(|found| found.is_none()).map_err(|cause| self.wrong("look at", entry, &cause))
    }

    /// Tells whether a folder at the path of a new file goes with the files that are deleted in it.
    pub(super) fn makes_room(&self, entry: &Entry) -> Result<bool> {
        let below = format!("{}/", entry.path);
        let goes = |other: &Entry| other.after.is_none() && other.path.as_str().starts_with(&below);
        if entry.before.is_some() || !self.journal.entries.iter().any(goes) {
            return Ok(false);
        }
        let looked = self.site.folder(entry).has_folder(entry.path.as_str());
        looked.map_err(|cause| self.wrong("look at", entry, &cause))
    }

    /// Returns where the new contents of an entry wait.
    pub(super) fn staged(&self, number: usize, entry: &Entry) -> (&Folder, String) {
        match entry.place {
            Place::Index => (self.site.store, staged_index(number)),
            Place::Project => (self.site.root, format!("{}/{number}", self.journal.waiting)),
        }
    }

    /// Returns where a repository for the project waits.
    pub(super) fn repository(&self) -> String {
        format!("{}/repository", self.journal.waiting)
    }
}

fn staged_index(number: usize) -> String {
    format!("txn/new/{number}")
}

/// Returns where the store keeps the original of an entry.
pub(super) fn kept(number: usize) -> String {
    format!("txn/old/{number}")
}

/// Returns the error for a file that is not what it was when the run began.
pub(super) fn changed_meanwhile(path: &RelPath) -> Error {
    Error::failed(format!("`{path}` changed in the meantime"))
        .because("it is not what was read when this run began")
        .hint("run it again")
}

fn create(folder: &Folder, path: &str, blob: &Blob) -> Result<()> {
    folder.create(path, blob).map_err(|cause| failure("write", &folder.join(path), &cause))
}

fn create_directory(folder: &Folder, path: &str) -> Result<()> {
    folder.create_directory(path).map_err(|cause| failure("write", &folder.join(path), &cause))
}

/// Returns the folders that new files need and that are not there, from the top.
fn missing_directories(root: &Folder, entries: &[Entry]) -> Result<Vec<RelPath>> {
    let written =
        entries.iter().filter(|entry| entry.place == Place::Project && entry.after.is_some());
    let needed: BTreeSet<&str> = written.flat_map(|entry| entry.path.parents()).collect();
    let mut missing = Vec::new();
    for folder in needed {
        let is_there = root.has_folder(folder);
        if !is_there.map_err(|cause| failure("look at", &root.join(folder), &cause))? {
            missing.extend(RelPath::parse(folder).ok());
        }
    }
    Ok(missing)
}
