//! A repository as libgit2 shows it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use git2::{
    AttrCheckFlags, AttrValue, Error, ErrorClass, Index, IndexEntry, ObjectType, Oid, Repository,
    StatusOptions, StatusShow,
};

use super::entry::entry;
use super::index::{Attributes, Becomes, Listed, Listing, Staging, Watch};
use crate::error;
use crate::merge::Driver;
use crate::tree::{Blob, Mode, RelPath};

/// What git2 returns.
pub(super) type Result<T> = std::result::Result<T, Error>;

const MODULE: u32 = 0o160_000;
const ASSUMED: u16 = 1 << 15;
const SKIPPED: u16 = 1 << 14;

/// A repository, and where in it the project is.
pub(super) struct Library {
    pub(super) repository: Repository,
    /// The project's folder in the repository, with `/` behind it, or nothing.
    pub(super) prefix: String,
}

/// The index of a repository, as it was read.
pub(super) struct Entries {
    all: Vec<IndexEntry>,
    prefix: String,
}

impl Library {
    /// Opens a repository and its index.
    pub(super) fn open(root: &Path, git: &Path) -> Result<Self> {
        let repository = Repository::open(git)?;
        let wrong = |text: &str| Error::from_str(text);
        repository.index()?.read(true)?;
        let top = repository.workdir().ok_or_else(|| wrong("it has no files"))?;
        let top = top.canonicalize().map_err(|cause| wrong(&cause.to_string()))?;
        let inner = root.strip_prefix(&top).map_err(|_| wrong("its files are somewhere else"))?;
        let inner = inner.to_str().ok_or_else(|| wrong("the project's folder is not UTF-8"))?;
        let prefix = if inner.is_empty() { String::new() } else { format!("{inner}/") };
        Ok(Self { repository, prefix })
    }

    /// Returns the error for something that libgit2 could not do.
    fn failed(&self, cause: &Error) -> error::Error {
        let message = format!("cannot use the repository `{}`", self.repository.path().display());
        error::Error::failed(message).because(cause.message()).hint(match cause.class() {
            ErrorClass::Os => "look at the free space and at who may write there",
            _ => "see what `git status` and `git fsck` say of it, then run it again",
        })
    }

    /// Returns what was done, or the error for what libgit2 could not do.
    pub(super) fn told<T>(&self, done: Result<T>) -> error::Result<T> {
        done.map_err(|cause| self.failed(&cause))
    }

    /// Returns what settings name that git reads besides, where they stand now.
    pub(super) fn named(&self, root: &Path) -> Vec<(String, PathBuf)> {
        let Ok(settings) = self.repository.config() else { return Vec::new() };
        let named = |key: &str| Some((key.to_owned(), root.join(settings.get_path(key).ok()?)));
        ["core.attributesFile", "core.excludesFile"].into_iter().filter_map(named).collect()
    }

    /// Returns all that the index has.
    pub(super) fn entries(&self) -> Result<Entries> {
        let mut index = self.repository.index()?;
        index.read(true)?;
        Ok(Entries { all: index.iter().collect(), prefix: self.prefix.clone() })
    }

    pub(super) fn attributes(&self, paths: &[RelPath]) -> Result<BTreeMap<RelPath, Attributes>> {
        let flags = AttrCheckFlags::FILE_THEN_INDEX;
        let one = |path: &RelPath| {
            let full = self.full(path);
            let get = |name| self.repository.get_attr(full.as_ref(), name, flags);
            let driver = match AttrValue::from_string(get("merge")?) {
                AttrValue::Unspecified | AttrValue::True | AttrValue::String("text") => {
                    Driver::Lines
                }
                AttrValue::False | AttrValue::String("binary") => Driver::Binary,
                AttrValue::String("union") => Driver::Union,
                // Git, too, merges by lines where nobody configured the driver.
                AttrValue::String(name) if !self.has_driver(name) => Driver::Lines,
                AttrValue::String(_) | AttrValue::Bytes(_) => Driver::Own,
            };
            let filter = AttrValue::from_string(get("filter")?);
            let is_filtered = !matches!(filter, AttrValue::Unspecified | AttrValue::False);
            Ok((path.clone(), Attributes { driver, is_filtered }))
        };
        paths.iter().map(one).collect()
    }

    fn has_driver(&self, name: &str) -> bool {
        let config = self.repository.config();
        config.is_ok_and(|config| config.get_entry(&format!("merge.{name}.driver")).is_ok())
    }

    pub(super) fn changed(&self, files: &[(RelPath, Blob, Listed)]) -> Result<BTreeSet<RelPath>> {
        let (mut changed, mut suspects) = (BTreeSet::new(), StatusOptions::new());
        suspects
            .show(StatusShow::Workdir)
            .disable_pathspec_match(true)
            .include_untracked(false)
            .exclude_submodules(true);
        let mut is_suspected = false;
        for (path, blob, listed) in files {
            let id = Oid::hash_object(ObjectType::Blob, &blob.bytes)?;
            if id.to_string() == listed.id && blob.mode.number() == listed.mode {
                continue;
            }
            match listed.watch {
                // Filters and settings may make git see the same in other bytes.
                Watch::Watched => {
                    suspects.pathspec(self.full(path));
                    is_suspected = true;
                }
                Watch::Assumed | Watch::Skipped => {
                    changed.insert(path.clone());
                }
            }
        }
        if is_suspected {
            let statuses = self.repository.statuses(Some(&mut suspects))?;
            changed.extend(statuses.iter().filter_map(|entry| self.inner(entry.path_bytes())));
        }
        Ok(changed)
    }

