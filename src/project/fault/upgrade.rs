//! Upgrades and their undoing that fail, are stopped or are killed before every operation.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use git2::Repository;

use super::{Scratch, watch};
use crate::error::Result;
use crate::exit::Exit;
use crate::merge::Labels;
use crate::project::{Access, Conflicts, Dirty, Interrupt, Project, State, Undo, Upgrade};
use crate::tree::{Blob, Mode, RelPath, Tree};

/// Where the project is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scene {
    /// In a folder of its own.
    Folder,
    /// In a repository, with conflicts for its index.
    Repository,
}

/// What is done to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Act {
    Upgrade,
    Undo,
    Abort,
    Continue,
}

const ACTS: [Act; 4] = [Act::Upgrade, Act::Undo, Act::Abort, Act::Continue];

fn cases() -> impl Iterator<Item = (Scene, Act)> {
    [Scene::Folder, Scene::Repository].into_iter().flat_map(|scene| ACTS.map(|act| (scene, act)))
}

fn path(text: &str) -> RelPath {
    RelPath::parse(text).expect("legal")
}

fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(name, text)| (path(name), Blob::regular(*text))).collect()
}

fn base() -> Tree {
    let mut tree = tree(&[
        ("both", "old\n"),
        ("changed", "old\n"),
        ("deep/er/gone", "old\n"),
        ("file", "old\n"),
        ("folder/inner", "old\n"),
        ("lines", "1\n2\n3\n"),
        ("moved", "1\n2\n3\n"),
    ]);
    tree.insert(path("link"), Blob { mode: Mode::Link, ..Blob::regular("changed") });
    tree
}

fn theirs() -> Tree {
    let mut tree = tree(&[
        ("both", "new\n"),
        ("changed", "new\n"),
        ("file/inner", "new\n"),
        ("folder", "new\n"),
        ("lines", "1\n2\n3\n4\n"),
        ("new/place", "1\n2\n3\n4\n"),
        ("untracked", "new\n"),
    ]);
    tree.insert(path("link"), Blob { mode: Mode::Link, ..Blob::regular("lines") });
    tree
}

fn state(version: &str, tree: &Tree) -> State {
    State {
        program: "0.1.0".to_owned(),
        pack: "pack".to_owned(),
        version: version.to_owned(),
        digest: tree.digest(),
        ..State::default()
    }
}

/// Makes the project in a folder, with edits of the user's.
fn set(scene: Scene, target: &Path) {
    for (name, blob) in base().iter() {
        let file = target.join(name);
        fs::create_dir_all(file.parent().expect("it has one")).expect("made");
        match blob.mode {
            Mode::Link => {
                std::os::unix::fs::symlink(String::from_utf8_lossy(&blob.bytes).as_ref(), &file)
                    .expect("linked");
            }
            Mode::Regular | Mode::Executable => fs::write(&file, &blob.bytes).expect("written"),
        }
    }
    for (name, text) in [("both", "mine\n"), ("lines", "one\n2\n3\n"), ("moved", "one\n2\n3\n")] {
        fs::write(target.join(name), text).expect("written");
    }
    fs::write(target.join(State::PATH), state("1.0.0", &base()).to_text()).expect("written");
    if matches!(scene, Scene::Repository) {
        let repository = Repository::init(target).expect("a repository");
        let mut index = repository.index().expect("an index");
        index.add_all(["*"], git2::IndexAddOption::FORCE, None).expect("added");
        index.write().expect("written");
    }
    fs::write(target.join("untracked"), "mine\n").expect("written");
}

/// Upgrades, unless that is done.
fn upgrade(target: &Path, interrupt: &Interrupt) -> Result<()> {
    let project = Project::open(target, Access::Write, Some(&Scratch::state(target)))?;
    if project.state().version == "2.0.0" {
        return Ok(());
    }
    let (base, theirs) = (base(), theirs());
    let upgrade = Upgrade {
        base: &base,
        theirs: &theirs,
        renames: &[("moved".to_owned(), "new/place".to_owned())],
        labels: &Labels::of_upgrade("pack", "1.0.0", "2.0.0"),
        conflicts: Conflicts::Markers,
    };
    let survey = project.survey(&upgrade)?;
    project.upgrade(&upgrade, &survey, &state("2.0.0", &theirs), Dirty::Refused, interrupt)
}

