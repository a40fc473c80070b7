//! Failures on demand, for tests: something happens before the n-th operation that changes the
//! disk, for every n.

use std::cell::{Cell, RefCell};
use std::io;
use std::path::{Path, PathBuf};

type Hook = Box<dyn FnMut(usize) -> io::Result<()>>;

thread_local! {
    static HOOK: RefCell<Option<Hook>> = const { RefCell::new(None) };
    static COUNTED: Cell<usize> = const { Cell::new(0) };
}

/// Runs `action` with a hook before each operation, which it gets the number of, and returns
/// what it returned and how many operations there were.
fn watch<T>(
    hook: impl FnMut(usize) -> io::Result<()> + 'static,
    action: impl FnOnce() -> T,
) -> (T, usize) {
    COUNTED.set(0);
    HOOK.set(Some(Box::new(hook)));
    let result = action();
    HOOK.set(None);
    (result, COUNTED.get())
}

/// Counts an operation and lets the hook fail it.
pub(super) fn point() -> io::Result<()> {
    let number = COUNTED.get();
    COUNTED.set(number + 1);
    HOOK.with_borrow_mut(|hook| hook.as_mut().map_or(Ok(()), |hook| hook(number)))
}

/// A folder for a project, and beside it the state directory of its user.
struct Scratch {
    files: PathBuf,
    _folder: tempfile::TempDir,
}

impl Scratch {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let files = folder.path().join("files");
        std::fs::create_dir(&files).expect("made");
        Self { files, _folder: folder }
    }

    fn path(&self) -> &Path {
        &self.files
    }

    /// Returns the state directory for a project in a scratch folder.
    fn state(target: &Path) -> PathBuf {
        let files = target.ancestors().find(|folder| folder.ends_with("files"));
        files.expect("it is in a scratch folder").with_file_name("state")
    }
}

mod swap;
mod upgrade;

mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::io;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{Scratch, watch};
    use crate::error::Result;
    use crate::exit::Exit;
    use crate::project::{Created, Creation, Interrupt, create};
    use crate::tree::{Blob, Mode, RelPath, Tree};

    /// Where a project is created and what the user has there.
    #[derive(Clone, Copy, Debug)]
    enum Scene {
        /// Nothing, not even the folder around it.
        Fresh,
        /// A folder with files of the user's, one of which the template has too.
        Folder,
        /// As `Folder`, in a repository.
        Repository,
    }

    const SCENES: [Scene; 3] = [Scene::Fresh, Scene::Folder, Scene::Repository];

    fn tree() -> Tree {
        let mut tree = Tree::new();
        for name in [".gitignore", "README.md", "a/b/c.py", "a/b/d.py", "a/e.py", "f"] {
            tree.insert(path(name), Blob::regular(format!("template {name}\n")));
        }
        tree.insert(path("run"), Blob { mode: Mode::Executable, ..Blob::regular("#!/bin/sh\n") });
        tree.insert(path("link"), Blob { mode: Mode::Link, ..Blob::regular("a/e.py") });
        tree
    }

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).expect("legal")
    }

    /// Sets the scene in a folder and returns the target.
    fn set(scene: Scene, folder: &Path) -> PathBuf {
        let target = folder.join("work/project");
        match scene {
            Scene::Fresh => return target,
            Scene::Folder => {}
            Scene::Repository => {
                git2::Repository::init(&target).expect("a repository");
            }
        }
        fs::create_dir_all(target.join("a/mine")).expect("made");
        fs::write(target.join("README.md"), "the user's\n").expect("written");
        fs::write(target.join("f"), "template f\n").expect("written");
        fs::write(target.join("a/notes"), "the user's\n").expect("written");
        target
    }

    fn run(target: &Path, interrupt: &Interrupt) -> Result<Created> {
        let kept = Some(Scratch::state(target));
        let kept = kept.as_deref();
        create(&Creation { target, tree: &tree(), commit: Some("first\n"), interrupt, kept })
    }

    /// What stands in a folder: mode and bytes of all in it.
    fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
        while let Some(path) = open.pop() {
            let metadata = path.symlink_metadata().expect("it is there");
            let bytes = if metadata.is_symlink() {
                fs::read_link(&path).expect("read").into_os_string().into_encoded_bytes()
            } else if metadata.is_dir() {
                open.extend(
                    fs::read_dir(&path).expect("read").map(|entry| entry.expect("read").path()),
                );
                Vec::new()
            } else {
                fs::read(&path).expect("read")
            };
            found.insert(path, (metadata.mode(), bytes));
        }
        found
    }

    /// Returns the snapshot without git's own folders.
    fn files(folder: &Path) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let mut found = snapshot(folder);
        found.retain(|path, _| !path.iter().any(|part| part == ".git"));
        found
    }

    /// What a run without any fault leaves, and whether it starts a repository.
    fn expected(scene: Scene) -> BTreeMap<PathBuf, (u32, Vec<u8>)> {
        let folder = Scratch::new();
        run(&set(scene, folder.path()), &Interrupt::default()).expect("created");
        relative(files(folder.path()), folder.path())
    }

    fn relative<T>(found: BTreeMap<PathBuf, T>, folder: &Path) -> BTreeMap<PathBuf, T> {
        let strip = |path: PathBuf| path.strip_prefix(folder).expect("inside").to_owned();
        found.into_iter().map(|(path, value)| (strip(path), value)).collect()
    }

    fn assert_complete(scene: Scene, folder: &Path, case: &str) {
        assert_eq!(relative(files(folder), folder), expected(scene), "{case}");
        let repository = git2::Repository::open(folder.join("work/project")).expect("opened");
        let head = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        match scene {
            Scene::Fresh | Scene::Folder => {
                let commit = head.expect("a commit");
                assert_eq!(commit.parent_count(), 0, "{case}");
                assert!(commit.tree().expect("a tree").get_name("run").is_some(), "{case}");
            }
            Scene::Repository => assert!(head.is_none(), "{case}"),
        }
    }

    fn full() -> io::Error {
        io::ErrorKind::StorageFull.into()
    }

    #[test]
    fn a_run_that_fails_at_any_operation_changes_nothing() {
        for scene in SCENES {
            for failing in 0.. {
                let case = format!("{scene:?}, operation {failing}");
                let folder = Scratch::new();
                let target = set(scene, folder.path());
                let before = snapshot(folder.path());

                let hook = move |number| if number == failing { Err(full()) } else { Ok(()) };
                let (result, counted) = watch(hook, || run(&target, &Interrupt::default()));

                match result {
                    Ok(_) => {
                        // What failed was clearing up, which the next run does.
                        run(&target, &Interrupt::default()).expect("the next run succeeds");
                        assert_complete(scene, folder.path(), &case);
                    }
                    Err(error) => {
                        assert_eq!(error.exit(), Exit::Failed, "{case}");
                        assert!(error.to_string().contains("hint: free some space"), "{error}");
                        assert_eq!(snapshot(folder.path()), before, "{case}");
                    }
                }
                if counted <= failing {
                    assert!(counted > 10, "{case}");
                    break;
                }
            }
        }
    }

    #[test]
    fn a_run_on_a_disk_that_stays_broken_is_finished_or_undone_by_the_next_one() {
        for scene in SCENES {
            for failing in 0.. {
                let case = format!("{scene:?}, from operation {failing}");
                let folder = Scratch::new();
                let target = set(scene, folder.path());

                let hook = move |number| if number >= failing { Err(full()) } else { Ok(()) };
                let (_, counted) = watch(hook, || run(&target, &Interrupt::default()));
                run(&target, &Interrupt::default()).expect("the next run succeeds");

                assert_complete(scene, folder.path(), &case);
                if counted <= failing {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_run_that_a_signal_stops_changes_nothing() {
        for scene in SCENES {
            for stopping in 0.. {
                let case = format!("{scene:?}, operation {stopping}");
                let folder = Scratch::new();
                let target = set(scene, folder.path());
                let before = snapshot(folder.path());
                let interrupt = Interrupt::default();
                let raised = interrupt.clone();

                let hook = move |number| {
                    if number == stopping {
                        raised.raise(15);
                    }
                    Ok(())
                };
                let (result, counted) = watch(hook, || run(&target, &interrupt));

                match result {
                    Ok(_) => assert_complete(scene, folder.path(), &case),
                    Err(error) => {
                        assert_eq!(error.exit(), Exit::Signal(15), "{case}");
                        assert_eq!(snapshot(folder.path()), before, "{case}");
                    }
                }
                if counted <= stopping {
                    break;
                }
            }
        }
    }

    #[test]
    fn a_run_that_is_killed_at_any_operation_is_finished_or_undone_by_the_next_one() {
        for scene in SCENES {
            for killing in 0.. {
                let case = format!("{scene:?}, killed at operation {killing}");
                let folder = Scratch::new();
                let target = set(scene, folder.path());
                let mine = files(folder.path());

                let status = Command::new(std::env::current_exe().expect("this program"))
                    .args(["--exact", "project::fault::tests::killed_child", "--ignored"])
                    .env("FASTWRIGHT_TEST_TARGET", &target)
                    .env("FASTWRIGHT_TEST_KILL", killing.to_string())
                    .output()
                    .expect("run")
                    .status;
                let between = files(folder.path());
                run(&target, &Interrupt::default()).expect("the next run succeeds");

                for (path, content) in mine.iter().filter(|(path, _)| path.is_file()) {
                    assert_eq!(between.get(path), Some(content), "{case}");
                }
                assert_complete(scene, folder.path(), &case);
                if status.success() {
                    assert!(killing > 10, "{case}");
                    break;
                }
            }
        }
    }

    #[test]
    #[ignore = "the child of the test above"]
    fn killed_child() {
        let variable = |name| std::env::var(name).expect("set by the test above");
        let killing: usize = variable("FASTWRIGHT_TEST_KILL").parse().expect("a number");
        let target = PathBuf::from(variable("FASTWRIGHT_TEST_TARGET"));
        let hook = move |number| {
            if number == killing {
                signal_hook::low_level::raise(signal_hook::consts::SIGKILL)?;
            }
            Ok(())
        };

        let (result, _) = watch(hook, || run(&target, &Interrupt::default()));

        result.expect("created where nothing kills it");
        assert!(target.join("run").metadata().expect("written").permissions().mode() & 0o100 != 0);
    }
}
