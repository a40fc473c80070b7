//! Locks that end with the process that holds them, however it ends.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Who has a file or a folder.
#[derive(Debug)]
pub(super) enum Hold {
    /// We have it, as long as this lives.
    Ours(Lock),
    /// Another process has it.
    Taken,
    /// The file system knows no locks.
    Unknown,
    /// It was removed, or another one took its place.
    Gone,
}

/// A lock that is given back when it is dropped, or when the process ends.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // A child of this process may have the handle as well, until it runs its program.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}

/// Tries to lock an open file or folder that stood at `path`.
pub(super) fn hold(path: &Path, file: File) -> io::Result<Hold> {
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Ok(Hold::Taken),
        Err(_) => return Ok(Hold::Unknown),
    }
    // Whoever had it before may have removed it between our opening and our locking.
    let ours = file.metadata()?;
    let same = path
        .symlink_metadata()
        .is_ok_and(|found| (found.dev(), found.ino()) == (ours.dev(), ours.ino()));
    Ok(if same { Hold::Ours(Lock(file)) } else { Hold::Gone })
}
