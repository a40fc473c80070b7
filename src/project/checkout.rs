//! What git knows of a project: asked of libgit2, or of the `git` program where libgit2 cannot
//! open the repository. A repository that neither can open is never treated as none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::folder::Folder;
use super::index::{Attributes, Listed, Listing, Staging};
use super::library::Library;
use super::patience::Guarded;
use super::program::Program;
use super::{guard, repository};
use crate::error::Result;
use crate::tree::{Blob, RelPath};

/// The repository around a project, as far as there is one.
pub(super) enum Checkout {
    /// None.
    Absent,
    /// One that libgit2 opens.
    Library(Guarded<Library>),
    /// One that the `git` program opens.
    Program(Program),
}

impl Checkout {
    /// Opens the repository around a project, and returns its git folder too.
    pub(super) fn open(root: &Path) -> Result<(Option<Folder>, Self)> {
        let Some((git, library)) = repository::open(root)? else { return Ok((None, Self::Absent)) };
        let checkout = match library {
            Ok(library) => Self::Library(Guarded::new(root, library)),
            Err(cause) => Self::Program(Program::open(root, &git, cause.message())?),
        };
        Ok((Some(git), checkout))
    }

    /// Refuses to work while something else is half done in the repository.
    pub(super) fn guard(&self, git: Option<&Path>) -> Result<()> {
        let Some(git) = git else { return Ok(()) };
        match self {
            Self::Absent => Ok(()),
            Self::Library(_) => guard::check(git, |_| false),
            Self::Program(program) => guard::check(git, |name| program.has_reference(name)),
        }
    }

    /// Lists what the index has at the paths that are wanted.
    pub(super) fn list(&self, is_wanted: &dyn Fn(&RelPath) -> bool) -> Result<Listing> {
        match self {
            Self::Absent => Ok(Listing::default()),
            Self::Library(library) => {
                let entries = library.with(|library| library.told(library.entries()))?;
                Ok(entries.list(is_wanted))
            }
            Self::Program(program) => program.list(is_wanted),
        }
    }

    /// Returns what `.gitattributes` says of paths.
    pub(super) fn attributes(&self, paths: &[RelPath]) -> Result<BTreeMap<RelPath, Attributes>> {
        match self {
            _ if paths.is_empty() => Ok(BTreeMap::new()),
            Self::Absent => Ok(BTreeMap::new()),
            Self::Library(library) => {
                let paths = paths.to_vec();
                library.with(move |library| library.told(library.attributes(&paths)))
            }
            Self::Program(program) => program.attributes(paths),
        }
    }

    /// Returns which of these files are not what the index has.
    pub(super) fn changed(
        &self,
        files: &[(&RelPath, &Blob, &Listed)],
    ) -> Result<BTreeSet<RelPath>> {
        match self {
            _ if files.is_empty() => Ok(BTreeSet::new()),
            Self::Absent => Ok(BTreeSet::new()),
            Self::Library(library) => {
                let own = |(path, blob, listed): &(&RelPath, &Blob, &Listed)| {
                    ((*path).clone(), (*blob).clone(), (*listed).clone())
                };
                let files: Vec<_> = files.iter().map(own).collect();
                library.with(move |library| library.told(library.changed(&files)))
            }
            Self::Program(program) => program.changed(files),
        }
    }

    /// Tells whether git ignores a path.
    pub(super) fn is_ignored(&self, path: &RelPath) -> Result<bool> {
        match self {
            Self::Absent => Ok(false),
            Self::Library(library) => {
                let path = path.clone();
                library.with(move |library| library.told(library.is_ignored(&path)))
            }
            Self::Program(program) => program.is_ignored(path),
        }
    }

    /// Reads the contents of an entry of the index.
    pub(super) fn read(&self, listed: &Listed) -> Result<Vec<u8>> {
        match self {
            Self::Absent => Ok(Vec::new()),
            Self::Library(library) => {
                let id = listed.id.clone();
                library.with(move |library| library.told(library.read(&id)))
            }
            Self::Program(program) => program.read(&listed.id),
        }
    }

    /// Finds the files that the user made of these by renaming them.
    pub(super) fn renamed(
        &self,
        missing: &[(RelPath, &Blob)],
        is_candidate: &dyn Fn(&RelPath) -> bool,
    ) -> Result<Vec<(RelPath, RelPath)>> {
        match self {
            Self::Library(library) if !missing.is_empty() => {
                let candidates = self.list(is_candidate)?.tracked;
                let own = |(path, blob): &(RelPath, &Blob)| (path.clone(), (*blob).clone());
                let missing: Vec<_> = missing.iter().map(own).collect();
                library.with(move |library| library.told(library.renamed(&missing, &candidates)))
            }
            // Renames are followed for convenience; without, the conflict is told.
            Self::Library(_) | Self::Absent | Self::Program(_) => Ok(Vec::new()),
        }
    }

    /// Makes, at the path `to`, the index of now with these paths changed.
    pub(super) fn make_index(&self, to: &Path, stagings: &[Staging]) -> Result<()> {
        match self {
            Self::Absent => Ok(()),
            Self::Library(library) => {
                let (to, stagings) = (to.to_owned(), stagings.to_vec());
                library.with(move |library| library.told(library.make_index(&to, &stagings)))
            }
            Self::Program(program) => program.make_index(to, stagings),
        }
    }

    /// Makes, at the path `to`, the index of now with these paths as an older index has them.
    pub(super) fn restore_index(&self, to: &Path, old: &Path, paths: &[RelPath]) -> Result<()> {
        match self {
            Self::Absent => Ok(()),
            Self::Library(library) => {
                let (to, old, paths) = (to.to_owned(), old.to_owned(), paths.to_vec());
                library.with(move |library| library.told(library.restore_index(&to, &old, &paths)))
            }
            Self::Program(program) => program.restore_index(to, old, paths),
        }
    }
}
