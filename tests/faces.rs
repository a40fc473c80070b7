//! The faces that ask: which one does, what each says, and that all of them lead to the same.

use std::process::{Command, Stdio};

use fastwright::answer::{Given, Layer, Source};
use fastwright::pack::Catalog;
use fastwright::ui::wizard::Wizard;

use crate::snapshots::compare;
use crate::support::wizard::{LOOK, with_draft, with_wizard};
use crate::support::{Output, Sandbox, Terminal, manifest};

const ASKS: [&str; 2] = ["new", "shop"];

fn asking(sandbox: &Sandbox, more: &[&str]) -> Command {
    sandbox.with_pack("evolving", &[&ASKS, more].concat())
}

/// Starts to ask on a terminal of the usual size.
fn prompt(sandbox: &Sandbox) -> Terminal {
    let mut terminal = sandbox.terminal(asking(sandbox, &["--ui", "prompt"])).start();
    terminal.wait("1/5 Name");
    terminal
}

fn plain(sandbox: &Sandbox, lines: &str) -> Output {
    sandbox.pipe(&mut asking(sandbox, &["--ui", "plain"]), lines)
}

/// Returns what a person sees of a run: what is said, and how it ended.
fn transcript(output: &Output) -> String {
    let text = format!("{}\nexit status {}\n", output.stderr, output.status.expect("a status"));
    let drawn = |c: char| c == '\u{1b}' || c == '\r' || ('\u{2500}'..='\u{259f}').contains(&c);
    assert_eq!(text.find(drawn), None, "{text}");
    text
}

/// What flags write for the answers that the scripts below give.
fn by_flags(sandbox: &Sandbox) -> Vec<(String, u32, String)> {
    let flags = ["--copies", "3", "--style", "fancy", "--colors", "green", "--loudness", "loud"];
    let output = sandbox.finish(&mut sandbox.with_pack(
        "evolving",
        &[&["new", "by-flags", "--yes", "--name", "shop"][..], &flags].concat(),
    ));
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    sandbox.whole("by-flags")
}

/// Name, copies, fancy and what it needs, loud, notes, create.
const SCRIPT: &str = "\n3\n2\n1\n2\n\n\n";

#[test]
fn plain_lines_through_a_pipe_write_what_flags_write() {
    let sandbox = Sandbox::new();

    let output = plain(&sandbox, SCRIPT);

    assert_eq!((output.status, output.stdout.as_str()), (Some(0), ""), "{}", output.stderr);
    assert_eq!(sandbox.whole("shop"), by_flags(&sandbox));
}

#[test]
fn plain_lines_on_a_dumb_terminal_write_what_flags_write() {
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.terminal(asking(&sandbox, &[])).env("TERM", "dumb").start();

    for (label, line) in ["Name", "Copies", "Style", "2. Choose", "Loudness", "Notes", "create it"]
        .iter()
        .zip(SCRIPT.split_inclusive('\n'))
    {
        terminal.wait(label).wait_for("an open line", |screen| {
            let (row, column) = screen.cursor_position();
            let row = screen.rows(0, 80).nth(row.into()).unwrap_or_default();
            column > 0 && row.trim_end().ends_with(':')
        });
        assert!(!terminal.is_raw());
        terminal.keys(&line.replace('\n', "\r"));
    }

    assert_eq!(terminal.status(), 0, "{}", terminal.screen().contents());
    assert!(!terminal.bytes.contains(&0x1b));
    terminal.assert_restored();
    assert_eq!(sandbox.whole("shop"), by_flags(&sandbox));
}

#[test]
fn prompts_write_what_flags_write() {
    let sandbox = Sandbox::new();
    let mut terminal = prompt(&sandbox);
    assert!(terminal.is_raw());

    terminal.keys("\r").wait("2/5 Copies").keys("3\r");
    terminal.wait("3/5 Style").wait("[x] red alone is not fancy").keys("\x1b[B\r");
    terminal.wait("also set `--colors green`").keys("\r");
    terminal.wait("4/6 Loudness").keys("\x1b[B\r").wait("6/6 Notes").keys("\r");
    terminal.wait("> create").wait("--yes --copies 3 --style fancy --loudness loud --colors green");
    terminal.keys("\r");

    assert_eq!(terminal.status(), 0, "{}", terminal.screen().contents());
    terminal.assert_restored();
    assert_eq!(sandbox.whole("shop"), by_flags(&sandbox));
}

/// A question as it is asked: its label, the place of its default, and of the answer to give.
struct Stop {
    label: String,
    default: usize,
    answer: usize,
    /// The name of the answer to give.
    name: String,
}