/// Takes the upgrade back, unless that is done.
fn undo(target: &Path, undo: Undo, interrupt: &Interrupt) -> Result<()> {
    let project = Project::open(target, Access::Write, Some(&Scratch::state(target)))?;
    if project.state().version == "1.0.0" {
        return Ok(());
    }
    project.undo(undo, interrupt).map(|_| ())
}

/// Ends the upgrade, unless that is done.
fn finish(target: &Path) -> Result<()> {
    let project = Project::open(target, Access::Write, Some(&Scratch::state(target)))?;
    if project.pending().is_empty() { Ok(()) } else { project.finish().map(|_| ()) }
}

/// Brings a new project to where the act begins.
pub(super) fn begin(scene: Scene, act: Act, target: &Path) {
    set(scene, target);
    if act != Act::Upgrade {
        upgrade(target, &Interrupt::default()).expect("upgraded");
    }
    if act == Act::Continue {
        fs::write(target.join("both"), "mine and new\n").expect("written");
        if matches!(scene, Scene::Repository) {
            let repository = Repository::open(target).expect("a repository");
            let mut index = repository.index().expect("an index");
            for path in ["both", "file/inner", "file", "folder", "folder/inner", "untracked"] {
                index.conflict_remove(path.as_ref()).ok();
            }
            index.add_path("both".as_ref()).expect("added");
            index.write().expect("written");
        }
        let untracked = fs::read_to_string(target.join("untracked")).expect("read");
        assert_eq!(untracked, "mine\n");
    }
}

pub(super) fn run(act: Act, target: &Path, interrupt: &Interrupt) -> Result<()> {
    match act {
        Act::Upgrade => upgrade(target, interrupt),
        Act::Undo => undo(target, Undo::Last(Dirty::Refused), interrupt),
        Act::Abort => undo(target, Undo::Unfinished, interrupt),
        Act::Continue => finish(target),
    }
}

/// All files of the project with their modes, and what the index says. A folder that could not be
/// removed harms nobody.
fn seen(target: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![target.to_owned()]);
    while let Some(path) = open.pop() {
        let metadata = path.symlink_metadata().expect("it is there");
        let name = path.strip_prefix(target).expect("inside").display().to_string();
        if metadata.is_dir() {
            if name != ".git" {
                let entries = fs::read_dir(&path).expect("read");
                open.extend(entries.map(|entry| entry.expect("read").path()));
            }
        } else if metadata.is_symlink() {
            let end = fs::read_link(&path).expect("read").into_os_string().into_encoded_bytes();
            found.insert(name + " link", end);
        } else {
            let bytes = fs::read(&path).expect("read");
            found.insert(format!("{name} {:o}", metadata.mode()), bytes);
        }
    }
    if let Ok(repository) = Repository::open(target) {
        let index = repository.index().expect("an index");
        for entry in index.iter() {
            let name = String::from_utf8_lossy(&entry.path).into_owned();
            let line = format!("index {name} {} {:o}", entry.flags >> 12, entry.mode);
            found.insert(line, entry.id.to_string().into_bytes());
        }
        assert!(!target.join(".git/index.lock").exists());
    }
    found
}

/// What stands before and after an act that nothing disturbs.
fn sides(scene: Scene, act: Act) -> [BTreeMap<String, Vec<u8>>; 2] {
    let folder = Scratch::new();
    begin(scene, act, folder.path());
    let before = seen(folder.path());
    run(act, folder.path(), &Interrupt::default()).expect("done");
    [before, seen(folder.path())]
}

fn same(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>, case: &str) {
    let texts = |side: &BTreeMap<String, Vec<u8>>| -> Vec<String> {
        let text = |(name, bytes): (&String, &Vec<u8>)| {
            format!("{name}: {}", String::from_utf8_lossy(bytes))
        };
        side.iter().map(text).collect()
    };
    assert_eq!(texts(found), texts(expected), "{case}");
}

fn full() -> io::Error {
    io::ErrorKind::StorageFull.into()
}

