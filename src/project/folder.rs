//! A folder as a handle: what stands below it is reached through the handle alone, part by part, and
//! through no symbolic link. Whoever swaps a folder for a link in the meantime gets an error, and
//! nothing outside is read or written.
//!
//! Every operation that changes a disk is here, so that tests can fail or kill a run before any one
//! of them. `cap-std` would follow links that stay below the folder; such a link may lead into git's
//! own folder, so the folder around a path is opened without links, or each part of it by itself.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use cap_fs_ext::{DirExt, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsSyncExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, DirBuilder, DirBuilderExt, FileType, Metadata, OpenOptions};
use cap_std::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};

#[cfg(test)]
use super::fault::point;
use crate::tree::{Blob, Mode};

#[cfg(not(test))]
#[expect(clippy::unnecessary_wraps, reason = "the one in tests fails")]
fn point() -> io::Result<()> {
    Ok(())
}

/// Bytes of the largest file that is read. No template and no text is as long; a file with a hole
/// may claim any length.
const MAX_SIZE: u64 = 256 << 20;

/// A folder that is open.
#[derive(Debug)]
pub(super) struct Folder {
    dir: Dir,
    path: PathBuf,
}

/// What tells a folder from another one that stands at its path later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) inode: u64,
    /// Nanoseconds since 1970, where the file system keeps the time at which it was made.
    pub(super) born: Option<u128>,
}

/// What stands at a path.
#[derive(Debug)]
pub(super) enum Found {
    Nothing,
    Folder,
    /// A file or a symbolic link.
    File(Blob),
    /// A pipe, a socket, a device.
    Special,
}

