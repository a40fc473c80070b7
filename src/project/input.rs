//! Files that are neither a project nor its templates: packs in folders, answers, documents.

use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use crate::error::{Error, Result};
use crate::tree::{Blob, RelPath, Tree};

/// What happens to a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwrite {
    /// It is replaced.
    Allowed,
    /// It stays, and writing something else fails.
    Refused,
}

/// The most files of a folder that is read, and bytes in all of them.
const MAX_FILES: usize = 10_000;
const MAX_BYTES: usize = 64 << 20;

/// The most folders one in another.
const MAX_DEPTH: usize = 64;

/// Reads all files of a folder; git's own folder, links and whatever is no file are left out.
///
/// # Errors
/// Fails if the folder or a file in it cannot be read, has a name that not every system takes, or
/// if there is more than a pack may have.
pub fn read_folder(folder: &Path) -> Result<Tree> {
    let mut reading = Reading { folder, tree: Tree::new(), room: MAX_BYTES };
    reading.collect(folder, "", 0)?;
    Ok(reading.tree)
}

struct Reading<'a> {
    folder: &'a Path,
    tree: Tree,
    /// How many bytes may still come.
    room: usize,
}

impl Reading<'_> {
    fn collect(&mut self, folder: &Path, prefix: &str, depth: usize) -> Result<()> {
        if depth > MAX_DEPTH {
            return Err(self.too_much(&format!("{MAX_DEPTH} folders one in another")));
        }
        let wrong = |error| cannot("read", folder, &error);
        for entry in fs::read_dir(folder).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let kind = entry.file_type().map_err(wrong)?;
            if kind.is_dir() && entry.file_name() == ".git" {
                continue;
            }
            let name = entry.file_name();
            let name = name.to_str().ok_or_else(|| {
                let bytes = entry.path().into_os_string().into_encoded_bytes();
                Error::failed(format!("cannot use `{}`", bytes.escape_ascii()))
                    .because("its name is not UTF-8")
                    .hint("give it another name; Windows and macOS cannot store this one")
            })?;
            let name = format!("{prefix}{name}");
            if kind.is_dir() {
                self.collect(&entry.path(), &format!("{name}/"), depth + 1)?;
            } else if kind.is_file() {
                self.add(&entry.path(), &name)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, file: &Path, name: &str) -> Result<()> {
        let path = RelPath::parse(name).map_err(|reason| {
            Error::failed(format!("cannot use `{}`", file.display())).because(reason)
        })?;
        let bytes = read(file, self.room, OFlags::NOFOLLOW);
        let bytes = bytes.map_err(|error| cannot("read", file, &error))?;
        let room = self.room.checked_sub(bytes.len());
        self.room = room
            .ok_or_else(|| self.too_much(&format!("{} MiB in all its files", MAX_BYTES >> 20)))?;
        self.tree.insert(path, Blob::regular(bytes));
        if self.tree.len() > MAX_FILES {
            return Err(self.too_much(&format!("{MAX_FILES} files")));
        }
        Ok(())
    }

    fn too_much(&self, limit: &str) -> Error {
        Error::failed(format!("the pack in `{}` is too large", self.folder.display()))
            .because(format_args!("a pack has at most {limit}"))
            .hint("name the folder that holds `pack.toml`, and keep other things out of it")
    }
}

/// Counts what stands in a folder; nothing is told of what is no folder.
#[must_use]
pub fn entries(folder: &Path) -> Option<usize> {
    Some(fs::read_dir(folder).ok()?.count())
}

/// Reads a file, or of a longer one `limit` + 1 bytes.
///
/// # Errors
/// Fails, as wrong usage, if it cannot be read.
pub fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>> {
    let wrong = |error: std::io::Error| {
        Error::usage(format!("cannot read `{}`", path.display())).because(error)
    };
    read(path, limit, OFlags::empty()).map_err(wrong)
}

/// Reads a file as `read_file` does, or what a command writes into a pipe: `<(command)` of a shell.
///
/// # Errors
/// Fails, as wrong usage, if it cannot be read, or if it is a pipe that nobody writes into.
pub fn read_file_or_pipe(path: &Path, limit: usize) -> Result<Vec<u8>> {
    match path.metadata() {
        Ok(found) if found.file_type().is_fifo() => {}
        Ok(_) | Err(_) => return read_file(path, limit),
    }
    let attempt = || -> io::Result<Vec<u8>> {
        let mut pipe = fs::File::from(rustix::fs::open(path, READING, Mode::empty())?);
        let mut bytes = vec![0; 1];
        match pipe.read(&mut bytes) {
            Ok(0) => return Err(io::Error::other("it is a pipe that nobody writes into")),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => bytes.clear(),
            Err(error) => return Err(error),
        }
        // Somebody does, so the end will come.
        rustix::fs::fcntl_setfl(&pipe, OFlags::empty())?;
        pipe.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    attempt().map_err(|error| {
        Error::usage(format!("cannot read `{}`", path.display()))
            .because(error)
            .hint("`--answers -` reads from standard input")
    })
}

/// How files are opened whose name others chose: without waiting, and as no terminal of ours.
const READING: OFlags =
    OFlags::NONBLOCK.union(OFlags::NOCTTY).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// Reads what must be a file: whoever opens a pipe waits for its other end, and a device has none.
fn read(path: &Path, limit: usize, more: OFlags) -> io::Result<Vec<u8>> {
    let file = fs::File::from(rustix::fs::open(path, READING | more, Mode::empty())?);
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
    }
    // Room for all of it and a little more: its end is seen without another look.
    let length = usize::try_from(found.len()).unwrap_or(limit).min(limit);
    let mut bytes = Vec::with_capacity(length + 33);
    file.take(limit as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes a file whole or not at all; folders above it are made.
///
/// # Errors
/// Fails if it cannot be written, or if another one is there that must stay.
pub fn write_file(path: &Path, bytes: &[u8], overwrite: Overwrite) -> Result<()> {
    if overwrite == Overwrite::Refused {
        match read(path, bytes.len(), OFlags::empty()) {
            Ok(there) if there == bytes => return Ok(()),
            Ok(_) => {
                return Err(Error::failed(format!("`{}` is there already", path.display()))
                    .hint("choose another name, or remove it"));
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(cannot("read", path, &error)),
        }
    }
    let wrong = |error| cannot("write", path, &error);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(wrong)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".fastwright-{}", std::process::id()));
    let beside = path.with_file_name(name);
    let make = || fs::File::create_new(&beside)?.write_all(bytes);
    let written = make().and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        wrong(error)
    })
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot {verb} `{}`", path.display())).because(error)
}
