//! Upgrades as a person meets them: what is said, what stands in the files, how the run ends.

use crate::support::{Output, Sandbox, Story, Version};

const CONFLICT: &str = "<<<<<<< your version\nmine\n||||||| pack 1.0.0 (recorded)\nold\n=======\n\
    new\n>>>>>>> pack 2.0.0\n";

fn told(status: i32, stderr: &str) -> Output {
    Output { status: Some(status), stdout: String::new(), stderr: stderr.to_owned() }
}

#[test]
fn upgrade_takes_new_changed_and_dropped_files_and_says_so() {
    let story = Story::new(
        &[("changed", "old\n"), ("gone", "old\n"), ("same", "same\n")],
        &[("changed", "new\n"), ("created", "new\n"), ("same", "same\n")],
    );

    let output = story.upgrade(&[]);

    let expected = "upgraded shop: pack 1.0.0 to 2.0.0\n  updated   changed\n  created   created\n  \
                    deleted   gone\n\nnext:\n  look at `git status` and `git diff`, then commit\n  \
                    fastwright upgrade shop --undo       takes all of it back\n";
    assert_eq!(output, told(0, expected));
    let tree = story.tree();
    let tree: Vec<_> = tree.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(tree, [("changed", "new\n"), ("created", "new\n"), ("same", "same\n")]);
    assert!(story.read(".fastwright.toml").contains("version = \"2.0.0\"\n"));
}

#[test]
fn upgrade_merges_lines_and_marks_those_that_both_changed() {
    let story = Story::new(
        &[("both", "old\n"), ("lines", "a\nb\nc\nd\n")],
        &[("both", "new\n"), ("lines", "a\nb\nc\nD\n")],
    );
    story.write("both", "mine\n");
    story.write("lines", "A\nb\nc\nd\n");
    story.commit();

    let output = story.upgrade(&[]);

    let expected = "upgraded shop: pack 1.0.0 to 2.0.0\n  conflict  both\n  merged    lines\n\n\
                    1 conflict:\n  `both`: you and the template changed the same lines; both stand \
                    between markers\n\nnext:\n  resolve each conflict and `git add` it; `git \
                    mergetool` helps\n  fastwright upgrade shop --continue   ends the upgrade\n  \
                    fastwright upgrade shop --abort      takes all of it back\n";
    assert_eq!(output, told(3, expected));
    assert_eq!(story.read("both"), CONFLICT);
    assert_eq!(story.read("lines"), "A\nb\nc\nD\n");
    assert_eq!(story.status(), " M .fastwright.toml\nUU both\n M lines\n");
    assert_eq!(story.git(&["show", ":1:both", ":2:both", ":3:both"]), "old\nmine\nnew\n");
}

#[test]
fn a_second_run_changes_no_byte_and_no_time() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    story.upgrade(&[]);
    let before = story.sandbox.times("shop");

    let output = story.upgrade(&[]);

    assert_eq!(output, told(0, "shop is up to date: pack 2.0.0\n"));
    assert_eq!(story.sandbox.times("shop"), before);
}

#[test]
fn check_tells_current_from_behind_by_its_exit_status_and_writes_nothing() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    let before = story.sandbox.times("shop");

    let behind = story.upgrade(&["--check"]);
    let between = story.sandbox.times("shop");
    story.upgrade(&[]);
    let current = story.upgrade(&["--check"]);
    let other = story.upgrade(&["--check", "--name", "other"]);

    assert_eq!(behind, told(3, "shop is behind: pack 1.0.0 to 2.0.0\n"));
    assert_eq!(between, before);
    assert_eq!(current, told(0, "shop is up to date: pack 2.0.0\n"));
    let expected = "shop is behind: pack 2.0.0, other answers\n\nanswers:\n  \
                    `name` was `shop` and is `other`\n";
    assert_eq!(other, told(3, expected));
}

