//! Git repositories: whether one is around a folder, and the first commit of a new one.

use std::fs::Metadata;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use git2::{
    Buf, Config, ErrorClass, IndexEntry, IndexTime, Indexer, ObjectType, Oid, Repository,
    RepositoryInitOptions, Signature,
};

use crate::error::{Error, Result};
use crate::tree::{Blob, Mode, RelPath};

/// Returns the git folder of the repository that a folder is in.
///
/// Looks for its marks alone: one that libgit2 cannot open is a repository all the same.
pub(super) fn enclosing(directory: &Path) -> Option<PathBuf> {
    Repository::discover_path(directory, std::iter::empty::<&Path>()).ok()
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

    // One pack takes a third of the time of as many loose objects.
    let objects = repository.odb()?;
    let memory = objects.add_new_mempack_backend(i32::MAX)?;
    let mut index = repository.index()?;
    for (path, blob) in files {
        let id = objects.write(ObjectType::Blob, &blob.bytes)?;
        let found = directory.join(path).symlink_metadata().ok();
        index.add(&entry(path, blob, id, found.as_ref()))?;
    }
    let tree = repository.find_tree(index.write_tree()?)?;
    index.write()?;
    let neutral = || Signature::now("fastwright", "fastwright@localhost");
    let author = repository.author_from_env().or_else(|_| neutral())?;
    let committer = repository.committer_from_env().or_else(|_| neutral())?;
    repository.commit(Some("HEAD"), &author, &committer, message, &tree, &[])?;

    let mut pack = Buf::new();
    memory.dump(&repository, &mut pack)?;
    let folder = repository.path().join("objects/pack");
    let mut indexer = Indexer::new(None, &folder, 0o444, false)?;
    indexer.write_all(&pack).map_err(|cause| git2::Error::from_str(&cause.to_string()))?;
    indexer.commit()?;
    Ok(branch)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the index keeps the low 32 bits"
)]
fn entry(path: &RelPath, blob: &Blob, id: Oid, found: Option<&Metadata>) -> IndexEntry {
    let time = |seconds: i64, nanoseconds: i64| {
        IndexTime::new(i32::try_from(seconds).unwrap_or_default(), nanoseconds as u32)
    };
    IndexEntry {
        ctime: found.map_or(time(0, 0), |found| time(found.ctime(), found.ctime_nsec())),
        mtime: found.map_or(time(0, 0), |found| time(found.mtime(), found.mtime_nsec())),
        dev: found.map_or(0, |found| found.dev() as u32),
        ino: found.map_or(0, |found| found.ino() as u32),
        mode: match blob.mode {
            Mode::Regular => 0o100_644,
            Mode::Executable => 0o100_755,
            Mode::Link => 0o120_000,
        },
        uid: found.map_or(0, MetadataExt::uid),
        gid: found.map_or(0, MetadataExt::gid),
        file_size: blob.bytes.len() as u32,
        id,
        flags: 0,
        flags_extended: 0,
        path: path.as_str().into(),
    }
}