/// Returns the questions that are asked where some are not answered by their defaults.
fn stops(changed: &[(&str, &str)]) -> Vec<Stop> {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let chosen = |wizard: &mut Wizard<'_>| {
        let stop = |key: &fastwright::pack::Key| {
            let choices = wizard.facts().choices.get(key).cloned().unwrap_or_default();
            let place = choices.iter().position(|choice| choice.is_chosen).unwrap_or(0);
            let name = choices.get(place).map_or("", |choice| &choice.label).to_owned();
            let label = wizard.pack_question(key).expect("a question").label.clone();
            Stop { label, default: place, answer: place, name }
        };
        wizard.facts().stops.iter().map(stop).collect::<Vec<_>>()
    };
    let mut draft = Layer::new();
    for (key, value) in changed {
        draft.insert(*key, Given::Text((*value).to_owned()), Source::Asked);
    }
    let defaults = with_wizard(&pack, LOOK, chosen);
    let mut stops = with_draft(&pack, LOOK, draft, chosen);
    for stop in &mut stops {
        let usual = defaults.iter().find(|usual| usual.label == stop.label);
        stop.default = usual.expect("asked by default too").default;
    }
    assert_eq!(stops.iter().filter(|stop| stop.default != stop.answer).count(), changed.len());
    stops
}

#[test]
fn four_faces_with_the_same_answers_write_the_same_repository() {
    let changed = [("database", "mariadb"), ("server", "granian")];
    let stops = stops(&changed);
    let sandboxes: [Sandbox; 4] = std::array::from_fn(|_| Sandbox::new());
    let [flags, plain, prompts, wizard] = &sandboxes;
    let ask = |sandbox: &Sandbox, more: &[&str]| {
        sandbox.command(&[&["new", "shop", "--no-git"], more].concat())
    };

    let given = changed.map(|(key, value)| format!("--{key}={value}"));
    let output = flags.finish(&mut ask(flags, &["--yes", &given[0], &given[1]]));
    assert_eq!(output.status, Some(0), "{}", output.stderr);

    let line = |stop: &Stop| {
        if stop.answer == stop.default { "\n".to_owned() } else { format!("{}\n", stop.answer + 1) }
    };
    let lines = stops.iter().map(line).collect::<String>() + "\n";
    let output = plain.pipe(&mut ask(plain, &["--ui", "plain"]), lines);
    assert_eq!(output.status, Some(0), "{}", output.stderr);

    let mut terminal = prompts.terminal(ask(prompts, &["--ui", "prompt"])).start();
    for (index, stop) in stops.iter().enumerate() {
        let down = "\x1b[B".repeat(stop.answer - stop.default);
        terminal.wait(&format!("{}/{} {}", index + 1, stops.len(), stop.label));
        terminal.keys(&format!("{down}\r"));
    }
    terminal.wait("> create").keys("\r");
    assert_eq!(terminal.status(), 0, "{}", terminal.screen().contents());

    let mut terminal = wizard.terminal(ask(wizard, &[])).size(120, 40).start();
    terminal.wait("step 1/");
    for stop in stops.iter().filter(|stop| stop.answer != stop.default) {
        let place = format!("{}: {}", stop.label, stop.name);
        terminal.keys("\x10").wait("Jump to").keys(&place).wait(&format!("> {place}"));
        terminal.keys("\r").wait(&format!("> ( ) {}", stop.name));
        terminal.keys(" ").wait(&format!("> (*) {}", stop.name));
    }
    terminal.keys("\x1bg").wait("[>Create<]").keys("\r");
    assert_eq!(terminal.status(), 0, "{}", terminal.screen().contents());

    let expected = flags.whole("shop");
    for sandbox in [plain, prompts, wizard] {
        assert_eq!(sandbox.whole("shop"), expected);
    }
}

