//! What the index of a repository says and takes, whoever reads it.

use std::collections::{BTreeMap, BTreeSet};

use crate::merge::Driver;
use crate::tree::{Blob, RelPath};

/// What the index says of the paths of a project.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Paths with an entry, of those that were asked for.
    pub(super) tracked: BTreeMap<RelPath, Listed>,
    /// Paths with a conflict.
    pub(super) unmerged: BTreeSet<RelPath>,
    /// Folders that belong to other repositories.
    pub(super) modules: BTreeSet<RelPath>,
}

/// An entry of the index.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// The name of its contents.
    pub(super) id: String,
    /// Its mode, as git writes it.
    pub(super) mode: u32,
    /// Whether git looks at the file.
    pub(super) watch: Watch,
}

/// Whether git looks at a file on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// It does.
    Watched,
    /// It takes it for unchanged: `--assume-unchanged`.
    Assumed,
    /// It does not, and the file may be absent: `--skip-worktree`, as sparse checkouts have it.
    Skipped,
}

/// What `.gitattributes` says of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    /// How it is merged.
    pub(super) driver: Driver,
    /// Whether a program stands between the file and its blob, such as git-lfs or git-crypt.
    pub(super) is_filtered: bool,
}

/// A new state of one path in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Staging {
    pub(super) path: RelPath,
    pub(super) becomes: Becomes,
}

/// What becomes of a path in the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Becomes {
    /// A conflict of base, ours and theirs, as far as they exist.
    Unmerged(Box<[Option<Blob>; 3]>),
    /// Other contents in an entry without a file, which stays without one.
    Replaced(Blob),
    /// Nothing.
    Absent,
}
