//! Errors of the disk: what was attempted, on which path, why, and what can be done.

use std::io;
use std::path::Path;

use crate::error::Error;

/// Returns the error for an `attempt`, such as `write`, on a path.
pub(super) fn failure(attempt: &str, path: &Path, cause: &io::Error) -> Error {
    let hint = match cause.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, or choose a folder on another disk, and run it again"
        }
        io::ErrorKind::ReadOnlyFilesystem => "choose a folder on a disk that can be written",
        io::ErrorKind::PermissionDenied => {
            "look at who owns the path and the folder around it, or choose another folder"
        }
        io::ErrorKind::InvalidFilename => "choose a shorter path",
        _ => "remove the cause and run it again",
    };
    Error::failed(format!("cannot {attempt} `{}`", path.display())).because(cause).hint(hint)
}
