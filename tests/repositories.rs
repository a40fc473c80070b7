//! Upgrades in every state that a repository can be in: refused untouched, or right.

use std::os::unix::fs::{PermissionsExt, symlink};

use crate::support::{Story, Version};

fn simple() -> Story {
    Story::new(&[("a", "old\n"), ("b", "old\n")], &[("a", "new\n"), ("b", "new\n")])
}

/// Refuses an upgrade, changes nothing, and says this.
fn refuses(story: &Story, message: &str) {
    let before = story.sandbox.times("shop");

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(1), "{message}: {}", output.stderr);
    assert!(output.stderr.starts_with(&format!("error: {message}")), "{}", output.stderr);
    assert!(output.stderr.contains("\n\nhint: "), "{}", output.stderr);
    assert_eq!(story.sandbox.times("shop"), before, "{message}");
}

/// Makes two branches that change `own` in different ways; `main` is checked out.
fn branches(story: &Story) {
    story.write("own", "base\n");
    story.commit();
    story.git(&["checkout", "--quiet", "-b", "other"]);
    story.write("own", "other\n");
    story.commit();
    story.git(&["checkout", "--quiet", "main"]);
    story.write("own", "main\n");
    story.commit();
}

#[test]
fn an_operation_of_git_that_is_under_way_is_refused() {
    let cases: [(&[&str], &str); 4] = [
        (&["merge", "other"], "a merge is under way"),
        (&["rebase", "other"], "a rebase is under way"),
        (&["cherry-pick", "other"], "a cherry-pick is under way"),
        (&["revert", "--no-edit", "HEAD~1"], "a revert is under way"),
    ];

    for (arguments, message) in cases {
        let story = simple();
        branches(&story);
        assert!(!story.git_output("shop", arguments).status.success(), "{arguments:?}");
        refuses(&story, message);
    }
    let story = simple();
    story.git(&["bisect", "start"]);
    refuses(&story, "a bisection is under way");
}

#[test]
fn unmerged_paths_without_an_operation_are_refused() {
    let story = simple();
    branches(&story);
    story.write("own", "stashed\n");
    story.git(&["stash", "--quiet"]);
    story.git(&["checkout", "--quiet", "other"]);
    assert!(!story.git_output("shop", &["stash", "pop"]).status.success());

    refuses(&story, "conflicts are left to be resolved\n  `own` is unmerged in the index\n");
}

#[test]
fn a_detached_head_a_shallow_clone_and_a_worktree_are_fine() {
    let story = simple();
    story.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(story.upgrade(&["--dry-run"]).status, Some(0));
    story.git(&["worktree", "add", "--quiet", "../tree"]);
    let url = format!("file://{}", story.sandbox.join("shop").display());
    story.git_in(".", &["clone", "--quiet", "--depth", "1", &url, "shallow"]);

    for folder in ["tree", "shallow"] {
        story.sandbox.write(&format!("{folder}/a"), "mine\n");
        story.git_in(folder, &["commit", "--quiet", "--all", "--message", "edits"]);
        let output = story.run(&["upgrade", folder]);
        assert_eq!(output.status, Some(3), "{}", output.stderr);
        let status = story.git_in(folder, &["status", "--porcelain"]);
        assert_eq!(status, " M .fastwright.toml\nUU a\n M b\n");
        assert_eq!(story.run(&["upgrade", folder, "--abort"]).status, Some(0));
        assert_eq!(story.git_in(folder, &["status", "--porcelain"]), "");
    }
    assert_eq!(story.status(), "");
}

#[test]
fn a_project_in_a_subfolder_of_a_repository_knows_only_its_own_paths() {
    let story = Story::without_project(
        Version { files: &[("a", "old\n"), ("b", "old\n")], manifest: "" },
        Version { files: &[("a", "new\n"), ("b", "new\n")], manifest: "" },
    );
    story.git_in(".", &["init", "--quiet", "mono"]);
    story.sandbox.write("mono/a", "outside\n");
    for project in ["mono/x/shop", "mono/y/shop"] {
        story.create(&["new", project, "--yes"]);
        story.sandbox.write(&format!("{project}/a"), "mine\n");
    }
    story.git_in("mono", &["add", "--all"]);
    story.git_in("mono", &["commit", "--quiet", "--message", "all"]);
    story.sandbox.write("mono/a", "dirty outside\n");

    let first = story.run(&["upgrade", "mono/x/shop"]);
    let second = story.run(&["upgrade", "mono/y/shop"]);
    let inside = ["--pack", "../../pack", "-C", "mono/y", "upgrade", "shop", "--abort"];
    let from_inside = story.sandbox.run(&inside);

    assert_eq!((first.status, second.status), (Some(3), Some(3)), "{}", second.stderr);
    assert_eq!(from_inside.status, Some(0), "{}", from_inside.stderr);
    let status = story.git_in("mono", &["status", "--porcelain"]);
    assert_eq!(status, " M a\n M x/shop/.fastwright.toml\nUU x/shop/a\n M x/shop/b\n");
}

