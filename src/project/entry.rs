//! Entries of an index, as libgit2 takes them.

use git2::{IndexEntry, IndexTime, Oid};

/// Returns an entry of which nothing on disk is known: git looks at the file the next time.
pub(super) fn entry(path: &str, mode: u32, id: Oid) -> IndexEntry {
    IndexEntry {
        ctime: IndexTime::new(0, 0),
        mtime: IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode,
        uid: 0,
        gid: 0,
        file_size: 0,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.into(),
    }
}
