//! Reads what the user has: from the disk first, and from the index where a sparse checkout has no
//! file.

use std::collections::BTreeMap;

use super::disk;
use super::index::{Listed, Listing, Watch};
use super::open::Project;
use super::readable;
use super::unresolved::Unresolved;
use crate::error::Result;
use crate::merge::{Edit, Ours, Standing, Tracking, is_same};
use crate::tree::{Blob, Mode, RelPath, Tree};

impl Project {
    /// Returns what the user made of a template, as edits of it.
    ///
    /// # Errors
    /// Fails where the project cannot be read.
    pub fn differences(&self, base: &Tree) -> Result<Vec<Edit>> {
        let (ours, _, _) = read(self, base, &Tree::new())?;
        let difference = |(path, before): (&RelPath, &Blob)| {
            let after = match ours.get(path) {
                Some(Standing::Blob(blob, _)) if is_same(blob, before) => {
                    return None;
                }
                Some(Standing::Blob(blob, _)) => Some(blob.clone()),
                Some(Standing::Directory(_) | Standing::Special | Standing::Below(_)) | None => {
                    None
                }
            };
            Some(Edit { path: path.clone(), before: Some(before.clone()), after })
        };
        Ok(base.iter().filter_map(difference).collect())
    }

    /// Returns what an earlier upgrade or merge left to be resolved at these paths and its own.
    ///
    /// # Errors
    /// Fails where the project cannot be read.
    pub fn unresolved(&self, base: &Tree) -> Result<Unresolved> {
        let (ours, listing, _) = read(self, base, &Tree::new())?;
        Ok(Unresolved::find(self, &ours, &listing))
    }
}

/// Entries of the index that have no file.
pub(super) type Sparse = BTreeMap<RelPath, Listed>;

/// Reads what stands at the paths of two trees, with what the index says of them.
pub(super) fn read(
    project: &Project,
    base: &Tree,
    theirs: &Tree,
) -> Result<(Ours, Listing, Sparse)> {
    let checkout = &project.checkout;
    if project.has_git() {
        readable::check_settings(&project.root, base, theirs)?;
    }
    let is_wanted = |path: &RelPath| base.get(path).is_some() || theirs.get(path).is_some();
    let listing = checkout.list(&is_wanted)?;
    let tracking = |path: &RelPath| {
        let entry = listing.tracked.get(path);
        entry.map_or(Tracking::Untracked, |_| Tracking::Tracked)
    };
    let mut ours = disk::read(&project.root, base, theirs, &tracking)?;
    let mut sparse = Sparse::new();
    for (path, listed) in &listing.tracked {
        if listed.watch == Watch::Skipped && ours.get(path).is_none() {
            let bytes = checkout.read(listed)?;
            let Some(mode) = mode(listed.mode) else { continue };
            ours.insert(path.clone(), Standing::Blob(Blob { bytes, mode }, Tracking::Tracked));
            sparse.insert(path.clone(), listed.clone());
        }
    }
    for path in base.paths().chain(theirs.paths()) {
        let module = |parent: &str| {
            RelPath::parse(parent).ok().filter(|parent| listing.modules.contains(parent))
        };
        if let Some(module) = path.parents().find_map(module) {
            ours.insert(path.clone(), Standing::Below(module));
        }
    }
    Ok((ours, listing, sparse))
}

fn mode(mode: u32) -> Option<Mode> {
    [Mode::Regular, Mode::Executable, Mode::Link]
        .into_iter()
        .find(|known| known.to_string() == format!("{mode:o}"))
}