#[test]
fn dry_run_and_diff_show_and_write_nothing() {
    let story = Story::new(
        &[("a", "old\n"), ("b", "old\n"), ("lines", "1\n")],
        &[("a", "new\n"), ("b", "new\n"), ("lines", "1\n")],
    );
    story.write("b", "mine\n");
    let before = story.sandbox.times("shop");

    let dry = story.upgrade(&["--dry-run", "-v"]);
    let diff = story.upgrade(&["--diff"]);
    let json = story.upgrade(&["--dry-run", "--json"]);

    let expected = "  updated   a: you did not touch it\n  conflict  b\n  \
                    kept      lines: nobody changed it\n\n1 conflict:\n  `b`: you and the template \
                    changed the same lines; both stand between markers\n";
    assert_eq!(dry.stdout, expected);
    let expected = "would upgrade shop: pack 1.0.0 to 2.0.0\n\n\
                    it would be refused: these files hold uncommitted edits\n  `b`\n";
    assert_eq!((dry.status, dry.stderr.as_str()), (Some(3), expected));
    let expected = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-old\n+new\n";
    assert!(diff.stdout.starts_with(expected), "{}", diff.stdout);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["from"], "1.0.0");
    assert_eq!(json["dirty"], serde_json::json!(["b"]));
    let conflict = serde_json::json!({
        "path": "b",
        "decision": "conflict",
        "reason": "you and the template changed the same lines; both stand between markers",
        "left": "markers",
    });
    assert_eq!(json["changes"][1], conflict);
    assert_eq!(story.sandbox.times("shop"), before);
}

/// The rows of the decision table that are no plain merge.
#[test]
fn every_row_of_the_table_keeps_what_the_user_did() {
    let story = Story::new(
        &[
            ("dropped-edited", "old\n"),
            ("dropped-removed", "old\n"),
            ("removed-changed", "old\n"),
            ("removed-same", "old\n"),
            ("same-change", "old\n"),
            ("edited-same", "old\n"),
        ],
        &[
            ("added-equal", "new\n"),
            ("added-tracked", "new\n"),
            ("added-ignored", "new\n"),
            ("removed-changed", "new\n"),
            ("removed-same", "old\n"),
            ("same-change", "new\n"),
            ("edited-same", "old\n"),
        ],
    );
    story.write("added-equal", "new\n");
    story.write("added-tracked", "mine\n");
    story.write("dropped-edited", "mine\n");
    story.write("same-change", "new\n");
    story.write("edited-same", "mine\n");
    for path in ["dropped-removed", "removed-changed", "removed-same"] {
        story.remove(path);
    }
    story.commit();
    story.write(".git/info/exclude", "added-ignored\n");
    story.write("added-ignored", "secret\n");

    let output = story.upgrade(&["-v"]);

    let expected = "upgraded shop: pack 1.0.0 to 2.0.0
  kept      added-equal: you have it already
  conflict  added-ignored
  conflict  added-tracked
  conflict  dropped-edited
  kept      dropped-removed: it is gone on both sides
  kept      edited-same: you changed it, and the template did not
  conflict  removed-changed
  kept      removed-same: you deleted it, and the template did not change it
  kept      same-change: you have it already

4 conflicts:
  `added-ignored`: you have it, and the template brings it now; yours stays, and the template's is `added-ignored.fastwright-new`
  `added-tracked`: you have it, and the template brings it now; both stand between markers
  `dropped-edited`: you changed it, and the template deleted it; yours stays
  `removed-changed`: you deleted it, and the template changed it; it stays deleted

next:
  take over what you want from the files beside yours, then remove them
  resolve each conflict and `git add` it; `git mergetool` helps
  fastwright upgrade shop --continue   ends the upgrade
  fastwright upgrade shop --abort      takes all of it back
";
    assert_eq!(output, told(3, expected));
    let marked = "<<<<<<< your version\nmine\n=======\nnew\n>>>>>>> pack 2.0.0\n";
    let expected = [
        ("added-equal", "new\n"),
        ("added-ignored", "secret\n"),
        ("added-ignored.fastwright-new", "new\n"),
        ("added-tracked", marked),
        ("dropped-edited", "mine\n"),
        ("edited-same", "mine\n"),
        ("same-change", "new\n"),
    ];
    let tree = story.tree();
    let tree: Vec<_> = tree.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    assert_eq!(tree, expected);
    let expected = " M .fastwright.toml\nAA added-tracked\nUD dropped-edited\nDU removed-changed\n\
                    ?? added-ignored.fastwright-new\n";
    assert_eq!(story.status(), expected);
    // What git ignores never becomes an object of its.
    let id = story.git(&["hash-object", "added-ignored"]);
    assert!(!story.git_output("shop", &["cat-file", "-e", id.trim()]).status.success());
}

