//! A project that was made from the first of two versions of a pack, and its life.

use std::process::Command;

use super::{Output, Sandbox};

/// One version of a pack: what its manifest says besides, and its files.
#[derive(Clone, Copy, Default)]
pub struct Version<'a> {
    pub manifest: &'a str,
    pub files: &'a [(&'a str, &'a str)],
}

/// A sandbox with the folder `pack` and a project made from its version 1.0.0 in `shop`.
pub struct Story {
    pub sandbox: Sandbox,
}

const QUESTIONS: &str = "[[section]]\nkey = 'project'\nlabel = 'Project'\n\
    [[question]]\nkey = 'name'\nsection = 'project'\nkind = 'text'\nlabel = 'Name'\n\
    help = 'Its name'\ndefault = 'shop'\n";

impl Story {
    /// Makes a pack of two versions, and a project in a repository with one commit.
    pub fn new(old: &[(&str, &str)], new: &[(&str, &str)]) -> Self {
        let version = |files| Version { manifest: "", files };
        Self::of(version(old), version(new))
    }

    pub fn of(old: Version<'_>, new: Version<'_>) -> Self {
        let story = Self::without_project(old, new);
        story.create(&["new", "shop", "--yes"]);
        story
    }

    pub fn without_git(old: &[(&str, &str)], new: &[(&str, &str)]) -> Self {
        let version = |files| Version { manifest: "", files };
        let story = Self::without_project(version(old), version(new));
        story.create(&["new", "shop", "--yes", "--no-git"]);
        story
    }

    pub fn without_project(old: Version<'_>, new: Version<'_>) -> Self {
        let sandbox = Sandbox::new();
        let head = |version: &str, manifest: &str| {
            format!("name = 'pack'\nversion = '{version}'\n{QUESTIONS}{manifest}")
        };
        sandbox.write("pack/pack.toml", head("2.0.0", new.manifest));
        sandbox.write("pack/history/1.0.0/pack.toml", head("1.0.0", old.manifest));
        for (path, text) in new.files {
            sandbox.write(&format!("pack/base/{path}"), text);
        }
        for (path, text) in old.files {
            if !new.files.contains(&(path, text)) {
                sandbox.write(&format!("pack/history/1.0.0/base/{path}"), text);
            }
        }
        let is_gone = |path: &&str| old.files.iter().all(|(other, _)| other != path);
        let absent: Vec<String> = new
            .files
            .iter()
            .map(|(path, _)| *path)
            .filter(is_gone)
            .map(|path| format!("'base/{path}'"))
            .collect();
        let history = format!("version = '1.0.0'\nabsent = [{}]\n", absent.join(", "));
        sandbox.write("pack/history/1.0.0/history.toml", history);
        Self { sandbox }
    }

    /// Makes a project with version 1.0.0.
    pub fn create(&self, arguments: &[&str]) {
        let all = [&["--pack", "pack", "--pack-version", "1.0.0"], arguments].concat();
        let output = self.sandbox.run(&all);
        assert_eq!(output.status, Some(0), "{}", output.stderr);
    }

    /// Runs the program beside the project, with the pack.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.sandbox.run(&[&["--pack", "pack"], arguments].concat())
    }

    /// Upgrades the project.
    pub fn upgrade(&self, arguments: &[&str]) -> Output {
        self.run(&[&["upgrade", "shop"], arguments].concat())
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        self.sandbox.write(&format!("shop/{path}"), text);
    }

    pub fn read(&self, path: &str) -> String {
        self.sandbox.read(&format!("shop/{path}"))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.sandbox.join("shop").join(path).symlink_metadata().is_ok()
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.sandbox.join("shop").join(path)).expect("removed");
    }

    /// Returns all files of the project, but for the state file.
    pub fn tree(&self) -> Vec<(String, String)> {
        let mut tree = self.sandbox.tree("shop");
        tree.retain(|(path, _)| path != ".fastwright.toml");
        tree
    }

    /// Runs git in the project, and returns what it says.
    pub fn git(&self, arguments: &[&str]) -> String {
        self.git_in("shop", arguments)
    }

    pub fn git_in(&self, folder: &str, arguments: &[&str]) -> String {
        let output = self.git_output(folder, arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {error}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs git in a folder, however it ends.
    pub fn git_output(&self, folder: &str, arguments: &[&str]) -> std::process::Output {
        let mut command = Command::new("git");
        command
            .current_dir(self.sandbox.join(folder))
            .args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
            .args(["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"])
            .args(arguments)
            .env("HOME", self.sandbox.join(".home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_EDITOR", "true")
            .env("GIT_CEILING_DIRECTORIES", self.sandbox.path().parent().expect("a parent"));
        command.output().expect("git is needed for this test")
    }

    /// Commits all that is in the project.
    pub fn commit(&self) {
        self.git(&["add", "--all", "--force"]);
        self.git(&["commit", "--quiet", "--message", "edits"]);
    }

    /// Returns what git says of changed files, one a line.
    pub fn status(&self) -> String {
        self.git(&["status", "--porcelain"])
    }
}
