//! The program as a process: what it says, how it ends, what it leaves.

use std::process::Command;

use crate::support::{Output, Sandbox, manifest};

/// Runs the program with a pack among the fixtures.
fn with_pack(sandbox: &Sandbox, pack: &str, arguments: &[&str]) -> Output {
    let folder = manifest("tests/fixtures").join(pack);
    let mut all = vec!["--pack", folder.to_str().expect("UTF-8")];
    all.extend(arguments);
    sandbox.run(&all)
}

fn told(status: i32, stderr: &str) -> Output {
    Output { status: Some(status), stdout: String::new(), stderr: stderr.to_owned() }
}

#[test]
fn new_writes_the_tree_and_says_what_comes_next() {
    let sandbox = Sandbox::new();

    let output = with_pack(&sandbox, "plain", &["new", "my-app", "--yes", "--no-git"]);

    let expected = "wrote 3 files, 341 B, to my-app\n\nnext:\n  cd my-app\n\n\
                    the same again:\n  fastwright new my-app --yes --pack [fixtures]/plain\n";
    assert_eq!(output, told(0, expected));
    let tree = sandbox.tree("my-app");
    let names: Vec<&str> = tree.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, [".fastwright.toml", "README.md", "my_app.txt"]);
}

#[test]
fn new_twice_changes_nothing_and_says_so() {
    let sandbox = Sandbox::new();
    with_pack(&sandbox, "plain", &["new", "my-app", "--yes"]);
    let before = sandbox.tree("my-app");

    let output = with_pack(&sandbox, "plain", &["new", "my-app", "--yes"]);

    assert_eq!(output, told(0, "my-app is up to date: nothing was changed\n"));
    assert_eq!(sandbox.tree("my-app"), before);
}

#[test]
fn new_into_a_folder_with_files_changes_none_of_them() {
    let sandbox = Sandbox::new();
    sandbox.write("my-app/README.md", "mine\n");
    sandbox.write("my-app/other.txt", "mine too\n");

    let output = with_pack(&sandbox, "plain", &["new", "my-app", "--yes", "--no-git"]);

    assert_eq!(output.status, Some(3));
    let line = "`README.md` is there and differs: it stays, and the new one is \
                `README.md.fastwright-new`\n";
    assert!(output.stderr.contains(line), "{}", output.stderr);
    assert_eq!(sandbox.read("my-app/README.md"), "mine\n");
    assert_eq!(sandbox.read("my-app/other.txt"), "mine too\n");
    assert_eq!(sandbox.read("my-app/README.md.fastwright-new"), "# my-app\n");
}

#[test]
fn dry_run_diff_and_json_write_nothing() {
    let sandbox = Sandbox::new();
    let run =
        |option| with_pack(&sandbox, "plain", &["new", "my-app", "--yes", option, "--dry-run"]);

    let tree = run("--no-git");
    let diff = run("--diff");
    let json = run("--json");

    let expected = "my-app/\n├── .fastwright.toml  304 B\n├── README.md         9 B\n\
                    └── my_app.txt        28 B\n\n3 new files, 341 B\n";
    assert_eq!(tree, Output { status: Some(0), stdout: expected.into(), stderr: String::new() });
    assert!(diff.stdout.contains("+++ b/README.md\n@@ -0,0 +1 @@\n+# my-app\n"), "{}", diff.stdout);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(json["answers"], serde_json::json!({"name": "my-app"}));
    assert_eq!(json["changes"][1]["path"], "README.md");
    assert_eq!(json["changes"][1]["decision"], "create");
    assert_eq!(sandbox.tree("."), []);
}

