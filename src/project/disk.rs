//! Reads what a project has at the paths of templates. Other paths are never looked at.

use std::collections::BTreeMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::failure::failure;
use crate::error::{Error, Result};
use crate::merge::{Ours, Standing, Tracking, side_paths};
use crate::tree::{Blob, Mode, RelPath, Tree};

/// Reads what stands at the paths of two trees, and beside those that are taken.
pub(super) fn read(
    root: &Path,
    base: &Tree,
    theirs: &Tree,
    tracking: &dyn Fn(&RelPath) -> Tracking,
) -> Result<Ours> {
    let root = root.canonicalize().map_err(|cause| failure("open", root, &cause))?;
    let mut reader = Reader { root, base, theirs, tracking, parents: BTreeMap::new() };
    let mut ours = Ours::new();
    let mut through_links = BTreeMap::new();
    for path in base.paths().chain(theirs.paths().filter(|path| base.get(path).is_none())) {
        if let Parent::Linked(folder) = reader.parent(path)? {
            reader.refuse_double(path, &folder, &mut through_links)?;
        }
        let Some(standing) = reader.standing(path)? else { continue };
        reader.read_beside(path, &standing, &mut ours)?;
        ours.insert(path.clone(), standing);
    }
    Ok(ours)
}

/// Reads the file or link at a path; `None` where there is neither.
pub(super) fn read_blob(path: &Path) -> io::Result<Option<Blob>> {
    match path.symlink_metadata() {
        Ok(found) => blob(path, &found),
        Err(cause) if is_absent(&cause) => Ok(None),
        Err(cause) => Err(cause),
    }
}

