//! Git repositories: whether one is around a folder, and the first commit of a new one.

use std::collections::BTreeSet;
use std::fs::Metadata;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::{
    Config, ErrorClass, IndexEntry, IndexTime, Indexer, ObjectType, Oid, Repository,
    RepositoryInitOptions, Signature, TreeWalkMode, TreeWalkResult,
};

use super::entry::entry;
use super::failure::failure;
use super::folder::Folder;
use super::library::Library;
use super::packfile::packfile;
use super::patience::briefly;
use super::readable::{check_git, check_named};
use crate::error::{Error, Result};
use crate::tree::{Blob, RelPath};

/// Returns the git folder of the repository that a folder is in.
///
/// Looks for its marks alone: one that libgit2 cannot open is a repository all the same.
pub(super) fn enclosing(directory: &Path) -> Result<Option<Folder>> {
    let directory = directory.to_owned();
    briefly(&directory.clone(), move || {
        let found = Repository::discover_path(directory, std::iter::empty::<&Path>());
        let Ok(path) = found else { return Ok(None) };
        Folder::open(&path).map(Some).map_err(|cause| failure("open", &path, &cause))
    })
}

/// Opens the repository around a project. Where libgit2 cannot open it, the cause is beside its folder.
///
/// # Errors
/// Fails where something in it blocks, and where it belongs to other files.
pub(super) fn open(
    root: &Path,
) -> Result<Option<(Folder, std::result::Result<Library, git2::Error>)>> {
    let Some(git) = enclosing(root)? else { return Ok(None) };
    let root = root.to_owned();
    briefly(&root.clone(), move || {
        check_git(&git)?;
        check_belonging(&git, &root)?;
        let library = Library::open(&root, git.path());
        library.as_ref().map_or(Ok(()), |library| check_named(&git, &library.named(&root)))?;
        Ok(Some((git, library)))
    })
}

/// Refuses a git folder that does not belong to the files around a folder.
///
/// # Errors
/// Fails where what leads to it may have been put there by anybody: a mark that names the git folder
/// of other files, files that are laid out like one, or one that keeps its objects with another.
fn check_belonging(git: &Folder, directory: &Path) -> Result<()> {
    let mut marks = directory.ancestors().map(|top| top.join(".git"));
    let mark = marks.find(|mark| mark.symlink_metadata().is_ok());
    match mark {
        Some(mark) if points_back(git, &mark) => Ok(()),
        Some(mark) if leads_to(&mark) == git.path().canonicalize().ok() => {
            Err(Error::failed(format!("`{}` names a repository of another folder", mark.display()))
                .because(format!("`{}` does not say that its files are here", git.path().display()))
                .hint("look where it comes from; for one of yours, `git worktree repair` or")
                .hint("`git config core.worktree` with the folder of its files leads back"))
        }
        Some(_) | None => {
            Err(Error::failed(format!("`{}` is laid out like a git folder", git.path().display()))
                .because("git would take its settings from files of the project")
                .hint(
                    "move `HEAD`, `refs` and `objects` away from it, or look where they come from",
                ))
        }
    }
}

/// Returns the git folder that a mark leads to: it is one, or it is a file with its path.
fn leads_to(mark: &Path) -> Option<PathBuf> {
    if mark.is_dir() {
        return mark.canonicalize().ok();
    }
    let around = Folder::open(mark.parent()?).ok()?;
    let text = String::from_utf8(around.read(".git").ok()??.bytes).ok()?;
    mark.with_file_name(text.strip_prefix("gitdir: ")?.trim_end()).canonicalize().ok()
}

/// Tells whether a git folder belongs to the files beside `mark`. A file or a link of that name can
/// come with an archive and lead to any repository; one that git made has a way back.
fn points_back(git: &Folder, mark: &Path) -> bool {
    let Ok(whole) = git.path().canonicalize() else { return false };
    if leads_to(mark).as_ref() != Some(&whole) {
        return false;
    }
    let text = |name: &str| {
        let blob = git.read(name).ok().flatten()?;
        Some(git.join(std::str::from_utf8(&blob.bytes).ok()?.trim_end()))
    };
    // What cannot be looked at is nothing to rely on.
    if git.has("commondir").unwrap_or(true) {
        // Only the folder of a worktree shares with another one, in which it lies.
        let common = text("commondir").and_then(|common| common.canonicalize().ok());
        if common.map(|common| common.join("worktrees")).as_deref() != whole.parent() {
            return false;
        }
    }
    if mark.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        return true;
    }
    let same = |path: &Path| match (path.canonicalize(), mark.parent()) {
        (Ok(path), Some(top)) => top.canonicalize().is_ok_and(|top| path == top.join(".git")),
        (Ok(_), None) | (Err(_), _) => false,
    };
    let of_worktree = || Some(same(&text("gitdir")?));
    let of_folder = || {
        let config = Config::open(&git.join("config")).ok()?;
        let files = config.get_string("core.worktree").ok()?;
        Some(git.join(files).canonicalize().ok()? == mark.parent()?.canonicalize().ok()?)
    };
    of_worktree().or_else(of_folder).unwrap_or(false)
}