#[test]
fn conflicts_are_ended_by_continue_once_they_are_resolved() {
    let story = Story::new(&[("a", "old\n"), ("b", "old\n")], &[("a", "new\n"), ("b", "new\n")]);
    story.write("a", "mine\n");
    story.write("b", "mine\n");
    story.commit();
    story.upgrade(&[]);

    let left = story.upgrade(&["--continue"]);
    let again = story.upgrade(&[]);
    story.write("a", "both\n");
    story.git(&["add", "a"]);
    let one_left = story.upgrade(&["--continue"]);
    story.write("b", "both\n");
    story.git(&["add", "b"]);
    let done = story.upgrade(&["--continue"]);
    let nothing = story.upgrade(&["--continue"]);
    let current = story.upgrade(&[]);

    let hints = "hint: or take the upgrade back with `fastwright upgrade --abort`\n";
    let causes = "error: conflicts are left to be resolved\n  \
                  `a` has conflict markers in line 1\n  `b` has conflict markers in line 1\n";
    let expected =
        format!("{causes}\nhint: resolve each and `git add` it, then run it again\n{hints}");
    assert_eq!(left, told(3, &expected));
    let expected = format!(
        "{causes}\nhint: resolve each and `git add` it, then run `fastwright upgrade --continue`\n\
         hint: or take an upgrade back with `fastwright upgrade --abort`\n"
    );
    assert_eq!(again, told(1, &expected));
    assert_eq!(one_left.status, Some(3));
    assert!(!one_left.stderr.contains("`a`"), "{}", one_left.stderr);
    let expected = "all 2 conflicts are resolved\n\nnext:\n  look at `git status` and `git diff`, then commit\n";
    assert_eq!(done, told(0, expected));
    assert_eq!(nothing.status, Some(1));
    assert_eq!(current, told(0, "shop is up to date: pack 2.0.0\n"));
}

#[test]
fn resolved_and_committed_conflicts_need_no_continue() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    story.write("a", "mine\n");
    story.commit();
    story.upgrade(&[]);
    story.write("a", "both\n");
    story.commit();

    assert_eq!(story.upgrade(&[]), told(0, "shop is up to date: pack 2.0.0\n"));
}

#[test]
fn markers_of_ours_that_were_committed_are_refused_with_their_line() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    story.write("a", "first\n<<<<<<< your version\nmine\n");
    story.commit();

    let output = story.upgrade(&[]);

    let start = "error: conflicts are left to be resolved\n  `a` has conflict markers in line 2\n";
    assert_eq!(output.status, Some(1));
    assert!(output.stderr.starts_with(start), "{}", output.stderr);
}

#[test]
fn abort_puts_every_byte_back_the_index_included() {
    let story = Story::new(
        &[("a", "old\n"), ("b", "old\n"), ("gone", "old\n")],
        &[("a", "new\n"), ("b", "new\n"), ("created/c", "new\n")],
    );
    story.write("a", "mine\n");
    story.commit();
    story.write("staged", "mine\n");
    story.git(&["add", "staged"]);
    let before = story.sandbox.times("shop");
    story.upgrade(&[]);

    let output = story.upgrade(&["--abort"]);

    let expected = "put 5 files back as they were\n\n\
                    `fastwright upgrade shop --undo` again brings back what was there until now\n";
    assert_eq!(output, told(0, expected));
    let mut after = story.sandbox.times("shop");
    // The root's own time, and what is kept to undo the undoing, are not the project.
    after.retain(|path, _| before.contains_key(path) && !path.ends_with("shop"));
    for (path, now) in
        after.iter().filter(|(path, _)| !path.starts_with(story.sandbox.join("shop/.git/objects")))
    {
        assert_eq!(now, &before[path], "{}", path.display());
    }
    assert_eq!(story.status(), "A  staged\n");
    assert_eq!(story.upgrade(&["--abort"]).status, Some(1));
}

#[test]
fn abort_takes_back_what_was_resolved_too_and_undo_brings_it_back() {
    let story = Story::new(&[("a", "old\n"), ("b", "old\n")], &[("a", "new\n"), ("b", "new\n")]);
    story.write("a", "mine\n");
    story.commit();
    story.upgrade(&[]);
    story.write("a", "resolved\n");
    story.git(&["add", "a"]);
    story.write("mine", "other work\n");
    story.git(&["add", "mine"]);

    let output = story.upgrade(&["--abort"]);

    assert!(output.stderr.contains("  `a` had changed since\n"), "{}", output.stderr);
    assert_eq!((story.read("a").as_str(), story.read("b").as_str()), ("mine\n", "old\n"));
    assert_eq!(story.status(), "A  mine\n");
    assert_eq!(story.upgrade(&["--undo"]).status, Some(0));
    assert_eq!((story.read("a").as_str(), story.read("b").as_str()), ("resolved\n", "new\n"));
}

