//! The folder in which fastwright keeps what it needs while it writes into a project.
//!
//! It is inside git's folder where there is one, else `.fastwright`, and gone after a run that
//! leaves nothing to remember. Its lock makes runs on one project wait for no other: they refuse.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::failure::failure;
use super::files;
use super::lock::{Hold, hold};
use crate::error::{Error, Result};

/// A locked folder for a transaction.
#[derive(Debug)]
pub(super) struct Store {
    directory: PathBuf,
    _lock: File,
}

impl Store {
    /// Returns where the store of a project is; `git` is the git folder around it.
    pub(super) fn place(root: &Path, git: Option<&Path>) -> PathBuf {
        let Some(git) = git else { return root.join(".fastwright") };
        let store = git.join("fastwright");
        if root.join(".git").exists() {
            return store;
        }
        // Projects that share a repository have a store each, named after their place.
        let digest = Sha256::digest(root.as_os_str().as_encoded_bytes());
        let name =
            digest.iter().take(8).fold(String::new(), |name, byte| format!("{name}{byte:02x}"));
        store.join(name)
    }

    /// Tells whether a run works there or was killed there.
    pub(super) fn is_used(directory: &Path) -> bool {
        ["lock", "txn"].iter().any(|name| directory.join(name).exists())
    }

    /// Makes the folder where it is missing and locks it.
    pub(super) fn open(directory: PathBuf) -> Result<Self> {
        let path = directory.join("lock");
        for _ in 0..100 {
            let file = files::create_directories(&directory).and_then(|()| {
                OpenOptions::new().write(true).create(true).truncate(false).open(&path)
            });
            match file.and_then(|file| hold(&path, file)) {
                Ok(Hold::Ours(lock)) => return Ok(Self { directory, _lock: lock }),
                Ok(Hold::Taken) => {
                    return Err(Error::failed("another run of fastwright works on this project")
                        .because(format!("it holds `{}`", path.display()))
                        .hint("wait until it is done, then run it again"));
                }
                Ok(Hold::Unknown) => {
                    return Err(Error::failed(format!("cannot lock `{}`", path.display()))
                        .because("its file system knows no locks")
                        .hint("work on a copy of the project on another disk"));
                }
                // A run that ended just now took the file with it.
                Ok(Hold::Gone) => {}
                Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
                Err(cause) => {
                    let _ = fs::remove_dir(&directory);
                    return Err(failure("write in", &directory, &cause));
                }
            }
        }
        Err(Error::failed(format!("cannot lock `{}`", path.display()))
            .because("other runs of fastwright come and go there")
            .hint("run it again"))
    }

    /// Returns a path in the folder.
    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // The lock still holds while its file goes; folders stay where something is in them.
        let _ = fs::remove_file(self.join("lock"));
        let parent = self.directory.parent().filter(|parent| parent.ends_with("fastwright"));
        if let (Ok(()), Some(parent)) = (fs::remove_dir(&self.directory), parent) {
            let _ = fs::remove_dir(parent);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Store;

    #[test]
    fn open_refuses_a_second_run_and_lets_a_later_one_in() {
        let root = tempfile::tempdir().expect("a folder");
        let place = || Store::place(root.path(), None);
        let first = Store::open(place()).expect("locked");

        let error = Store::open(place()).expect_err("taken").to_string();
        drop(first);

        assert!(error.starts_with("error: another run of fastwright works on this project\n"));
        Store::open(place()).expect("locked");
        assert!(!place().exists());
    }

    #[test]
    fn place_keeps_projects_in_one_repository_apart() {
        let root = tempfile::tempdir().expect("a folder");
        let git = root.path().join(".git");
        std::fs::create_dir(&git).expect("made");

        let top = Store::place(root.path(), Some(&git));
        let (a, b) = (root.path().join("a"), root.path().join("b"));

        assert_eq!(top, git.join("fastwright"));
        assert_ne!(Store::place(&a, Some(&git)), Store::place(&b, Some(&git)));
        assert!(Store::place(&a, Some(&git)).starts_with(git.join("fastwright")));
    }
}
