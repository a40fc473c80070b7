//! Merges as whole values: three sides in, a plan out.

use std::collections::BTreeSet;

use fastwright::merge::{
    Change, Conflict, Edit, Existing, Kind, Labels, Options, Ours, Outcome, Plan, Reason, Standing,
    Tracking, merge, side_paths,
};
use fastwright::tree::{Blob, Mode, RelPath, Tree};

fn path(text: &str) -> RelPath {
    RelPath::parse(text).expect("a legal path")
}

fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(name, text)| (path(name), Blob::regular(*text))).collect()
}

fn file(text: &str, tracking: Tracking) -> Standing {
    Standing::Blob(Blob::regular(text), tracking)
}

fn ours<const N: usize>(standing: [(&str, Standing); N]) -> Ours {
    standing.into_iter().map(|(name, standing)| (path(name), standing)).collect()
}

fn run(base: &Tree, ours: &Ours, theirs: &Tree, existing: Existing) -> Plan {
    let labels = Labels { ours: "mine".into(), base: "old".into(), theirs: "new".into() };
    merge(base, ours, theirs, &Options { existing, labels })
}

fn conflict(kind: Kind, sides: [Option<&str>; 3], outcome: Outcome) -> Change {
    let [base, ours, theirs] = sides.map(|side| side.map(Blob::regular));
    Change::Conflict(Conflict { kind, base, ours, theirs, outcome })
}

#[test]
fn new_never_touches_a_file_of_the_user() {
    let theirs = tree(&[("a", "template"), ("b", "same"), ("c", "template")]);
    let ours = ours([
        ("a", file("user", Tracking::Tracked)),
        ("b", file("same", Tracking::Untracked)),
        ("c", file("user", Tracking::Untracked)),
    ]);

    let plan = run(&Tree::new(), &ours, &theirs, Existing::Aside);

    let aside = |name| {
        let sides = [None, Some("user"), Some("template")];
        conflict(Kind::BothAdded, sides, Outcome::Aside(path(name)))
    };
    assert_eq!(plan.changes[&path("a")], aside("a.fastwright-new"));
    assert_eq!(plan.changes[&path("b")], Change::Keep(Reason::Same));
    assert_eq!(plan.changes[&path("c")], aside("c.fastwright-new"));
    assert!(plan.edits().iter().all(|edit| edit.before.is_none()));
}

#[test]
fn a_side_file_of_an_earlier_run_is_not_written_again() {
    let theirs = tree(&[("a", "template")]);
    let ours = ours([
        ("a", file("user", Tracking::Tracked)),
        ("a.fastwright-new", file("template", Tracking::Untracked)),
    ]);

    let plan = run(&Tree::new(), &ours, &theirs, Existing::Aside);

    assert!(plan.has_conflicts());
    assert_eq!(plan.edits(), []);
}

#[test]
fn a_side_file_with_other_contents_is_kept_and_the_next_number_taken() {
    let theirs = tree(&[("a", "template")]);
    let ours = ours([
        ("a", file("user", Tracking::Tracked)),
        ("a.fastwright-new", file("older template", Tracking::Untracked)),
        ("a.fastwright-new.2", Standing::Directory(BTreeSet::new())),
    ]);

    let plan = run(&Tree::new(), &ours, &theirs, Existing::Aside);

    let edit = Edit {
        path: path("a.fastwright-new.3"),
        before: None,
        after: Some(Blob::regular("template")),
    };
    assert_eq!(plan.edits(), [edit]);
}

#[test]
fn a_file_in_the_place_of_a_folder_stays_and_the_folder_goes_beside_it() {
    let theirs = tree(&[("src/app/main.py", "template")]);
    let ours = ours([("src/app/main.py", Standing::Below(path("src")))]);

    let plan = run(&Tree::new(), &ours, &theirs, Existing::Aside);

    let side = Outcome::Aside(path("src.fastwright-new/app/main.py"));
    let expected = conflict(Kind::Obstructed, [None, None, Some("template")], side);
    assert_eq!(plan.changes[&path("src/app/main.py")], expected);
}

#[test]
fn a_folder_in_the_place_of_a_file_stays_and_the_file_goes_beside_it() {
    let theirs = tree(&[("Makefile", "template")]);
    for standing in [Standing::Directory(BTreeSet::new()), Standing::Special] {
        let ours = ours([("Makefile", standing)]);

        let plan = run(&Tree::new(), &ours, &theirs, Existing::Aside);

        let side = Outcome::Aside(path("Makefile.fastwright-new"));
        let expected = conflict(Kind::Obstructed, [None, None, Some("template")], side);
        assert_eq!(plan.changes[&path("Makefile")], expected);
    }
}

#[test]
fn a_template_may_turn_its_own_file_into_a_folder_and_back() {
    let (as_file, as_folder) = (tree(&[("a", "file")]), tree(&[("a/b", "folder")]));
    let has_file =
        ours([("a", file("file", Tracking::Tracked)), ("a/b", Standing::Below(path("a")))]);
    let has_folder = ours([
        ("a", Standing::Directory(BTreeSet::from([path("a/b")]))),
        ("a/b", file("folder", Tracking::Tracked)),
    ]);

    let there = run(&as_file, &has_file, &as_folder, Existing::Mark);
    let back = run(&as_folder, &has_folder, &as_file, Existing::Mark);

    let created = |text| Change::Create { theirs: Blob::regular(text) };
    let deleted = |text| Change::Delete { ours: Blob::regular(text) };
    assert_eq!(there.changes[&path("a")], deleted("file"));
    assert_eq!(there.changes[&path("a/b")], created("folder"));
    assert_eq!(back.changes[&path("a")], created("file"));
    assert_eq!(back.changes[&path("a/b")], deleted("folder"));
}

#[test]
fn upgrade_marks_a_tracked_file_that_both_added_and_leaves_an_untracked_one() {
    let theirs = tree(&[("a", "template\n"), ("b", "template\n")]);
    let ours = ours([
        ("a", file("user\n", Tracking::Tracked)),
        ("b", file("user\n", Tracking::Untracked)),
    ]);

    let plan = run(&Tree::new(), &ours, &theirs, Existing::Mark);

    let markers = "<<<<<<< mine\nuser\n=======\ntemplate\n>>>>>>> new\n";
    let sides = [None, Some("user\n"), Some("template\n")];
    let marked = Outcome::Markers(Blob::regular(markers));
    let aside = Outcome::Aside(path("b.fastwright-new"));
    assert_eq!(plan.changes[&path("a")], conflict(Kind::BothAdded, sides, marked));
    assert_eq!(plan.changes[&path("b")], conflict(Kind::BothAdded, sides, aside));
}

#[test]
fn a_mode_of_the_template_and_lines_of_the_user_go_together() {
    let base = tree(&[("run", "a\n")]);
    let mut theirs = Tree::new();
    theirs.insert(path("run"), Blob { mode: Mode::Executable, ..Blob::regular("a\n") });
    let ours = ours([("run", file("a\nb\n", Tracking::Tracked))]);

    let plan = run(&base, &ours, &theirs, Existing::Mark);

    let after = Blob { mode: Mode::Executable, ..Blob::regular("a\nb\n") };
    assert_eq!(plan.edits()[0].after, Some(after));
}

#[test]
fn side_paths_end_where_names_grow_too_long() {
    let long = path(&"n".repeat(250));

    assert_eq!(side_paths(&long, &long).count(), 0);
}
