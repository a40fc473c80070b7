//! Text that others wrote, in every field of every input: none of it steers the terminal that the
//! program runs on, or the programs that it prints.
//!
//! What is put in is generated anew each time; a failure shows it.

use std::os::unix::ffi::OsStringExt;
use std::process::Command;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use toml::Value;

use crate::support::{Output, Sandbox, manifest};

/// Beginnings, ends and whole sequences that terminals obey, and characters that nobody sees.
const STEERING: [&str; 26] = [
    "\u{1b}[2J",
    "\u{1b}[31337m",
    "\u{1b}]8;;http://x\u{1b}\\",
    "\u{1b}]52;c;eA==\u{7}",
    "\u{1b}]0;title\u{7}",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}_x\u{1b}\\",
    "\u{1b}",
    "\u{9b}2J",
    "\u{9d}0;x\u{9c}",
    "\u{90}q",
    "\u{85}",
    "\r",
    "\u{8}",
    "\u{7f}",
    "\u{c}",
    "\u{202e}",
    "\u{2066}",
    "\u{200f}",
    "\u{61c}",
    "\u{200b}",
    "\u{feff}",
    "\u{2028}",
    "\u{2029}",
    "\u{e0041}",
    "\u{ad}",
];

/// What shells and typesetters obey.
const QUOTING: [&str; 20] = [
    "'",
    "\"",
    "\\",
    "`touch PWNED`",
    "$(touch PWNED)",
    ";touch PWNED;",
    "\n",
    "\n.sy touch PWNED\n",
    "\n'sy touch PWNED\n",
    "' touch PWNED '",
    "\" touch PWNED \"",
    "\") touch PWNED (\"",
    "[",
    "]",
    ":",
    "{",
    "}",
    "\\n.sy",
    "\u{2018};touch PWNED;\u{2018}",
    "${PWNED:=x}",
];

/// What the program itself writes in colour.
const OURS: [&str; 3] = ["\u{1b}[1;31merror:\u{1b}[0m", "\u{1b}[1;34mhint:\u{1b}[0m", "\r\n"];

/// Returns a text that is made of pieces and words.
fn text(pieces: &'static [&'static str]) -> String {
    let piece = prop_oneof![3 => select(pieces), 1 => select(&["a", "b c", "1"][..])];
    let tree = proptest::collection::vec(piece, 2..7).new_tree(&mut TestRunner::default());
    tree.expect("pieces").current().concat() + pieces[0]
}

/// Fails if a terminal would obey something, or show something else than is there.
fn assert_harmless(what: &str, output: &Output) {
    for printed in [&output.stdout, &output.stderr] {
        let mut left = printed.clone();
        for ours in OURS {
            left = left.replace(ours, "\n");
        }
        let hidden = |c: char| STEERING.iter().any(|piece| piece.contains(c) && !c.is_ascii());
        let found = left.find(|c: char| !"\n\t".contains(c) && (c.is_control() || hidden(c)));
        assert!(found.is_none(), "{what:?}: {left:?}");
    }
    assert!(output.status.is_some_and(|status| status < 100), "{what:?}: {output:?}");
}