/// Tells whether an error says that nothing stands at a path.
pub(super) fn is_absent(cause: &io::Error) -> bool {
    matches!(cause.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn blob(path: &Path, found: &Metadata) -> io::Result<Option<Blob>> {
    if found.is_symlink() {
        let bytes = fs::read_link(path)?.into_os_string().into_vec();
        return Ok(Some(Blob { bytes, mode: Mode::Link }));
    }
    if !found.is_file() {
        return Ok(None);
    }
    let is_executable = found.permissions().mode() & 0o100 != 0;
    let mode = if is_executable { Mode::Executable } else { Mode::Regular };
    Ok(Some(Blob { bytes: fs::read(path)?, mode }))
}

/// What the folder around a path is.
#[derive(Clone, Debug)]
enum Parent {
    Folder,
    Missing,
    /// A symbolic link leads to this folder inside the project.
    Linked(PathBuf),
    /// This path is no folder.
    Blocked(RelPath),
}

struct Reader<'a> {
    root: PathBuf,
    base: &'a Tree,
    theirs: &'a Tree,
    tracking: &'a dyn Fn(&RelPath) -> Tracking,
    /// Every folder is looked at once.
    parents: BTreeMap<String, Parent>,
}

impl Reader<'_> {
    fn parent(&mut self, path: &RelPath) -> Result<Parent> {
        let mut parent = Parent::Folder;
        for folder in path.parents() {
            if matches!(parent, Parent::Missing | Parent::Blocked(_)) {
                break;
            }
            parent = match self.parents.get(folder) {
                Some(known) => known.clone(),
                None => self.look_at(folder, &parent, path)?,
            };
            self.parents.insert(folder.to_owned(), parent.clone());
        }
        Ok(parent)
    }

    fn look_at(&self, folder: &str, above: &Parent, path: &RelPath) -> Result<Parent> {
        let full = self.root.join(folder);
        let blocked = || RelPath::parse(folder).map_or(Parent::Missing, Parent::Blocked);
        let found = match full.symlink_metadata() {
            Ok(found) => found,
            Err(cause) if is_absent(&cause) => return Ok(Parent::Missing),
            Err(cause) => return Err(failure("look at", &full, &cause)),
        };
        if found.is_dir() && full.join(".git").symlink_metadata().is_ok() {
            // Another repository, as a submodule is: its files are not this project's.
            return Ok(blocked());
        }
        if !found.is_symlink() {
            let below_link = matches!(above, Parent::Linked(_));
            return Ok(match (found.is_dir(), below_link) {
                (false, _) => blocked(),
                (true, false) => Parent::Folder,
                (true, true) => full.canonicalize().map_or_else(|_| blocked(), Parent::Linked),
            });
        }
        match full.canonicalize() {
            Ok(end) if !end.is_dir() => Ok(blocked()),
            Ok(end) if self.is_inside(&end) => Ok(Parent::Linked(end)),
            Ok(end) => {
                Err(Error::failed(format!("`{path}` would be written outside of the project"))
                    .because(format!("`{folder}` is a symbolic link to `{}`", end.display()))
                    .hint(format!("replace `{folder}` by a folder, then run it again")))
            }
            // It leads nowhere, or round in a circle.
            Err(_) => Ok(blocked()),
        }
    }

    fn is_inside(&self, end: &Path) -> bool {
        end.strip_prefix(&self.root)
            .is_ok_and(|inner| inner.iter().all(|part| !part.eq_ignore_ascii_case(".git")))
    }

    /// Refuses two template paths that links make one file.
    fn refuse_double(
        &self,
        path: &RelPath,
        folder: &Path,
        seen: &mut BTreeMap<PathBuf, RelPath>,
    ) -> Result<()> {
        let real = folder.join(path.name());
        let inner = real.strip_prefix(&self.root).ok().and_then(Path::to_str);
        let twin = inner
            .and_then(|inner| RelPath::parse(inner).ok())
            .filter(|inner| self.base.get(inner).is_some() || self.theirs.get(inner).is_some())
            .or_else(|| seen.insert(real.clone(), path.clone()));
        match twin {
            None => Ok(()),
            Some(twin) => {
                Err(Error::failed(format!("`{path}` and `{twin}` are the same file here"))
                    .because(format!("a symbolic link leads to `{}`", folder.display()))
                    .hint("replace the symbolic link by a folder, then run it again"))
            }
        }
    }

    fn standing(&mut self, path: &RelPath) -> Result<Option<Standing>> {
        match self.parent(path)? {
            Parent::Missing => return Ok(None),
            Parent::Blocked(parent) => return Ok(Some(Standing::Below(parent))),
            Parent::Folder | Parent::Linked(_) => {}
        }
        let full = self.root.join(path);
        let standing = match full.symlink_metadata() {
            Err(cause) if is_absent(&cause) => Ok(None),
            Err(cause) => Err(cause),
            Ok(found) if found.is_dir() => self.directory(path).map(Some),
            Ok(found) => blob(&full, &found).map(|blob| {
                let tracked = |blob| Standing::Blob(blob, (self.tracking)(path));
                Some(blob.map_or(Standing::Special, tracked))
            }),
        };
        standing.map_err(|cause| failure("read", &full, &cause))
    }

    /// Lists a folder up to the first thing in it that the template did not write.
    fn directory(&self, path: &RelPath) -> io::Result<Standing> {
        let mut content = std::collections::BTreeSet::new();
        let mut open = vec![path.clone()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(self.root.join(&folder))? {
                let entry = entry?;
                let name = entry.file_name();
                let inner =
                    name.to_str().and_then(|name| folder.with_suffix(&format!("/{name}")).ok());
                match inner {
                    Some(inner) if entry.file_type()?.is_dir() => open.push(inner),
                    Some(inner) if self.base.get(&inner).is_some() => {
                        content.insert(inner);
                    }
                    // The folder itself stands for what no template can write.
                    other => {
                        content.insert(other.unwrap_or_else(|| path.clone()));
                        return Ok(Standing::Directory(content));
                    }
                }
            }
        }
        Ok(Standing::Directory(content))
    }

    /// Reads the places beside a taken path until one is free or has the template's file.
    fn read_beside(&mut self, path: &RelPath, standing: &Standing, ours: &mut Ours) -> Result<()> {
        let Some(theirs) = self.theirs.get(path) else { return Ok(()) };
        let taken = match standing {
            Standing::Blob(blob, _) if blob == theirs => return Ok(()),
            Standing::Blob(..) | Standing::Directory(_) | Standing::Special => path.clone(),
            Standing::Below(parent) => parent.clone(),
        };
        for side in side_paths(path, &taken) {
            let Some(standing) = self.standing(&side)? else { break };
            let is_theirs = matches!(&standing, Standing::Blob(blob, _) if blob == theirs);
            ours.insert(side, standing);
            if is_theirs {
                break;
            }
        }
        Ok(())
    }
}
