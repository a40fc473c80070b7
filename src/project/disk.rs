//! Reads what a project has at the paths of templates. Other paths are never looked at.

use std::collections::BTreeMap;
use std::io;

use super::failure::failure;
use super::folder::{Folder, Found};
use super::links::{inside, leads_out};
use crate::error::{Error, Result};
use crate::merge::{Ours, Standing, Tracking, side_paths};
use crate::tree::{RelPath, Tree};

/// Reads what stands at the paths of two trees, and beside those that are taken.
pub(super) fn read(
    root: &Folder,
    base: &Tree,
    theirs: &Tree,
    tracking: &dyn Fn(&RelPath) -> Tracking,
) -> Result<Ours> {
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

/// What the folder around a path is.
#[derive(Clone, Debug)]
enum Parent {
    Folder,
    Missing,
    /// A symbolic link leads to this folder inside the project.
    Linked(String),
    /// This path is no folder.
    Blocked(RelPath),
}

struct Reader<'a> {
    root: &'a Folder,
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
        let real = real(folder, above);
        let blocked = || RelPath::parse(folder).map_or(Parent::Missing, Parent::Blocked);
        let full = self.root.join(&real);
        let found = self.root.look(&real).map_err(|cause| failure("look at", &full, &cause))?;
        let Some(found) = found else { return Ok(Parent::Missing) };
        let is_repository = || {
            let mark = format!("{real}/.git");
            self.root.has(&mark).map_err(|cause| failure("look at", &self.root.join(&mark), &cause))
        };
        if found.is_dir() && is_repository()? {
            // Another repository, as a submodule is: its files are not this project's.
            return Ok(blocked());
        }
        if !found.is_symlink() {
            return Ok(match (found.is_dir(), above) {
                (false, _) => blocked(),
                (true, Parent::Linked(_)) => Parent::Linked(real),
                (true, Parent::Folder | Parent::Missing | Parent::Blocked(_)) => Parent::Folder,
            });
        }
        match full.canonicalize() {
            Ok(end) if !end.is_dir() => Ok(blocked()),
            Ok(end) => {
                let inner = inside(self.root.path(), &end);
                inner.map(Parent::Linked).ok_or_else(|| leads_out(path, folder, &end))
            }
            // It leads nowhere, or round in a circle.
            Err(_) => Ok(blocked()),
        }
    }

    /// Refuses two template paths that links make one file.
    fn refuse_double(
        &self,
        path: &RelPath,
        folder: &str,
        seen: &mut BTreeMap<String, RelPath>,
    ) -> Result<()> {
        let real = below(folder, path.name());
        let twin = RelPath::parse(&real)
            .ok()
            .filter(|inner| self.base.get(inner).is_some() || self.theirs.get(inner).is_some())
            .or_else(|| seen.insert(real.clone(), path.clone()));
        match twin {
            None => Ok(()),
            Some(twin) => {
                Err(Error::failed(format!("`{path}` and `{twin}` are the same file here"))
                    .because(format!("a symbolic link leads to `{folder}`"))
                    .hint("replace the symbolic link by a folder, then run it again"))
            }
        }
    }

    fn standing(&mut self, path: &RelPath) -> Result<Option<Standing>> {
        let parent = self.parent(path)?;
        match parent {
            Parent::Missing => return Ok(None),
            Parent::Blocked(parent) => return Ok(Some(Standing::Below(parent))),
            Parent::Folder | Parent::Linked(_) => {}
        }
        let place = real(path.as_str(), &parent);
        let standing = self.root.find(&place).and_then(|found| {
            Ok(match found {
                Found::Nothing => None,
                Found::Folder => Some(self.directory(path, &place)?),
                Found::File(blob) => Some(Standing::Blob(blob, (self.tracking)(path))),
                Found::Special => Some(Standing::Special),
            })
        });
        standing.map_err(|cause| failure("read", &self.root.join(path), &cause))
    }

    /// Lists a folder up to the first thing in it that the template did not write.
    fn directory(&self, path: &RelPath, place: &str) -> io::Result<Standing> {
        let mut content = std::collections::BTreeSet::new();
        let mut open = vec![(path.clone(), place.to_owned())];
        while let Some((folder, place)) = open.pop() {
            for (name, kind) in self.root.entries(&place)? {
                let inner =
                    name.to_str().and_then(|name| folder.with_suffix(&format!("/{name}")).ok());
                match inner {
                    Some(inner) if kind.is_dir() => {
                        let place = below(&place, inner.name());
                        open.push((inner, place));
                    }
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

/// Returns the path without links of something in the folder `above`.
fn real(path: &str, above: &Parent) -> String {
    match above {
        Parent::Linked(folder) => below(folder, path.rsplit('/').next().unwrap_or(path)),
        Parent::Folder | Parent::Missing | Parent::Blocked(_) => path.to_owned(),
    }
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
