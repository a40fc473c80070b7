//! Finds what the user renamed: files of the template that are gone, and others much like them.

use std::collections::BTreeMap;

use git2::{Delta, DiffFindOptions, Index, Odb, Oid, Repository};

use super::entry::entry;
use super::index::Listed;
use super::library::{Library, Result};
use crate::tree::{Blob, RelPath};

/// How much of a file must be the same, in percent, as git has it.
const THRESHOLD: u16 = 50;

impl Library {
    /// Returns pairs of a template's path and the candidate that it was renamed to.
    ///
    /// All objects that this makes live in memory.
    pub(super) fn renamed(
        &self,
        missing: &[(RelPath, Blob)],
        candidates: &BTreeMap<RelPath, Listed>,
    ) -> Result<Vec<(RelPath, RelPath)>> {
        let objects = Odb::new()?;
        let folder = self.repository.commondir().join("objects");
        if let Some(folder) = folder.to_str() {
            objects.add_disk_alternate(folder)?;
        }
        // All that is written from now on stays in memory.
        objects.add_new_mempack_backend(i32::MAX)?;
        let memory = Repository::from_odb(objects)?;
        let (mut old, mut new) = (Index::new()?, Index::new()?);
        for (path, blob) in missing.iter().filter(|(_, blob)| !blob.bytes.is_empty()) {
            let id = memory.blob(&blob.bytes)?;
            old.add(&entry(path.as_str(), blob.mode.number(), id))?;
        }
        for (path, listed) in candidates {
            let id = Oid::from_str(&listed.id)?;
            // A partial clone may lack it.
            if memory.odb()?.exists(id) {
                new.add(&entry(path.as_str(), listed.mode, id))?;
            }
        }
        let trees = [old.write_tree_to(&memory)?, new.write_tree_to(&memory)?];
        let [old, new] = [memory.find_tree(trees[0])?, memory.find_tree(trees[1])?];
        let mut diff = memory.diff_tree_to_tree(Some(&old), Some(&new), None)?;
        let mut options = DiffFindOptions::new();
        // Above its limit of 1000 libgit2 gives up without a word.
        let limit = candidates.len().max(1000).saturating_mul(2);
        options.renames(true).rename_threshold(THRESHOLD).rename_limit(limit);
        diff.find_similar(Some(&mut options))?;
        let mut found = BTreeMap::new();
        for delta in diff.deltas().filter(|delta| delta.status() == Delta::Renamed) {
            let path = |file: git2::DiffFile<'_>| RelPath::parse(file.path()?.to_str()?).ok();
            if let (Some(from), Some(to)) = (path(delta.old_file()), path(delta.new_file())) {
                found.insert(from, to);
            }
        }
        Ok(found.into_iter().collect())
    }
}
