//! Projects on a real disk: what `new` leaves there, and what it leaves alone.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use fastwright::error::Result;
use fastwright::exit::Exit;
use fastwright::merge::{Change, Outcome, Reason};
use fastwright::project::{Created, Creation, Git, Interrupt, State, create, plan_creation};
use fastwright::tree::{Blob, Mode, RelPath, Tree};
use git2::{Repository, Status, StatusOptions};
use tempfile::TempDir;

struct Sandbox(TempDir);

impl Sandbox {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.join(name);
        fs::create_dir_all(path.parent().expect("it has one")).expect("made");
        fs::write(path, text).expect("written");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.join(name)).expect("read")
    }

    /// All in the sandbox but what is in git's own folders: mode, time and bytes.
    fn snapshot(&self) -> BTreeMap<PathBuf, (u32, i64, i64, Vec<u8>)> {
        let (mut found, mut open) = (BTreeMap::new(), vec![self.0.path().to_owned()]);
        while let Some(path) = open.pop() {
            let metadata = path.symlink_metadata().expect("it is there");
            let mut bytes = Vec::new();
            if metadata.is_dir() {
                let entries = fs::read_dir(&path).expect("read");
                open.extend(entries.map(|entry| entry.expect("read").path()));
                open.retain(|path| !path.ends_with(".git"));
            } else if metadata.is_file() {
                bytes = fs::read(&path).expect("read");
            }
            // A folder's time changes when the store of a transaction comes and goes in it.
            let (seconds, nanoseconds) =
                if metadata.is_dir() { (0, 0) } else { (metadata.mtime(), metadata.mtime_nsec()) };
            found.insert(path, (metadata.mode(), seconds, nanoseconds, bytes));
        }
        found
    }
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).expect("a legal path")
}

fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(name, text)| (path(name), Blob::regular(*text))).collect()
}

fn new(target: &Path, tree: &Tree) -> Result<Created> {
    new_with(target, tree, Some("first commit\n"))
}

fn new_with(target: &Path, tree: &Tree, commit: Option<&str>) -> Result<Created> {
    let state = tempfile::tempdir().expect("a folder");
    let kept = Some(state.path());
    create(&Creation { target, tree, commit, interrupt: &Interrupt::default(), kept })
}

fn refused(result: Result<Created>) -> String {
    let error = result.expect_err("refused");
    assert_eq!(error.exit(), Exit::Failed, "{error}");
    error.to_string()
}

/// Paths that git finds changed or unknown.
fn changed(repository: &Repository) -> Vec<(String, Status)> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true);
    let statuses = repository.statuses(Some(&mut options)).expect("a status");
    statuses.iter().map(|entry| (entry.path().expect("text").to_owned(), entry.status())).collect()
}

/// Paths and modes in the commit that HEAD is at.
fn committed(repository: &Repository) -> Vec<(String, i32)> {
    let commit = repository.head().expect("a branch").peel_to_commit().expect("a commit");
    let mut found = Vec::new();
    let visit = |folder: &str, entry: &git2::TreeEntry<'_>| {
        if entry.kind() != Some(git2::ObjectType::Tree) {
            found.push((format!("{folder}{}", entry.name().expect("text")), entry.filemode()));
        }
        git2::TreeWalkResult::Ok
    };
    commit.tree().expect("a tree").walk(git2::TreeWalkMode::PreOrder, visit).expect("walked");
    found
}

