//! Answers that are kept while they are asked for, and offered again after a run that was stopped.

use std::path::PathBuf;
use std::process::Command;

use crate::support::{Output, Sandbox};

const STATE: &str = ".home/.local/state/fastwright/drafts";

fn plain(sandbox: &Sandbox, more: &[&str], lines: &str) -> Output {
    sandbox.pipe(&mut asking(sandbox, more), lines)
}

fn asking(sandbox: &Sandbox, more: &[&str]) -> Command {
    let arguments = [&["new", "shop", "--ui", "plain", "--no-git"], more].concat();
    sandbox.with_pack("evolving", &arguments)
}

/// Returns the one draft.
fn draft(sandbox: &Sandbox) -> PathBuf {
    let mut drafts = std::fs::read_dir(sandbox.join(STATE)).expect("a folder of drafts");
    let draft = drafts.next().expect("a draft").expect("an entry").path();
    assert!(drafts.next().is_none(), "one draft for a target, and nothing else");
    draft
}

fn has_draft(sandbox: &Sandbox) -> bool {
    std::fs::read_dir(sandbox.join(STATE)).is_ok_and(|mut drafts| drafts.next().is_some())
}

#[test]
fn a_run_that_ends_early_keeps_its_answers_for_the_next_one() {
    let sandbox = Sandbox::new();

    let first = plain(&sandbox, &[], "\n3\n2\n1\n");
    let kept = std::fs::read_to_string(draft(&sandbox)).expect("a draft");
    let second = plain(&sandbox, &[], "1\n2\n\n\n");

    assert_eq!(first.status, Some(130));
    assert!(first.stderr.ends_with(
        "\nhint: your answers are kept: `fastwright new shop --resume --pack [fixtures]/evolving` goes on with them\n"
    ));
    // A default that was taken as it stands is no answer, and is not asked for again.
    let answers = "defaults = [\"name\"]\n\n[answers]\ncolors = \"green\"\ncopies = \"3\"\n\
                   style = \"fancy\"\n";
    assert!(kept.ends_with(answers), "{kept}");
    assert_eq!(second.status, Some(0), "{}", second.stderr);
    assert!(second.stderr.starts_with("An earlier run kept 4 answers.\n1. Resume.\n"));
    assert!(second.stderr.contains("--copies 3 --style fancy --loudness loud --colors green"));
    assert!(!has_draft(&sandbox), "it is removed after success");
}

#[test]
fn resume_goes_on_without_asking_and_start_afresh_forgets() {
    let sandbox = Sandbox::new();
    plain(&sandbox, &[], "\n3\n");

    let resumed = plain(&sandbox, &["--resume"], "");
    let afresh = plain(&sandbox, &[], "2\n");
    let other = sandbox.pipe(
        &mut sandbox.with_pack("evolving", &["new", "other", "--ui", "plain", "--resume"]),
        "",
    );

    let third = "\nQuestion 3 of about 5: Style.";
    assert!(resumed.stderr.contains(third) && !resumed.stderr.contains("Resume"));
    assert!(afresh.stderr.contains("\nQuestion 1 of about 5: Name."), "{}", afresh.stderr);
    assert!(other.stderr.starts_with("note: no answers are kept for `other`\n"));
}

#[test]
fn a_resumed_run_goes_back_through_the_answers_that_were_kept() {
    let sandbox = Sandbox::new();
    plain(&sandbox, &[], "\n3\n");

    let output = plain(&sandbox, &["--resume"], "b\n");

    let question = "Question 2 of about 5: Copies. How many run.\nType a number from 1 to 9, or ? \
                    for details, b for back, s for summary, q to quit. [3]:";
    assert!(output.stderr.contains(question), "{}", output.stderr);
}

