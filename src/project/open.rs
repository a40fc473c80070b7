//! A project that exists: where it is, what it remembers, and who may change it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::checkout::Checkout;
use super::failure::failure;
use super::folder::Folder;
use super::state::{self, State};
use super::store::Store;
use super::transaction::recover;
use super::work::Site;
use crate::error::{Error, Result};
use crate::tree::{Blob, Mode};

/// A project in its folder.
pub struct Project {
    pub(super) root: Folder,
    /// The git folder around it.
    pub(super) git: Option<Folder>,
    pub(super) checkout: Checkout,
    stored: Stored,
    pub(super) file: Blob,
    pub(super) state: State,
}

/// What is kept of earlier runs.
enum Stored {
    /// This, for reading, where there is anything.
    Read(Option<Folder>),
    /// This, and nobody else writes.
    Locked(Store),
}

/// What a project is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Nothing is written, and nobody is kept out.
    Read,
    /// What a killed run left is finished or undone first, and other runs are kept out.
    Write,
}

impl Project {
    /// Opens the project that a folder is in. `kept` is the state directory of the user, in which
    /// the records of runs are.
    ///
    /// # Errors
    /// Fails where there is none, where its repository is another user's, where its state file is
    /// wrong, where another run works on it, or where a killed run left work that cannot be finished.
    pub fn open(directory: &Path, access: Access, kept: Option<&Path>) -> Result<Self> {
        let root = root(directory)?;
        let root = Folder::open(&root).map_err(|cause| failure("open", &root, &cause))?;
        // Git's check of the owner comes before anything that is read here acts.
        let (git, checkout) = Checkout::open(root.path())?;
        let stored = match access {
            Access::Write => Stored::Locked(recover(kept, &root, git.as_ref())?),
            Access::Read => {
                let store = Store::find(kept, &root)?;
                refuse_half_done(store.as_ref())?;
                Stored::Read(store)
            }
        };
        let path = root.join(state::path());
        let file = root.read(State::PATH).map_err(|cause| failure("read", &path, &cause))?;
        let file = file.filter(|file| file.mode != Mode::Link).ok_or_else(|| {
            Error::failed(format!("`{}` is no file", State::PATH))
                .hint("put the file in its place, then run it again")
        })?;
        let text = std::str::from_utf8(&file.bytes).map_err(|cause| {
            Error::failed(format!("`{}` is not UTF-8", State::PATH)).because(cause)
        })?;
        let state = State::parse(text)?;
        Ok(Self { root, git, checkout, stored, file, state })
    }

    /// Returns the folder of the project.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Returns what the project remembers.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Tells whether the project is in a repository.
    #[must_use]
    pub fn has_git(&self) -> bool {
        self.git.is_some()
    }

    /// Returns where to write, for a project that was opened for that.
    pub(super) fn site(&self) -> Result<Site<'_>> {
        let Stored::Locked(store) = &self.stored else {
            return Err(Error::failed("the project is open for reading"));
        };
        Ok(Site { root: &self.root, git: self.git.as_ref(), store: &store.folder })
    }

    /// Returns the store, where there is one; the last upgrade is in `last`, so that it can be undone.
    pub(super) fn stored(&self) -> Option<&Folder> {
        match &self.stored {
            Stored::Read(store) => store.as_ref(),
            Stored::Locked(store) => Some(&store.folder),
        }
    }
}

fn root(directory: &Path) -> Result<PathBuf> {
    let start = directory.canonicalize().map_err(|cause| {
        Error::usage(format!("cannot open `{}`", directory.display())).because(cause)
    })?;
    for folder in start.ancestors() {
        if let Ok(found) = folder.join(State::PATH).symlink_metadata() {
            refuse_foreign(&start, folder, found.uid())?;
            return Ok(folder.to_owned());
        }
        // A project never reaches beyond its repository.
        if folder.join(".git").symlink_metadata().is_ok() {
            break;
        }
    }
    Err(Error::usage(format!("there is no project in `{}`", directory.display()))
        .because(format!("neither it nor a folder above has a `{}`", State::PATH))
        .hint("`fastwright new DIR` writes a project"))
}

/// Refuses a project that was only found by looking further up, where another user may have left it.
fn refuse_foreign(start: &Path, root: &Path, owner: u32) -> Result<()> {
    if start == root || owner == rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    Err(Error::usage(format!("there is no project of yours in `{}`", start.display()))
        .because(format!("the one in `{}`, further up, belongs to another user", root.display()))
        .hint(format!("if it is meant, name its folder: `-C {}`", root.display())))
}

fn refuse_half_done(store: Option<&Folder>) -> Result<()> {
    let half_done = store.map_or(Ok(false), |store| {
        store.has("txn/plan").map_err(|cause| failure("look at", store.path(), &cause))
    });
    if half_done? {
        return Err(Error::failed("an earlier run was killed while it wrote, or writes right now")
            .hint("run `fastwright upgrade`, which finishes or undoes that first"));
    }
    Ok(())
}