#[test]
fn acts_are_what_the_tests_below_take_them_for() {
    for scene in [Scene::Folder, Scene::Repository] {
        let [old, new] = sides(scene, Act::Upgrade);
        for act in [Act::Undo, Act::Abort] {
            let [new_again, old_again] = sides(scene, act);
            assert_eq!((&old, &new), (&old_again, &new_again), "{scene:?}, {act:?}");
        }
        let [resolved, finished] = sides(scene, Act::Continue);
        assert_eq!(resolved, finished, "{scene:?}");
        let text = |name: &str| new.get(name).map(|bytes| String::from_utf8_lossy(bytes));
        assert_eq!(text("lines 100644").as_deref(), Some("one\n2\n3\n4\n"));
        assert_eq!(text("new/place 100644").as_deref(), Some("one\n2\n3\n4\n"));
        assert_eq!(text("folder 100644").as_deref(), Some("new\n"));
        assert_eq!(text("untracked 100644").as_deref(), Some("mine\n"));
        assert!(text("both 100644").is_some_and(|text| text.starts_with("<<<<<<<")));
    }
}

#[test]
fn an_act_that_fails_at_any_operation_changes_nothing() {
    for (scene, act) in cases() {
        let [before, after] = sides(scene, act);
        for failing in 0.. {
            let case = format!("{scene:?}, {act:?}, operation {failing}");
            let folder = Scratch::new();
            begin(scene, act, folder.path());

            let hook = move |number| if number == failing { Err(full()) } else { Ok(()) };
            let (result, counted) = watch(hook, || run(act, folder.path(), &Interrupt::default()));

            if let Err(error) = result {
                assert_eq!(error.exit(), Exit::Failed, "{case}");
                assert!(error.to_string().contains("hint: free some space"), "{case}: {error}");
                same(&seen(folder.path()), &before, &case);
            }
            run(act, folder.path(), &Interrupt::default()).expect("the next run succeeds");
            same(&seen(folder.path()), &after, &case);
            if counted <= failing {
                assert!(counted > 10 || act == Act::Continue, "{case}");
                break;
            }
        }
    }
}

#[test]
fn an_act_on_a_disk_that_stays_broken_is_finished_or_undone_by_the_next_one() {
    for (scene, act) in cases() {
        let [_, after] = sides(scene, act);
        for failing in 0.. {
            let case = format!("{scene:?}, {act:?}, from operation {failing}");
            let folder = Scratch::new();
            begin(scene, act, folder.path());

            let hook = move |number| if number >= failing { Err(full()) } else { Ok(()) };
            let (_, counted) = watch(hook, || run(act, folder.path(), &Interrupt::default()));
            run(act, folder.path(), &Interrupt::default()).expect("the next run succeeds");

            same(&seen(folder.path()), &after, &case);
            if counted <= failing {
                break;
            }
        }
    }
}

#[test]
fn an_act_that_a_signal_stops_changes_nothing() {
    for (scene, act) in cases() {
        let [before, after] = sides(scene, act);
        for stopping in 0.. {
            let case = format!("{scene:?}, {act:?}, operation {stopping}");
            let folder = Scratch::new();
            begin(scene, act, folder.path());
            let interrupt = Interrupt::default();
            let raised = interrupt.clone();

            let hook = move |number| {
                if number == stopping {
                    raised.raise(2);
                }
                Ok(())
            };
            let (result, counted) = watch(hook, || run(act, folder.path(), &interrupt));

            match result {
                Ok(()) => same(&seen(folder.path()), &after, &case),
                Err(error) => {
                    assert_eq!(error.exit(), Exit::Signal(2), "{case}");
                    same(&seen(folder.path()), &before, &case);
                }
            }
            if counted <= stopping {
                break;
            }
        }
    }
}

#[test]
fn an_act_that_is_killed_at_any_operation_is_finished_or_undone_by_the_next_one() {
    for (scene, act) in cases() {
        let [before, after] = sides(scene, act);
        for killing in 0.. {
            let case = format!("{scene:?}, {act:?}, killed at operation {killing}");
            let folder = Scratch::new();
            begin(scene, act, folder.path());

            let status = Command::new(std::env::current_exe().expect("this program"))
                .args(["--exact", "project::fault::upgrade::killed_child", "--ignored"])
                .env("FASTWRIGHT_TEST_TARGET", folder.path())
                .env("FASTWRIGHT_TEST_ACT", format!("{act:?}"))
                .env("FASTWRIGHT_TEST_KILL", killing.to_string())
                .output()
                .expect("run")
                .status;
            for (name, bytes) in files(folder.path()) {
                let whole = [&before, &after].iter().any(|side| side.get(&name) == Some(&bytes));
                assert!(whole, "{case}: {name} is neither old nor new");
            }
            run(act, folder.path(), &Interrupt::default()).expect("the next run succeeds");

            same(&seen(folder.path()), &after, &case);
            if status.success() {
                assert!(killing > 10 || act == Act::Continue, "{case}");
                break;
            }
        }
    }
}