#[test]
fn what_flags_answered_is_told_with_the_way_to_go_on() {
    let sandbox = Sandbox::new();
    sandbox.write("answers.toml", "notes = false\n");
    let given = ["--copies", "2", "--set", "name=my-shop", "--answers", "answers.toml"];

    let stopped = plain(&sandbox, &given, "2\n1\n");

    let hint = "`fastwright new shop --resume --copies 2 --set name=my-shop --answers answers.toml --pack ";
    assert_eq!(stopped.status, Some(130));
    assert!(stopped.stderr.contains(hint), "{}", stopped.stderr);
    let again: Vec<&str> = hint.split(' ').skip(3).take(7).collect();
    let resumed = plain(&sandbox, &again, "\n\n");
    assert_eq!(resumed.status, Some(0), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("--copies 2 --style fancy"), "{}", resumed.stderr);
}

#[test]
fn flags_are_stronger_than_answers_that_were_kept() {
    let sandbox = Sandbox::new();
    plain(&sandbox, &[], "\n3\n");

    let output = plain(&sandbox, &["--resume", "--copies", "7"], "\n\n2\n\n");

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert!(output.stderr.contains("fastwright new shop --yes --copies 7 --no-notes --pack"));
}

#[test]
fn without_drafts_nothing_is_kept_and_nothing_offered() {
    let sandbox = Sandbox::new();

    plain(&sandbox, &["--no-draft"], "\n3\n");
    assert!(!has_draft(&sandbox));
    plain(&sandbox, &[], "\n3\n");
    let output = plain(&sandbox, &["--no-draft"], "");

    assert!(output.stderr.contains("\nQuestion 1 of about 5: Name."), "{}", output.stderr);
}

#[test]
fn runs_that_ask_nothing_neither_read_nor_write_drafts() {
    let sandbox = Sandbox::new();
    plain(&sandbox, &[], "\n3\n");
    let before = std::fs::read(draft(&sandbox)).expect("a draft");

    let output = sandbox.finish(&mut sandbox.with_pack("evolving", &["new", "shop", "--yes"]));

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert!(
        output.stderr.ends_with("\n  fastwright new shop --yes --pack [fixtures]/evolving\n"),
        "{}",
        output.stderr
    );
    assert_eq!(std::fs::read(draft(&sandbox)).expect("a draft"), before);
}

#[test]
fn a_draft_that_cannot_be_used_is_left_out_with_a_note() {
    let sandbox = Sandbox::new();
    plain(&sandbox, &[], "\n3\n");
    let path = draft(&sandbox);
    let good = std::fs::read_to_string(&path).expect("a draft");
    let huge = "#".repeat((1 << 20) + 1);
    let cases = [
        ("schema = ".to_owned(), "line 1: "),
        (huge, "it is too large"),
        (good.replace("\"evolving\"", "\"another\""), "it is one of the pack `another`"),
        (good.replace("/shop\"", "/elsewhere\""), "/elsewhere`"),
        (good.replace("schema = 1", "schema = 9"), "another version of fastwright wrote it"),
    ];

    for (text, cause) in cases {
        std::fs::write(&path, text).expect("written");
        let output = plain(&sandbox, &["--resume"], "\n\n\n\n\n");
        assert_eq!(output.status, Some(130), "{}", output.stderr);
        let note = "note: answers of an earlier run are left out: the draft `";
        assert!(output.stderr.starts_with(note), "{}", output.stderr);
        assert!(output.stderr.contains(cause), "{}", output.stderr);
        assert!(output.stderr.contains("Question 5 of about 5: Notes."), "{}", output.stderr);
        let kept = std::fs::read_to_string(&path).expect("a draft");
        assert!(kept.contains("\"notes\""), "it is replaced: {kept}");
    }
}