#[test]
fn the_command_that_is_printed_gives_the_same_tree() {
    let sandbox = Sandbox::new();
    let flags = ["--style", "fancy", "--colors", "green,blue", "--no-notes", "--loudness=loud"];
    let first = with_pack(&sandbox, "evolving", &[&["new", "one", "--yes"][..], &flags].concat());
    let printed = first.stderr.lines().last().expect("the command").trim().to_owned();
    let printed = printed.replace("[fixtures]", &manifest("tests/fixtures").to_string_lossy());
    let words: Vec<&str> = printed.split(' ').skip(1).collect();

    std::fs::rename(sandbox.join("one"), sandbox.join("first")).expect("moved");
    let again = sandbox.run(&words);

    assert_eq!(again.status, Some(0), "{printed}: {}", again.stderr);
    assert_eq!(sandbox.tree("one"), sandbox.tree("first"));
}

#[test]
fn answers_come_from_files_variables_and_set_too() {
    let sandbox = Sandbox::new();
    sandbox.write("answers.toml", "style = 'fancy'\ncolors = ['green']\ncopies = 3\n");
    let folder = manifest("tests/fixtures/evolving");
    let mut command = sandbox.command(&[
        "--pack",
        folder.to_str().expect("UTF-8"),
        "new",
        "app",
        "--yes",
        "--answers",
        "answers.toml",
        "--set",
        "loudness=loud",
        "--save-answers",
        "saved.toml",
    ]);

    let output =
        sandbox.finish(command.env("FASTWRIGHT_NOTES", "no").env("FASTWRIGHT_COPIES", "9"));

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let expected = "name = \"app\"\ncopies = 3\nstyle = \"fancy\"\nloudness = \"loud\"\n\
                    colors = [\"green\"]\nnotes = false\n";
    assert_eq!(sandbox.read("saved.toml"), expected);
}

#[test]
fn wrong_usage_is_one_clear_sentence_with_a_way_out_and_writes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "a file\n");
    sandbox.write("broken.toml", "style = \n");
    let before = sandbox.tree(".");
    let cases: [(&[&str], &str); 14] = [
        (
            &["new", "app", "--yes", "--stile", "x"],
            "error: there is no flag `--stile`\n\nhint: did you mean `--style`?\n",
        ),
        (&["nwe", "app"], "error: there is no command `nwe`\n\nhint: did you mean `new`?\n"),
        (
            &["new", "app", "more", "--yes"],
            "error: `more` is one argument too many\n\nhint: `fastwright --help` and `fastwright COMMAND --help` show what there is\n",
        ),
        (
            &["new"],
            "error: `<DIR>` is missing\n\nhint: `fastwright --help` and `fastwright COMMAND --help` show what there is\n",
        ),
        (
            &["new", "app", "--style"],
            "error: `--style <CHOICE>` needs a value\n\nhint: `fastwright --help` and `fastwright COMMAND --help` show what there is\n",
        ),
        (
            &["new", "app", "--yes", "--style", "fency"],
            "error: `style` is `fency`, and takes one of `plain`, `fancy`\n  style came from --style\n\nhint: did you mean `fancy`?\n",
        ),
        (
            &["new", "app", "--yes", "--set", "style"],
            "error: `--set style` has no value\n\nhint: write `--set style=VALUE`\n",
        ),
        (
            &["new", "app", "--yes", "--set", "stile=x"],
            "error: there is no question `stile`\n  it came from --set\n\nhint: did you mean `style`?\n",
        ),
        (
            &["new", "-App-", "--yes"],
            "error: there is no flag `-A`\n\nhint: `fastwright --help` and `fastwright COMMAND --help` show what there is\n",
        ),
        (
            &["new", "App-", "--yes"],
            "error: `name` is `App-`, and takes lower-case letters, digits and hyphens, with a letter first and no hyphen last\n  name came from the folder's name\n\nhint: for example `--name app`\n",
        ),
        (
            &["new", "test", "--yes"],
            "error: `name` is `test`, a name that is taken\n  name came from the folder's name\n\nhint: for example `--name test-app`\n",
        ),
        (
            &["new", "app", "--yes", "--answers", "nope.toml"],
            "error: cannot read `nope.toml`\n  No such file or directory (os error 2)\n",
        ),
        (
            &["new", "app", "--yes", "--answers", "broken.toml"],
            "error: answers file `broken.toml` cannot be read\n  TOML parse error at line 1, column 9\n    |\n  1 | style = \n    |         ^\n  string values must be quoted, expected literal string\n",
        ),
        (
            &["new", "app", "--yes", "--color", "blue"],
            "error: `--color <WHEN>` is `blue`, and takes one of `auto`, `always`, `never`\n\nhint: `fastwright --help` and `fastwright COMMAND --help` show what there is\n",
        ),
    ];

    for (arguments, expected) in cases {
        assert_eq!(with_pack(&sandbox, "evolving", arguments), told(2, expected), "{arguments:?}");
    }
    assert_eq!(sandbox.tree("."), before);
}

