//! What a transaction is to do, and where.

use std::path::Path;

use super::folder::Folder;
use super::journal::{Entry, Memory, Place};
use crate::error::Result;
use crate::merge::Edit;
use crate::tree::RelPath;

/// A project that can be written: its folder, the git folder around it, its locked store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site<'a> {
    pub(super) root: &'a Folder,
    pub(super) git: Option<&'a Folder>,
    pub(super) store: &'a Folder,
}

impl Site<'_> {
    /// Returns the folder that an entry speaks of.
    pub(super) fn folder(&self, entry: &Entry) -> &Folder {
        match (entry.place, self.git) {
            (Place::Index, Some(git)) => git,
            (Place::Index, None) | (Place::Project, _) => self.root,
        }
    }
}

/// One thing to write.
pub(super) enum Item<'a> {
    /// A file of the project, with the bytes of the edit.
    File(&'a Edit),
    /// A file of the project; what stands there after is this file of the store, with all it has.
    Kept(&'a Edit, String),
    /// Git's index, as this makes it, at a path of a folder, from what it is now.
    Index(&'a dyn Fn(&Folder, &str) -> Result<()>),
}

impl Item<'_> {
    /// Returns the edit of a file.
    pub(super) fn edit(&self) -> Option<&Edit> {
        match self {
            Self::File(edit) | Self::Kept(edit, _) => Some(edit),
            Self::Index(_) => None,
        }
    }

    /// Returns what the journal says of it, with the path that leads there without links.
    pub(super) fn entry(&self, path: impl Fn(&RelPath) -> Result<RelPath>) -> Result<Entry> {
        let Some(edit) = self.edit() else { return Ok(Entry::index()) };
        Ok(Entry { path: path(&edit.path)?, ..Entry::new(edit) })
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
