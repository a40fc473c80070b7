//! Every operation that changes a disk. All writing goes through here, so that tests can fail or
//! kill a run before any one of them.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown, symlink};
use std::path::Path;

#[cfg(test)]
use super::fault::point;
use crate::tree::{Blob, Mode};

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "the one in tests fails")]
fn point() -> io::Result<()> {
    Ok(())
}

/// Writes a blob to a path that is free. The system takes the umask off the mode, as git does.
pub(super) fn create(path: &Path, blob: &Blob) -> io::Result<()> {
    point()?;
    let mode = match blob.mode {
        Mode::Regular => 0o666,
        Mode::Executable => 0o777,
        Mode::Link => return symlink(std::ffi::OsStr::from_bytes(&blob.bytes), path),
    };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)?.write_all(&blob.bytes)
}

/// Makes a folder whose parent exists.
pub(super) fn create_directory(path: &Path) -> io::Result<()> {
    point()?;
    fs::create_dir(path)
}

/// Makes a folder and those above it that are missing.
pub(super) fn create_directories(path: &Path) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    point()?;
    fs::create_dir_all(path)
}

/// Gives a path another name, whole or not at all.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    point()?;
    fs::rename(from, to)
}

/// Keeps what stands at `from` under a second name: the same file where the disk can do that.
pub(super) fn keep(from: &Path, to: &Path) -> io::Result<()> {
    point()?;
    match fs::hard_link(from, to) {
        Err(_) if from.is_symlink() => symlink(fs::read_link(from)?, to),
        Err(_) => fs::copy(from, to).map(|_| ()),
        Ok(()) => Ok(()),
    }
}

/// Gives a new file the permissions and, as far as allowed, the owner of the one it replaces.
pub(super) fn resemble(path: &Path, original: &Path, mode: Mode) -> io::Result<()> {
    let like = original.symlink_metadata()?;
    if mode == Mode::Link || !like.is_file() {
        return Ok(());
    }
    let (bits, new) = (like.permissions().mode(), path.symlink_metadata()?);
    let bits = match mode {
        Mode::Executable if bits & 0o100 == 0 => bits | (bits & 0o444) >> 2,
        Mode::Regular => bits & !0o111,
        Mode::Executable | Mode::Link => bits,
    };
    if (new.uid(), new.gid()) != (like.uid(), like.gid()) {
        // Who may not give files away keeps them.
        let _ = chown(path, Some(like.uid()), Some(like.gid()));
    }
    fs::set_permissions(path, Permissions::from_mode(bits))
}

/// Takes a second name for a file, for a name that must be free.
pub(super) fn link(from: &Path, to: &Path) -> io::Result<()> {
    point()?;
    fs::hard_link(from, to)
}

/// Waits until all that was written around a folder is safe from a loss of power.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    point()?;
    sync_now(folder)
}

#[cfg(all(target_os = "linux", not(test)))]
fn sync_now(folder: &Path) -> io::Result<()> {
    // One call for all files: a call for each takes ten times as long under load.
    Ok(rustix::fs::syncfs(fs::File::open(folder)?)?)
}

#[cfg(all(not(target_os = "linux"), not(test)))]
fn sync_now(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_now(&path)?;
        } else if !path.is_symlink() {
            fs::File::open(&path)?.sync_all()?;
        }
    }
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
fn sync_now(folder: &Path) -> io::Result<()> {
    // Tests kill runs, not machines.
    fs::metadata(folder).map(|_| ())
}

/// Removes a file or a link.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    point()?;
    fs::remove_file(path)
}

/// Removes a folder that is empty.
pub(super) fn remove_directory(path: &Path) -> io::Result<()> {
    point()?;
    fs::remove_dir(path)
}
