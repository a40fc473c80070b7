//! A folder beside the target of `new`, in which a project grows until it is whole.
//!
//! Its lock ends with the process, so that the next run can tell the leftovers of a killed one
//! from the folder of a run at work.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::failure::failure;
use super::files;
use super::lock::{Hold, hold};
use crate::error::{Error, Result};

const PREFIX: &str = ".fastwright-new.";

/// A folder that is removed unless it gets its final name.
#[derive(Debug)]
pub(super) struct Temporary {
    path: PathBuf,
    /// Absent where the file system knows no locks; then nobody takes the folder for a leftover.
    _lock: Option<File>,
}

impl Temporary {
    /// Makes a new folder in `parent`, after clearing away what killed runs left there.
    pub(super) fn inside(parent: &Path) -> Result<Self> {
        sweep(parent);
        let process = std::process::id();
        for number in 0..100 {
            let path = parent.join(format!("{PREFIX}{process}.{number}"));
            match files::create_directory(&path) {
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(cause) => return Err(failure("make a folder in", parent, &cause)),
                Ok(()) => {}
            }
            let held = File::open(&path).and_then(|file| hold(&path, file));
            match held {
                Ok(Hold::Ours(lock)) => return Ok(Self { path, _lock: Some(lock) }),
                Ok(Hold::Unknown) => return Ok(Self { path, _lock: None }),
                // Another run swept it away between the two calls.
                Ok(Hold::Taken | Hold::Gone) => {}
                Err(cause) => {
                    drop(Self { path, _lock: None });
                    return Err(failure("make a folder in", parent, &cause));
                }
            }
        }
        Err(Error::failed(format!("cannot make a folder in `{}`", parent.display()))
            .because(format!("a hundred names that start with `{PREFIX}` are taken"))
            .hint("remove those that no run of fastwright uses"))
    }

    /// Returns where the folder is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the folder its final name, which must be free.
    pub(super) fn rename(mut self, target: &Path) -> io::Result<()> {
        files::rename(&self.path, target)?;
        self.path = PathBuf::new();
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // What cannot be removed now is removed by the next run.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Removes the folders of runs that are no more. Whatever resists is left alone.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_str().is_some_and(is_temporary);
        if is_ours && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            let path = entry.path();
            let held = File::open(&path).and_then(|file| hold(&path, file));
            if let Ok(Hold::Ours(_lock)) = held {
                let _ = fs::remove_dir_all(&path);
            }
        }
    }
}

fn is_temporary(name: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    name.strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('.'))
        .is_some_and(|(process, number)| is_number(process) && is_number(number))
}

#[cfg(test)]
mod tests {
    use super::Temporary;
    use std::fs;

    #[test]
    fn inside_clears_the_leftovers_of_killed_runs_and_no_other_folder() {
        let parent = tempfile::tempdir().expect("a folder");
        let at_work = Temporary::inside(parent.path()).expect("made");
        fs::create_dir_all(parent.path().join(".fastwright-new.1.0/src")).expect("made");
        fs::create_dir(parent.path().join(".fastwright-new.notes")).expect("made");

        let second = Temporary::inside(parent.path()).expect("made");

        assert!(at_work.path().exists() && second.path().exists());
        assert!(!parent.path().join(".fastwright-new.1.0").exists());
        assert!(parent.path().join(".fastwright-new.notes").exists());
    }

    #[test]
    fn a_dropped_folder_is_removed_with_all_in_it() {
        let parent = tempfile::tempdir().expect("a folder");
        let temporary = Temporary::inside(parent.path()).expect("made");
        fs::write(temporary.path().join("file"), "text").expect("written");

        drop(temporary);

        assert_eq!(fs::read_dir(parent.path()).expect("read").count(), 0);
    }
}
