//! A repository as a value: paths and what stands at them, in order.
//!
//! Knows nothing of disks; `project` reads and writes trees.

mod blob;
mod clash;
mod link;
mod path;
mod portable;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

pub use blob::{Blob, Mode};
pub use clash::Clash;
pub use link::{BadLink, check_link};
pub use path::{InvalidPath, RelPath};
pub use portable::Unportable;

/// Files and symbolic links by path; directories exist by what is in them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<RelPath, Blob>);

impl Tree {
    /// Returns an empty tree.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a blob at a path and returns the one that stood there.
    pub fn insert(&mut self, path: RelPath, blob: Blob) -> Option<Blob> {
        self.0.insert(path, blob)
    }

    /// Removes and returns what stands at a path.
    pub fn remove(&mut self, path: &RelPath) -> Option<Blob> {
        self.0.remove(path)
    }

    /// Returns what stands at a path.
    #[must_use]
    pub fn get(&self, path: &RelPath) -> Option<&Blob> {
        self.0.get(path)
    }

    /// Iterates over paths and blobs in the order of the paths.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&RelPath, &Blob)> {
        self.0.iter()
    }

    /// Iterates over the paths in order.
    #[must_use]
    pub fn paths(&self) -> impl ExactSizeIterator<Item = &RelPath> {
        self.0.keys()
    }

    /// Returns the number of files and links.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether nothing stands in the tree.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the sum of all contents, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.values().map(|blob| blob.bytes.len()).sum()
    }

    /// Returns `sha256:` and the digest of all paths, modes and contents.
    #[must_use]
    pub fn digest(&self) -> String {
        // A path holds no NUL and a size ends the line, so no two trees feed the same bytes.
        digest(self.0.iter().map(|(path, blob)| {
            let size = blob.bytes.len();
            (format!("{path}\0{}\0{size}\n", blob.mode), blob.bytes.as_slice())
        }))
    }
}

/// Returns `sha256:` and the digest of all heads and bodies, one after another.
pub fn digest<'a>(parts: impl Iterator<Item = (String, &'a [u8])>) -> String {
    let mut hash = Sha256::new();
    for (head, body) in parts {
        hash.update(head);
        hash.update(body);
    }
    format!("sha256:{}", hex(&hash.finalize()))
}

/// Returns the SHA-256 of some bytes, in hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl FromIterator<(RelPath, Blob)> for Tree {
    fn from_iter<I: IntoIterator<Item = (RelPath, Blob)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl IntoIterator for Tree {
    type Item = (RelPath, Blob);
    type IntoIter = std::collections::btree_map::IntoIter<RelPath, Blob>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
