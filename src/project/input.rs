//! Files that are neither a project nor its templates: packs in folders, answers, documents.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;

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

/// Reads all files of a folder; git's own folder and links are left out.
///
/// # Errors
/// Fails if the folder or a file in it cannot be read.
pub fn read_folder(folder: &Path) -> Result<Tree> {
    let mut tree = Tree::new();
    collect(folder, "", &mut tree)?;
    Ok(tree)
}

fn collect(folder: &Path, prefix: &str, tree: &mut Tree) -> Result<()> {
    let wrong = |error| cannot("read", folder, &error);
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let kind = entry.file_type().map_err(wrong)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if kind.is_dir() {
            if entry.file_name() != ".git" {
                collect(&entry.path(), &format!("{name}/"), tree)?;
            }
        } else if kind.is_file() {
            let path = RelPath::parse(&name).map_err(|reason| {
                Error::failed(format!("cannot use `{}`", entry.path().display())).because(reason)
            })?;
            let bytes = fs::read(entry.path());
            let bytes = bytes.map_err(|error| cannot("read", &entry.path(), &error))?;
            tree.insert(path, Blob::regular(bytes));
        }
    }
    Ok(())
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
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(wrong)?;
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(wrong)?;
    Ok(bytes)
}

/// Writes a file whole or not at all; folders above it are made.
///
/// # Errors
/// Fails if it cannot be written, or if another one is there that must stay.
pub fn write_file(path: &Path, bytes: &[u8], overwrite: Overwrite) -> Result<()> {
    if overwrite == Overwrite::Refused {
        match fs::read(path) {
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
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        wrong(error)
    })
}

fn cannot(verb: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::failed(format!("cannot {verb} `{}`", path.display())).because(error)
}