#[test]
fn a_default_that_was_passed_follows_a_later_answer_in_every_face() {
    let sandboxes: [Sandbox; 4] = std::array::from_fn(|_| Sandbox::new());
    let [flags, plain, prompts, wizard] = &sandboxes;

    let given = ["new", "shop", "--yes", "--style", "fancy", "--colors", "green"];
    let output = flags.finish(&mut flags.with_pack("evolving", &given));
    assert_eq!(output.status, Some(0), "{}", output.stderr);

    // Name and copies as they are, fancy and what it needs, then all as it is.
    let output = plain.pipe(&mut asking(plain, &["--ui", "plain"]), "\n\n2\n1\n\n\n\n");
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    let told = "Copies: 4.\n";
    assert!(output.stderr.contains(told), "{}", output.stderr);
    assert!(output.stderr.contains("\nNote: `copies` is `1` now.\n"), "{}", output.stderr);

    let mut terminal = prompt(prompts);
    terminal.keys("\r").wait("2/5 Copies").keys("\r").wait("3/5 Style").keys("\x1b[B\r");
    terminal.wait("also set `--colors green`").keys("\r").wait("note: `copies` is `1` now");
    terminal.wait("4/6 Loudness").keys("\r").wait("6/6 Notes").keys("\r");
    terminal.wait("> create").keys("\r");
    assert_eq!(terminal.status(), 0, "{}", terminal.screen().contents());

    let mut terminal = wizard.terminal(asking(wizard, &[])).size(120, 40).start();
    terminal.wait("What the project is called").keys("\r").wait("How many run").keys("\r");
    terminal.wait("How it looks").keys("\x1b[B\r").wait("[>Set both<]").keys("\r");
    terminal.wait("with it Copies is 1 now").keys("\x1bg").wait("[>Create<]").keys("\r");
    assert_eq!(terminal.status(), 0, "{}", terminal.screen().contents());

    let expected = flags.whole("shop");
    for sandbox in [plain, prompts, wizard] {
        assert_eq!(sandbox.whole("shop"), expected);
    }
}

#[test]
fn prompts_go_back_by_the_last_option_and_by_escape() {
    let sandbox = Sandbox::new();
    let mut terminal = prompt(&sandbox);

    terminal.keys("\r").wait("2/5 Copies").keys("3\r").wait("3/5 Style").wait("back");
    // Up from the first option is the last one.
    terminal.keys("\x1b[A\r").wait("2/5 Copies (3)").keys("\x1b");
    terminal.wait("1/5 Name (shop)").keys("\x1b").wait("this is the first question");
    terminal.keys("\x03");

    assert_eq!(terminal.status(), 130);
    terminal.assert_restored();
}

#[test]
fn a_prompt_keeps_half_a_text_while_the_terminal_changes_its_size() {
    let sandbox = Sandbox::new();
    let mut terminal = prompt(&sandbox);

    terminal.keys("half").wait("(shop) half").resize(60, 12).keys("-typed\r");

    terminal.wait("2/5 Copies").wait("half-typed").keys("\x03");
    assert_eq!(terminal.status(), 130);
}

#[test]
fn a_small_terminal_is_asked_by_prompts_that_fit() {
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.terminal(asking(&sandbox, &[])).size(30, 6).start();

    terminal.wait("1/5 Name").keys("\r").wait("2/5 Copies").keys("\r");
    terminal.wait_for("the question and the choice in sight", |screen| {
        let text = screen.contents();
        text.contains("3/5 Style") && text.contains("> plain")
    });
    terminal.keys("\x03");

    assert_eq!(terminal.status(), 130);
    terminal.assert_restored();
}

#[test]
fn a_run_that_is_stopped_while_it_asks_restores_the_terminal_and_writes_nothing() {
    for (stop, status) in [("\x03", 130), ("TERM", 143), ("HUP", 129), ("INT", 130)] {
        for face in ["prompt", "plain"] {
            let sandbox = Sandbox::new();
            let mut terminal = sandbox.terminal(asking(&sandbox, &["--ui", face])).start();
            terminal.wait("Name").keys("\r").wait("Copies");

            if stop == "\x03" {
                terminal.keys(stop)
            } else {
                terminal.signal(stop)
            };

            assert_eq!(terminal.status(), status, "{stop} {face}");
            terminal.assert_restored();
            let told = terminal.screen().contents();
            assert!(told.contains("cancelled; nothing was written"), "{told}");
            assert!(told.contains("`fastwright new shop --resume --pack"), "{told}");
            assert!(!sandbox.join("shop").exists());
        }
    }
}

#[test]
fn a_run_ends_when_its_terminal_has_gone() {
    for face in ["prompt", "plain"] {
        let sandbox = Sandbox::new();
        let mut terminal = sandbox.terminal(asking(&sandbox, &["--ui", face])).start();
        terminal.wait("Name").keys("\r").wait("Copies");

        let status = terminal.hang_up().status();

        assert_eq!(status, 129, "{face}");
        assert!(!sandbox.join("shop").exists());
    }
}

