//! Completions as shells read them, and manual pages as `man` does, where these are installed.

use std::path::Path;
use std::process::Command;

use crate::support::Sandbox;

/// Runs a script of a shell; nothing where it is not installed.
fn shell(sandbox: &Sandbox, name: &str, script: &str) -> Option<String> {
    let mut command = Command::new(name);
    command.current_dir(sandbox.path()).env("HOME", sandbox.path()).args(["-c", script]);
    let output = match command.output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        output => output.expect("the shell runs"),
    };
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{name}: {error}");
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

fn completions(sandbox: &Sandbox, name: &str) {
    let output = sandbox.run(&["completions", name]);
    assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""));
    sandbox.write("completions", output.stdout);
}

#[test]
fn bash_completes_flags_and_choices() {
    let sandbox = Sandbox::new();
    completions(&sandbox, "bash");
    let complete = |words: &str, count: usize| {
        let script = format!(
            "source ./completions; COMP_WORDS=({words}); COMP_CWORD={count}; COMP_LINE='{words}'; \
             COMP_POINT=${{#COMP_LINE}}; _fastwright fastwright \"${{COMP_WORDS[$COMP_CWORD]}}\" \
             \"${{COMP_WORDS[$COMP_CWORD-1]}}\"; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        shell(&sandbox, "bash", &script).expect("bash")
    };

    assert_eq!(complete("fastwright ne", 1), "new\n");
    assert_eq!(complete("fastwright new --no-dr", 2), "--no-draft\n");
    assert_eq!(complete("fastwright new --ui pl", 3), "plain\n");
}

#[test]
fn other_shells_read_their_completions_without_a_word() {
    let sandbox = Sandbox::new();
    for (name, script) in [
        ("zsh", "autoload -Uz compinit && compinit -D && source ./completions"),
        (
            "fish",
            "source ./completions; complete --do-complete 'fastwright ne' | string match -q 'new*'",
        ),
    ] {
        completions(&sandbox, name);
        shell(&sandbox, name, script);
    }
}

#[test]
fn man_formats_every_page_without_a_warning() {
    if !Path::new("/usr/bin/man").exists() {
        return;
    }
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["man", "--out", "pages"]).status, Some(0));

    for (page, _) in sandbox.tree("pages") {
        let mut man = Command::new("man");
        man.args(["--warnings", "-E", "UTF-8", "-l", &page]).current_dir(sandbox.join("pages"));
        let output = man.env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8").output().expect("man");

        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && error.is_empty(), "{page}: {error}");
        assert!(output.stdout.len() > 500, "{page}");
    }
}