/// Adds a text to the string, or the key, that stands at a place; tells how many there are.
fn spoil(value: &mut Value, place: &mut usize, text: &str) {
    let mut here = |old: &str| {
        *place = place.wrapping_sub(1);
        (*place == usize::MAX).then(|| format!("{old}{text}"))
    };
    match value {
        Value::String(string) => {
            if let Some(spoilt) = here(string) {
                *string = spoilt;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| spoil(one, place, text)),
        Value::Table(table) => {
            for key in table.keys().cloned().collect::<Vec<_>>() {
                if *place == 0
                    && let Some(old) = table.remove(&key)
                {
                    table.insert(format!("{key}{text}"), old);
                }
                *place = place.wrapping_sub(1);
                if let Some(inner) = table.get_mut(&key) {
                    spoil(inner, place, text);
                }
            }
        }
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

/// Returns a TOML text with each string and key spoilt, one in each.
fn spoilt(toml: &str, pieces: &'static [&'static str]) -> Vec<String> {
    let whole: Value = toml::from_str(toml).expect("TOML");
    let mut left = usize::MAX - 1;
    spoil(&mut whole.clone(), &mut left, "");
    let one = |place: usize| {
        let mut spoilt = whole.clone();
        spoil(&mut spoilt, &mut { place }, &text(pieces));
        toml::to_string(&spoilt).expect("TOML")
    };
    (0..usize::MAX - 1 - left).map(one).collect()
}

/// Spoils as many strings and keys of a TOML text as can be while it is taken.
fn as_spoilt_as_can_be(
    toml: &str,
    pieces: &'static [&'static str],
    mut is_taken: impl FnMut(&str) -> bool,
) -> String {
    let mut whole: Value = toml::from_str(toml).expect("TOML");
    let mut left = usize::MAX - 1;
    spoil(&mut whole.clone(), &mut left, "");
    let count = usize::MAX - 1 - left;
    let mut taken = 0;
    // From the end: a key that is spoilt moves there.
    for place in (0..count).rev() {
        let mut more = whole.clone();
        spoil(&mut more, &mut { place }, &text(pieces));
        if is_taken(&toml::to_string(&more).expect("TOML")) {
            whole = more;
            taken += 1;
        }
    }
    assert!(taken > 9, "{taken} of {count} fields take any text");
    toml::to_string(&whole).expect("TOML")
}

/// Copies a pack among the fixtures into the sandbox, with fields that it does without.
fn pack(sandbox: &Sandbox) {
    for (name, text) in crate::support::files(&manifest("tests/fixtures/evolving")) {
        sandbox.write(&format!("pack/{name}"), text);
    }
    let manifest = sandbox.read("pack/pack.toml");
    let more =
        "next = [\"make it\"]\nenvironment = [{ name = \"A\", example = \"b\", help = \"c\" }]\n";
    sandbox.write("pack/pack.toml", format!("{more}{manifest}"));
}

/// Every command that shows something of a pack.
const SHOW: [&[&str]; 25] = [
    &["list"],
    &["list", "--json"],
    &["list", "choices"],
    &["list", "choices", "--json"],
    &["explain", "name"],
    &["explain", "style"],
    &["explain", "style", "--json"],
    &["explain", "style=fancy"],
    &["explain", "style=fancy", "--json"],
    &["explain", "loudness=loud"],
    &["schema"],
    &["completions", "bash"],
    &["completions", "zsh"],
    &["man"],
    &["new", "--help"],
    &["upgrade", "-h"],
    &["new", "shop", "--yes", "--dry-run"],
    &["new", "shop", "--yes", "--dry-run", "--json"],
    &["new", "shop", "--yes", "--no-git", "--verbose"],
    &["new", "other", "--yes", "--name", "A b", "--style", "x", "--copies", "9"],
    &["new", "other", "--yes", "--style", "fancy"],
    &["new", "other"],
    &["status", "old"],
    &["upgrade", "old", "--dry-run"],
    &["upgrade", "old", "--check", "--json"],
];

fn run(sandbox: &Sandbox, arguments: &[&str]) -> Output {
    let mut command = sandbox.command(&[&["--pack", "pack"], arguments].concat());
    sandbox.finish(command.env("CLICOLOR_FORCE", "1"))
}

#[test]
fn nothing_in_a_pack_steers_the_terminal() {
    let sandbox = Sandbox::new();
    pack(&sandbox);
    let made = run(&sandbox, &["new", "old", "--yes", "--no-git", "--pack-version", "1.0.0"]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    for file in ["pack/pack.toml", "pack/components/style/fancy/component.toml"] {
        let spoilt = as_spoilt_as_can_be(&sandbox.read(file), &STEERING, |spoilt| {
            sandbox.write(file, spoilt);
            let commands = [&["new", "shop", "--yes", "--dry-run"][..], &["status", "old"]];
            commands.into_iter().all(|arguments| {
                let output = run(&sandbox, arguments);
                assert_harmless(spoilt, &output);
                output.status == Some(0)
            })
        });
        sandbox.write(file, spoilt);
    }

    for arguments in SHOW {
        let output = run(&sandbox, arguments);
        assert_harmless(&format!("{arguments:?}"), &output);
        if arguments.contains(&"--json") {
            let json = serde_json::from_str::<serde_json::Value>(&output.stdout);
            assert!(json.is_ok(), "{arguments:?}: {output:?}");
        }
    }
}

#[test]
fn nothing_in_files_and_names_of_a_pack_steers_the_terminal() {
    let sandbox = Sandbox::new();
    pack(&sandbox);
    run(&sandbox, &["new", "old", "--yes", "--no-git", "--pack-version", "1.0.0"]);
    let text = text(&STEERING);
    sandbox.write("pack/CHANGELOG.md", format!("## 2.0.0\n- {text}\n\n## 1.1.0\n{text}\n"));
    sandbox.write("pack/base/a\u{202e}b", "text\n");
    sandbox.write("pack/base/text", format!("{text}\n"));
    for arguments in SHOW {
        assert_harmless(&format!("{arguments:?} {text:?}"), &run(&sandbox, arguments));
    }
    for name in [text.replace('/', "_").into_bytes(), b"a\xff\x1b".to_vec()] {
        let path = sandbox.join("pack/base").join(std::ffi::OsString::from_vec(name));
        std::fs::write(&path, "x\n").expect("written");
        assert_harmless("a name", &run(&sandbox, &["list"]));
        std::fs::remove_file(path).expect("removed");
    }
    for broken in ["a = \"\\ud800\"", "a = \u{202e}", "\u{feff}\u{1b}", "a = '\u{9b}2J'"] {
        sandbox.write("pack/pack.toml", broken);
        assert_harmless(broken, &run(&sandbox, &["list"]));
    }
}

#[test]
fn nothing_in_a_project_steers_the_terminal() {
    let sandbox = Sandbox::new();
    pack(&sandbox);
    let made = run(&sandbox, &["new", "shop", "--yes", "--no-git", "--pack-version", "1.0.0"]);
    assert_eq!(made.status, Some(0), "{}", made.stderr);
    let state = sandbox.read("shop/.fastwright.toml");
    let commands: [&[&str]; 6] = [
        &["status", "shop"],
        &["status", "shop", "--json"],
        &["diff", "shop", "--stat"],
        &["upgrade", "shop", "--check"],
        &["upgrade", "shop", "--dry-run", "--verbose"],
        &["upgrade", "shop", "--base-from-git"],
    ];

    for spoilt in spoilt(&state, &STEERING) {
        sandbox.write("shop/.fastwright.toml", &spoilt);
        for arguments in commands {
            assert_harmless(&format!("{arguments:?} {spoilt}"), &run(&sandbox, arguments));
        }
    }
    let broken = format!("{state}\n{}", text(&STEERING));
    sandbox.write("shop/.fastwright.toml", &broken);
    for arguments in commands {
        assert_harmless(&broken, &run(&sandbox, arguments));
    }
}

#[test]
fn nothing_in_answers_steers_the_terminal() {
    let sandbox = Sandbox::new();
    pack(&sandbox);
    let toml = "name = 'shop'\nstyle = 'fancy'\ncolors = ['red']\ncopies = 'x'\n";
    for spoilt in spoilt(toml, &STEERING) {
        let json: toml::Table = toml::from_str(&spoilt).expect("TOML");
        let json = serde_json::to_string(&json).expect("JSON");
        for (name, text) in [("a.toml", &spoilt), ("a.json", &json), ("b.json", &spoilt)] {
            sandbox.write(name, text);
            let output = run(&sandbox, &["new", "shop", "--yes", "--answers", name]);
            assert_harmless(text, &output);
        }
    }
    for _ in 0..20 {
        let text = text(&STEERING);
        for name in ["FASTWRIGHT_NAME".to_owned(), format!("FASTWRIGHT_{text}")] {
            let mut command = sandbox.command(&["--pack", "pack", "new", "shop", "--yes"]);
            assert_harmless(&text, &sandbox.finish(command.env(name, &text)));
        }
    }
}

#[test]
fn nothing_on_the_command_line_steers_the_terminal() {
    for _ in 0..10 {
        // The same text may come twice.
        let sandbox = Sandbox::new();
        pack(&sandbox);
        let text = text(&STEERING);
        let text = text.as_str();
        let (flag, set) = (format!("--{text}"), format!("{text}={text}"));
        let lines: [&[&str]; 18] = [
            &[text],
            &[&flag],
            &["new", "x", &flag],
            &["new", "x", text],
            &["new", "x", "--yes", "--name", text],
            &["new", "x", "--yes", "--style", text],
            &["new", "x", "--yes", "--set", text],
            &["new", "x", "--yes", "--set", &set],
            &["new", "x", "--answers", text],
            &["new", text, "--yes", "--dry-run"],
            &["new", text, "--yes", "--name", "x", "--dry-run", "--json"],
            &["list", text],
            &["explain", text],
            &["completions", text],
            &["--color", text, "list"],
            &["--pack-version", text, "list"],
            &["-C", text, "list"],
            &["upgrade", text],
        ];
        for arguments in lines {
            assert_harmless(&format!("{arguments:?}"), &run(&sandbox, arguments));
        }
        assert_harmless(text, &sandbox.run(&["--pack", text, "list"]));
        let folder = text.replace('/', "_");
        for arguments in [
            &["new", &folder, "--yes", "--name", "x"][..],
            &["status", &folder],
            &["diff", &folder, "--json"],
            &["upgrade", &folder, "--style", "fancy", "--colors", "green"],
        ] {
            let output = run(&sandbox, arguments);
            assert_eq!(output.status, Some(0), "{arguments:?} {output:?}");
            assert_harmless(&format!("{arguments:?}"), &output);
        }
    }
}

#[test]
fn on_a_terminal_a_patch_is_shown_and_elsewhere_it_is_whole() {
    let sandbox = Sandbox::new();
    pack(&sandbox);
    let content = "a\u{1b}]52;c;eA==\u{7}\n\u{202e}b\n";
    sandbox.write("pack/base/text", content);
    sandbox.write("x/.keep", "");

    let patch = run(&sandbox, &["new", "shop", "--yes", "--dry-run", "--diff"]);
    sandbox.write("x/patch", &patch.stdout);
    let mut git = Command::new("git");
    let applied = git.args(["apply", "patch"]).current_dir(sandbox.join("x")).status();
    let mut terminal = sandbox
        .terminal(sandbox.command(&["--pack", "pack", "new", "shop", "--yes", "--diff"]))
        .start();

    assert!(applied.expect("git").success());
    assert_eq!(sandbox.read("x/text"), content);
    assert_eq!(terminal.status(), 0);
    let stdout = String::from_utf8(std::mem::take(&mut terminal.bytes)).expect("UTF-8");
    assert!(stdout.contains("+a\\u{1b}]52;c;eA==\\u{7}\r\n+\\u{202e}b\r\n"), "{stdout}");
    assert_harmless("a patch", &Output { status: Some(0), stdout, stderr: String::new() });
}

/// The faces write sequences of their own; those of others are not among them.
#[test]
fn nothing_in_a_pack_steers_a_face_that_asks() {
    let foreign = ["\u{1b}[31337m", "\u{1b}]", "\u{1b}P", "\u{1b}_", "\u{7}", "\u{8}", "\u{7f}"];
    for face in ["plain", "prompt", "wizard"] {
        let sandbox = Sandbox::new();
        pack(&sandbox);
        let all = STEERING.concat();
        let spoilt = ["Name", "What the project is called", "Copies", "How many run"].iter().fold(
            sandbox.read("pack/pack.toml"),
            |text, word| {
                let word = format!("\"{word}\"");
                let spoilt = Value::String(format!("{}{all}", word.trim_matches('"')));
                text.replace(&word, &spoilt.to_string())
            },
        );
        sandbox.write("pack/pack.toml", spoilt);
        let command = sandbox.command(&["--pack", "pack", "new", "shop", "--ui", face]);
        let mut terminal = sandbox.terminal(command).start();

        terminal.wait("Name").keys("\r").wait("Copies").keys("\x03");

        assert_eq!(terminal.status(), 130, "{face}");
        let text = String::from_utf8(terminal.bytes.clone()).expect("UTF-8");
        let hidden = STEERING.concat().replace(|c: char| c.is_ascii(), "");
        for found in foreign.iter().copied().chain(hidden.split("").filter(|c| !c.is_empty())) {
            assert!(!text.contains(found), "{face}: {found:?} in {text:?}");
        }
    }
}

#[test]
fn completions_and_pages_run_nothing_of_a_pack() {
    let sandbox = Sandbox::new();
    pack(&sandbox);
    for file in ["pack/pack.toml", "pack/components/style/fancy/component.toml"] {
        let spoilt = as_spoilt_as_can_be(&sandbox.read(file), &QUOTING, |spoilt| {
            sandbox.write(file, spoilt);
            run(&sandbox, &["list"]).status == Some(0)
        });
        sandbox.write(file, spoilt);
    }

    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = run(&sandbox, &["completions", shell]).stdout;
        // No text is quoted: there is nothing to be quoted in it.
        for meaning in ["`touch", "$(touch", "PWNED\"", "PWNED'", "{PWNED", "\u{2018}"] {
            assert!(!script.contains(meaning), "{shell}: {script}");
        }
        sandbox.write(&format!("completions.{shell}"), script);
    }
    for (shell, script) in [
        (
            "bash",
            "source ./completions.bash; COMP_WORDS=(fastwright new --loudness ''); COMP_CWORD=3; \
             _fastwright fastwright '' --loudness; echo \"${COMPREPLY[@]}\"",
        ),
        ("zsh", "autoload -Uz compinit && compinit -D && source ./completions.zsh"),
        ("fish", "source ./completions.fish; complete --do-complete 'fastwright new --loudness '"),
    ] {
        let mut command = Command::new(shell);
        command.args(["-c", script]).current_dir(sandbox.path()).env("HOME", sandbox.path());
        match command.output() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            output => {
                let output = output.expect("a shell");
                let is_silent = output.status.success() && output.stderr.is_empty();
                assert!(is_silent, "{shell}: {output:?} {}", sandbox.read("pack/pack.toml"));
            }
        }
    }
    let pages = run(&sandbox, &["man", "--out", "pages"]);
    assert_eq!(pages.status, Some(0), "{}", pages.stderr);
    for (page, text) in sandbox.tree("pages") {
        let request = |line: &str| line.starts_with(".sy") || line.starts_with("'sy");
        assert!(!text.lines().any(request), "{page}: {text}");
        let mut headings = text.lines().filter(|line| line.starts_with(".SH"));
        assert!(headings.all(|line| !line.contains('\\')), "{page}: {text}");
    }
    assert!(!sandbox.join("PWNED").exists(), "{}", sandbox.read("pack/pack.toml"));
}
