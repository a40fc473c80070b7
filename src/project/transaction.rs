//! Writes many files as one: a run that dies leaves the old tree or the new one to the next run.
//!
//! All new contents are staged and all originals kept before the first file changes. Up to the
//! mark `COMMIT` every failure changes nothing. After it a failure of this run rolls back, and a
//! run that was killed is finished by the next one.

use std::collections::BTreeSet;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::disk::{is_absent, read_blob};
use super::failure::failure;
use super::files;
use super::interrupt::Interrupt;
use super::journal::{Entry, Journal, Repository, State, fingerprint};
use super::store::Store;
use crate::error::{Error, Result};
use crate::merge::Edit;
use crate::tree::{Blob, Mode, RelPath};

/// Edits on their way to a disk.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    pub(super) root: &'a Path,
    pub(super) store: &'a Store,
    pub(super) journal: Journal,
}

/// Makes a repository in a folder that exists; it moves to the project with the files.
pub(super) type Start<'a> = &'a dyn Fn(&Path) -> Result<()>;

/// Locks the store of a project, after finishing or undoing what killed runs left.
pub(super) fn recover(root: &Path, git: Option<&Path>) -> Result<Store> {
    // A killed run that started the repository had its store where projects without one do.
    let without_git = Store::place(root, None);
    if git.is_some() && Store::is_used(&without_git) {
        Transaction::recover(root, &Store::open(without_git)?)?;
    }
    let store = Store::open(Store::place(root, git))?;
    Transaction::recover(root, &store)?;
    Ok(store)
}

impl<'a> Transaction<'a> {
    /// Prepares edits of the project at `root`.
    pub(super) fn new(root: &'a Path, store: &'a Store, edits: &[Edit]) -> Self {
        let directories = missing_directories(root, edits);
        Self { root, store, journal: Journal { directories, ..Journal::new(edits) } }
    }

    /// Makes all edits, or none.
    pub(super) fn run(
        mut self,
        edits: &[Edit],
        start: Option<Start<'_>>,
        interrupt: &Interrupt,
    ) -> Result<()> {
        if start.is_some() {
            self.journal.repository = Repository::Started;
        }
        for (entry, edit) in self.journal.entries.iter().zip(edits) {
            self.check(entry, edit)?;
        }
        if let Err(error) = self.stage(edits, start, interrupt) {
            self.discard();
            return Err(error);
        }
        match self.write() {
            Ok(()) => {
                self.discard();
                Ok(())
            }
            Err(error) => Err(match self.undo() {
                Ok(()) => error,
                Err(second) => Error::many(
                    error.exit(),
                    error.problems().iter().chain(second.problems()).cloned().collect(),
                ),
            }),
        }
    }

    /// Finishes or undoes what a killed run left.
    fn recover(root: &'a Path, store: &'a Store) -> Result<()> {
        let directory = store.join("txn");
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
        let transaction = Self { root, store, journal };
        if directory.join("COMMIT").exists() && transaction.can_finish()? {
            transaction.write()?;
            transaction.discard();
            Ok(())
        } else {
            transaction.undo()
        }
    }

    /// Refuses an edit of something that changed since it was read, or that cannot be written.
    fn check(&self, entry: &Entry, edit: &Edit) -> Result<()> {
        let target = self.root.join(&entry.path);
        let state = entry.state(self.root).map_err(|cause| failure("read", &target, &cause))?;
        if state == State::Other && !self.makes_room(entry) {
            return Err(Error::failed(format!("`{}` changed in the meantime", entry.path))
                .because("it is not what was read when this run began")
                .hint("run it again"));
        }
        if matches!(&edit.before, Some(before) if before.mode != Mode::Link)
            && let Err(cause) = OpenOptions::new().write(true).open(&target)
            // A file that nobody may write can be replaced; an immutable one cannot.
            && cause.raw_os_error() != Some(Errno::ACCESS.raw_os_error())
        {
            return Err(failure("write", &target, &cause));
        }
        Ok(())
    }

    /// Writes all new contents and keeps all originals, then sets the mark.
    fn stage(&self, edits: &[Edit], start: Option<Start<'_>>, interrupt: &Interrupt) -> Result<()> {
        let write = |blob: &Blob, path: &Path| {
            files::create(path, blob).map_err(|cause| failure("write", path, &cause))
        };
        let folder = |path: &Path| {
            files::create_directory(path).map_err(|cause| failure("write", path, &cause))
        };
        folder(&self.store.join("txn"))?;
        write(&Blob::regular(self.journal.to_text()), &self.store.join("txn/plan"))?;
        folder(&self.store.join("txn/new"))?;
        folder(&self.store.join("txn/old"))?;
        for (number, edit) in edits.iter().enumerate() {
            interrupt.check()?;
            if edit.before.is_some() {
                let target = self.root.join(&edit.path);
                files::keep(&target, &self.kept(number))
                    .map_err(|cause| failure("keep a copy of", &target, &cause))?;
            }
            if let Some(after) = &edit.after {
                write(after, &self.staged(number))?;
            }
        }
        if let Some(start) = start {
            folder(&self.repository())?;
            start(&self.repository())?;
        }
        interrupt.check()?;
        write(&Blob::regular(""), &self.store.join("txn/COMMIT"))
    }

    /// Tells whether all that is missing is still there, whole.
    fn can_finish(&self) -> Result<bool> {
        let mut is_whole = true;
        for (number, entry) in self.journal.entries.iter().enumerate() {
            let target = self.root.join(&entry.path);
            match entry.state(self.root).map_err(|cause| failure("read", &target, &cause))? {
                State::After => {}
                State::Other if !self.makes_room(entry) => {
                    let kept = self.store.join("txn");
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

    /// Tells whether a folder at the path of a new file goes with the files that are deleted in it.
    fn makes_room(&self, entry: &Entry) -> bool {
        let below = format!("{}/", entry.path);
        let goes = |other: &Entry| other.after.is_none() && other.path.as_str().starts_with(&below);
        entry.before.is_none()
            && self.root.join(&entry.path).is_dir()
            && self.journal.entries.iter().any(goes)
    }

    /// Returns where the new contents of an entry are staged.
    pub(super) fn staged(&self, number: usize) -> PathBuf {
        self.store.join("txn/new").join(number.to_string())
    }

    /// Returns where the original of an entry is kept.
    pub(super) fn kept(&self, number: usize) -> PathBuf {
        self.store.join("txn/old").join(number.to_string())
    }

    /// Returns where a repository for the project is made.
    pub(super) fn repository(&self) -> PathBuf {
        self.store.join("txn/repository")
    }
}

/// Returns the folders that edits need and that are not there, from the top.
fn missing_directories(root: &Path, edits: &[Edit]) -> Vec<RelPath> {
    let written = edits.iter().filter(|edit| edit.after.is_some());
    let needed: BTreeSet<&str> = written.flat_map(|edit| edit.path.parents()).collect();
    let missing = needed.into_iter().filter(|folder| !root.join(folder).is_dir());
    missing.filter_map(|folder| RelPath::parse(folder).ok()).collect()
}