#[test]
fn without_a_terminal_missing_answers_are_named_and_nothing_is_asked() {
    let sandbox = Sandbox::new();

    let output = with_pack(&sandbox, "plain", &["new", "app"]);

    let expected = "error: `name` has no answer\n  --name TEXT                  What the project is \
                    called\n\nhint: add `--yes` to take the defaults for them\n";
    assert_eq!(output, told(2, expected));
    assert_eq!(sandbox.tree("."), []);
}

#[test]
fn a_target_that_is_no_folder_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.write("file", "mine\n");

    let output = with_pack(&sandbox, "plain", &["new", "file", "--yes", "--name", "app"]);

    assert_eq!(output.status, Some(2), "{}", output.stderr);
    assert!(output.stderr.starts_with("error: `file` is "), "{}", output.stderr);
    assert_eq!(sandbox.tree("."), [("file".to_owned(), "mine\n".to_owned())]);
}

#[test]
fn the_same_answers_give_the_same_bytes_everywhere() {
    let (one, other) = (Sandbox::new(), Sandbox::new());
    let arguments = ["new", "sub/app", "--yes", "--no-git"];
    other.write(".home/.gitconfig", "[user]\nname = Somebody\nemail = somebody@example.com\n");
    let mut elsewhere = other.command(&arguments);
    elsewhere.env("LANG", "tr_TR.UTF-8").env("LC_ALL", "de_DE").env("TZ", "Asia/Tokyo");
    elsewhere.env("USER", "somebody").env("COLUMNS", "20");

    let first = one.run(&arguments);
    let second = other.finish(&mut elsewhere);

    assert_eq!((first.status, second.status), (Some(0), Some(0)), "{}", second.stderr);
    assert_eq!(one.tree("sub"), other.tree("sub"));
    assert!(one.tree("sub").len() > 30);
}

#[test]
fn a_pack_with_findings_is_refused_with_all_of_them() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pack/pack.toml",
        "name = 'p'\nversion = '1.0.0'\n[[anchor]]\nkey = 'k'\nfile = 'f'\n",
    );
    sandbox.write("pack/base/x", "blank \n");

    let output = sandbox.run(&["--pack", "pack", "list"]);

    let expected = "error: pack file `pack.toml` is wrong\n  no template of `f` prints the anchor \
                    `k`\n\nerror: pack file `base/x` is wrong\n  line 1 ends in blanks\n";
    assert_eq!(output, told(1, expected));
}

#[test]
fn schema_is_json_and_completions_and_pages_name_the_questions() {
    let sandbox = Sandbox::new();

    let schema = with_pack(&sandbox, "evolving", &["schema"]).stdout;
    let bash = with_pack(&sandbox, "evolving", &["completions", "bash"]).stdout;
    let page = with_pack(&sandbox, "evolving", &["man", "--out", "pages"]);

    let schema: serde_json::Value = serde_json::from_str(&schema).expect("JSON");
    assert_eq!(schema["properties"]["style"]["enum"][1], "fancy");
    assert!(bash.contains("--no-notes") && bash.contains("plain fancy"), "{bash}");
    assert_eq!(page.status, Some(0), "{}", page.stderr);
    assert!(sandbox.read("pages/fastwright-new.1").contains("\\-\\-style"));
}