#[test]
fn a_project_is_found_from_a_folder_in_it() {
    let story = Story::new(&[("a/b/c", "old\n")], &[("a/b/c", "new\n")]);

    let output = story.run(&["upgrade", "shop/a/b"]);
    let none = story.run(&["upgrade", "pack"]);

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(story.read("a/b/c"), "new\n");
    assert_eq!(none.status, Some(2));
    assert!(none.stderr.starts_with("error: there is no project in `pack`\n"), "{}", none.stderr);
}

#[test]
fn a_project_that_is_a_submodule_is_upgraded() {
    let story = simple();
    let url = story.sandbox.join("shop").display().to_string();
    story.git_in(".", &["init", "--quiet", "outer"]);
    story.git_in("outer", &["submodule", "--quiet", "add", &url, "inner"]);
    story.sandbox.write("outer/inner/a", "mine\n");
    story.git_in("outer/inner", &["commit", "--quiet", "--all", "--message", "edits"]);

    let output = story.run(&["upgrade", "outer/inner"]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    let status = story.git_in("outer/inner", &["status", "--porcelain"]);
    assert_eq!(status, " M .fastwright.toml\nUU a\n M b\n");
}

#[test]
fn a_submodule_in_the_place_of_a_folder_is_never_written_into() {
    let story = Story::new(&[("a", "old\n")], &[("a", "old\n"), ("docs/b", "new\n")]);
    let url = story.sandbox.join("shop").display().to_string();
    story.git_in(".", &["clone", "--quiet", &url, "other"]);
    let url = story.sandbox.join("other").display().to_string();
    story.git(&["submodule", "--quiet", "add", &url, "docs"]);
    story.commit();

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    assert!(!story.exists("docs/b"));
    assert_eq!(story.read("docs.fastwright-new/b"), "new\n");
}

#[test]
fn a_sparse_checkout_is_upgraded_in_its_index_and_stays_sparse() {
    let story = Story::new(
        &[
            ("in/a", "old\n"),
            ("out/b", "old\n"),
            ("out/c", "old\n"),
            ("out/d", "old\n"),
            ("out/e", "1\n2\n3\n"),
        ],
        &[("in/a", "new\n"), ("out/b", "new\n"), ("out/d", "new\n"), ("out/e", "1\n2\n3\n4\n")],
    );
    story.write("out/d", "mine\n");
    story.write("out/e", "one\n2\n3\n");
    story.commit();
    story.git(&["sparse-checkout", "set", "in"]);
    assert!(!story.exists("out"));

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    assert_eq!(story.git(&["show", ":out/b"]), "new\n");
    assert_eq!(story.git(&["show", ":out/e"]), "one\n2\n3\n4\n");
    assert_eq!(story.git(&["ls-files", "out/c"]), "");
    assert_eq!(
        story.git(&["ls-files", "-t", "out"]),
        "S out/b\nM out/d\nM out/d\nM out/d\nS out/e\n"
    );
    assert!(!story.exists("out/b") && story.read("out/d").contains("\nmine\n"));
    assert_eq!(story.upgrade(&["--abort"]).status, Some(0));
    assert_eq!(story.status(), "");
    assert_eq!(story.git(&["show", ":out/b", ":out/c", ":out/d"]), "old\nold\nmine\n");
}

#[test]
fn a_sparse_index_is_asked_of_the_git_program() {
    let story = Story::new(
        &[("in/a", "old\n"), ("out/b", "old\n"), ("out/d", "old\n")],
        &[("in/a", "new\n"), ("out/b", "new\n"), ("out/d", "new\n")],
    );
    story.write("out/d", "mine\n");
    story.commit();
    story.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "in"]);

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    assert_eq!(story.git(&["show", ":out/b", ":2:out/d"]), "new\nmine\n");
    assert!(!story.exists("out/b") && story.exists("out/d"));
    assert_eq!(story.upgrade(&["--abort"]).status, Some(0));
    assert_eq!(story.status(), "");
}