/// The files that a killed run leaves, whole or not.
fn files(target: &Path) -> BTreeMap<String, Vec<u8>> {
    // A lock that a killed run left is the next run's to remove.
    let lock = target.join(".git/index.lock");
    let kept = fs::read(&lock).ok();
    let _ = fs::remove_file(&lock);
    let mut found = seen(target);
    if let Some(bytes) = kept {
        fs::write(&lock, bytes).expect("written");
    }
    // What waits in the folder of a killed run is the next run's to use or to remove.
    found.retain(|name, _| !name.starts_with("index ") && !name.starts_with(".fastwright-"));
    found
}

#[test]
#[ignore = "the child of the test above"]
fn killed_child() {
    let variable = |name| std::env::var(name).expect("set by the test above");
    let killing: usize = variable("FASTWRIGHT_TEST_KILL").parse().expect("a number");
    let name = variable("FASTWRIGHT_TEST_ACT");
    let act = ACTS.into_iter().find(|act| format!("{act:?}") == name).expect("an act");
    let target = PathBuf::from(variable("FASTWRIGHT_TEST_TARGET"));
    let hook = move |number| {
        if number == killing {
            signal_hook::low_level::raise(signal_hook::consts::SIGKILL)?;
        }
        Ok(())
    };

    let (result, _) = watch(hook, || run(act, &target, &Interrupt::default()));

    result.expect("done where nothing kills it");
}

#[test]
fn what_is_changed_after_a_run_that_was_killed_at_its_end_stays_changed() {
    let folder = Scratch::new();
    begin(Scene::Folder, Act::Upgrade, folder.path());
    let count = {
        let other = Scratch::new();
        begin(Scene::Folder, Act::Upgrade, other.path());
        watch(|_| Ok(()), || upgrade(other.path(), &Interrupt::default())).1
    };
    // The last operations forget the upgrade before, keep this one, and give the lock back.
    let hook = move |number| if number + 3 >= count { Err(full()) } else { Ok(()) };
    let (result, _) = watch(hook, || upgrade(folder.path(), &Interrupt::default()));
    result.expect("all is written");
    let stores = fs::read_dir(Scratch::state(folder.path()).join("fastwright/projects"));
    let store = stores.expect("read").next().expect("one").expect("read").path();
    assert!(store.join("txn/COMMIT").exists());
    fs::remove_file(folder.path().join("new/place")).expect("removed");
    fs::write(folder.path().join("changed"), "mine\n").expect("written");

    run(Act::Upgrade, folder.path(), &Interrupt::default()).expect("nothing to do");

    assert!(!folder.path().join("new/place").exists());
    assert_eq!(fs::read_to_string(folder.path().join("changed")).expect("read"), "mine\n");
}

#[test]
fn what_a_half_done_run_deleted_is_kept_beside_what_somebody_put_in_its_place() {
    let mut met = 0;
    for failing in 0.. {
        let folder = Scratch::new();
        begin(Scene::Folder, Act::Upgrade, folder.path());
        let hook = move |number| if number >= failing { Err(full()) } else { Ok(()) };
        let (result, _) = watch(hook, || upgrade(folder.path(), &Interrupt::default()));
        if result.is_ok() {
            break;
        }
        let gone = folder.path().join("deep/er/gone");
        if gone.exists() {
            continue;
        }
        met += 1;
        fs::create_dir_all(gone.parent().expect("it has one")).expect("made");
        fs::write(&gone, "mine\n").expect("written");

        let told = upgrade(folder.path(), &Interrupt::default()).expect_err("told").to_string();

        let original = folder.path().join("deep/er/gone.fastwright-original");
        assert_eq!(fs::read_to_string(&gone).expect("read"), "mine\n", "operation {failing}");
        assert_eq!(fs::read_to_string(original).expect("read"), "old\n", "operation {failing}");
        assert!(told.contains("deep/er/gone.fastwright-original"), "{told}");
    }
    assert!(met > 0, "no run was stopped between");
}
