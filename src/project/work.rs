//! What a transaction is to do, and where.

use std::path::{Path, PathBuf};

use super::journal::{Entry, Memory, Place};
use super::store::Store;
use crate::error::Result;
use crate::merge::Edit;

/// A project that can be written: its folder, the git folder around it, its locked store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    pub(super) root: &'a Path,
    pub(super) git: Option<&'a Path>,
    pub(super) store: &'a Store,
}

impl Site<'_> {
    /// Returns the place that an entry speaks of.
    pub(super) fn target(&self, entry: &Entry) -> PathBuf {
        match (entry.place, self.git) {
            (Place::Index, Some(git)) => git.join("index"),
            (Place::Index, None) | (Place::Project, _) => self.root.join(&entry.path),
        }
    }
}

/// One thing to write.
pub(super) enum Item<'a> {
    /// A file of the project, with the bytes of the edit.
    File(&'a Edit),
    /// A file of the project; what stands there after is this kept file, with all it has.
    Kept(&'a Edit, PathBuf),
    /// Git's index, as this makes it at a path from what it is now.
    Index(&'a dyn Fn(&Path) -> Result<()>),
}

impl Item<'_> {
    /// Returns the edit of a file.
    pub(super) fn edit(&self) -> Option<&Edit> {
        match self {
            Self::File(edit) | Self::Kept(edit, _) => Some(edit),
            Self::Index(_) => None,
        }
    }

    /// Returns what the journal says of it.
    pub(super) fn entry(&self) -> Entry {
        self.edit().map_or_else(Entry::index, Entry::new)
    }
}

/// Makes a repository in a folder that exists; it moves to the project with the files.
pub(super) type Start<'a> = &'a dyn Fn(&Path) -> Result<()>;

/// All that a transaction does, in this order; what it deletes goes first.
#[derive(Default)]
pub(super) struct Work<'a> {
    pub(super) items: Vec<Item<'a>>,
    pub(super) start: Option<Start<'a>>,
    pub(super) memory: Memory,
}

impl<'a> Work<'a> {
    /// Returns work that writes these files and no more.
    pub(super) fn files(edits: &'a [Edit]) -> Self {
        Self { items: edits.iter().map(Item::File).collect(), ..Self::default() }
    }
}
