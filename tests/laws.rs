//! Laws of merging, for trees and edits that nobody thought of.

use std::collections::{BTreeMap, BTreeSet};

use fastwright::merge::{Change, Existing, Labels, Options, Ours, Plan, Standing, Tracking, merge};
use fastwright::tree::{Blob, Mode, RelPath, Tree};
use proptest::collection::vec;
use proptest::prelude::*;

/// Names that stand in each other's way now and then.
const NAMES: [&str; 7] = ["a", "b", "c/d", "c/e", "c", "f/g/h", "f"];

fn path(text: &str) -> RelPath {
    RelPath::parse(text).expect("a legal path")
}

/// Files of a few lines that are often alike; a file in the place of a folder goes.
fn trees() -> impl Strategy<Value = Tree> {
    let line = prop_oneof!["1\n", "2\n", "3\n", "4\n", "5\r\n"];
    let mode = prop_oneof![4 => Just(Mode::Regular), 1 => Just(Mode::Executable)];
    let text = prop_oneof![9 => vec(line, 0..7).prop_map(|lines| lines.concat()), 1 => Just("\0\n".to_owned())];
    vec(proptest::option::weighted(0.7, (text, mode)), NAMES.len()).prop_map(|files| {
        let present = NAMES.iter().zip(files).filter_map(|(name, file)| Some((*name, file?)));
        let mut tree = Tree::new();
        for (name, (text, mode)) in present {
            let name = path(name);
            let is_free = tree.paths().all(|other: &RelPath| {
                let below =
                    |a: &RelPath, b: &RelPath| a.parents().any(|parent| parent == b.as_str());
                !below(other, &name) && !below(&name, other)
            });
            if is_free {
                tree.insert(name, Blob { mode, ..Blob::regular(text) });
            }
        }
        tree
    })
}

/// What a user does to a file.
#[derive(Clone, Debug)]
enum Edit {
    Keep,
    Delete,
    Insert(usize),
    Replace(usize),
    Append,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let edit = prop_oneof![
        3 => Just(Edit::Keep),
        1 => Just(Edit::Delete),
        2 => (0..7_usize).prop_map(Edit::Insert),
        2 => (0..7_usize).prop_map(Edit::Replace),
        1 => Just(Edit::Append),
    ];
    vec(edit, NAMES.len())
}

/// A line that no template has.
fn mine(name: &RelPath) -> String {
    format!("mine in {name}\n")
}

fn edited(base: &Tree, edits: &[Edit]) -> Tree {
    let mut ours = Tree::new();
    for ((name, blob), edit) in base.iter().zip(edits) {
        let text = String::from_utf8(blob.bytes.clone()).expect("text");
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        match edit {
            Edit::Keep => {}
            Edit::Delete => continue,
            Edit::Insert(at) => lines.insert((*at).min(lines.len()), mine(name)),
            Edit::Replace(at) if *at < lines.len() => lines[*at] = mine(name),
            Edit::Replace(_) | Edit::Append => lines.push(mine(name)),
        }
        let bytes = lines.concat().into_bytes();
        ours.insert(name.clone(), Blob { bytes, mode: blob.mode });
    }
    ours
}

/// What a merge is told of the user's tree.
fn standing(ours: &Tree, tracking: Tracking) -> Ours {
    let mut result = Ours::new();
    for name in NAMES.iter().map(|name| path(name)) {
        let below: BTreeSet<RelPath> = ours
            .paths()
            .filter(|other| other.parents().any(|parent| parent == name.as_str()))
            .cloned()
            .collect();
        let blocking = name.parents().map(path).find(|parent| ours.get(parent).is_some());
        if let Some(blob) = ours.get(&name) {
            result.insert(name, Standing::Blob(blob.clone(), tracking));
        } else if let Some(parent) = blocking {
            result.insert(name, Standing::Below(parent));
        } else if !below.is_empty() {
            result.insert(name, Standing::Directory(below));
        }
    }
    result
}

fn run(base: &Tree, ours: &Tree, theirs: &Tree, existing: Existing) -> Plan {
    let options = Options::new(existing, Labels::of_upgrade("pack", "1.0.0", "2.0.0"));
    merge(base, &standing(ours, Tracking::Tracked), theirs, &options)
}