#[test]
fn undo_takes_back_a_finished_upgrade_unless_files_changed_since() {
    let story = Story::new(&[("a", "old\n"), ("b", "old\n")], &[("a", "new\n"), ("c", "new\n")]);
    let before = story.tree();
    story.upgrade(&[]);
    story.write("a", "mine\n");

    let refused = story.upgrade(&["--undo"]);
    let kept = story.read("a");
    let forced = story.upgrade(&["--undo", "--allow-dirty"]);

    let start = "error: files changed since the upgrade\n  `a`\n\nhint: ";
    assert_eq!(refused.status, Some(1));
    assert!(refused.stderr.starts_with(start), "{}", refused.stderr);
    assert_eq!(kept, "mine\n");
    assert_eq!(forced.status, Some(0), "{}", forced.stderr);
    assert_eq!(story.tree(), before);
    assert_eq!(story.status(), "");
    assert_eq!(story.upgrade(&["--undo"]).status, Some(0));
    assert_eq!(story.read("a"), "mine\n");
}

#[test]
fn dirty_files_are_refused_only_where_they_would_be_written() {
    let story = Story::new(
        &[("a", "old\n"), ("b", "same\n"), ("c", "old\nold\n")],
        &[("a", "new\n"), ("b", "same\n"), ("c", "old\nold\nnew\n")],
    );
    story.write("b", "mine\n");
    story.write("other", "mine\n");
    let fine = story.upgrade(&["--dry-run"]);
    story.write("c", "mine\nold\n");
    let before = story.sandbox.times("shop");

    let refused = story.upgrade(&[]);
    let after = story.sandbox.times("shop");
    let allowed = story.upgrade(&["--allow-dirty"]);

    assert_eq!(fine.stderr, "would upgrade shop: pack 1.0.0 to 2.0.0\n");
    let expected = "error: files that would be written hold uncommitted edits\n  `c`\n\n\
        hint: commit or stash them, then run it again\n\
        hint: `--allow-dirty` merges them as they are; `--undo` then brings them back\n";
    assert_eq!(refused, told(1, expected));
    assert_eq!(after, before);
    assert_eq!(allowed.status, Some(0), "{}", allowed.stderr);
    assert_eq!(story.read("c"), "mine\nold\nnew\n");
}

#[test]
fn staged_edits_are_safe_in_the_index_and_do_not_hinder() {
    let story = Story::new(&[("a", "1\n2\n3\n")], &[("a", "1\n2\n3\n4\n")]);
    story.write("a", "one\n2\n3\n");
    story.git(&["add", "a"]);

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(story.read("a"), "one\n2\n3\n4\n");
    assert_eq!(story.git(&["show", ":a"]), "one\n2\n3\n");
}

#[test]
fn sidecar_leaves_every_file_and_the_index_alone() {
    let story = Story::new(&[("a", "old\n"), ("gone", "old\n")], &[("a", "new\n"), ("b", "new\n")]);
    for path in ["a", "b", "gone"] {
        story.write(path, "mine\n");
    }
    story.commit();

    let output = story.upgrade(&["--conflicts", "sidecar"]);
    let again = story.upgrade(&["--conflicts", "sidecar"]);

    assert_eq!(output.status, Some(3));
    let expected = " M .fastwright.toml\n?? a.fastwright-new\n?? b.fastwright-new\n";
    assert_eq!(story.status(), expected);
    assert_eq!((story.read("a").as_str(), story.read("gone").as_str()), ("mine\n", "mine\n"));
    assert_eq!(story.read("a.fastwright-new"), "new\n");
    assert_eq!(again, told(0, "shop is up to date: pack 2.0.0\n"));
}

#[test]
fn fail_writes_nothing_where_there_would_be_conflicts() {
    let story = Story::new(&[("a", "old\n"), ("b", "old\n")], &[("a", "new\n"), ("b", "new\n")]);
    story.write("a", "mine\n");
    story.commit();
    let before = story.sandbox.times("shop");

    let refused = story.upgrade(&["--conflicts", "fail"]);

    let expected = "error: both sides changed the same, and nothing was written\n  `a`\n\nhint: \
        run it with `--conflicts markers` or `--conflicts sidecar` to see both sides\n";
    assert_eq!(refused, told(1, expected));
    assert_eq!(story.sandbox.times("shop"), before);
}

