//! Writes a new project: into a folder that does not exist yet, or into one that does.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::failure::failure;
use super::folder::{Folder, is_absent};
use super::interrupt::Interrupt;
use super::temporary::Temporary;
use super::transaction::{Transaction, recover};
use super::work::{Site, Work};
use super::{disk, repository, state};
use crate::error::{Error, Result};
use crate::merge::{
    Change, Existing, Labels, Options, Ours, Plan, Reason, Standing, Tracking, merge,
};
use crate::tree::{Blob, RelPath, Tree};

/// What `new` writes, and where.
#[derive(Clone, Copy, Debug)]
pub struct Creation<'a> {
    /// The folder of the project, which may exist.
    pub target: &'a Path,
    /// Its files, the state file among them.
    pub tree: &'a Tree,
    /// The message of the first commit; `None` starts no repository.
    pub commit: Option<&'a str>,
    /// Asked between two writes.
    pub interrupt: &'a Interrupt,
    /// The state directory of the user, in which the records of runs are.
    pub kept: Option<&'a Path>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// What became of every path.
    pub plan: Plan,
    /// What became of git.
    pub git: Git,
}

/// What became of git.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Git {
    /// A repository was started, with one commit on this branch.
    Started(String),
    /// The project is part of a repository, whose git folder this is; nothing was committed.
    Inside(PathBuf),
    /// None was wanted.
    Unwanted,
}

/// Tells what `create` would write, and changes nothing.
///
/// # Errors
/// Fails where the target is no folder, belongs to another project or cannot be read.
pub fn plan_creation(target: &Path, tree: &Tree) -> Result<Plan> {
    let ours = match Target::look_at(target)? {
        Target::Absent { .. } => Ours::new(),
        Target::Directory => {
            let root = target.canonicalize().and_then(|root| Folder::open(&root));
            read(&root.map_err(|cause| failure("open", target, &cause))?, tree)?
        }
    };
    plan(target, &ours, tree)
}

/// Writes a project, whole or not at all. No file that exists is changed.
///
/// # Errors
/// Fails as `plan_creation`, and where the disk does or a signal comes; then nothing is left.
pub fn create(creation: &Creation<'_>) -> Result<Created> {
    match Target::look_at(creation.target)? {
        Target::Absent { parent, top } => create_fresh(creation, &parent, &top),
        Target::Directory => create_inside(creation),
    }
}

/// What stands at the target.
enum Target {
    /// Nothing; `top` is the first folder of its path that is missing, `parent` is around it.
    Absent { parent: PathBuf, top: PathBuf },
    /// A folder.
    Directory,
}

impl Target {
    fn look_at(target: &Path) -> Result<Self> {
        match target.metadata() {
            Ok(found) if found.is_dir() => return Ok(Self::Directory),
            Ok(_) => return Err(not_a_folder(target)),
            Err(_) if target.is_symlink() => {
                return Err(Error::failed(format!("`{}` leads nowhere", target.display()))
                    .because("it is a symbolic link to something that does not exist")
                    .hint("remove the link or choose another folder"));
            }
            Err(cause) if is_absent(&cause) => {}
            Err(cause) => return Err(failure("look at", target, &cause)),
        }
        let mut top = target;
        loop {
            let parent = match top.parent() {
                Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
                Some(parent) => parent,
                None => return Err(not_a_folder(target)),
            };
            match parent.metadata() {
                Ok(found) if found.is_dir() => return Self::absent(target, parent, top),
                Ok(_) => return Err(not_a_folder(parent)),
                Err(cause) if is_absent(&cause) && !parent.is_symlink() => top = parent,
                Err(cause) => return Err(failure("look at", parent, &cause)),
            }
        }
    }

    fn absent(target: &Path, parent: &Path, top: &Path) -> Result<Self> {
        // `missing/..` would lead out of the temporary folder.
        let is_plain = |path: &Path| path.components().all(|part| part != Component::ParentDir);
        let inner = target.strip_prefix(parent).unwrap_or(target);
        if is_plain(inner) {
            return Ok(Self::Absent { parent: parent.to_owned(), top: top.to_owned() });
        }
        Err(failure("make", target, &io::ErrorKind::NotFound.into()))
    }
}

fn not_a_folder(path: &Path) -> Error {
    Error::usage(format!("`{}` is not a folder", path.display())).hint("choose another folder")
}

fn read(root: &Folder, tree: &Tree) -> Result<Ours> {
    // No file that exists is changed, whether git has it or not.
    disk::read(root, &Tree::new(), tree, &|_| Tracking::Untracked)
}