/// Makes the edits of a plan, each on what it was made for.
fn apply(ours: &Tree, plan: &Plan) -> Tree {
    let mut result = ours.clone();
    let edits = plan.edits();
    for edit in edits.iter().filter(|edit| edit.after.is_none()) {
        assert_eq!(result.remove(&edit.path), edit.before, "{}", edit.path);
    }
    for edit in edits {
        if let Some(after) = edit.after {
            assert_eq!(result.insert(edit.path.clone(), after), edit.before, "{}", edit.path);
        }
    }
    result
}

fn texts(tree: &Tree) -> BTreeMap<String, String> {
    let text = |blob: &Blob| String::from_utf8_lossy(&blob.bytes).into_owned();
    tree.iter().map(|(path, blob)| (path.to_string(), text(blob))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_template_that_did_not_change_changes_nothing(base in trees(), edits in edits()) {
        let ours = edited(&base, &edits);

        let plan = run(&base, &ours, &base, Existing::Mark);

        prop_assert_eq!(plan.edits(), []);
        prop_assert!(!plan.has_conflicts());
    }

    #[test]
    fn who_edited_nothing_gets_the_template(base in trees(), theirs in trees()) {
        let plan = run(&base, &base, &theirs, Existing::Mark);

        prop_assert_eq!(texts(&apply(&base, &plan)), texts(&theirs));
        prop_assert!(!plan.has_conflicts());
    }

    #[test]
    fn no_line_of_the_user_is_lost(base in trees(), theirs in trees(), edits in edits()) {
        let ours = edited(&base, &edits);
        for existing in [Existing::Mark, Existing::Aside] {
            let plan = run(&base, &ours, &theirs, existing);
            let result = apply(&ours, &plan);

            for (name, blob) in ours.iter() {
                let line = mine(name);
                let has = |blob: &Blob| String::from_utf8_lossy(&blob.bytes).replace('\r', "").contains(&line);
                if has(blob) {
                    prop_assert!(result.get(name).is_some_and(has), "{name}: {:?}", texts(&result));
                }
            }
        }
    }

    #[test]
    fn what_the_user_deleted_does_not_come_back(base in trees(), theirs in trees(), edits in edits()) {
        let ours = edited(&base, &edits);

        let result = apply(&ours, &run(&base, &ours, &theirs, Existing::Mark));

        for name in base.paths().filter(|name| ours.get(name).is_none()) {
            prop_assert!(result.get(name).is_none(), "{name}");
        }
    }

    #[test]
    fn merging_twice_is_merging_once(base in trees(), theirs in trees(), edits in edits()) {
        let ours = edited(&base, &edits);
        let once = apply(&ours, &run(&base, &ours, &theirs, Existing::Mark));

        let again = run(&theirs, &once, &theirs, Existing::Mark);

        prop_assert_eq!(again.edits(), []);
    }

    #[test]
    fn files_do_not_depend_on_one_another(base in trees(), theirs in trees(), edits in edits()) {
        let ours = edited(&base, &edits);
        let whole = run(&base, &ours, &theirs, Existing::Mark);
        let only = |tree: &Tree, name: &RelPath| -> Tree {
            tree.get(name).map(|blob| (name.clone(), blob.clone())).into_iter().collect()
        };

        for (name, change) in &whole.changes {
            let is_alone = [&base, &ours, &theirs].iter().all(|tree| {
                tree.paths().all(|other| {
                    other.parents().chain(name.parents()).all(|parent| {
                        parent != name.as_str() && tree.get(&path(parent)).is_none()
                    })
                })
            });
            if is_alone {
                let alone = run(&only(&base, name), &only(&ours, name), &only(&theirs, name), Existing::Mark);
                prop_assert_eq!(alone.changes.get(name), Some(change));
            }
        }
    }

    #[test]
    fn untracked_files_that_the_template_brings_are_never_touched(ours in trees(), theirs in trees()) {
        let options = Options::new(Existing::Mark, Labels::of_upgrade("pack", "1.0.0", "2.0.0"));

        let plan = merge(&Tree::new(), &standing(&ours, Tracking::Untracked), &theirs, &options);

        let touched = plan.edits().into_iter().filter(|edit| edit.before.is_some()).count();
        prop_assert_eq!(touched, 0);
        for (name, change) in &plan.changes {
            let is_kept = ours.get(name).is_none() || matches!(change, Change::Keep(_) | Change::Conflict(_));
            prop_assert!(is_kept, "{}", name);
        }
    }
}
