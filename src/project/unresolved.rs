//! What an earlier upgrade, or git, left for somebody to resolve.

use std::collections::BTreeMap;

use super::index::Listing;
use super::journal::{Journal, Memory};
use super::open::Project;
use crate::error::{Error, Problem, Result};
use crate::exit::Exit;
use crate::merge::{Ours, Standing, marker};
use crate::tree::RelPath;

/// Paths that wait for somebody, each with why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unresolved(pub BTreeMap<RelPath, String>);

impl Unresolved {
    /// Looks for markers of ours, at the paths of `ours` and of the last upgrade's conflicts, and
    /// for what is unmerged in the index.
    pub(super) fn find(project: &Project, ours: &Ours, listing: &Listing) -> Self {
        let pack = project.state.pack.as_str();
        let mut found = BTreeMap::new();
        let mut look = |path: &RelPath, bytes: &[u8]| {
            if let Some(line) = marker(bytes, pack) {
                found.insert(path.clone(), format!("`{path}` has conflict markers in line {line}"));
            }
        };
        for (path, standing) in ours.iter() {
            if let Standing::Blob(blob, _) = standing {
                look(path, &blob.bytes);
            }
        }
        for path in project.pending() {
            if let Ok(Some(blob)) = project.root.read(path.as_str()) {
                look(&path, &blob.bytes);
            }
        }
        for path in &listing.unmerged {
            let why = format!("`{path}` is unmerged in the index");
            found.entry(path.clone()).or_insert(why);
        }
        Self(found)
    }

    /// Refuses to go on where something waits.
    ///
    /// # Errors
    /// Tells each path, why, and what to do.
    pub fn refuse(&self) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let problem = Problem::new("conflicts are left to be resolved");
        let problem = self.0.values().fold(problem, Problem::because);
        Err(Error::many(Exit::Failed, vec![problem])
            .hint("resolve each and `git add` it, then run `fastwright upgrade --continue`")
            .hint("or take an upgrade back with `fastwright upgrade --abort`"))
    }
}

impl Project {
    /// Returns the record of the last upgrade.
    pub(super) fn journal(&self) -> Option<Journal> {
        Journal::read(self.stored()?, "last/plan").ok().flatten()
    }

    /// Returns the conflicts of the last upgrade, unless somebody said that they are resolved.
    pub(super) fn pending(&self) -> Vec<RelPath> {
        match self.journal().map(|journal| journal.memory) {
            Some(Memory::Originals(conflicts))
                if !self
                    .stored()
                    .is_some_and(|store| store.has("last/resolved").unwrap_or(false)) =>
            {
                conflicts
            }
            Some(Memory::Originals(_) | Memory::Undone(_) | Memory::Nothing) | None => Vec::new(),
        }
    }
}