#[test]
fn template_renames_take_edits_along_and_user_renames_are_followed_and_told() {
    let text = "1\n2\n3\n4\n5\n6\n7\n8\n";
    let changed = "1\n2\n3\n4\n5\n6\n7\neight\n";
    let release = "[[release]]\nversion = '2.0.0'\n\
                   renames = [{ from = 'docs', to = 'manual' }]\n";
    let story = Story::of(
        Version { manifest: "", files: &[("docs/a", text), ("b", text)] },
        Version { manifest: release, files: &[("manual/a", changed), ("b", changed)] },
    );
    story.write("docs/a", text.replace('1', "one"));
    story.remove("b");
    story.write("mine/b", text.replace('2', "two"));
    story.commit();

    let output = story.upgrade(&[]);

    let start = "upgraded shop: pack 1.0.0 to 2.0.0\n  merged    manual/a (was docs/a)\n  \
                 merged    mine/b (you renamed b)\n\nnext:\n";
    assert!(output.stderr.starts_with(start), "{}", output.stderr);
    assert_eq!(output.status, Some(0));
    assert_eq!(story.read("manual/a"), changed.replace('1', "one"));
    assert_eq!(story.read("mine/b"), changed.replace('2', "two"));
    assert!(!story.exists("docs") && !story.exists("b"));
}

#[test]
fn comments_in_the_state_file_survive() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    let text = story.read(".fastwright.toml");
    let text = text.replace("[answers]\n", "[answers] # ours\n# we sell\n");
    story.write(
        ".fastwright.toml",
        text.replace("name = \"shop\"\n\n", "name = \"store\" # why\n\n"),
    );

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let text = story.read(".fastwright.toml");
    assert!(text.contains("\n[answers] # ours\n# we sell\nname = \"store\" # why\n"), "{text}");
    assert!(text.ends_with("[applied]\nname = \"store\"\n"), "{text}");
}

#[test]
fn answers_for_an_upgrade_that_was_made_are_refused() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    story.upgrade(&[]);

    let output = story.upgrade(&["--undo", "--name", "store"]);

    let expected = "error: `--name` has no effect on an upgrade that was made\n\n\
                    hint: leave it out, or start another upgrade with it\n";
    assert_eq!(output, told(2, expected));
    assert_eq!(story.read("a"), "new\n");
}

#[test]
fn another_way_back_is_refused() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    story.upgrade(&[]);

    let output = story.upgrade(&["--to", "1.0.0"]);
    let unknown = story.upgrade(&["--to", "3.0.0"]);

    let expected = "error: version `1.0.0` is older than the project's\n  the project is at `2.0.0`, \
        and no upgrade leads back\n\nhint: `fastwright upgrade --undo` takes the last upgrade back\n";
    assert_eq!(output, told(2, expected));
    assert_eq!(unknown.status, Some(2));
}

#[test]
fn a_state_file_that_is_wrong_or_of_another_pack_or_version_is_refused() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    let good = story.read(".fastwright.toml");
    let cases = [
        (
            "version = \"1.0.0\"",
            "version = \"9.0.0\"",
            1,
            "version `9.0.0` of pack `pack` is not known",
        ),
        ("version = \"1.0.0\"", "version = \"0.5.0\"", 2, "pack `pack` has no version `0.5.0`"),
        (
            "pack = \"pack\"",
            "pack = \"other\"",
            2,
            "the project is of pack `other`, and this is `pack`",
        ),
        ("schema = 1", "schema = 2", 1, "`schema` is not 1"),
        ("digest = ", "<<<<<<< HEAD\ndigest = ", 1, "`.fastwright.toml` holds conflict markers"),
        ("digest = \"sha256:", "digest = \"sha256:0", 1, "no longer gives what was recorded"),
        ("[answers]", "[answers]\nnames = 1", 2, "there is no question `names`"),
    ];

    for (from, to, status, message) in cases {
        assert!(good.contains(from), "{good}");
        story.write(".fastwright.toml", good.replace(from, to));
        let before = story.sandbox.times("shop");
        let output = story.upgrade(&[]);
        assert_eq!(output.status, Some(status), "{message}: {}", output.stderr);
        assert!(output.stderr.contains(message), "{message}: {}", output.stderr);
        assert_eq!(story.sandbox.times("shop"), before);
    }
}