impl Folder {
    /// Opens a folder that the user named; links on the way to it are followed.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        Ok(Self { dir, path: path.to_owned() })
    }

    /// Opens a folder below this one.
    pub(super) fn inner(&self, path: &str) -> io::Result<Self> {
        let (around, name) = self.around(path)?;
        let dir = around.get().open_dir_nofollow(name)?;
        Ok(Self { dir, path: self.join(path) })
    }

    /// Makes a folder in this one, with any name that the system takes, and opens it.
    pub(super) fn make(&self, name: &OsStr) -> io::Result<Self> {
        point()?;
        self.dir.create_dir(name)?;
        Ok(Self { dir: self.dir.open_dir_nofollow(name)?, path: self.join(name) })
    }

    /// Gives what stands in this folder another name in it, any that the system takes.
    pub(super) fn rename_here(&self, from: &str, name: &OsStr) -> io::Result<()> {
        point()?;
        self.dir.rename(from, &self.dir, name)
    }

    /// Returns where the folder was when it was opened.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a path below the folder as one to show, or to hand to a library that takes paths.
    pub(super) fn join(&self, path: impl AsRef<Path>) -> PathBuf {
        self.path.join(path)
    }

    /// Tells the folder from others.
    pub(super) fn identity(&self) -> io::Result<Identity> {
        let found = self.dir.dir_metadata()?;
        let born = found.created().ok().and_then(|time| {
            time.into_std().duration_since(SystemTime::UNIX_EPOCH).ok().map(|it| it.as_nanos())
        });
        Ok(Identity { inode: found.ino(), born })
    }

    /// Returns the folder's owner and mode.
    pub(super) fn owner(&self) -> io::Result<(u32, u32)> {
        let found = self.dir.dir_metadata()?;
        Ok((found.uid(), found.mode()))
    }

    /// Opens the folder itself for what a bare handle cannot do: a lock, a sync.
    pub(super) fn file(&self) -> io::Result<fs::File> {
        self.dir.open(".").map(cap_std::fs::File::into_std)
    }

    /// Looks at what stands at a path, a link for itself; `None` where nothing does.
    pub(super) fn look(&self, path: &str) -> io::Result<Option<Metadata>> {
        let found =
            self.around(path).and_then(|(around, name)| around.get().symlink_metadata(name));
        match found {
            Ok(found) => Ok(Some(found)),
            Err(cause) if is_absent(&cause) => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    /// Tells whether something stands at a path.
    pub(super) fn has(&self, path: &str) -> io::Result<bool> {
        self.look(path).map(|found| found.is_some())
    }

    /// Tells whether a folder stands at a path.
    pub(super) fn has_folder(&self, path: &str) -> io::Result<bool> {
        self.look(path).map(|found| found.is_some_and(|found| found.is_dir()))
    }

    /// Reads the file or link at a path; `None` where there is neither.
    pub(super) fn read(&self, path: &str) -> io::Result<Option<Blob>> {
        Ok(match self.find(path)? {
            Found::File(blob) => Some(blob),
            Found::Nothing | Found::Folder | Found::Special => None,
        })
    }

    /// Tells what stands at a path, and reads a file or a link.
    pub(super) fn find(&self, path: &str) -> io::Result<Found> {
        if let Some(file) = at_once::open_file(&self.dir, path, Access::Read) {
            return read_file(file);
        }
        let looked = self
            .around(path)
            .and_then(|(around, name)| Ok((around.get().symlink_metadata(name)?, around, name)));
        let (found, around, name) = match looked {
            Ok(looked) => looked,
            Err(cause) if is_absent(&cause) => return Ok(Found::Nothing),
            Err(cause) => return Err(cause),
        };
        if found.is_symlink() {
            let end = around.get().read_link_contents(name)?;
            let bytes = end.into_os_string().into_vec();
            Ok(Found::File(Blob { bytes, mode: Mode::Link }))
        } else if found.is_dir() {
            Ok(Found::Folder)
        } else if found.is_file() {
            read_file(around.open_file(name, Access::Read)?)
        } else {
            Ok(Found::Special)
        }
    }

    /// Tries to open a file for writing, and writes nothing.
    pub(super) fn try_write(&self, path: &str) -> io::Result<()> {
        self.open_file(path, Access::Write).map(|_| ())
    }

    /// Lists what stands in a folder below, or in this one for an empty path.
    pub(super) fn entries(&self, path: &str) -> io::Result<Vec<(OsString, FileType)>> {
        let list = |dir: &Dir| {
            let entries = dir.entries()?;
            entries
                .map(|entry| entry.and_then(|it| Ok((it.file_name(), it.file_type()?))))
                .collect()
        };
        if path.is_empty() { list(&self.dir) } else { list(&self.inner(path)?.dir) }
    }

    /// Writes a blob to a path that is free. The system takes the umask off the mode, as git does.
    pub(super) fn create(&self, path: &str, blob: &Blob) -> io::Result<()> {
        point()?;
        let mode = match blob.mode {
            Mode::Regular => 0o666,
            Mode::Executable => 0o777,
            Mode::Link => {
                let (around, name) = self.around(path)?;
                let end = OsStr::from_bytes(&blob.bytes);
                return around.get().symlink_contents(end, name);
            }
        };
        let (around, name) = self.around(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode).follow(FollowSymlinks::No);
        around.get().open_with(name, &options)?.write_all(&blob.bytes)
    }

    /// Makes a folder whose parent exists.
    pub(super) fn create_directory(&self, path: &str) -> io::Result<()> {
        point()?;
        let (around, name) = self.around(path)?;
        around.get().create_dir(name)
    }

    /// Makes a folder that is this user's alone, whose parent exists.
    pub(super) fn create_private(&self, path: &str) -> io::Result<()> {
        point()?;
        let (around, name) = self.around(path)?;
        around.get().create_dir_with(name, DirBuilder::new().mode(0o700))
    }

    /// Makes a folder and those above it that are missing.
    pub(super) fn create_directories(&self, path: &str) -> io::Result<()> {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        for folder in ends.filter_map(|end| path.get(..end)).filter(|it| !it.is_empty()) {
            match self.look(folder)? {
                Some(found) if found.is_dir() => {}
                Some(_) => return Err(io::ErrorKind::NotADirectory.into()),
                None => self.create_directory(folder)?,
            }
        }
        Ok(())
    }

    /// Gives what stands at `from` the place `to` in a folder, whole or not at all.
    pub(super) fn rename(&self, from: &str, folder: &Self, to: &str) -> io::Result<()> {
        point()?;
        let ((from_around, from), (to_around, to)) = (self.around(from)?, folder.around(to)?);
        from_around.get().rename(from, to_around.get(), to)
    }

    /// Gives what stands at `from` a second name, which must be free.
    pub(super) fn link(&self, from: &str, folder: &Self, to: &str) -> io::Result<()> {
        point()?;
        self.link_now(from, folder, to)
    }

    fn link_now(&self, from: &str, folder: &Self, to: &str) -> io::Result<()> {
        let ((from_around, from), (to_around, to)) = (self.around(from)?, folder.around(to)?);
        from_around.get().hard_link(from, to_around.get(), to)
    }

    /// Keeps what stands at `from` under a second name: the same file where the disk can do that,
    /// else a copy with its mode and time.
    pub(super) fn keep(&self, from: &str, folder: &Self, to: &str) -> io::Result<()> {
        point()?;
        let found = self.look(from)?.ok_or(io::ErrorKind::NotFound)?;
        // A file with another name already may be changed under that one.
        if found.nlink() == 1 && self.link_now(from, folder, to).is_ok() {
            return Ok(());
        }
        let is_link = found.is_symlink();
        let (around, name) = folder.around(to)?;
        if is_link {
            let (from_around, from) = self.around(from)?;
            return around
                .get()
                .symlink_contents(from_around.get().read_link_contents(from)?, name);
        }
        let mut old = self.open_file(from, Access::Read)?;
        let found = old.metadata()?;
        if !found.is_file() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600).follow(FollowSymlinks::No);
        let mut new = around.get().open_with(name, &options)?.into_std();
        io::copy(&mut old, &mut new)?;
        let copy = new.metadata()?;
        let is_same = |copy: &fs::Metadata| (copy.uid(), copy.gid()) == (found.uid(), found.gid());
        // What runs as its owner runs as nobody else; who may not give files away keeps the copy.
        let is_theirs =
            is_same(&copy) || fchown(&new, Some(found.uid()), Some(found.gid())).is_ok();
        let bits = if is_theirs { 0o7777 } else { 0o777 };
        new.set_permissions(fs::Permissions::from_mode(found.permissions().mode() & bits))?;
        new.set_modified(found.modified()?)
    }

    /// Keeps a folder of files under a second name, with all that is in it.
    pub(super) fn keep_all(&self, from: &str, folder: &Self, to: &str) -> io::Result<()> {
        folder.create_directory(to)?;
        for (name, kind) in self.entries(from)? {
            let name = name.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
            let (from, to) = (format!("{from}/{name}"), format!("{to}/{name}"));
            if kind.is_dir() {
                self.keep_all(&from, folder, &to)?;
            } else {
                self.keep(&from, folder, &to)?;
            }
        }
        Ok(())
    }

    /// Gives a file the permissions and, as far as allowed, the owner of the one that it replaces.
    pub(super) fn resemble(
        &self,
        path: &str,
        folder: &Self,
        original: &str,
        mode: Mode,
    ) -> io::Result<()> {
        let like = folder.look(original)?.ok_or(io::ErrorKind::NotFound)?;
        if mode == Mode::Link || !like.is_file() {
            return Ok(());
        }
        let file = self.open_file(path, Access::Read)?;
        let (bits, new) = (like.permissions().mode(), file.metadata()?);
        let bits = match mode {
            Mode::Executable if bits & 0o100 == 0 => bits | (bits & 0o444) >> 2,
            Mode::Regular => bits & !0o111,
            Mode::Executable | Mode::Link => bits,
        };
        if (new.uid(), new.gid()) != (like.uid(), like.gid()) {
            // Who may not give files away keeps them.
            let _ = fchown(&file, Some(like.uid()), Some(like.gid()));
        }
        // Whose file it is may have changed: it runs as nobody else.
        file.set_permissions(fs::Permissions::from_mode(bits & 0o777))
    }

    /// Opens a file that is there to be locked, and makes it where it is missing.
    pub(super) fn open_lock(&self, path: &str) -> io::Result<fs::File> {
        let (around, name) = self.around(path)?;
        let mut options = OpenOptions::new();
        options.write(true).create(true).mode(0o600).follow(FollowSymlinks::No).nonblock(true);
        around.get().open_with(name, &options).map(cap_std::fs::File::into_std)
    }

    /// Waits until all that was written to this file system is safe from a loss of power.
    pub(super) fn sync(&self) -> io::Result<()> {
        point()?;
        sync(&self.file()?)
    }

    /// Removes a file or a link.
    pub(super) fn remove(&self, path: &str) -> io::Result<()> {
        point()?;
        let (around, name) = self.around(path)?;
        around.get().remove_file(name)
    }

    /// Removes a folder that is empty.
    pub(super) fn remove_directory(&self, path: &str) -> io::Result<()> {
        point()?;
        let (around, name) = self.around(path)?;
        around.get().remove_dir(name)
    }

    /// Removes a folder with all that is in it; one that is not there is no failure.
    pub(super) fn remove_all(&self, path: &str) -> io::Result<()> {
        let removed =
            self.around(path).and_then(|(around, name)| around.get().remove_dir_all(name));
        match removed {
            Err(cause) if !is_absent(&cause) => Err(cause),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn open_file(&self, path: &str, access: Access) -> io::Result<fs::File> {
        if let Some(file) = at_once::open_file(&self.dir, path, access) {
            return Ok(file);
        }
        let (around, name) = self.around(path)?;
        around.open_file(name, access)
    }

    /// Opens the folder around a path, and returns it with the last part.
    fn around<'a>(&'a self, path: &'a str) -> io::Result<(Around<'a>, &'a str)> {
        let Some((parents, name)) = path.rsplit_once('/') else {
            return Ok((Around::Itself(&self.dir), path));
        };
        if let Some(dir) = at_once::open_folder(&self.dir, parents) {
            return Ok((Around::Below(dir), name));
        }
        let mut around = Around::Itself(&self.dir);
        for part in parents.split('/') {
            around = Around::Below(around.get().open_dir_nofollow(part)?);
        }
        Ok((around, name))
    }
}

/// What a file that is there is opened for.
#[derive(Clone, Copy)]
enum Access {
    Read,
    Write,
}

/// The folder around a path.
enum Around<'a> {
    Itself(&'a Dir),
    Below(Dir),
}

impl Around<'_> {
    fn get(&self) -> &Dir {
        match self {
            Self::Itself(dir) => dir,
            Self::Below(dir) => dir,
        }
    }

    /// Opens a file without following a link or waiting for the other end of a pipe.
    fn open_file(&self, name: &str, access: Access) -> io::Result<fs::File> {
        let mut options = OpenOptions::new();
        match access {
            Access::Read => options.read(true),
            Access::Write => options.write(true),
        };
        options.follow(FollowSymlinks::No).nonblock(true);
        self.get().open_with(name, &options).map(cap_std::fs::File::into_std)
    }
}

