//! What the user has at the paths that a merge looks at.
//!
//! Filled by `project`, which reads disks and indexes; here it is a value like any other.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{Blob, RelPath};

/// What stands at paths of the user's project; a path that is missing here is free.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ours(BTreeMap<RelPath, Standing>);

/// What takes a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A file or a symbolic link.
    Blob(Blob, Tracking),
    /// A folder, with everything below it that is no folder.
    Directory(BTreeSet<RelPath>),
    /// A socket, a pipe or a device.
    Special,
    /// Nothing can stand there, because this parent is no folder.
    Below(RelPath),
}

/// Whether git would miss a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tracking {
    /// The index has it, so its last state can be had back.
    Tracked,
    /// It exists on disk alone: it is new, ignored, or there is no repository.
    Untracked,
}

impl Ours {
    /// Returns an empty project.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Records what stands at a path.
    pub fn insert(&mut self, path: RelPath, standing: Standing) {
        self.0.insert(path, standing);
    }

    /// Forgets and returns what stands at a path.
    pub fn remove(&mut self, path: &RelPath) -> Option<Standing> {
        self.0.remove(path)
    }

    /// Iterates over all that is known, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &Standing)> {
        self.0.iter()
    }

    /// Returns what stands at a path.
    #[must_use]
    pub fn get(&self, path: &RelPath) -> Option<&Standing> {
        self.0.get(path)
    }
}

impl FromIterator<(RelPath, Standing)> for Ours {
    fn from_iter<I: IntoIterator<Item = (RelPath, Standing)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}