#[test]
fn explain_and_list_speak_of_questions_and_choices() {
    let sandbox = Sandbox::new();

    let choice = with_pack(&sandbox, "evolving", &["explain", "style=fancy"]);
    let wrong = with_pack(&sandbox, "evolving", &["explain", "style=fency"]);
    let versions = with_pack(&sandbox, "evolving", &["list", "versions"]);

    let expected = "Style: Fancy\n  Much to look at\n\nfits\n  Parties\n\ncosts\n  Attention\n\n\
                    needs\n  colors = green or blue: red alone is not fancy\n\nnot with\n  \
                    copies = 5 or 6 and notes = true: there is no room left\n\nreads\n  \
                    SPARKLE  How much it glitters\n\nservices\n  lamp\n";
    assert_eq!(choice.stdout, expected);
    let expected = "error: `style` has no choice `fency`\n\nhint: did you mean `fancy`?\n";
    assert_eq!(wrong, told(2, expected));
    assert_eq!(versions.stdout, "2.0.0\n1.1.0\n1.0.0\n");
}

#[test]
fn bad_input_to_the_default_pack_is_refused_and_the_disk_is_untouched() {
    let sandbox = Sandbox::new();
    sandbox.write("a-file", "mine\n");
    sandbox.write("broken.json", "{\"proxy\": }");
    sandbox.write("unknown.toml", "proxi = 'nginx'\ncolour = 'red'\n");
    sandbox.write("huge.toml", "#".repeat((1 << 20) + 1));
    sandbox.write("binary.toml", [0xff, 0xfe, 0x00, 0x01]);
    let before = sandbox.tree(".");
    let long = "n".repeat(64);
    let cases: [(&[&str], &str); 19] = [
        (&["x", "--yes", "--proxi", "nginx"], "hint: did you mean `--proxy`?"),
        (&["x", "--yes", "--set", "databse=postgres"], "hint: did you mean `database`?"),
        (&["x", "--yes", "--database", "postgress"], "hint: did you mean `postgres`?"),
        (&["x", "--yes", "--workers", "16"], "more connections than PostgreSQL allows"),
        (&["x", "--yes", "--workers", "0"], "takes a number from 1 to 64"),
        (&["x", "--yes", "--name=-shop"], "for example `--name shop`"),
        (&["x", "--yes", "--name", "shop-"], "for example `--name shop`"),
        (&["x", "--yes", "--name", "Shop_API"], "for example `--name shop-api`"),
        (&["x", "--yes", "--name", &long], "`name` has 64 characters, and takes at most 63"),
        (&["x", "--yes", "--name", "class"], "`package` is `class`, a name that is taken"),
        (&["test", "--yes"], "for example `--package test_app`"),
        (&["x", "--yes", "--name", "sh\u{43e}p"], "takes lower-case letters, digits and hyphens"),
        (&["x", "--yes", "--domain", "localhost"], "a host name in lower case, with a dot"),
        (&["a-file", "--yes", "--name", "shop"], "`a-file` is not a folder"),
        (&["x", "--yes", "--answers", "broken.json"], "answers file `broken.json` cannot be read"),
        (&["x", "--yes", "--answers", "huge.toml"], "it is larger than 1024 KiB"),
        (&["x", "--yes", "--answers", "binary.toml"], "it is no text: byte 0 is not UTF-8"),
        (&["x", "--yes", "--answers", "unknown.toml"], "it came from unknown.toml line 2"),
        (&["x"], "add `--yes` to take the defaults for them"),
    ];

    for (arguments, sentence) in cases {
        let output = sandbox.run(&[&["new"], arguments].concat());
        assert_eq!((output.status, &*output.stdout), (Some(2), ""), "{arguments:?}");
        assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
        assert!(output.stderr.contains(sentence), "{arguments:?}: {}", output.stderr);
    }
    assert_eq!(sandbox.tree("."), before);
}