/// Makes the recorded version give something else than it did.
fn spoil(story: &Story) {
    story.sandbox.write("pack/history/1.0.0/base/a", "spoiled\n");
}

#[test]
fn a_base_that_can_no_longer_be_rendered_comes_from_the_history() {
    let story =
        Story::new(&[("a", "old\n"), ("b", "1\n2\n3\n")], &[("a", "new\n"), ("b", "1\n2\n3\n4\n")]);
    story.write("b", "one\n2\n3\n");
    story.write("mine", "mine\n");
    story.commit();
    spoil(&story);

    let refused = story.upgrade(&[]);
    let output = story.upgrade(&["--base-from-git"]);

    assert_eq!(refused.status, Some(1));
    assert!(refused.stderr.contains("\nhint: or use `--base-from-git`"), "{}", refused.stderr);
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(story.read("a"), "new\n");
    assert_eq!(story.read("b"), "one\n2\n3\n4\n");
}

#[test]
fn edits_that_were_committed_with_the_state_file_are_not_taken_for_the_templates() {
    let story = Story::new(&[("a", "old\n"), ("b", "old\n")], &[("a", "new\n"), ("b", "new\n")]);
    story.write("a", "mine\n");
    story.write(".fastwright.toml", story.read(".fastwright.toml") + "# ours\n");
    story.commit();
    spoil(&story);

    let output = story.upgrade(&["--base-from-git"]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    let expected = "<<<<<<< your version\nmine\n=======\nnew\n>>>>>>> pack 2.0.0\n";
    assert_eq!(story.read("a"), expected);
    assert_eq!(story.read("b"), "new\n");
}

#[test]
fn diff_and_status_show_what_the_project_changed() {
    let story = Story::new(
        &[("a", "1\n2\n"), ("b", "old\n"), ("c", "old\n")],
        &[("a", "new\n"), ("b", "old\n"), ("c", "old\n")],
    );
    let clean = story.run(&["diff", "shop", "--exit-code"]);
    story.write("a", "1\ntwo\n");
    story.remove("b");
    story.write("own", "mine\n");

    let diff = story.run(&["diff", "shop", "--exit-code"]);
    let stat = story.run(&["diff", "shop", "--stat"]);
    let status = story.run(&["status", "shop"]);
    let json = story.run(&["status", "shop", "--json"]);

    assert_eq!(clean, told(0, ""));
    let expected = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n 1\n-2\n+two\n\
        diff --git a/b b/b\ndeleted file mode 100644\n--- a/b\n+++ /dev/null\n@@ -1 +0,0 @@\n-old\n";
    assert_eq!((diff.status, diff.stdout.as_str()), (Some(3), expected));
    assert_eq!(stat.stdout, "a  +1 -1\nb  deleted\n");
    assert_eq!(status.stdout, "pack 1.0.0, 2.0.0 is newer\nedited      a\ndeleted     b\n");
    assert_eq!(status.status, Some(0));
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["edited"], serde_json::json!(["a"]));
    assert_eq!((&json["current"], &json["newest"]), (&false.into(), &"2.0.0".into()));
}

#[test]
fn other_answers_take_their_files_and_leave_edited_ones_of_the_old_choice() {
    let sandbox = crate::support::Sandbox::new();
    let pack = crate::support::manifest("tests/fixtures/evolving");
    let pack = pack.to_str().expect("UTF-8");
    let run = |arguments: &[&str]| sandbox.run(&[&["--pack", pack], arguments].concat());
    let fancy = ["--style", "fancy", "--colors", "green", "--loudness", "loud"];
    run(&[&["new", "shop", "--yes", "--no-git"][..], &fancy].concat());
    sandbox.write("shop/services.txt", "lamp:9000\nmine:1\n");

    let output = run(&["upgrade", "shop", "--style", "plain", "--no-notes"]);

    let expected = "upgraded shop: evolving 2.0.0, other answers\n  deleted   NOTES.md\n  \
        deleted   noise.txt\n  updated   parts.txt\n  conflict  services.txt\n\n1 conflict:\n  \
        `services.txt`: you changed it, and the template deleted it; yours stays\n\nanswers:\n  \
        `style` was `fancy` and is `plain`\n  `loudness` was `loud` and is `quiet`\n  \
        `notes` was `true` and is `false`\n\nnext:\n  resolve each conflict\n  \
        fastwright upgrade shop --continue   ends the upgrade\n  \
        fastwright upgrade shop --abort      takes all of it back\n";
    assert_eq!(output, told(3, expected));
    assert_eq!(sandbox.read("shop/services.txt"), "lamp:9000\nmine:1\n");
    assert_eq!(sandbox.read("shop/parts.txt"), "parts:\nend\n");
}