/// Reads a file to its end. A pipe may have taken its place since it was looked at; it was opened
/// without waiting for anybody.
fn read_file(mut file: fs::File) -> io::Result<Found> {
    let found = file.metadata()?;
    if !found.is_file() {
        return Ok(Found::Special);
    }
    if found.len() > MAX_SIZE {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than 256 MiB"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default() + 33);
    Read::by_ref(&mut file).take(MAX_SIZE).read_to_end(&mut bytes)?;
    let is_executable = found.permissions().mode() & 0o100 != 0;
    let mode = if is_executable { Mode::Executable } else { Mode::Regular };
    Ok(Found::File(Blob { bytes, mode }))
}

/// What stands below another folder, opened by one call where the system can do that without links.
/// Nothing is returned where it cannot, or where no such thing is: each part of the path tells why.
#[cfg(target_os = "linux")]
mod at_once {
    use std::fs::File;

    use super::Access;
    use cap_std::fs::Dir;
    use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, openat2, statat};

    pub(super) fn open_folder(dir: &Dir, path: &str) -> Option<Dir> {
        open(dir, path, OFlags::PATH | OFlags::DIRECTORY).map(Dir::from_std_file)
    }

    /// Opens a file that is neither a link nor a device, which an opening may set in motion.
    pub(super) fn open_file(dir: &Dir, path: &str, access: Access) -> Option<File> {
        let access = match access {
            Access::Read => OFlags::RDONLY,
            Access::Write => OFlags::WRONLY,
        };
        let found = statat(dir, path, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        let is_file = FileType::from_raw_mode(found.st_mode) == FileType::RegularFile;
        let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY;
        if is_file { open(dir, path, flags) } else { None }
    }

    fn open(dir: &Dir, path: &str, flags: OFlags) -> Option<File> {
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
        openat2(dir, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve).ok().map(File::from)
    }
}

#[cfg(not(target_os = "linux"))]
mod at_once {
    use std::fs::File;

    use super::Access;
    use cap_std::fs::Dir;

    pub(super) fn open_folder(_: &Dir, _: &str) -> Option<Dir> {
        None
    }

    pub(super) fn open_file(_: &Dir, _: &str, _: Access) -> Option<File> {
        None
    }
}

/// Tells whether an error says that nothing stands at a path.
pub(super) fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(all(target_os = "linux", not(test)))]
fn sync(folder: &fs::File) -> io::Result<()> {
    // One call for all files: a call for each takes ten times as long under load.
    Ok(rustix::fs::syncfs(folder)?)
}