#[test]
fn where_nobody_can_be_asked_nothing_is_asked_and_nothing_written() {
    let sandbox = Sandbox::new();
    let missing = "hint: add `--yes` to take the defaults for them";
    let no_terminal = "needs a terminal";
    let cases: [(&[&str], &str, &str); 8] = [
        (&[], "LANG=C", missing),
        (&[], "CI=1", missing),
        (&[], "TERM=dumb", missing),
        (&[], "ACCESSIBLE=1", missing),
        (&[], "FASTWRIGHT_UI=plain", missing),
        (&["--ui", "auto"], "LANG=C", missing),
        (&["--ui", "prompt"], "LANG=C", no_terminal),
        (&["--resume"], "LANG=C", "`--resume` goes on asking, and nothing can be asked here"),
    ];

    for (flags, variable, sentence) in cases {
        for stdin in [Stdio::null(), Stdio::piped()] {
            let mut command = asking(&sandbox, flags);
            command.envs(variable.split_once('=')).stdin(stdin);
            let output = sandbox.finish(&mut command);
            assert_eq!((output.status, output.stdout.as_str()), (Some(2), ""), "{flags:?}");
            assert!(output.stderr.contains(sentence), "{flags:?}: {}", output.stderr);
            assert!(!output.stderr.contains('\u{1b}'), "{}", output.stderr);
        }
    }
    assert_eq!(sandbox.tree("."), []);
}

#[test]
fn a_build_server_with_a_terminal_is_not_asked() {
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.terminal(asking(&sandbox, &[])).env("CI", "true").start();

    assert_eq!(terminal.status(), 2);
    let told = terminal.screen().contents();
    assert!(told.contains("add `--yes` to take the defaults"), "{told}");
    terminal.assert_restored();
    assert_eq!(sandbox.tree("."), []);
}

#[test]
fn variables_of_people_who_hear_the_screen_choose_plain_lines() {
    let variables = [("ACCESSIBLE", "1"), ("FASTWRIGHT_UI", "plain"), ("TERM", "dumb")];
    for (name, value) in variables {
        let sandbox = Sandbox::new();
        let mut terminal = sandbox.terminal(asking(&sandbox, &[])).env(name, value).start();

        terminal.wait("Question 1 of about 5: Name.").keys("q\r");

        assert_eq!(terminal.status(), 130, "{name}");
        assert!(!terminal.bytes.contains(&0x1b), "{name}");
    }
}

#[test]
fn plain_runs_say_what_their_transcripts_say() {
    let long = format!("{}\n", "x".repeat(1 << 17));
    let cases = [
        ("defaults", "\n\n\n\n\n\n".to_owned()),
        ("mistakes", format!("b\nMy Shop\n\n0\nten\n?\n3\n9\n?2\n?9\n2\n2\n1\n{long}1,5\nq\n")),
        ("many-and-back", "\n\n\n1,3\nb\n\ns\n0\ny\nyes\n2\n9\n4\n\n\n".to_owned()),
        ("fix", SCRIPT.to_owned()),
        ("end", "\n3\n".to_owned()),
    ];

    for (name, lines) in cases {
        let sandbox = Sandbox::new();
        let output = plain(&sandbox, &lines);
        let path = manifest("snapshots/cli").join(format!("plain-{name}.txt"));
        compare(&path, &transcript(&output));
        assert_eq!(sandbox.join("shop").exists(), output.status == Some(0));
    }
}

#[test]
fn a_text_that_is_a_command_is_an_answer_behind_an_equals_sign() {
    let sandbox = Sandbox::new();

    let output = plain(&sandbox, "=b\n\n\n\n\n\n");

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(sandbox.read("shop/README.md").lines().next(), Some("# b"));
}

#[test]
fn answers_and_plain_lines_do_not_share_a_pipe() {
    let sandbox = Sandbox::new();

    let mut command = asking(&sandbox, &["--ui", "plain", "--answers", "-"]);
    let output = sandbox.pipe(&mut command, "style = 'plain'\n");

    assert_eq!(output.status, Some(2), "{}", output.stderr);
    assert!(output.stderr.contains("both read standard input"), "{}", output.stderr);
}

#[test]
fn a_question_with_one_choice_is_not_asked_and_takes_it() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pack/pack.toml",
        "name = 'p'\nversion = '1.0.0'\n[[section]]\nkey = 's'\nlabel = 'S'\n\
         [[question]]\nkey = 'only'\nsection = 's'\nkind = 'one'\nlabel = 'Only'\nhelp = 'One'\n\
         choices = [{ value = 'this' }]\ndefault = 'this'\n\
         [[question]]\nkey = 'free'\nsection = 's'\nkind = 'bool'\nlabel = 'Free'\nhelp = 'Two'\n\
         default = true\n",
    );
    sandbox.write("pack/base/only.txt.tera", "{= only =} {= free =}\n");

    let mut command = sandbox.command(&["--pack", "pack", "new", "shop", "--ui", "plain"]);
    let output = sandbox.pipe(&mut command, "2\n\n");

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(sandbox.read("shop/only.txt"), "this false\n");
}
