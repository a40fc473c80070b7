//! What git knows of a project: asked of libgit2, or of the `git` program where libgit2 cannot
//! open the repository. A repository that neither can open is never treated as none.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::index::{Attributes, Listed, Listing, Staging};
use super::library::Library;
use super::program::Program;
use super::{guard, readable};
use crate::error::Result;
use crate::tree::{Blob, RelPath};

/// The repository around a project, as far as there is one.
pub(super) enum Checkout {
    /// None.
    Absent,
    /// One that libgit2 opens.
    Library(Library),
    /// One that the `git` program opens.
    Program(Program),
}

impl Checkout {
    /// Opens the repository whose git folder is `git`.
    pub(super) fn open(root: &Path, git: Option<&Path>) -> Result<Self> {
        let Some(git) = git else { return Ok(Self::Absent) };
        match readable::open(root, git)? {
            Ok(library) => Ok(Self::Library(library)),
            Err(cause) => Program::open(root, git, cause.message()).map(Self::Program),
        }
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
                library.list(is_wanted).map_err(|cause| library.failed(&cause))
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
                library.attributes(paths).map_err(|cause| library.failed(&cause))
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
                library.changed(files).map_err(|cause| library.failed(&cause))
            }
            Self::Program(program) => program.changed(files),
        }
    }

    /// Tells whether git ignores a path.
    pub(super) fn is_ignored(&self, path: &RelPath) -> Result<bool> {
        match self {
            Self::Absent => Ok(false),
            Self::Library(library) => {
                library.is_ignored(path).map_err(|cause| library.failed(&cause))
            }
            Self::Program(program) => program.is_ignored(path),
        }
    }

    /// Reads the contents of an entry of the index.
    pub(super) fn read(&self, listed: &Listed) -> Result<Vec<u8>> {
        match self {
            Self::Absent => Ok(Vec::new()),
            Self::Library(library) => {
                library.read(&listed.id).map_err(|cause| library.failed(&cause))
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
                library.renamed(missing, is_candidate).map_err(|cause| library.failed(&cause))
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
                library.make_index(to, stagings).map_err(|cause| library.failed(&cause))
            }
            Self::Program(program) => program.make_index(to, stagings),
        }
    }

    /// Makes, at the path `to`, the index of now with these paths as an older index has them.
    pub(super) fn restore_index(&self, to: &Path, old: &Path, paths: &[RelPath]) -> Result<()> {
        match self {
            Self::Absent => Ok(()),
            Self::Library(library) => {
                library.restore_index(to, old, paths).map_err(|cause| library.failed(&cause))
            }
            Self::Program(program) => program.restore_index(to, old, paths),
        }
    }
}