#[test]
fn new_commits_files_executables_and_links_as_they_stand_on_disk() {
    let sandbox = Sandbox::new();
    let mut tree = tree(&[("README.md", "text\n"), ("src/app/main.py", "print()\n")]);
    tree.insert(path("run"), Blob { mode: Mode::Executable, ..Blob::regular("#!/bin/sh\n") });
    tree.insert(path("link"), Blob { mode: Mode::Link, ..Blob::regular("src/app") });

    let created = new(&sandbox.join("shop"), &tree).expect("created");

    assert!(matches!(created.git, Git::Started(_)), "{:?}", created.git);
    let repository = Repository::open(sandbox.join("shop")).expect("opened");
    let expected = [
        ("README.md", 0o100_644),
        ("link", 0o120_000),
        ("run", 0o100_755),
        ("src/app/main.py", 0o100_644),
    ];
    assert_eq!(committed(&repository), expected.map(|(name, mode)| (name.to_owned(), mode)));
    assert_eq!(changed(&repository), []);
    let run = sandbox.join("shop/run").metadata().expect("there");
    assert_eq!(run.permissions().mode() & 0o100, 0o100);
    assert_eq!(fs::read_link(sandbox.join("shop/link")).expect("a link"), Path::new("src/app"));
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is not run is told")]
fn new_passes_the_checks_of_git_itself() {
    let sandbox = Sandbox::new();
    new(&sandbox.join("shop"), &tree(&[("a/b", "text\n"), ("c", "")])).expect("created");

    for arguments in [&["fsck", "--strict"][..], &["diff-index", "--quiet", "HEAD"][..]] {
        let output = Command::new("git").current_dir(sandbox.join("shop")).args(arguments).output();
        let output = match output {
            Ok(output) => output,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return eprintln!("not tested: git is not installed");
            }
            Err(error) => panic!("git: {error}"),
        };
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn new_makes_the_folders_above_its_target_and_leaves_nothing_beside_it() {
    let sandbox = Sandbox::new();

    new(&sandbox.join("a/b/shop"), &tree(&[("c", "text\n")])).expect("created");

    assert_eq!(sandbox.read("a/b/shop/c"), "text\n");
    assert!(sandbox.join("a/b/shop/.git").exists());
    assert_eq!(fs::read_dir(sandbox.0.path()).expect("read").count(), 1);
    assert_eq!(fs::read_dir(sandbox.join("a/b")).expect("read").count(), 1);
}

#[test]
fn new_in_a_repository_starts_no_other_and_commits_nothing() {
    let sandbox = Sandbox::new();
    Repository::init(sandbox.0.path()).expect("a repository");
    fs::create_dir(sandbox.join("there")).expect("made");

    let fresh = new(&sandbox.join("x/fresh"), &tree(&[("a", "text\n")])).expect("created");
    let there = new(&sandbox.join("there"), &tree(&[("a", "text\n")])).expect("created");

    assert!(matches!((fresh.git, there.git), (Git::Inside(_), Git::Inside(_))));
    assert!(!sandbox.join("x/fresh/.git").exists() && !sandbox.join("there/.git").exists());
    assert!(!sandbox.join(".git/fastwright").exists());
    let repository = Repository::open(sandbox.0.path()).expect("opened");
    assert!(repository.head().is_err());
}

#[test]
fn new_without_git_starts_no_repository() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.join("there")).expect("made");

    for target in ["fresh", "there"] {
        let created = new_with(&sandbox.join(target), &tree(&[("a", "text\n")]), None);

        assert_eq!(created.expect("created").git, Git::Unwanted);
        assert_eq!(fs::read_dir(sandbox.join(target)).expect("read").count(), 1);
    }
}

#[test]
fn new_in_a_folder_keeps_the_files_there_and_commits_only_its_own() {
    let sandbox = Sandbox::new();
    sandbox.write("notes", "mine\n");
    sandbox.write("README.md", "mine\n");
    sandbox.write("same", "template\n");
    let tree = tree(&[("README.md", "template\n"), ("a/b", "template\n"), ("same", "template\n")]);

    let created = new(sandbox.0.path(), &tree).expect("created");

    let changes = &created.plan.changes;
    let Change::Conflict(conflict) = &changes[&path("README.md")] else { panic!("{changes:?}") };
    assert_eq!(conflict.outcome, Outcome::Aside(path("README.md.fastwright-new")));
    assert_eq!(changes[&path("same")], Change::Keep(Reason::Same));
    assert_eq!(sandbox.read("README.md"), "mine\n");
    assert_eq!(sandbox.read("README.md.fastwright-new"), "template\n");
    let repository = Repository::open(sandbox.0.path()).expect("opened");
    let names: Vec<String> = committed(&repository).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["a/b", "same"]);
    let unknown: Vec<String> = changed(&repository).into_iter().map(|(name, _)| name).collect();
    assert_eq!(unknown, ["README.md", "README.md.fastwright-new", "notes"]);
}