/// Starts a repository in a folder, commits `files` and returns the name of the branch.
///
/// The files are taken from memory; where they stand in the folder too, git finds them unchanged.
pub(super) fn first_commit<'a>(
    directory: &Path,
    files: impl IntoIterator<Item = (&'a RelPath, &'a Blob)>,
    message: &str,
) -> Result<String> {
    start(directory, files, message).map_err(|cause| {
        Error::failed("cannot start a git repository for the project")
            .because(cause.message())
            .hint(match cause.class() {
                ErrorClass::Os => "look at the free space and at who may write there",
                _ => "use `--no-git` to write the files alone",
            })
    })
}

fn start<'a>(
    directory: &Path,
    files: impl IntoIterator<Item = (&'a RelPath, &'a Blob)>,
    message: &str,
) -> std::result::Result<String, git2::Error> {
    let configuration = Config::open_default().and_then(|mut config| config.snapshot()).ok();
    let branch = configuration
        .as_ref()
        .and_then(|config| config.get_string("init.defaultBranch").ok())
        .filter(|name| git2::Branch::name_is_valid(name).unwrap_or(false))
        .unwrap_or_else(|| "main".to_owned());
    // The samples of a system's template are not worth their time; a template of the user's is.
    let has_template = configuration
        .and_then(|config| config.get_path("init.templateDir").ok())
        .is_some_and(|template| template.is_dir());
    let mut options = RepositoryInitOptions::new();
    options.initial_head(&branch).external_template(has_template).no_reinit(true);
    let repository = Repository::init_opts(directory, &options)?;

    let objects = repository.odb()?;
    objects.add_new_mempack_backend(i32::MAX)?;
    let mut index = repository.index()?;
    let mut ids = BTreeSet::new();
    for (path, blob) in files {
        let id = objects.write(ObjectType::Blob, &blob.bytes)?;
        ids.insert(id);
        let found = directory.join(path).symlink_metadata().ok();
        index.add(&known(path, blob, id, found.as_ref()))?;
    }
    let tree = repository.find_tree(index.write_tree()?)?;
    ids.insert(tree.id());
    tree.walk(TreeWalkMode::PreOrder, |_, entry| {
        ids.insert(entry.id());
        TreeWalkResult::Ok
    })?;
    index.write()?;
    let neutral = || Signature::now("fastwright", "fastwright@localhost");
    let author = repository.author_from_env().or_else(|_| neutral())?;
    let committer = repository.committer_from_env().or_else(|_| neutral())?;
    ids.insert(repository.commit(Some("HEAD"), &author, &committer, message, &tree, &[])?);

    let folder = repository.path().join("objects/pack");
    let mut indexer = Indexer::new(None, &folder, 0o444, false)?;
    let pack = packfile(&objects, &ids.into_iter().collect::<Vec<_>>())?;
    indexer.write_all(&pack).map_err(|cause| git2::Error::from_str(&cause.to_string()))?;
    indexer.commit()?;
    Ok(branch)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the index keeps the low 32 bits"
)]
fn known(path: &RelPath, blob: &Blob, id: Oid, found: Option<&Metadata>) -> IndexEntry {
    let file_size = blob.bytes.len() as u32;
    let entry = IndexEntry { file_size, ..entry(path.as_str(), blob.mode.number(), id) };
    let Some(found) = found else { return entry };
    let time = |seconds: i64, nanoseconds: i64| {
        IndexTime::new(i32::try_from(seconds).unwrap_or_default(), nanoseconds as u32)
    };
    IndexEntry {
        ctime: time(found.ctime(), found.ctime_nsec()),
        mtime: time(found.mtime(), found.mtime_nsec()),
        dev: found.dev() as u32,
        ino: found.ino() as u32,
        uid: found.uid(),
        gid: found.gid(),
        ..entry
    }
}
