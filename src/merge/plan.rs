//! What a merge came to, path by path, as a value that is shown or applied.

use std::collections::BTreeMap;

use super::decide::{Kind, Reason};
use super::moves::{Move, Moves};
use crate::tree::{Blob, RelPath};

/// What becomes of every path that the template has or had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The paths in order, each with its change.
    pub changes: BTreeMap<RelPath, Change>,
    /// Those among them that had another name.
    pub moves: Moves,
}

/// What becomes of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new file is written.
    Create {
        /// The template's file.
        theirs: Blob,
    },
    /// The template's file takes the place of the one that it wrote before.
    Update {
        /// What the user has, which is what the template had.
        ours: Blob,
        /// The template's file.
        theirs: Blob,
    },
    /// Changes of both sides go together.
    Merge {
        /// What the user has.
        ours: Blob,
        /// The template's file.
        theirs: Blob,
        /// Both together.
        merged: Blob,
    },
    /// A file that the user never touched goes.
    Delete {
        /// What the user has, which is what the template had.
        ours: Blob,
    },
    /// The path stays as the user has it.
    Keep(Reason),
    /// Somebody has to look.
    Conflict(Conflict),
}

/// Two sides that want something else, and what is done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// How they disagree.
    pub kind: Kind,
    /// What the template had.
    pub base: Option<Blob>,
    /// What the user has, where that is a file or a link.
    pub ours: Option<Blob>,
    /// What the template has.
    pub theirs: Option<Blob>,
    /// Where both can be seen.
    pub outcome: Outcome,
}

/// What a conflict leaves on disk. The user's lines are in every one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The user's state stays; git's index can tell the sides.
    Untouched,
    /// The file gets both, between markers.
    Markers(Blob),
    /// The user's state stays and the template's file is written beside it.
    Aside(RelPath),
    /// As `Aside`, by an earlier run: the file is there already.
    AlreadyAside(RelPath),
}

/// One path to write: what must stand there before and what stands there after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The path.
    pub path: RelPath,
    /// What stands there now; `None` is nothing at all.
    pub before: Option<Blob>,
    /// What stands there then; `None` deletes.
    pub after: Option<Blob>,
}

impl Plan {
    /// Returns what has to be written, in the order of the changes.
    #[must_use]
    pub fn edits(&self) -> Vec<Edit> {
        self.changes.iter().flat_map(|(path, change)| self.edits_of(path, change)).collect()
    }

    /// Returns what has to be written for one path: a file that moves leaves its old name.
    fn edits_of(&self, path: &RelPath, change: &Change) -> Vec<Edit> {
        let edit = change.edit(path);
        let Some(Move::Template { from, ours: Some(ours) }) = self.moves.get(path) else {
            return edit.into_iter().collect();
        };
        let gone = Edit { path: from.clone(), before: Some(ours.clone()), after: None };
        let stays = || Edit { path: path.clone(), before: None, after: Some(ours.clone()) };
        match edit {
            None => vec![gone, stays()],
            Some(Edit { path: at, after, .. }) if at == *path => match after {
                None => vec![gone],
                Some(_) => vec![gone, Edit { path: at, before: None, after }],
            },
            Some(beside) => vec![gone, stays(), beside],
        }
    }

    /// Iterates over the conflicts.
    pub fn conflicts(&self) -> impl Iterator<Item = (&RelPath, &Conflict)> {
        self.changes.iter().filter_map(|(path, change)| match change {
            Change::Conflict(conflict) => Some((path, conflict)),
            Change::Create { .. }
            | Change::Update { .. }
            | Change::Merge { .. }
            | Change::Delete { .. }
            | Change::Keep(_) => None,
        })
    }

    /// Tells whether somebody has to look at a path.
    #[must_use]
    pub fn has_conflicts(&self) -> bool {
        self.conflicts().next().is_some()
    }
}

impl Change {
    fn edit(&self, path: &RelPath) -> Option<Edit> {
        let edit = |before: Option<&Blob>, after: Option<&Blob>| {
            Some(Edit { path: path.clone(), before: before.cloned(), after: after.cloned() })
        };
        match self {
            Self::Create { theirs } => edit(None, Some(theirs)),
            Self::Update { ours, theirs } => edit(Some(ours), Some(theirs)),
            Self::Merge { ours, merged, .. } if ours == merged => None,
            Self::Merge { ours, merged, .. } => edit(Some(ours), Some(merged)),
            Self::Delete { ours } => edit(Some(ours), None),
            Self::Keep(_) => None,
            Self::Conflict(conflict) => match &conflict.outcome {
                Outcome::Untouched | Outcome::AlreadyAside(_) => None,
                Outcome::Markers(blob) => edit(conflict.ours.as_ref(), Some(blob)),
                Outcome::Aside(side) => {
                    Some(Edit { path: side.clone(), before: None, after: conflict.theirs.clone() })
                }
            },
        }
    }
}