#[cfg(all(not(target_os = "linux"), not(test)))]
fn sync(folder: &fs::File) -> io::Result<()> {
    rustix::fs::sync();
    folder.sync_all()
}

#[cfg(test)]
fn sync(folder: &fs::File) -> io::Result<()> {
    // Tests kill runs, not machines.
    folder.metadata().map(|_| ())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};

    use super::Folder;

    #[test]
    fn a_copy_that_runs_as_its_owner_is_its_owners() {
        let place = tempfile::tempdir().expect("a folder");
        let (file, twin) = (place.path().join("file"), place.path().join("twin"));
        fs::write(&file, "text").expect("written");
        // Only the system's administrator gives files away.
        if chown(&file, Some(12345), Some(12345)).is_err() {
            return;
        }
        fs::set_permissions(&file, fs::Permissions::from_mode(0o6755)).expect("set");
        fs::hard_link(&file, &twin).expect("linked");
        let folder = Folder::open(place.path()).expect("opened");

        folder.keep("file", &folder, "copy").expect("kept");

        let copy = place.path().join("copy").metadata().expect("there");
        assert_eq!((copy.uid(), copy.gid(), copy.mode() & 0o7777), (12345, 12345, 0o6755));
        assert_ne!(copy.ino(), file.metadata().expect("there").ino());
    }
}