#[test]
fn files_that_git_is_told_not_to_look_at_are_merged_from_disk() {
    for flag in ["--skip-worktree", "--assume-unchanged"] {
        let story = Story::new(&[("a", "1\n2\n3\n")], &[("a", "1\n2\n3\n4\n")]);
        story.git(&["update-index", flag, "a"]);
        story.write("a", "one\n2\n3\n");

        refuses(&story, "files that would be written hold uncommitted edits\n  `a`\n");
        let output = story.upgrade(&["--allow-dirty"]);

        assert_eq!(output.status, Some(0), "{flag}: {}", output.stderr);
        assert_eq!(story.read("a"), "one\n2\n3\n4\n");
    }
}

/// Makes the project's repository anew with these options, if git knows them.
fn again(story: &Story, options: &[&str]) -> bool {
    std::fs::remove_dir_all(story.sandbox.join("shop/.git")).expect("removed");
    let output = story.git_output("shop", &[&["init", "--quiet"], options].concat());
    if output.status.success() {
        story.commit();
    }
    output.status.success()
}

#[test]
fn repositories_that_libgit2_cannot_open_are_asked_of_the_git_program() {
    for options in [&["--object-format=sha256"][..], &["--ref-format=reftable"]] {
        let story = Story::new(
            &[("a", "old\n"), ("b", "old\n"), ("c", "old\n"), ("u", "1\n")],
            &[("a", "new\n"), ("b", "new\n"), ("c", "new\n"), ("u", "1\nt\n")],
        );
        if !again(&story, options) {
            continue;
        }
        story.write("a", "mine\n");
        story.write("u", "1\no\n");
        story.write(".gitattributes", "u merge=union\n");
        story.commit();
        story.write("c", "dirty\n");
        refuses(&story, "files that would be written hold uncommitted edits\n  `c`\n");
        story.git(&["checkout", "--quiet", "c"]);

        let output = story.upgrade(&[]);

        assert_eq!(output.status, Some(3), "{options:?}: {}", output.stderr);
        assert_eq!(story.read("u"), "1\no\nt\n");
        assert_eq!(story.status(), " M .fastwright.toml\nUU a\n M b\n M c\n M u\n");
        assert_eq!(story.git(&["show", ":1:a", ":2:a", ":3:a"]), "old\nmine\nnew\n");
        refuses(&story, "conflicts are left to be resolved\n  `a` has");
        assert_eq!(story.upgrade(&["--abort"]).status, Some(0));
        assert_eq!(story.status(), "");
        branches(&story);
        assert!(!story.git_output("shop", &["cherry-pick", "other"]).status.success());
        refuses(&story, "a cherry-pick is under way");
    }
}

#[test]
fn a_repository_that_nobody_can_open_is_refused_and_never_taken_for_none() {
    let story = simple();
    story.write(".git/config", "[core]\nrepositoryformatversion = 1\n[extensions]\nfuture = 1\n");

    refuses(&story, "cannot open the repository around ");
}

