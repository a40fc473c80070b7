//! Folders that somebody swaps for symbolic links while a run reads, writes or rolls back: nothing
//! outside of the project is touched.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::upgrade::{Act, Scene, begin, run};
use super::{Scratch, watch};
use crate::project::{Creation, Interrupt, create};
use crate::tree::{Blob, RelPath, Tree};

/// Folders of the project that are swapped; the new files of a run wait in the one without a name.
const SWAPPED: [&str; 5] = ["deep", "deep/er", "folder", "new", ""];

/// Fills a folder outside with all that a run writes or removes by name, each as it expects it.
fn fill(outside: &Path) {
    for name in ["gone", "er/gone", "inner", "place", "0", "1", "2", "3", "README.md", "a/b/c.py"] {
        let file = outside.join(name);
        fs::create_dir_all(file.parent().expect("it has one")).expect("made");
        fs::write(file, "old\n").expect("written");
    }
}

fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
    let (mut found, mut open) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(path) = open.pop() {
        let is_folder = path.symlink_metadata().expect("it is there").is_dir();
        if is_folder {
            let entries = fs::read_dir(&path).expect("read");
            open.extend(entries.map(|entry| entry.expect("read").path()));
        }
        found.insert(path.clone(), (!is_folder).then(|| fs::read(&path).expect("read")));
    }
    found
}

/// Puts a link to `outside` in the place of a folder, if that is there.
fn swap(root: &Path, name: &str, outside: &Path) {
    let waiting = || {
        let entries = fs::read_dir(root).expect("read").map(|entry| entry.expect("read"));
        let mut names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
        names.find(|name| name.starts_with(".fastwright-"))
    };
    let name = if name.is_empty() { waiting() } else { Some(name.to_owned()) };
    let Some(place) = name.map(|name| root.join(name)) else { return };
    if place.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        fs::rename(&place, root.with_file_name("swapped")).expect("moved");
    }
    // Where something else stands, or nothing to put it into, there is nothing to swap.
    let _ = symlink(outside, &place);
}

#[test]
fn a_folder_that_becomes_a_link_while_an_act_writes_or_rolls_back_leads_nowhere() {
    for (act, name) in
        [Act::Upgrade, Act::Abort].iter().flat_map(|act| SWAPPED.map(|it| (*act, it)))
    {
        for swapping in 0.. {
            let mut last = 0;
            // Without a failure, and with one soon after, so that the run has to roll back.
            for failing in [usize::MAX, swapping + 2] {
                let case =
                    format!("{act:?}, {name:?} before operation {swapping}, {failing} fails");
                let folder = Scratch::new();
                begin(Scene::Folder, act, folder.path());
                let outside = folder.path().with_file_name("outside");
                fill(&outside);
                let before = snapshot(&outside);

                let (root, end) = (folder.path().to_owned(), outside.clone());
                let hook = move |number| {
                    if number == swapping {
                        swap(&root, name, &end);
                    }
                    if number == failing { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
                };
                let interrupt = Interrupt::default();
                let (_, counted) = watch(hook, || run(act, folder.path(), &interrupt));
                // The next run finishes or undoes it, or says why it cannot.
                let _ = run(act, folder.path(), &Interrupt::default());

                assert_eq!(snapshot(&outside), before, "{case}");
                last = last.max(counted);
            }
            if last <= swapping {
                break;
            }
        }
    }
}

#[test]
fn a_new_project_does_not_follow_a_link_in_the_place_of_its_folder() {
    let path = |text: &str| RelPath::parse(text).expect("legal");
    let names = ["README.md", "a/b/c.py", "a/e.py"];
    let tree: Tree = names.iter().map(|name| (path(name), Blob::regular("new\n"))).collect();
    for is_there in [false, true] {
        for swapping in 0.. {
            let case = format!("there {is_there}, before operation {swapping}");
            let folder = Scratch::new();
            let outside = folder.path().with_file_name("outside");
            fill(&outside);
            let before = snapshot(&outside);
            let target = folder.path().join("shop");
            if is_there {
                fs::create_dir(&target).expect("made");
            }

            let (root, end) = (folder.path().to_owned(), outside.clone());
            let hook = move |number| {
                if number == swapping {
                    let entries = fs::read_dir(&root).expect("read");
                    for entry in entries.map(|entry| entry.expect("read")) {
                        fs::rename(entry.path(), root.with_file_name("moved")).expect("moved");
                        symlink(&end, entry.path()).expect("linked");
                    }
                }
                Ok(())
            };
            let (kept, interrupt) = (Scratch::state(&target), Interrupt::default());
            let (commit, kept) = (None, Some(kept.as_path()));
            let creation =
                Creation { target: &target, tree: &tree, commit, interrupt: &interrupt, kept };
            let (_, counted) = watch(hook, || create(&creation));

            assert_eq!(snapshot(&outside), before, "{case}");
            if counted <= swapping {
                break;
            }
        }
    }
}