#[test]
fn a_terminal_that_is_not_there_is_never_waited_for() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["new", "shop-api", "--ui", "prompt"]);

    let output = sandbox.finish(command.stdin(std::process::Stdio::piped()));

    assert_eq!(output.status, Some(2), "{}", output.stderr);
    assert!(!output.stderr.contains('\u{1b}'), "{}", output.stderr);
}

/// Writes a pack with two versions to `packs/p`.
fn two_versions(sandbox: &Sandbox) {
    let manifest = |version: &str| format!("name = 'p'\nversion = '{version}'\n");
    sandbox.write("packs/p/pack.toml", manifest("2.0.0"));
    sandbox.write("packs/p/base/file", "new\n");
    sandbox.write("packs/p/history/1.0.0/pack.toml", manifest("1.0.0"));
    sandbox.write("packs/p/history/1.0.0/base/file", "old\n");
    sandbox.write("packs/p/history/1.0.0/history.toml", "version = '1.0.0'\n");
}

#[test]
fn what_is_told_to_be_run_names_the_same_project() {
    let sandbox = Sandbox::new();
    two_versions(&sandbox);
    let words = |line: &str| line.split(' ').skip(1).map(str::to_owned).collect::<Vec<_>>();
    let run = |words: &[String]| sandbox.run(&words.iter().map(String::as_str).collect::<Vec<_>>());

    let made = sandbox.run(&[
        "-C",
        "packs",
        "--pack=p",
        "--pack-version=1.0.0",
        "new",
        "it",
        "--yes",
        "--no-git",
    ]);

    let same = "fastwright new it --yes -C packs --pack p --pack-version 1.0.0";
    let expected = format!(
        "wrote 2 files, 272 B, to it\n\nnext:\n  cd packs/it\n\nthe same again:\n  {same}\n"
    );
    assert_eq!(made, told(0, &expected));
    let first = sandbox.tree("packs/it");
    std::fs::remove_dir_all(sandbox.join("packs/it")).expect("removed");
    assert_eq!(run(&[words(same), vec!["--no-git".to_owned()]].concat()).status, Some(0));
    assert_eq!(sandbox.tree("packs/it"), first);

    let upgraded = sandbox.run(&["upgrade", "-Cpacks", "it", "--pack", "p"]);
    let undo = "fastwright upgrade it -C packs --undo";
    assert!(upgraded.stderr.contains(&format!("\n  {undo}  ")), "{}", upgraded.stderr);
    assert_eq!(sandbox.read("packs/it/file"), "new\n");
    let undone = run(&words(undo));
    assert!(undone.stderr.contains(&format!("`{undo}` again")), "{}", undone.stderr);
    assert_eq!(sandbox.read("packs/it/file"), "old\n");
}

#[test]
fn the_folder_and_the_pack_are_those_of_the_whole_command_line() {
    let sandbox = Sandbox::new();
    two_versions(&sandbox);
    std::fs::create_dir(sandbox.join("inner")).expect("a folder");
    let made: [&[&str]; 6] = [
        &["new", "a", "-qyC", "inner"],
        &["new", "a", "-qyC=inner"],
        &["-qCinner", "new", "a", "-y"],
        &["new", "-yqCinner", "a"],
        &["new", "a", "--pack", "../packs/p", "-y", "-Cinner", "-q"],
        &["--pack=../packs/p", "new", "-C", "inner", "-qy", "a", "--pack-version=1.0.0"],
    ];

    for arguments in made {
        let output = sandbox.run(&[arguments, &["--no-git"]].concat());
        assert_eq!(output, told(0, ""), "{arguments:?}");
        assert!(sandbox.join("inner/a").is_dir() && !sandbox.join("a").exists(), "{arguments:?}");
        std::fs::remove_dir_all(sandbox.join("inner/a")).expect("removed");
    }
    let refused: [(&[&str], &str); 4] = [
        (&["-C", ".", "new", "a", "-C", "inner"], "`-C <DIR>` is given twice"),
        (&["new", "a", "-Cinner", "-Cinner"], "`-C <DIR>` is given twice"),
        (&["--pack", "x", "list", "--pack=y"], "`--pack <DIR>` is given twice"),
        (&["new", "a", "-C"], "`-C <DIR>` needs a value"),
    ];
    for (arguments, sentence) in refused {
        let output = sandbox.run(arguments);
        assert_eq!(output.status, Some(2), "{arguments:?}");
        assert!(output.stderr.starts_with(&format!("error: {sentence}\n")), "{}", output.stderr);
    }
    assert_eq!(sandbox.tree("inner"), []);
}