#[test]
fn without_git_edits_are_kept_and_can_be_had_back() {
    let old = [("a", "old\n"), ("b", "old\n"), ("lines", "1\n2\n3\n")];
    let story =
        Story::without_git(&old, &[("a", "new\n"), ("c", "new\n"), ("lines", "1\n2\n3\n4\n")]);
    story.write("a", "mine\n");
    story.write("c", "mine\n");
    story.write("lines", "one\n2\n3\n");
    let before = story.tree();

    let output = story.upgrade(&[]);
    let lines = story.read("lines");
    let beside = story.read("c.fastwright-new");
    let refused = story.upgrade(&[]);
    let aborted = story.upgrade(&["--abort"]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    assert_eq!((lines.as_str(), beside.as_str()), ("one\n2\n3\n4\n", "new\n"));
    assert_eq!((refused.status, aborted.status), (Some(1), Some(0)));
    assert_eq!(story.tree(), before);
}

#[test]
fn modes_and_links_are_merged_as_data_of_their_own() {
    let old = Version { manifest: "", files: &[("run", "1\n2\n3\n"), ("target", "t\n")] };
    let new = Version {
        manifest: "executable = ['run']\n[links]\n'link' = 'target'\n",
        files: &[("run", "1\n2\n3\n"), ("target", "t\n")],
    };
    let story = Story::without_project(old, Version { manifest: "", files: new.files });
    let text = story.sandbox.read("pack/pack.toml");
    let head = text.replace("version = '2.0.0'\n", "version = '2.0.0'\nexecutable = ['run']\n");
    story.sandbox.write("pack/pack.toml", head + "[links]\n'link' = 'target'\n");
    story.create(&["new", "shop", "--yes"]);
    story.write("run", "one\n2\n3\n");
    story.commit();

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let mode = |path: &str| {
        let path = story.sandbox.join("shop").join(path);
        path.symlink_metadata().expect("there").permissions().mode() & 0o777
    };
    assert_eq!((story.read("run").as_str(), mode("run")), ("one\n2\n3\n", 0o755));
    let link = std::fs::read_link(story.sandbox.join("shop/link")).expect("a link");
    assert_eq!(link.to_str(), Some("target"));
}

#[test]
fn a_link_in_the_place_of_a_file_stays() {
    let story = simple();
    story.write("own", "mine\n");
    story.remove("a");
    symlink("own", story.sandbox.join("shop/a")).expect("a link");
    story.commit();

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    assert_eq!(story.read("own"), "mine\n");
    assert!(story.sandbox.join("shop/a").is_symlink());
    assert_eq!(story.git(&["ls-files", "-s", "a"]).lines().count(), 3);
}

#[test]
fn a_parent_that_leads_out_of_the_project_is_refused() {
    let story = Story::new(&[("x/a", "old\n")], &[("x/a", "new\n")]);
    std::fs::rename(story.sandbox.join("shop/x"), story.sandbox.join("outside")).expect("moved");
    symlink("../outside", story.sandbox.join("shop/x")).expect("a link");

    refuses(&story, "`x/a` would be written outside of the project\n");
    assert_eq!(story.sandbox.read("outside/a"), "old\n");
}

#[test]
fn binary_files_and_attributes_decide_who_merges() {
    let story = Story::new(
        &[
            ("bin", "old\0\n"),
            ("union", "1\n"),
            ("binary", "old\n"),
            ("own", "old\n"),
            ("unknown", "1\n2\n3\n"),
        ],
        &[
            ("bin", "new\0\n"),
            ("union", "1\nt\n"),
            ("binary", "new\n"),
            ("own", "new\n"),
            ("unknown", "1\n2\n3\nt\n"),
        ],
    );
    story.write("bin", "mine\0\n");
    story.write("union", "1\no\n");
    story.write("binary", "mine\n");
    story.write("own", "mine\n");
    story.write("unknown", "o\n1\n2\n3\n");
    let attributes = "union merge=union\nbinary binary\nown merge=ours\nunknown merge=nobody\n";
    story.write(".gitattributes", attributes);
    story.git(&["config", "merge.ours.driver", "true"]);
    story.commit();

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    assert_eq!((story.read("bin").as_str(), story.read("binary").as_str()), ("mine\0\n", "mine\n"));
    assert_eq!(story.read("own"), "mine\n");
    assert_eq!(story.read("union"), "1\no\nt\n");
    assert_eq!(story.read("unknown"), "o\n1\n2\n3\nt\n");
    let said =
        "`own`: you and the template changed it, and its merge driver is not run here; yours stays";
    assert!(output.stderr.contains(said), "{}", output.stderr);
    assert_eq!(story.git(&["show", ":3:bin", ":3:binary", ":3:own"]), "new\0\nnew\nnew\n");
}

#[test]
fn files_that_a_filter_makes_never_become_plain_objects() {
    let story = simple();
    story.git(&["config", "filter.secret.clean", "tr a-z b-za"]);
    story.git(&["config", "filter.secret.smudge", "tr b-za a-z"]);
    story.write(".gitattributes", "a filter=secret\n");
    story.write("a", "mine\n");
    story.commit();

    let output = story.upgrade(&["--allow-dirty"]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    assert!(story.read("a").contains("\nmine\n"));
    assert_eq!(story.git(&["ls-files", "-s", "a"]).lines().count(), 1);
}

#[test]
fn a_checkout_in_crlf_stays_in_crlf_and_is_no_edit() {
    let story = Story::new(
        &[("a", "1\n2\n3\n"), ("b", "old\n"), ("gone", "old\n")],
        &[("a", "1\n2\n3\n4\n"), ("b", "new\n")],
    );
    story.git(&["config", "core.autocrlf", "true"]);
    for path in ["a", "b", "gone"] {
        story.remove(path);
    }
    story.git(&["checkout", "--quiet", "--", "."]);
    story.write("a", "one\r\n2\r\n3\r\n");
    story.git(&["commit", "--quiet", "--all", "--message", "edits"]);

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(story.read("a"), "one\r\n2\r\n3\r\n4\r\n");
    assert_eq!(story.read("b"), "new\r\n");
    assert!(!story.exists("gone"));
}

#[test]
fn conflicts_can_be_handed_to_a_merge_tool() {
    let story = simple();
    story.write("a", "mine\n");
    story.commit();
    story.upgrade(&[]);
    story.git(&["config", "mergetool.both.cmd", "cat $LOCAL $REMOTE > $MERGED"]);
    story.git(&["config", "mergetool.both.trustExitCode", "true"]);

    story.git(&["mergetool", "--no-prompt", "--tool", "both"]);

    assert_eq!(story.read("a"), "mine\nnew\n");
    assert_eq!(story.upgrade(&["--continue"]).status, Some(0));
}

#[test]
fn permissions_stay_and_read_only_files_are_replaced() {
    let story = simple();
    let path = story.sandbox.join("shop/a");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o400)).expect("set");

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(story.read("a"), "new\n");
    let mode = path.symlink_metadata().expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o400);
}