#[test]
fn new_twice_changes_nothing_the_second_time() {
    let sandbox = Sandbox::new();
    sandbox.write("shop/README.md", "mine\n");
    let tree = tree(&[("README.md", "template\n"), ("a/b", "template\n")]);
    new(&sandbox.join("shop"), &tree).expect("created");
    let before = sandbox.snapshot();

    let again = new(&sandbox.join("shop"), &tree).expect("nothing to do");

    assert_eq!(again.plan.edits(), []);
    assert!(again.plan.has_conflicts());
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn new_keeps_a_file_in_the_place_of_a_folder_and_a_folder_in_the_place_of_a_file() {
    let sandbox = Sandbox::new();
    sandbox.write("src", "mine\n");
    sandbox.write("Makefile/mine", "mine\n");
    symlink("nowhere", sandbox.join("docs")).expect("a link");
    let tree = tree(&[("Makefile", "t\n"), ("docs/index.md", "t\n"), ("src/a.py", "t\n")]);

    let created = new_with(sandbox.0.path(), &tree, None).expect("created");

    assert!(created.plan.has_conflicts());
    assert_eq!(sandbox.read("src"), "mine\n");
    assert_eq!(sandbox.read("Makefile/mine"), "mine\n");
    assert_eq!(sandbox.read("src.fastwright-new/a.py"), "t\n");
    assert_eq!(sandbox.read("Makefile.fastwright-new"), "t\n");
    assert_eq!(sandbox.read("docs.fastwright-new/index.md"), "t\n");
}

#[test]
fn new_refuses_a_link_that_leads_out_of_the_project() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.join("outside")).expect("made");
    fs::create_dir_all(sandbox.join("shop")).expect("made");
    symlink("../outside", sandbox.join("shop/src")).expect("a link");
    let before = sandbox.snapshot();

    let error = refused(new(&sandbox.join("shop"), &tree(&[("a", "t\n"), ("src/app/b", "t\n")])));

    let start = "error: `src/app/b` would be written outside of the project\n  \
                 `src` is a symbolic link to `";
    assert!(error.starts_with(start), "{error}");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn new_follows_a_link_that_stays_in_the_project_unless_two_paths_become_one() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.join("documentation")).expect("made");
    symlink("documentation", sandbox.join("docs")).expect("a link");

    new_with(sandbox.0.path(), &tree(&[("docs/a", "t\n")]), None).expect("created");
    assert_eq!(sandbox.read("documentation/a"), "t\n");

    let double = tree(&[("docs/b", "1\n"), ("documentation/b", "2\n")]);
    let error = refused(new_with(sandbox.0.path(), &double, None));
    let start = "error: `docs/b` and `documentation/b` are the same file here\n";
    assert!(error.starts_with(start), "{error}");
}

#[test]
fn new_refuses_a_target_that_is_no_folder() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "mine\n");
    symlink("nowhere", sandbox.join("link")).expect("a link");
    let before = sandbox.snapshot();

    for (target, exit, message) in [
        ("file", Exit::Usage, "file` is not a folder\n"),
        ("file/below", Exit::Usage, "file` is not a folder\n"),
        ("file/far/below", Exit::Usage, "file` is not a folder\n"),
        ("link", Exit::Failed, "link` leads nowhere\n"),
    ] {
        let error = new(&sandbox.join(target), &tree(&[("a", "t\n")])).expect_err("refused");

        assert_eq!(error.exit(), exit, "{error}");
        let text = error.to_string();
        assert!(text.contains(message) && text.contains("\n\nhint: "), "{text}");
        assert_eq!(sandbox.snapshot(), before, "{target}");
    }
}

#[test]
fn new_refuses_a_target_that_leaves_a_missing_folder_again() {
    let sandbox = Sandbox::new();
    let before = sandbox.snapshot();

    for target in ["missing/..", "missing/../shop", "shop/x/../../../y"] {
        let error = refused(new(&sandbox.join(target), &tree(&[("a", "t\n")])));

        assert!(error.starts_with("error: cannot make `"), "{error}");
        assert_eq!(sandbox.snapshot(), before, "{target}");
    }
}

#[test]
fn new_takes_a_link_to_a_folder_for_the_folder() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.join("real")).expect("made");
    symlink("real", sandbox.join("link")).expect("a link");

    new(&sandbox.join("link"), &tree(&[("a", "t\n")])).expect("created");

    assert_eq!(sandbox.read("real/a"), "t\n");
}

#[test]
fn new_refuses_a_folder_that_is_another_project() {
    let sandbox = Sandbox::new();
    sandbox.write(State::PATH, "schema = 1\n");
    let before = sandbox.snapshot();

    let error =
        refused(new(sandbox.0.path(), &tree(&[(State::PATH, "schema = 1\npack = \"a\"\n")])));

    assert!(error.contains("holds a project already\n"), "{error}");
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
fn a_planned_creation_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("there/a", "mine\n");
    let before = sandbox.snapshot();
    let tree = tree(&[("a", "t\n"), ("b", "t\n")]);

    let fresh = plan_creation(&sandbox.join("fresh"), &tree).expect("planned");
    let there = plan_creation(&sandbox.join("there"), &tree).expect("planned");

    assert_eq!((fresh.edits().len(), fresh.has_conflicts()), (2, false));
    assert_eq!((there.edits().len(), there.has_conflicts()), (2, true));
    assert_eq!(sandbox.snapshot(), before);
}

#[test]
#[cfg(target_os = "linux")]
fn new_tells_what_it_could_not_write_and_why() {
    // Nobody can make folders there, root neither.
    let error = refused(new(Path::new("/sys/shop"), &tree(&[("a", "t\n")])));

    assert!(error.starts_with("error: cannot make a folder in `/sys`\n  "), "{error}");
    assert!(error.contains("\n\nhint: "), "{error}");
}