#[test]
fn what_is_around_the_program_is_named_where_it_is_wrong() {
    let sandbox = Sandbox::new();
    let folder = manifest("tests/fixtures/plain");
    let program = sandbox.command(&[]).get_program().to_string_lossy().into_owned();
    let new = format!("{program} --pack {} new", folder.display());
    let gone = "error: the folder that the program works in cannot be used\n  No such file or \
                directory (os error 2)\n\nhint: go to a folder that is there, or name one with \
                `-C DIR`\n";
    let empty = "error: `DIR` is empty\n\nhint: name a folder; `.` is the one you are in\n";
    let full = "error: cannot write to standard output\n  No space left on device (os error 28)\n";
    let done = "  what was asked for is done all the same; only its report is lost\n";
    let variable = |name: &str, value: &str| {
        format!(
            "error: the variable `{name}` is not UTF-8\n  its value is `{value}`\n\nhint: set it to \
             text, or unset it\n"
        )
    };
    let away = "mkdir away && cd away && rmdir ../away";
    let cases = [
        (format!("{away}; {new} x --yes"), told(1, gone)),
        (format!("{away}; {new} . --yes"), told(1, gone)),
        (format!("{away}; {program} status"), told(1, gone)),
        (format!("{away}; {program} upgrade"), told(1, gone)),
        (format!("{away}; {program} diff x"), told(1, gone)),
        (format!("{away}; {new} {}/whole --yes -q", sandbox.path().display()), told(0, "")),
        (format!("{away}; {new} there -C {} -yq", sandbox.path().display()), told(0, "")),
        (format!("{new} '' --yes"), told(2, empty)),
        (format!("{program} status ''"), told(2, empty)),
        (format!("{program} list > /dev/full"), told(1, full)),
        (format!("{program} --help > /dev/full"), told(1, full)),
        (format!("{new} made --yes --json > /dev/full"), told(1, &format!("{full}{done}"))),
        (format!("{new} quiet --yes 2> /dev/full"), told(0, "")),
        (format!("{new} closed --yes <&- >&- 2>&-"), told(0, "")),
        (format!("{program} list | exit 0; exit ${{PIPESTATUS[0]}}"), told(0, "")),
        (format!("env -i {new} bare -yq"), told(0, "")),
        (
            format!("FASTWRIGHT_NAME=$'a\\xff' {new} x --yes"),
            told(2, &variable("FASTWRIGHT_NAME", "a\u{fffd}")),
        ),
        (
            format!("env $'FASTWRIGHT_\\xff=a' {new} x --yes"),
            told(2, &variable("FASTWRIGHT_\u{fffd}", "a")),
        ),
        (format!("{new} $'a\\xff' --yes"), told(2, "error: argument `a\u{fffd}` is not UTF-8\n")),
    ];

    for (script, expected) in cases {
        let surroundings = sandbox.command(&[]);
        let variables = surroundings.get_envs().filter_map(|(name, value)| Some((name, value?)));
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).env_clear().envs(variables).current_dir(sandbox.path());
        assert_eq!(sandbox.finish(&mut bash), expected, "{script}");
    }
    for made in ["whole", "there", "made", "quiet", "closed", "bare"] {
        assert!(sandbox.join(made).join(".fastwright.toml").exists(), "{made}");
    }
    assert!(!sandbox.join("x").exists());
}