#[test]
fn a_file_that_cannot_be_changed_stops_all_of_it() {
    let story = simple();
    let path = story.sandbox.join("shop/b");
    let chattr = |flag: &str| {
        let status = std::process::Command::new("chattr").arg(flag).arg(&path).output();
        status.is_ok_and(|output| output.status.success())
    };
    if !chattr("+i") {
        return;
    }
    let before = story.sandbox.times("shop");

    let output = story.upgrade(&[]);
    let after = story.sandbox.times("shop");
    chattr("-i");

    assert_eq!(output.status, Some(1), "{}", output.stderr);
    assert!(output.stderr.starts_with("error: cannot write `"), "{}", output.stderr);
    assert_eq!(after, before);
    assert_eq!(story.upgrade(&[]).status, Some(0));
}

#[test]
fn an_index_that_git_works_on_is_waited_for_with_nothing_changed() {
    let story = simple();
    story.write("a", "mine\n");
    story.commit();
    story.write(".git/index.lock", "");

    refuses(&story, "git is at work in this repository\n");
}

#[test]
fn of_two_runs_at_once_one_does_the_work_and_none_harm() {
    let story = Story::new(&[("a", "old\n")], &[("a", "new\n")]);
    let start = || {
        let mut command = story.sandbox.command(&["--pack", "pack", "upgrade", "shop"]);
        command.stderr(std::process::Stdio::piped()).spawn().expect("started")
    };
    let children: Vec<_> = (0..6).map(|_| start()).collect();

    let outputs: Vec<_> =
        children.into_iter().map(|child| child.wait_with_output().expect("ended")).collect();

    for output in &outputs {
        let text = String::from_utf8_lossy(&output.stderr);
        let is_refused = text.starts_with("error: another run of fastwright works on this project");
        assert!(output.status.success() || is_refused, "{text}");
    }
    assert!(outputs.iter().any(|output| output.status.success()));
    assert_eq!(story.read("a"), "new\n");
    assert_eq!(story.status(), " M .fastwright.toml\n M a\n");
}

