//! Merges as whole values: three sides in, a plan out.

use std::collections::BTreeSet;

use fastwright::merge::{
    Change, Conflict, Driver, Edit, Existing, Kind, Labels, Moves, Options, Ours, Outcome, Plan,
    Reason, Standing, Tracking, merge, merge_moved, side_paths,
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
    merge(base, ours, theirs, &Options::new(existing, labels))
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

fn upgrade(base: &Tree, ours: &Ours, theirs: &Tree, renames: &[(&str, &str)]) -> Plan {
    let renames: Vec<_> =
        renames.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect();
    let moves = Moves::of_template(base, ours, theirs, &renames);
    let labels = Labels::of_upgrade("shop", "1.0.0", "1.1.0");
    merge_moved(base, ours, theirs, moves, &Options::new(Existing::Mark, labels))
}

fn edit(name: &str, before: Option<&str>, after: Option<&str>) -> Edit {
    let blob = |text: Option<&str>| text.map(Blob::regular);
    Edit { path: path(name), before: blob(before), after: blob(after) }
}

#[test]
fn a_file_that_the_template_renames_takes_the_edits_of_the_user_along() {
    let base = tree(&[("old/a", "1\n2\n3\n4\n"), ("old/b", "b\n"), ("old/c", "c\n")]);
    let theirs = tree(&[("new/a", "1\n2\n3\nfour\n"), ("new/b", "b\n"), ("new/c", "c\n")]);
    let ours = ours([
        ("old/a", file("one\n2\n3\n4\n", Tracking::Tracked)),
        ("old/b", file("mine\n", Tracking::Tracked)),
    ]);

    let plan = upgrade(&base, &ours, &theirs, &[("old", "new")]);

    let expected = [
        edit("old/a", Some("one\n2\n3\n4\n"), None),
        edit("new/a", None, Some("one\n2\n3\nfour\n")),
        edit("old/b", Some("mine\n"), None),
        edit("new/b", None, Some("mine\n")),
    ];
    assert_eq!(plan.edits(), expected);
    assert_eq!(plan.changes[&path("new/c")], Change::Keep(Reason::Deleted));
}

#[test]
fn renames_of_several_versions_follow_one_another() {
    let (base, theirs) = (tree(&[("a", "text\n")]), tree(&[("c", "text\n")]));
    let ours = ours([("a", file("mine\n", Tracking::Tracked))]);

    let plan = upgrade(&base, &ours, &theirs, &[("a", "b"), ("b", "c")]);

    assert_eq!(plan.edits(), [edit("a", Some("mine\n"), None), edit("c", None, Some("mine\n"))]);
}

#[test]
fn a_file_does_not_move_onto_one_of_the_user() {
    let (base, theirs) = (tree(&[("a", "text\n")]), tree(&[("b", "text\n")]));
    let ours = ours([
        ("a", file("text\n", Tracking::Tracked)),
        ("b", file("mine\n", Tracking::Untracked)),
    ]);

    let plan = upgrade(&base, &ours, &theirs, &[("a", "b")]);

    let aside = edit("b.fastwright-new", None, Some("text\n"));
    assert_eq!(plan.edits(), [edit("a", Some("text\n"), None), aside]);
}

#[test]
fn a_file_may_move_into_a_folder_of_its_own_name() {
    let (base, theirs) = (tree(&[("docs", "text\n")]), tree(&[("docs/index", "text\n")]));
    let ours = ours([
        ("docs", file("mine\n", Tracking::Tracked)),
        ("docs/index", Standing::Below(path("docs"))),
    ]);

    let plan = upgrade(&base, &ours, &theirs, &[("docs", "docs/index")]);

    let moved = [edit("docs", Some("mine\n"), None), edit("docs/index", None, Some("mine\n"))];
    assert_eq!(plan.edits(), moved);
}

#[test]
fn a_path_that_the_user_renamed_gets_the_changes_of_the_template() {
    let base = tree(&[("a", "1\n2\n3\n4\n")]);
    let theirs = tree(&[("a", "1\n2\n3\nfour\n")]);
    let ours = ours([("mine", file("one\n2\n3\n4\n", Tracking::Tracked))]);
    let mut moves = Moves::default();
    moves.follow(path("a"), path("mine"));
    let options = Options::new(Existing::Mark, Labels::of_upgrade("shop", "1.0.0", "1.1.0"));

    let plan = merge_moved(&base, &ours, &theirs, moves, &options);

    let expected = edit("mine", Some("one\n2\n3\n4\n"), Some("one\n2\n3\nfour\n"));
    assert_eq!(plan.edits(), [expected]);
}

#[test]
fn a_checkout_with_other_line_ends_is_no_edit_and_keeps_them() {
    let base = tree(&[("changed", "a\nb\nc\n"), ("gone", "a\n"), ("same", "a\n"), ("both", "a\n")]);
    let theirs = tree(&[("changed", "a\nb\nC\n"), ("same", "a\n"), ("both", "t\n")]);
    let ours = ours([
        ("changed", file("a\r\nb\r\nc\r\n", Tracking::Tracked)),
        ("gone", file("a\r\n", Tracking::Tracked)),
        ("same", file("a\r\n", Tracking::Tracked)),
        ("both", file("o\r\n", Tracking::Tracked)),
    ]);

    let plan = upgrade(&base, &ours, &theirs, &[]);

    let markers = "<<<<<<< your version\r\no\r\n||||||| shop 1.0.0 (recorded)\r\na\r\n\
                   =======\r\nt\r\n>>>>>>> shop 1.1.0\r\n";
    let expected = [
        edit("both", Some("o\r\n"), Some(markers)),
        edit("changed", Some("a\r\nb\r\nc\r\n"), Some("a\r\nb\r\nC\r\n")),
        edit("gone", Some("a\r\n"), None),
    ];
    assert_eq!(plan.edits(), expected);
    assert_eq!(plan.changes[&path("same")], Change::Keep(Reason::Unchanged));
}

#[test]
fn attributes_decide_how_both_sides_go_together() {
    let (base, theirs) = (tree(&[("a", "a\n")]), tree(&[("a", "a\nt\n")]));
    let ours = ours([("a", file("a\no\n", Tracking::Tracked))]);
    let run = |driver| {
        let labels = Labels::of_upgrade("shop", "1.0.0", "1.1.0");
        let mut options = Options::new(Existing::Mark, labels);
        options.drivers.insert(path("a"), driver);
        merge(&base, &ours, &theirs, &options)
    };

    assert_eq!(run(Driver::Union).edits(), [edit("a", Some("a\no\n"), Some("a\no\nt\n"))]);
    for (driver, kind) in [(Driver::Binary, Kind::BothChanged), (Driver::Own, Kind::OwnDriver)] {
        let sides = [Some("a\n"), Some("a\no\n"), Some("a\nt\n")];
        let expected = conflict(kind, sides, Outcome::Untouched);
        assert_eq!(run(driver).changes[&path("a")], expected);
    }
}

#[test]
fn conflicts_can_leave_every_file_of_the_user_alone() {
    let base = tree(&[("both", "b\n"), ("gone", "b\n")]);
    let theirs = tree(&[("both", "t\n"), ("new", "t\n")]);
    let ours = ours([
        ("both", file("o\n", Tracking::Tracked)),
        ("gone", file("o\n", Tracking::Tracked)),
        ("new", file("o\n", Tracking::Tracked)),
    ]);

    let plan = run(&base, &ours, &theirs, Existing::Aside);

    let beside = ["both.fastwright-new", "new.fastwright-new"];
    assert_eq!(plan.edits(), beside.map(|name| edit(name, None, Some("t\n"))));
    assert_eq!(plan.conflicts().count(), 3);
}

#[test]
fn a_file_that_the_user_moved_with_the_template_is_merged_and_an_unknown_one_is_not() {
    let (base, theirs) = (tree(&[("a", "1\n2\n3\n")]), tree(&[("b", "1\n2\n3\n4\n")]));
    let moved = |tracking| ours([("b", file("one\n2\n3\n", tracking))]);

    let known = upgrade(&base, &moved(Tracking::Tracked), &theirs, &[("a", "b")]);
    let unknown = upgrade(&base, &moved(Tracking::Untracked), &theirs, &[("a", "b")]);

    let merged = edit("b", Some("one\n2\n3\n"), Some("one\n2\n3\n4\n"));
    assert_eq!(known.edits(), [merged]);
    let aside = edit("b.fastwright-new", None, Some("1\n2\n3\n4\n"));
    assert_eq!(unknown.edits(), [aside]);
}