#[test]
fn answers_of_an_old_version_are_carried_over_two_versions_and_told() {
    let sandbox = crate::support::Sandbox::new();
    let pack = crate::support::manifest("tests/fixtures/evolving");
    let pack = pack.to_str().expect("UTF-8");
    let run = |arguments: &[&str]| sandbox.run(&[&["--pack", pack], arguments].concat());
    let old = ["--pack-version", "1.0.0", "new", "shop", "--yes", "--look", "gaudy", "--legacy"];
    run(&old);
    sandbox.write("shop/docs/guide.md", "The manual, first edition.\nMine.\n");
    let arguments = ["upgrade", "shop", "--allow-dirty", "--colors", "blue"];

    let refused = run(&["upgrade", "shop", "--allow-dirty"]);
    let shown = run(&[&arguments[..], &["--dry-run"]].concat());
    let output = run(&arguments);

    assert_eq!(refused.status, Some(2));
    assert!(
        refused.stderr.contains("style came from .fastwright.toml, colors came from its default"),
        "{}",
        refused.stderr
    );
    let expected = "\nanswers:\n  `look` is called `style` now\n  \
        `legacy` = `true` is dropped: nothing asks for it any more\n  \
        `style` = `gaudy` is written `fancy` now\n  \
        `loudness` is new: `quiet`; `--loudness` changes it\n  \
        `colors` is new: `blue`; `--colors` changes it\n  \
        `notes` is new: `true`; `--notes` changes it\n\n\
        notes of 1.1.0:\n  - Parts are listed.\n\nnotes of 2.0.0:\n  - The guide is called manual.\n";
    assert!(shown.stderr.contains(expected), "{}", shown.stderr);
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    assert!(
        output.stderr.contains("  conflict  docs/manual.md (was docs/guide.md)\n"),
        "{}",
        output.stderr
    );
    assert!(
        sandbox
            .read("shop/docs/manual.md")
            .contains("\nThe manual, first edition.\nMine.\n|||||||")
    );
}

#[test]
fn files_that_are_named_after_an_answer_move_with_it() {
    let files = [("src/{= name =}/a", "1\n2\n3\n"), ("src/{= name =}/b", "b\n")];
    let manifest = "[[overlay]]\nfolder = 'shared'\nwhen = {}\n";
    let version = Version { manifest, files: &files };
    let story = Story::without_project(version, version);
    story.sandbox.write("pack/shared/files/src/{= name =}/c", "1\n2\n3\n");
    story.create(&["new", "shop", "--yes"]);
    story.write("src/shop/a", "one\n2\n3\n");
    story.write("src/shop/c", "1\n2\nthree\n");
    story.write("src/shop/own", "mine\n");
    story.commit();

    let output = story.upgrade(&["--to", "1.0.0", "--name", "store"]);

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let tree = story.tree();
    let tree: Vec<_> = tree.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let expected = [
        ("src/shop/own", "mine\n"),
        ("src/store/a", "one\n2\n3\n"),
        ("src/store/b", "b\n"),
        ("src/store/c", "1\n2\nthree\n"),
    ];
    assert_eq!(tree, expected);
}

#[test]
fn a_disk_that_is_full_at_any_point_changes_nothing() {
    let big = "line\n".repeat(1200);
    let (more, less) = (format!("{big}more\n"), format!("less\n{big}"));
    let story = Story::without_project(
        Version { manifest: "", files: &[("a", &big), ("b", &big)] },
        Version { manifest: "", files: &[("a", &more), ("b", &more), ("c/d", &big)] },
    );
    std::fs::create_dir(story.sandbox.join("shop")).expect("made");
    let (mut failed, mut upgraded) = (0, 0);

    for size in (60..300).step_by(8) {
        let folder = story.sandbox.join("shop");
        let Some(_mounted) = crate::project::Mounted::new(&folder, size) else {
            crate::project::skipped("it may not mount a disk");
            return;
        };
        if story.run(&["--pack-version", "1.0.0", "new", "shop", "--yes"]).status != Some(0) {
            continue;
        }
        story.write("a", &less);
        if !story.git_output("shop", &["commit", "-qam", "edits"]).status.success() {
            continue;
        }
        let before = story.tree();

        let output = story.upgrade(&[]);

        match output.status {
            Some(0) => {
                upgraded += 1;
                assert_eq!(story.read("a"), format!("less\n{big}more\n"));
            }
            status => {
                failed += 1;
                assert_eq!(status, Some(1), "{}", output.stderr);
                assert!(output.stderr.contains("hint: free some space"), "{}", output.stderr);
                assert_eq!(story.tree(), before);
                assert_eq!(story.status(), "");
            }
        }
    }
    assert!(failed > 1 && upgraded > 5, "{failed} failed, {upgraded} upgraded");
}