#[test]
fn a_run_that_is_killed_at_any_moment_leaves_old_or_new_and_the_next_one_finishes() {
    let names: Vec<String> = (0..40).map(|number| format!("{}/{number}", number % 5)).collect();
    let files = |text: &'static str| -> Vec<(&str, &str)> {
        names.iter().map(|name| (name.as_str(), text)).collect()
    };
    let story = Story::new(&files("1\n2\n3\n"), &files("1\n2\n3\n4\n"));
    for name in &names {
        story.write(name, "one\n2\n3\n");
    }
    story.commit();
    let mut killed = 0;

    for moment in 0..60 {
        let mut command = story.sandbox.command(&["--pack", "pack", "upgrade", "shop"]);
        let mut child = command.stderr(std::process::Stdio::null()).spawn().expect("started");
        std::thread::sleep(std::time::Duration::from_micros(moment * 500));
        child.kill().expect("killed");
        killed += usize::from(!child.wait().expect("ended").success());
        for name in &names {
            let text = story.read(name);
            assert!(["one\n2\n3\n", "one\n2\n3\n4\n"].contains(&text.as_str()), "{text:?}");
        }

        let output = story.upgrade(&[]);

        assert_eq!(output.status, Some(0), "{moment}: {}", output.stderr);
        assert!(names.iter().all(|name| story.read(name) == "one\n2\n3\n4\n"));
        assert_eq!(story.upgrade(&["--undo"]).status, Some(0));
        assert_eq!(story.status(), "");
    }
    assert!(killed > 5, "{killed}");
}

#[test]
fn a_repository_of_somebody_else_is_refused_with_the_way_out() {
    let story = simple();
    let owner = |user: &str| {
        let command = std::process::Command::new("chown")
            .args(["-R", user])
            .arg(story.sandbox.join("shop"))
            .output();
        command.is_ok_and(|output| output.status.success())
    };
    if !owner("12345:12345") {
        return;
    }

    refuses(&story, "cannot open the repository around ");
    let stderr = story.upgrade(&[]).stderr;
    assert!(stderr.contains("`git config --global --add safe.directory`"), "{stderr}");

    let path = story.sandbox.join("shop").display().to_string();
    story.sandbox.write(".home/.gitconfig", "");
    story.git_in(".", &["config", "--global", "--add", "safe.directory", &path]);
    assert_eq!(story.upgrade(&[]).status, Some(0));
}

#[test]
fn a_split_index_is_asked_of_the_git_program() {
    let story = simple();
    story.write("a", "mine\n");
    story.commit();
    story.git(&["update-index", "--split-index"]);

    let output = story.upgrade(&[]);

    assert_eq!(output.status, Some(3), "{}", output.stderr);
    assert_eq!(story.status(), " M .fastwright.toml\nUU a\n M b\n");
    assert_eq!(story.upgrade(&["--abort"]).status, Some(0));
    assert_eq!(story.status(), "");
}

#[test]
fn a_project_may_be_on_another_disk_than_its_records() {
    let story = Story::without_project(
        Version { files: &[("a", "old\n"), ("b/c", "old\n")], manifest: "" },
        Version { files: &[("a", "new\n"), ("b/c", "new\n"), ("b/d", "new\n")], manifest: "" },
    );
    let device = |path: &std::path::Path| {
        use std::os::unix::fs::MetadataExt;
        path.metadata().map(|found| found.dev()).ok()
    };
    let disks =
        [std::path::Path::new("/dev/shm"), std::path::Path::new(env!("CARGO_TARGET_TMPDIR"))];
    let other = disks.into_iter().find(|disk| device(disk) != device(story.sandbox.path()));
    let Some(Ok(elsewhere)) = other.map(tempfile::tempdir_in) else { return };
    let run = |arguments: &[&str]| {
        let mut command = story.sandbox.command(&[&["--pack", "pack"], arguments].concat());
        story.sandbox.finish(command.env("XDG_STATE_HOME", elsewhere.path()))
    };
    story.write("mine", "mine\n");

    let created = run(&["--pack-version", "1.0.0", "new", "shop", "--yes"]);
    assert_eq!(created.status, Some(0), "{}", created.stderr);
    assert_eq!(story.status(), "?? mine\n", "the first commit is there, and all of it");
    story.write("a", "mine\n");
    let upgraded = run(&["upgrade", "shop", "--allow-dirty"]);
    assert_eq!(upgraded.status, Some(3), "{}", upgraded.stderr);
    assert_eq!(story.status(), " M .fastwright.toml\nUU a\n M b/c\n?? b/d\n?? mine\n");
    let undone = run(&["upgrade", "shop", "--abort"]);
    assert_eq!(undone.status, Some(0), "{}", undone.stderr);

    assert_eq!(story.status(), " M a\n?? mine\n");
    assert_eq!(story.read("a"), "mine\n");
    assert!(elsewhere.path().join("fastwright/projects").is_dir());
    assert!(!story.sandbox.join(".home/.local").exists());
}