#[test]
fn answers_that_do_not_fit_any_more_are_asked_again() {
    let sandbox = Sandbox::new();
    plain(&sandbox, &[], "\n3\n2\n1\n");
    let path = draft(&sandbox);
    let good = std::fs::read_to_string(&path).expect("a draft");
    let old = good.replace("2.0.0", "1.0.0").replace("\"3\"", "\"99\"") + "legacy = \"x\"\n";
    std::fs::write(&path, old).expect("written");

    let output = plain(&sandbox, &[], "\n");

    let told = "An earlier run kept 3 answers, to version 1.0.0 of the pack; 2 more do not fit.\n";
    assert!(output.stderr.starts_with(told), "{}", output.stderr);
    assert!(output.stderr.contains("Question 2 of about 6: Copies."), "{}", output.stderr);
}

#[test]
fn a_state_directory_that_cannot_be_written_is_a_note_and_no_more() {
    let sandbox = Sandbox::new();
    sandbox.write("state", "a file");
    let state = sandbox.join("state");

    let mut command = asking(&sandbox, &[]);
    let output = sandbox.pipe(command.env("XDG_STATE_HOME", state), "\n\n\n\n\n\n");

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let notes = output.stderr.matches("note: answers are not kept while you are asked: ").count();
    assert_eq!(notes, 1, "{}", output.stderr);
}

#[test]
fn the_wizard_says_that_answers_are_kept_and_where_they_cannot_be() {
    let sandbox = Sandbox::new();
    sandbox.write("state", "a file");
    let start = |more: &[&str], state: &str| {
        let command = sandbox.with_pack("evolving", &[&["new", "shop"], more].concat());
        let state = sandbox.join(state).to_string_lossy().into_owned();
        let mut terminal = sandbox.terminal(command).env("XDG_STATE_HOME", &state).start();
        terminal.wait("What the project is called").keys("mine\t").wait("# mine");
        terminal
    };

    let mut kept = start(&[], "good");
    kept.wait("draft saved").keys("q").wait("The answers are kept for the next time.");
    let mut failed = start(&[], "state");
    failed.wait("draft not saved").wait("the answers are not kept: cannot write");
    // Told once, and never over the screen.
    failed.keys("3\t").wait("Why Plain").keys("q").wait("the answers are not kept.");
    let mut unwanted = start(&["--no-draft"], "good");
    unwanted.keys("q").wait("the answers are not kept.");

    assert!(!unwanted.screen().contents().contains("draft"));
    for mut terminal in [kept, failed, unwanted] {
        terminal.keys("\r");
        assert_eq!(terminal.status(), 130);
        terminal.assert_restored();
        let told = terminal.screen().contents();
        assert!(!told.contains("are not kept"), "{told}");
    }
}

#[test]
fn drafts_stand_where_the_user_keeps_state() {
    let sandbox = Sandbox::new();

    let mut command = asking(&sandbox, &[]);
    let output = sandbox.pipe(command.env("XDG_STATE_HOME", sandbox.join("state")), "\n");
    let relative = sandbox.pipe(asking(&sandbox, &[]).env("XDG_STATE_HOME", "relative"), "\n");

    assert_eq!((output.status, relative.status), (Some(130), Some(130)));
    assert!(sandbox.join("state/fastwright/drafts").is_dir());
    // The specification has relative paths ignored.
    assert!(!sandbox.join("relative").exists() && has_draft(&sandbox));
}

#[test]
fn a_run_that_is_killed_has_kept_every_answer() {
    let sandbox = Sandbox::new();
    let command = sandbox.with_pack("evolving", &["new", "shop", "--ui", "prompt"]);
    let mut terminal = sandbox.terminal(command).start();
    terminal.wait("1/5 Name").keys("\r").wait("2/5 Copies").keys("3\r").wait("3/5 Style");

    assert_eq!(terminal.signal("KILL").status(), 137);

    let mut again =
        sandbox.terminal(sandbox.with_pack("evolving", &["new", "shop", "--ui", "prompt"])).start();
    again.wait("an earlier run kept 2 answers").keys("\r").wait("3/5 Style").keys("\x03");
    assert_eq!(again.status(), 130);
}
