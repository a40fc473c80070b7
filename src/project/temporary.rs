//! A folder beside the target of `new`, in which a project grows until it is whole.
//!
//! Its lock ends with the process, so that the next run can tell the leftovers of a killed one
//! from the folder of a run at work.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

use super::failure::failure;
use super::folder::Folder;
use super::lock::{Hold, Lock, hold};
use crate::error::{Error, Result};

const PREFIX: &str = ".fastwright-new.";

/// A folder that is removed unless it gets its final name.
#[derive(Debug)]
pub(super) struct Temporary<'a> {
    around: &'a Folder,
    name: String,
    /// Absent where the file system knows no locks; then nobody takes the folder for a leftover.
    _lock: Option<Lock>,
}

impl<'a> Temporary<'a> {
    /// Makes a new folder in `around`, after clearing away what killed runs left there.
    pub(super) fn inside(around: &'a Folder) -> Result<Self> {
        sweep(around);
        let wrong = |cause: &io::Error| failure("make a folder in", around.path(), cause);
        let process = std::process::id();
        for number in 0..100 {
            let name = format!("{PREFIX}{process}.{number}");
            match around.create_directory(&name) {
                Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(cause) => return Err(wrong(&cause)),
                Ok(()) => {}
            }
            match lock(around, &name) {
                Ok(Hold::Ours(lock)) => return Ok(Self { around, name, _lock: Some(lock) }),
                Ok(Hold::Unknown) => return Ok(Self { around, name, _lock: None }),
                // Another run swept it away between the two calls.
                Ok(Hold::Taken | Hold::Gone) => {}
                Err(cause) => {
                    drop(Self { around, name, _lock: None });
                    return Err(wrong(&cause));
                }
            }
        }
        Err(Error::failed(format!("cannot make a folder in `{}`", around.path().display()))
            .because(format!("a hundred names that start with `{PREFIX}` are taken"))
            .hint("remove those that no run of fastwright uses"))
    }

    /// Makes the folders of a path in it, and opens the last one.
    pub(super) fn grow(&self, inner: &Path) -> io::Result<Folder> {
        let mut folder = self.around.inner(&self.name)?;
        for part in inner {
            folder = folder.make(part)?;
        }
        Ok(folder)
    }

    /// Gives the folder its final name, which must be free.
    pub(super) fn rename(mut self, name: &OsStr) -> io::Result<()> {
        self.around.rename_here(&self.name, name)?;
        self.name = String::new();
        Ok(())
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if !self.name.is_empty() {
            // What cannot be removed now is removed by the next run.
            let _ = self.around.remove_all(&self.name);
        }
    }
}

fn lock(around: &Folder, name: &str) -> io::Result<Hold> {
    hold(&around.join(name), around.inner(name)?.file()?)
}

/// Removes the folders of runs that are no more. Whatever resists is left alone.
fn sweep(around: &Folder) {
    let Ok(entries) = around.entries("") else { return };
    for (name, kind) in entries {
        let Some(name) = name.to_str().filter(|name| is_temporary(name) && kind.is_dir()) else {
            continue;
        };
        if let Ok(Hold::Ours(_lock)) = lock(around, name) {
            let _ = around.remove_all(name);
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
    use super::{Folder, Temporary};
    use std::fs;

    #[test]
    fn inside_clears_the_leftovers_of_killed_runs_and_no_other_folder() {
        let parent = tempfile::tempdir().expect("a folder");
        let around = Folder::open(parent.path()).expect("open");
        let at_work = Temporary::inside(&around).expect("made");
        fs::create_dir_all(parent.path().join(".fastwright-new.1.0/src")).expect("made");
        fs::create_dir(parent.path().join(".fastwright-new.notes")).expect("made");

        let second = Temporary::inside(&around).expect("made");

        assert!(
            [&at_work.name, &second.name].iter().all(|name| around.has(name).expect("looked at"))
        );
        assert!(!parent.path().join(".fastwright-new.1.0").exists());
        assert!(parent.path().join(".fastwright-new.notes").exists());
    }

    #[test]
    fn a_dropped_folder_is_removed_with_all_in_it() {
        let parent = tempfile::tempdir().expect("a folder");
        let around = Folder::open(parent.path()).expect("open");
        let temporary = Temporary::inside(&around).expect("made");
        fs::write(parent.path().join(&temporary.name).join("file"), "text").expect("written");

        drop(temporary);

        assert_eq!(fs::read_dir(parent.path()).expect("read").count(), 0);
    }
}
