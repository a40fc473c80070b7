//! A temporary folder with an empty environment, in which the program runs.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder of its own, gone when dropped.
pub struct Sandbox {
    folder: TempDir,
}

/// How a run of the program ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Output {
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Sandbox {
    pub fn new() -> Self {
        Self { folder: TempDir::new().expect("a temporary folder") }
    }

    /// Returns the folder in which the program runs.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("written");
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Returns a command for the program: no environment, no terminal, no user's settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fastwright"));
        command
            .args(arguments)
            .env_clear()
            // Where git is, which some repositories need.
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.join(".home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CEILING_DIRECTORIES", self.path().parent().expect("a parent"))
            .current_dir(self.path())
            .stdin(Stdio::null());
        command
    }

    /// Returns a command for the program with a pack among the fixtures.
    pub fn with_pack(&self, pack: &str, arguments: &[&str]) -> Command {
        let folder = super::manifest("tests/fixtures").join(pack);
        let pack = ["--pack", folder.to_str().expect("UTF-8")];
        self.command(&[&pack, arguments].concat())
    }

    /// Runs the program; in what it says the sandbox's own path reads `[..]`, that of the fixtures
    /// `[fixtures]`.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.finish(&mut self.command(arguments))
    }

    pub fn finish(&self, command: &mut Command) -> Output {
        let output = command.output().expect("the program starts");
        let text = |bytes: &[u8]| {
            let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
            let path = self.path().canonicalize().expect("a real path");
            text.replace(&*path.to_string_lossy(), "[..]")
                .replace(&*self.path().to_string_lossy(), "[..]")
                .replace(&*super::manifest("tests/fixtures").to_string_lossy(), "[fixtures]")
        };
        Output {
            status: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Returns all that stands below a folder, git's own files too, with the time of its last
    /// change, its mode and its contents.
    pub fn times(&self, folder: &str) -> BTreeMap<PathBuf, String> {
        let (mut found, mut open) = (BTreeMap::new(), vec![self.join(folder)]);
        while let Some(path) = open.pop() {
            let metadata = path.symlink_metadata().expect("it is there");
            let mut text = String::new();
            if metadata.is_dir() {
                let entries = std::fs::read_dir(&path).expect("readable");
                open.extend(entries.map(|entry| entry.expect("an entry").path()));
                // The lock of a run comes and goes in them.
                let name = path.file_name().expect("a name").to_string_lossy();
                if [".git", "fastwright", ".fastwright"].contains(&&*name) {
                    continue;
                }
            } else if metadata.is_file() {
                let bytes = std::fs::read(&path).expect("readable");
                text = String::from_utf8_lossy(&bytes).chars().take(2000).collect();
            }
            let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
            let mode = metadata.mode();
            found.insert(path, format!("{seconds}.{nanoseconds} {mode:o} {text}"));
        }
        found
    }

    /// Returns every file and link below a folder, but for those of git, with its mode and contents.
    pub fn whole(&self, folder: &str) -> Vec<(String, u32, String)> {
        let tree = self.tree(folder).into_iter().map(|(name, text)| {
            let metadata = self.join(folder).join(&name).symlink_metadata().expect("it is there");
            (name, metadata.mode(), text)
        });
        tree.collect()
    }

    /// Runs the program with a text on a pipe.
    pub fn pipe(&self, command: &mut Command, text: impl AsRef<[u8]>) -> Output {
        let file = self.join(".input");
        std::fs::write(&file, text).expect("written");
        let input = std::fs::File::open(&file).expect("readable");
        std::fs::remove_file(&file).expect("removed");
        self.finish(command.stdin(input))
    }

    /// Returns every file and link below a folder, but for those of git, with its contents.
    pub fn tree(&self, folder: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        walk(&self.join(folder), "", &mut found);
        found.sort();
        found
    }
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.map(|entry| entry.expect("an entry")) {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            if name != ".git" {
                walk(&entry.path(), &format!("{name}/"), found);
            }
        } else if kind.is_symlink() {
            let target = std::fs::read_link(entry.path()).expect("a target");
            found.push((name, format!("-> {}", target.display())));
        } else {
            let bytes = std::fs::read(entry.path()).expect("readable");
            found.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
}