#[test]
fn new_works_where_git_keeps_its_folder_on_another_disk() {
    let sandbox = Sandbox::new();
    let Ok(elsewhere) = tempfile::tempdir_in("/dev/shm") else { return };
    sandbox.write("shop/.git", &format!("gitdir: {}\n", elsewhere.path().display()));
    Repository::init_bare(elsewhere.path()).expect("a repository");
    sandbox.write("shop/a", "mine\n");

    new(&sandbox.join("shop"), &tree(&[("a", "t\n"), ("b/c", "t\n")])).expect("created");

    assert_eq!(sandbox.read("shop/a"), "mine\n");
    assert_eq!(sandbox.read("shop/b/c"), "t\n");
    assert!(!elsewhere.path().join("fastwright").exists());
}

/// Runs an ignored test of this file in a process of its own.
fn in_child(name: &str, variables: &[(&str, &Path)]) {
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", &format!("project::{name}"), "--ignored", "--nocapture"])
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .expect("run");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn target_of_child() -> PathBuf {
    std::env::var_os("TARGET").expect("set by the test that runs this one").into()
}

fn head(folder: &Path) -> (String, String, String) {
    let repository = Repository::open(folder).expect("opened");
    let head = repository.head().expect("a branch");
    let commit = head.peel_to_commit().expect("a commit");
    let author = commit.author().to_string();
    let branch = head.shorthand().expect("text").to_owned();
    (branch, author, commit.message().expect("text").to_owned())
}

#[test]
fn the_first_commit_follows_the_configuration_of_git() {
    let sandbox = Sandbox::new();
    let configuration = "[user]\nname = A\nemail = a@example.org\n[init]\ndefaultBranch = trunk\n";
    sandbox.write(".gitconfig", configuration);

    in_child("child_creates", &[("HOME", sandbox.0.path()), ("TARGET", &sandbox.join("shop"))]);

    let expected = ("trunk", "A <a@example.org>", "first commit\n");
    let (branch, author, message) = head(&sandbox.join("shop"));
    assert_eq!((branch.as_str(), author.as_str(), message.as_str()), expected);
}

#[test]
fn the_first_commit_has_a_neutral_author_where_git_knows_none() {
    let sandbox = Sandbox::new();

    in_child("child_creates", &[("HOME", sandbox.0.path()), ("TARGET", &sandbox.join("shop"))]);

    let expected = ("main", "fastwright <fastwright@localhost>", "first commit\n");
    let (branch, author, message) = head(&sandbox.join("shop"));
    assert_eq!((branch.as_str(), author.as_str(), message.as_str()), expected);
}

#[test]
#[ignore = "a child of other tests"]
fn child_creates() {
    new(&target_of_child(), &tree(&[("a", "t\n")])).expect("created");
}

/// A small disk in memory, as long as it lives.
pub struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    pub fn new(folder: &'a Path, kilobytes: usize) -> Option<Self> {
        let size = format!("size={kilobytes}k");
        let mut mount = Command::new("mount");
        let status = mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).status();
        status.is_ok_and(|status| status.success()).then_some(Self(folder))
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Lazily: a process that another test starts may hold our files for a moment.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_disk_that_is_full_at_any_point_leaves_nothing_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let disk = sandbox.join("disk");
    fs::create_dir(&disk).expect("made");
    let big = "x".repeat(6000);
    let tree = tree(&[("a/b", &big), ("a/c", "t\n"), ("d", &big), ("mine", &big)]);
    let (mut failed, mut created) = (0, 0);

    for size in (8..400).step_by(8) {
        let Some(_mounted) = Mounted::new(&disk, size) else {
            skipped("it may not mount a disk");
            return;
        };
        fs::create_dir(disk.join("there")).expect("made");
        fs::write(disk.join("there/mine"), "mine\n").expect("written");
        let before = sandbox.snapshot();
        for target in ["fresh", "there"] {
            match new(&disk.join(target), &tree) {
                Ok(_) => {
                    created += 1;
                    fs::remove_dir_all(disk.join(target)).expect("removed");
                }
                Err(error) => {
                    failed += 1;
                    assert_eq!(error.exit(), Exit::Failed, "{error}");
                    assert_eq!(sandbox.snapshot(), before, "{target}, {size}k");
                    assert!(!disk.join(target).join(".git").exists());
                }
            }
        }
    }
    assert!(failed > 5 && created > 5, "{failed} failed, {created} created");
}

#[expect(clippy::print_stderr, reason = "a test that cannot run must not look as if it had")]
pub fn skipped(reason: &str) {
    eprintln!("skipped: {reason}");
}