    pub(super) fn is_ignored(&self, path: &RelPath) -> Result<bool> {
        self.repository.is_path_ignored(self.full(path))
    }

    pub(super) fn read(&self, id: &str) -> Result<Vec<u8>> {
        Ok(self.repository.find_blob(Oid::from_str(id)?)?.content().to_vec())
    }

    pub(super) fn make_index(&self, to: &Path, stagings: &[Staging]) -> Result<()> {
        let (mut index, time) = self.copy_index(to)?;
        for Staging { path, becomes } in stagings {
            let full = self.full(path);
            let entry = index.get_path(full.as_ref(), 0);
            for stage in 0..4 {
                index.remove(full.as_ref(), stage).ok();
            }
            match becomes {
                Becomes::Unmerged(sides) => {
                    for (stage, side) in (1..).zip(sides.iter()) {
                        if let Some(blob) = side {
                            let id = self.store(&full, blob)?;
                            index.add(&new_entry(&full, blob, id, stage))?;
                        }
                    }
                }
                Becomes::Replaced(blob) => {
                    let id = self.store(&full, blob)?;
                    let flags_extended = entry.map_or(0, |entry| entry.flags_extended);
                    index.add(&IndexEntry { flags_extended, ..new_entry(&full, blob, id, 0) })?;
                }
                Becomes::Absent => {}
            }
        }
        finish(&mut index, to, time)
    }

    pub(super) fn restore_index(&self, to: &Path, old: &Path, paths: &[RelPath]) -> Result<()> {
        let (mut index, time) = self.copy_index(to)?;
        let old = Index::open(old)?;
        for path in paths {
            let full = self.full(path);
            for stage in 0..4 {
                index.remove(full.as_ref(), stage).ok();
            }
            if let Some(entry) = old.get_path(full.as_ref(), 0) {
                index.add(&entry)?;
            }
        }
        finish(&mut index, to, time)
    }

    fn index_path(&self) -> PathBuf {
        self.repository.path().join("index")
    }

    fn copy_index(&self, to: &Path) -> Result<(Index, Option<std::time::SystemTime>)> {
        let from = self.index_path();
        let wrong = |cause: &std::io::Error| Error::from_str(&cause.to_string());
        match fs::copy(&from, to) {
            Ok(_) => {}
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Ok((Index::open(to)?, None));
            }
            Err(cause) => return Err(wrong(&cause)),
        }
        let time = from.metadata().and_then(|found| found.modified()).ok();
        let bytes = fs::read(to).map_err(|cause| wrong(&cause))?;
        let index = Index::open(to)?;
        // One that libgit2 cannot look at is an empty one to it. The third word is the count.
        let count =
            bytes.get(8..12).and_then(|word| Some(u32::from_be_bytes(word.try_into().ok()?)));
        if count.map(|count| count as usize) != Some(index.len()) {
            return Err(Error::from_str("the index cannot be read whole"));
        }
        Ok((index, time))
    }

    /// Puts a blob into the object store as `git add` would, but for programs that filter it.
    fn store(&self, full: &str, blob: &Blob) -> Result<Oid> {
        if blob.mode == Mode::Link {
            return self.repository.blob(&blob.bytes);
        }
        let mut writer = self.repository.blob_writer(Some(full.as_ref()))?;
        std::io::Write::write_all(&mut writer, &blob.bytes)
            .map_err(|cause| Error::from_str(&cause.to_string()))?;
        writer.commit()
    }

    pub(super) fn full(&self, path: &RelPath) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Returns a path of the repository as one of the project, if it is one.
    pub(super) fn inner(&self, path: &[u8]) -> Option<RelPath> {
        inner(&self.prefix, path)
    }
}

impl Entries {
    /// Lists those of the project.
    pub(super) fn list(&self, is_wanted: &dyn Fn(&RelPath) -> bool) -> Listing {
        let mut listing = Listing::default();
        for entry in &self.all {
            let Some(path) = inner(&self.prefix, &entry.path) else { continue };
            if stage(entry) > 0 {
                listing.unmerged.insert(path);
            } else if entry.mode == MODULE {
                listing.modules.insert(path);
            } else if is_wanted(&path) {
                listing.tracked.insert(path, listed(entry));
            }
        }
        listing
    }
}

fn inner(prefix: &str, path: &[u8]) -> Option<RelPath> {
    RelPath::parse(std::str::from_utf8(path).ok()?.strip_prefix(prefix)?).ok()
}

/// Writes an index with the time of the one it came from: entries that were written at the same
/// moment as that one must stay suspicious to git.
fn finish(index: &mut Index, to: &Path, time: Option<std::time::SystemTime>) -> Result<()> {
    index.write()?;
    let set = |time| File::options().write(true).open(to)?.set_modified(time);
    time.map_or(Ok(()), set).map_err(|cause: std::io::Error| Error::from_str(&cause.to_string()))
}

fn stage(entry: &IndexEntry) -> u16 {
    entry.flags >> 12 & 3
}

fn listed(entry: &IndexEntry) -> Listed {
    let watch = if entry.flags_extended & SKIPPED != 0 {
        Watch::Skipped
    } else if entry.flags & ASSUMED != 0 {
        Watch::Assumed
    } else {
        Watch::Watched
    };
    Listed { id: entry.id.to_string(), mode: entry.mode, watch }
}

fn new_entry(full: &str, blob: &Blob, id: Oid, stage: u16) -> IndexEntry {
    IndexEntry { flags: stage << 12, ..entry(full, blob.mode.number(), id) }
}
