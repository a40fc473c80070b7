//! A project that exists: where it is, what it remembers, and who may change it.

use std::path::{Path, PathBuf};

use super::checkout::Checkout;
use super::disk::read_blob;
use super::failure::failure;
use super::state::State;
use super::store::Store;
use super::transaction::recover;
use super::work::Site;
use super::{repository, state};
use crate::error::{Error, Result};
use crate::tree::{Blob, Mode};

/// A project in its folder.
pub struct Project {
    pub(super) root: PathBuf,
    pub(super) git: Option<PathBuf>,
    pub(super) store: Option<Store>,
    pub(super) file: Blob,
    pub(super) state: State,
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
    /// Opens the project that a folder is in.
    ///
    /// # Errors
    /// Fails where there is none, where its state file is wrong, where another run works on it,
    /// or where a killed run left work that cannot be finished.
    pub fn open(directory: &Path, access: Access) -> Result<Self> {
        let root = root(directory)?;
        let git = repository::enclosing(&root);
        let store = match access {
            Access::Write => Some(recover(&root, git.as_deref())?),
            Access::Read => {
                refuse_half_done(&root, git.as_deref())?;
                None
            }
        };
        let path = root.join(state::path());
        let file = read_blob(&path).map_err(|cause| failure("read", &path, &cause))?;
        let file = file.filter(|file| file.mode != Mode::Link).ok_or_else(|| {
            Error::failed(format!("`{}` is no file", State::PATH))
                .hint("put the file in its place, then run it again")
        })?;
        let text = std::str::from_utf8(&file.bytes).map_err(|cause| {
            Error::failed(format!("`{}` is not UTF-8", State::PATH)).because(cause)
        })?;
        let state = State::parse(text)?;
        Ok(Self { root, git, store, file, state })
    }

    /// Returns the folder of the project.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
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

    pub(super) fn checkout(&self) -> Result<Checkout> {
        Checkout::open(&self.root, self.git.as_deref())
    }

    /// Returns where to write, for a project that was opened for that.
    pub(super) fn site(&self) -> Result<Site<'_>> {
        let Self { root, git, store, .. } = self;
        let store =
            store.as_ref().ok_or_else(|| Error::failed("the project is open for reading"))?;
        Ok(Site { root, git: git.as_deref(), store })
    }

    /// Returns where the last upgrade is kept, so that it can be undone.
    pub(super) fn last(&self) -> PathBuf {
        Store::place(&self.root, self.git.as_deref()).join("last")
    }
}

fn root(directory: &Path) -> Result<PathBuf> {
    let start = directory.canonicalize().map_err(|cause| {
        Error::usage(format!("cannot open `{}`", directory.display())).because(cause)
    })?;
    for folder in start.ancestors() {
        if folder.join(State::PATH).symlink_metadata().is_ok() {
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

fn refuse_half_done(root: &Path, git: Option<&Path>) -> Result<()> {
    let places = [Store::place(root, None), Store::place(root, git)];
    if places.iter().any(|place| place.join("txn/plan").exists()) {
        return Err(Error::failed("an earlier run was killed while it wrote, or writes right now")
            .hint("run `fastwright upgrade`, which finishes or undoes that first"));
    }
    Ok(())
}