fn plan(target: &Path, ours: &Ours, tree: &Tree) -> Result<Plan> {
    let path = state::path();
    if let (Some(Standing::Blob(found, _)), Some(wanted)) = (ours.get(&path), tree.get(&path))
        && found != wanted
    {
        return Err(Error::failed(format!("`{}` holds a project already", target.display()))
            .because(format!("its `{path}` records another version or other answers"))
            .hint("change answers with `fastwright upgrade --set KEY=VALUE`")
            .hint("or choose another folder"));
    }
    let labels = Labels { ours: String::new(), base: String::new(), theirs: String::new() };
    let options = Options::new(Existing::Aside, labels);
    Ok(merge(&Tree::new(), ours, tree, &options))
}

fn create_fresh(creation: &Creation<'_>, parent: &Path, top: &Path) -> Result<Created> {
    let Creation { target, tree, commit, interrupt, .. } = *creation;
    let around = Folder::open(parent).map_err(|cause| failure("open", parent, &cause))?;
    let temporary = Temporary::inside(&around)?;
    // Folders above the target that are missing grow inside of the temporary one.
    let inner = target.strip_prefix(top).unwrap_or(Path::new(""));
    let root = temporary.grow(inner).map_err(|cause| failure("make", target, &cause))?;
    write_files(&root, creation)?;
    let git = match (repository::enclosing(parent)?, commit) {
        (Some(git), _) => Git::Inside(git.path().to_owned()),
        (None, None) => Git::Unwanted,
        (None, Some(message)) => {
            interrupt.check()?;
            Git::Started(repository::first_commit(root.path(), tree.iter(), message)?)
        }
    };
    interrupt.check()?;
    temporary.rename(top.file_name().unwrap_or_default()).map_err(|cause| match cause.kind() {
        io::ErrorKind::DirectoryNotEmpty
        | io::ErrorKind::AlreadyExists
        | io::ErrorKind::NotADirectory => {
            Error::failed(format!("`{}` appeared in the meantime", top.display()))
                .because(cause)
                .hint("look at what is in it, then run it again or choose another folder")
        }
        _ => failure("make", target, &cause),
    })?;
    Ok(Created { plan: plan(target, &Ours::new(), tree)?, git })
}

fn write_files(root: &Folder, creation: &Creation<'_>) -> Result<()> {
    let mut made = BTreeSet::new();
    for (path, blob) in creation.tree.iter() {
        creation.interrupt.check()?;
        for folder in path.parents() {
            if made.insert(folder) {
                root.create_directory(folder)
                    .map_err(|cause| failure("make", &creation.target.join(folder), &cause))?;
            }
        }
        root.create(path.as_str(), blob)
            .map_err(|cause| failure("write", &creation.target.join(path), &cause))?;
    }
    Ok(())
}

fn create_inside(creation: &Creation<'_>) -> Result<Created> {
    let Creation { target, tree, commit, interrupt, kept } = *creation;
    let root = target.canonicalize().and_then(|root| Folder::open(&root));
    let root = root.map_err(|cause| failure("open", target, &cause))?;
    let git = repository::enclosing(root.path())?;
    let store = recover(kept, &root, git.as_ref())?;
    let plan = plan(target, &read(&root, tree)?, tree)?;
    let edits = plan.edits();
    // A killed run that was finished just now may have started a repository.
    let git = git.map_or_else(|| repository::enclosing(root.path()), |git| Ok(Some(git)))?;
    let site = Site { root: &root, git: git.as_ref(), store: &store.folder };
    let work = Work::files(&edits);
    match (commit, site.git) {
        (Some(message), None) => {
            let branch = OnceCell::new();
            let start = |folder: &Path| {
                let files = whole(&root, &plan, tree)?;
                let name = repository::first_commit(folder, files, message)?;
                branch.get_or_init(|| name);
                Ok(())
            };
            Transaction::run(site, &Work { start: Some(&start), ..work }, interrupt)?;
            Ok(Created { git: Git::Started(branch.into_inner().unwrap_or_default()), plan })
        }
        (_, git) => {
            if !edits.is_empty() {
                Transaction::run(site, &work, interrupt)?;
            }
            let git = git.map_or(Git::Unwanted, |git| Git::Inside(git.path().to_owned()));
            Ok(Created { plan, git })
        }
    }
}

/// The files of the template that stand in the project as it has them: what is committed.
fn whole<'a>(root: &Folder, plan: &Plan, tree: &'a Tree) -> Result<Vec<(&'a RelPath, &'a Blob)>> {
    let mut files = Vec::new();
    'files: for (path, blob) in tree.iter() {
        let change = plan.changes.get(path);
        if !matches!(change, Some(Change::Create { .. } | Change::Keep(Reason::Same))) {
            continue;
        }
        for parent in path.parents() {
            let found = root.look(parent);
            let found = found.map_err(|cause| failure("look at", &root.join(parent), &cause))?;
            // Git follows no link to a folder, so it could not find a file behind one.
            if found.is_some_and(|found| !found.is_dir()) {
                continue 'files;
            }
        }
        files.push((path, blob));
    }
    Ok(files)
}