#[test]
fn upgrades_that_follow_one_another_need_no_commit_in_between() {
    let story = Story::new(&[("a", "{= name =}\n")], &[("a", "new\n")]);
    story.sandbox.write("pack/base/a.tera", "{= name =}\n");
    std::fs::remove_file(story.sandbox.join("pack/base/a")).expect("removed");
    story
        .sandbox
        .write("pack/history/1.0.0/history.toml", "version = '1.0.0'\nabsent = ['base/a.tera']\n");

    let first = story.upgrade(&[]);
    let second = story.upgrade(&["--name", "store"]);

    assert_eq!((first.status, second.status), (Some(0), Some(0)), "{}", second.stderr);
    assert_eq!(story.read("a"), "store\n");
}

/// Returns the flags that the hints of a refusal offer.
fn offered(stderr: &str) -> Vec<&str> {
    let hints = stderr.lines().filter_map(|line| line.strip_prefix("hint: for example `"));
    hints.flat_map(|hint| hint.trim_end_matches('`').split(' ')).collect()
}

/// Makes a project with the first release, edits it, and carries it over as the refusal says.
fn under_another_name(name: &str, answers: &[&str], refusal: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let release = ["--pack-version", "1.0.0", "new", "it", "--yes", "--no-git", "--name", name];
    let created = sandbox.run(&release);
    assert_eq!(created.status, Some(0), "{}", created.stderr);
    let edited = format!("it/src/{name}/items/models.py");
    sandbox.write(&edited, sandbox.read(&edited) + "\n\nMINE = True\n");
    sandbox.write(&format!("it/src/{name}/own.py"), "mine\n");
    let before = sandbox.times("it");
    let upgrade = [&["upgrade", "it"], answers].concat();

    let refused = sandbox.run(&upgrade);
    let after = sandbox.times("it");
    let done = sandbox.run(&[&upgrade[..], &offered(&refused.stderr)].concat());

    assert_eq!(refused, told(2, refusal));
    assert!(after == before, "nothing is changed");
    assert_eq!(done.status, Some(0), "{}", done.stderr);
    assert_eq!(sandbox.read(&format!("it/src/{name}/own.py")), "mine\n");
    assert_eq!(sandbox.run(&upgrade).status, Some(0), "and the next one needs no flag");
    sandbox
}

#[test]
fn a_package_that_hides_a_dependency_now_moves_to_the_name_that_is_offered() {
    let taken = |key: &str, other: &str| {
        format!(
            "error: `{key}` is `greenlet`, a name that is taken\n  because a package that the project \
             or its tools can need is called so\n  {key} came from .fastwright.toml\n\n\
             hint: for example `--{key} {other}`\n"
        )
    };
    let refusal = [taken("name", "greenlet-app"), taken("package", "greenlet_app")].join("\n");

    let sandbox = under_another_name("greenlet", &[], &refusal);

    let moved = sandbox.read("it/src/greenlet_app/items/models.py");
    assert!(
        moved.contains("from greenlet_app.database import") && moved.contains("\nMINE = True\n")
    );
    assert!(!sandbox.join("it/src/greenlet/items").exists(), "files move");
}

#[test]
fn a_name_that_other_answers_have_is_taken_from_now_on() {
    let refusal = "error: `name` is `nginx`, a name that is taken\n  because a Debian machine has an \
                   account, a group, a unit or a folder of this name\n  name came from \
                   .fastwright.toml, orchestrator came from --orchestrator\n\n\
                   hint: for example `--name nginx-app`\n";

    let sandbox = under_another_name("nginx", &["--orchestrator", "systemd"], refusal);

    assert!(sandbox.read("it/src/nginx/items/models.py").contains("\nMINE = True\n"));
    assert!(sandbox.join("it/deploy/systemd/nginx-app@.service").exists());
}
