//! The full-screen wizard on a terminal: that it writes what flags write, what it shows, and how it
//! leaves the terminal.

use std::process::Command;

use fastwright::pack::Catalog;

use crate::support::wizard::{LOOK, with_wizard};
use crate::support::{Sandbox, Terminal, shell};

fn asking(sandbox: &Sandbox, more: &[&str]) -> Command {
    sandbox.with_pack("evolving", &[&["new", "shop"], more].concat())
}

fn start(sandbox: &Sandbox) -> Terminal {
    let mut terminal = sandbox.terminal(asking(sandbox, &[])).start();
    terminal.wait("What the project is called");
    terminal
}

/// Fails unless the run was left with a status, the terminal as it was, and nothing written.
fn assert_left(terminal: &mut Terminal, sandbox: &Sandbox, status: u32) {
    assert_eq!(terminal.status(), status, "{}", terminal.screen().contents());
    terminal.assert_restored();
    let told = terminal.screen().contents();
    assert!(told.contains("cancelled; nothing was written"), "{told}");
    assert!(!sandbox.join("shop").exists());
}

#[test]
fn the_wizard_writes_what_flags_write() {
    let sandbox = Sandbox::new();
    let flags = ["--copies", "3", "--style", "fancy", "--colors", "green", "--loudness", "loud"];
    let arguments = [&["new", "by-flags", "--yes", "--name", "shop"][..], &flags].concat();
    let output = sandbox.finish(&mut sandbox.with_pack("evolving", &arguments));
    assert_eq!(output.status, Some(0), "{}", output.stderr);

    let mut terminal = start(&sandbox);
    terminal.keys("\t3\t").wait("Nothing to look at");
    terminal.keys("2").wait("Also set").keys("\r").wait("Loudness");
    terminal.keys("\t2g").wait("[>Create<]").keys("\r");

    assert_eq!(terminal.status(), 0);
    terminal.assert_restored();
    let told = terminal.screen().contents();
    assert!(told.contains("the same again"), "{told}");
    assert_eq!(sandbox.whole("shop"), sandbox.whole("by-flags"));
}

#[test]
fn what_the_review_changes_is_done() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    terminal.keys("\x1bg").wait("[>Create<]").keys("\x1b[A\x1b[A").wait("> Git");
    terminal.keys(" ").wait("[ ] start a repository").keys("\x1b[A").wait("> Directory");
    terminal.keys("other\t").wait("[ other ]").keys("\x1b[F").wait("[>Create<]").keys("\r");

    assert_eq!(terminal.status(), 0);
    assert!(sandbox.read("other/README.md").starts_with("# other\n"));
    assert!(!sandbox.join("other/.git").exists() && !sandbox.join("shop").exists());
}

#[test]
fn a_directory_that_is_taken_is_left_for_the_free_one_beside_it() {
    let sandbox = Sandbox::new();
    sandbox.write("shop/mine.txt", "mine");
    sandbox.write("shop-2", "a file");
    let mut terminal = sandbox.terminal(asking(&sandbox, &[])).start();
    terminal.wait("shop holds 1 file, which stays as it is; the review offers shop-3");

    terminal.keys("\x1bg").wait("[>Create<]").keys("\x1b[A\x1b[A\x1b[A").wait("> ");
    terminal.wait(">             take shop-3").keys("\r").wait("[ shop-3 ] will be made");
    terminal.keys("\t").wait("> Git").keys("\x1b[F").wait("[>Create<]").keys("\r");

    assert_eq!(terminal.status(), 0, "{}", terminal.screen().contents());
    assert!(sandbox.read("shop-3/README.md").starts_with("# shop-3\n"));
    assert_eq!(sandbox.tree("shop"), [("mine.txt".to_owned(), "mine".to_owned())]);
}

#[test]
fn leaving_restores_the_terminal_keeps_the_answers_and_writes_nothing() {
    let keys = [("\x03", 130), ("\tq\r", 130)];
    let signals = [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)];
    for (way, status) in keys.into_iter().chain(signals) {
        let sandbox = Sandbox::new();
        let mut terminal = start(&sandbox);
        terminal.keys("mine\t").wait("# mine").wait("> [ 4");

        if way.contains(|c: char| c.is_control()) {
            terminal.keys(way)
        } else {
            terminal.signal(way)
        };

        assert_left(&mut terminal, &sandbox, status);
        let told = terminal.screen().contents();
        assert!(told.contains("`fastwright new shop --resume --pack"), "{told}");

        let mut again = sandbox.terminal(asking(&sandbox, &[])).start();
        again.wait("an earlier run kept 1 answer").keys("\r").wait("# mine").keys("\x03");
        assert_eq!(again.status(), 130);
    }
}

#[test]
fn the_wizard_ends_when_its_terminal_has_gone() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    assert_eq!(terminal.hang_up().status(), 129);
}

#[test]
fn a_panic_restores_the_terminal_and_tells_how_to_go_on() {
    let sandbox = Sandbox::new();
    let mut before = start(&sandbox);
    before.keys("mine\t").wait("# mine").wait("draft saved").keys("\x03");
    assert_eq!(before.status(), 130);

    let mut terminal =
        sandbox.terminal(asking(&sandbox, &[])).env("TEST_FASTWRIGHT", "panic").start();

    assert_eq!(terminal.status(), 101);
    terminal.assert_restored();
    let told = terminal.screen().contents();
    assert!(told.contains("panicked") && told.contains("--resume"), "{told}");
}

#[test]
fn a_stopped_wizard_gives_the_terminal_back_and_goes_on_with_what_was_typed() {
    for stop in ["\x1a", "TSTP"] {
        let sandbox = Sandbox::new();
        let mut terminal = sandbox.terminal(shell(&asking(&sandbox, &[]))).start();
        terminal.wait("What the project is called").keys("half").wait("[ half");

        if stop == "\x1a" {
            terminal.keys(stop)
        } else {
            terminal.signal(stop)
        };
        terminal.wait("it has stopped").assert_restored();
        terminal.keys("\r").wait("[ half").keys("way\t").wait("# halfway").keys("\x03");

        assert_left(&mut terminal, &sandbox, 130);
    }
}

#[test]
fn ctrl_z_stops_the_whole_job_so_that_the_shell_goes_on() {
    let sandbox = Sandbox::new();
    let mut wrapper = sandbox.command(&[]);
    let wizard = asking(&sandbox, &[]);
    let mut job = Command::new("sh");
    job.args(["-c", "\"$@\"; exit $?", "sh"]).arg(wizard.get_program()).args(wizard.get_args());
    job.env_clear().envs(wrapper.get_envs().filter_map(|(name, value)| Some((name, value?))));
    wrapper = shell(&job);
    let mut terminal = sandbox.terminal(wrapper).start();
    terminal.wait("What the project is called").keys("half").wait("[ half");

    terminal.keys("\x1a").wait("it has stopped").assert_restored();
    terminal.keys("\r").wait("[ half").keys("\x03");

    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn a_wizard_that_was_stopped_by_force_draws_all_again() {
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.terminal(shell(&asking(&sandbox, &[]))).start();
    terminal.wait("What the project is called").keys("half").wait("[ half");
    let before = terminal.screen().contents();

    // Nobody can give the terminal back before this.
    terminal.signal("STOP").wait("it has stopped").keys("\n");
    terminal.wait_for("the same screen", |screen| screen.contents() == before).keys("\x03");

    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn ctrl_l_draws_all_again_over_what_others_wrote() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);
    terminal.keys("half").wait("[ half").wait("# half");

    terminal.smear("\x1b[H\x1b[2JConnection to the printer lost").keys("\x0c");

    let whole = |text: &str| text.starts_with(" shop ") && text.ends_with("Ctrl-C quit");
    terminal.wait_for("a whole screen", |screen| whole(&screen.contents()));
    terminal.wait("[ half").wait("# half").keys("\x03");
    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn a_wizard_without_a_shell_behind_it_does_not_stop() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    // Nobody could take it up again.
    terminal.keys("\x1a").wait("there is no shell to go back to").keys("half").wait("[ half");
    terminal.signal("TSTP").keys("way").wait("[ halfway").keys("\x03");

    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn a_terminal_of_any_size_keeps_what_was_typed_and_where() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);
    terminal.keys("half").wait("[ half");

    for (columns, rows) in [(30, 6), (40, 10), (1, 1), (120, 40), (1, 30), (300, 2), (80, 24)] {
        terminal.resize(columns, rows);
        if columns >= 40 && rows >= 10 {
            terminal.wait("> [ half");
        } else {
            let start = if columns < 8 { "~" } else { "Terminal" };
            terminal.wait_for("too little", |screen| screen.contents().starts_with(start));
        }
    }
    terminal.keys("way\t").wait("# halfway").wait("> [ 4").keys("\x03");

    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn a_terminal_that_is_too_small_leads_to_prompts_with_what_was_answered() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);
    terminal.keys("mine\t").wait("# mine").wait("> [ 4").keys("half");

    terminal.resize(30, 6).wait("Terminal is 30x6").keys("q").wait("Copies");
    assert!(!terminal.screen().alternate_screen());
    terminal.keys("\x1b").wait("Name (mine)").keys("\x03");

    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn ctrl_c_leaves_a_terminal_that_is_too_small() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    terminal.resize(1, 1).wait_for("one sign", |screen| screen.contents() == "~");
    terminal.keys("\x03").resize(80, 24);

    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn a_paste_is_one_edit_and_presses_no_key() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    terminal.keys("\x1b[200~my\rlong\r\nname\tq\x03\x1b[201~").wait("> [ mylongnameq");
    terminal.keys("\t").wait("# mylongnameq").keys("u").wait("took back: Name").wait("> [ shop");
    // Where nothing is typed it does nothing.
    terminal.keys("\t\t").wait("Why Plain").keys("\x1b[200~2\rgq\x1b[201~?").wait("redo");
    terminal.keys("\x1b").wait("Why Plain").wait(" > (*) Plain").keys("\x03");

    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn ctrl_c_leaves_at_once_from_everywhere() {
    let places = [
        ("\t?", "redo"),
        ("\t:", "Jump to"),
        ("\tq", "Leave?"),
        ("\t\t2", "Also set"),
        ("\t\t/", "show all"),
        ("\t\tp", "Files: "),
        ("\t\ti", "Fits: "),
        ("\tg", "[>Create<]"),
        ("\t\x13", "Save answers"),
    ];
    for (keys, shown) in places {
        let sandbox = Sandbox::new();
        let mut terminal = start(&sandbox);

        terminal.keys(keys).wait(shown).keys("\x03");

        assert_left(&mut terminal, &sandbox, 130);
    }
}

#[test]
fn the_caret_stands_where_a_filter_is_typed() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    terminal.keys("\t\t/fa").wait_for("a caret behind the text", |screen| {
        let (row, column) = screen.cursor_position();
        let text = screen.rows(0, column).nth(row.into()).unwrap_or_default();
        !screen.hide_cursor() && text.ends_with("| / fa")
    });
}

#[test]
fn enter_alone_writes_what_the_defaults_write() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let questions = with_wizard(&pack, LOOK, |wizard| wizard.facts().stops.len());
    let (sandbox, defaults) = (Sandbox::new(), Sandbox::new());
    assert_eq!(defaults.run(&["new", "shop", "--yes"]).status, Some(0));

    let mut terminal = sandbox.terminal(sandbox.command(&["new", "shop"])).size(120, 40).start();
    terminal.wait("step 1/").keys(&"\r".repeat(questions)).wait("[>Create<]").keys("\r");

    assert_eq!(terminal.status(), 0, "{}", terminal.screen().contents());
    terminal.assert_restored();
    let told = terminal.screen().contents();
    assert!(told.trim_end().ends_with("the same again:\n  fastwright new shop --yes"), "{told}");
    assert_eq!(sandbox.whole("shop"), defaults.whole("shop"));
    assert!(sandbox.join("shop/.git").is_dir());
}

#[test]
fn files_read_before_they_are_written_as_they_do_afterwards() {
    let texts = [".fastwright.toml", "NOTES.md", "README.md", "bin/run", "docs/manual.md"];
    let paths = texts.into_iter().chain(["docs/start.md", "parts.txt"]);
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.terminal(asking(&sandbox, &["--no-git"])).size(160, 60).start();
    terminal.wait("What the project is called").keys("\t").wait("How many run");

    let mut shown = Vec::new();
    for path in paths {
        terminal.keys(":").wait("Jump to").keys(path).wait(&format!("> {path}")).keys("\r");
        // The last line is drawn last.
        terminal.wait(&format!("+>{path} -")).wait("Enter tree");
        // The tree is on the left; the number of a line stands before it.
        let rows = terminal.screen().rows(64, 95);
        let lines = rows.filter_map(|row| {
            if let Some(target) = row.trim_end().strip_prefix(" a link to ") {
                return Some(format!("-> {target}"));
            }
            let (number, text) = row.trim_start().split_once("  ").unwrap_or((row.trim(), ""));
            number.parse::<u32>().is_ok().then(|| format!("{}\n", text.trim_end()))
        });
        shown.push((path.to_owned(), lines.collect::<String>()));
        terminal.keys("\x1b").wait("How many run");
    }
    terminal.keys("g").wait("[>Create<]").keys("\r");

    assert_eq!(terminal.status(), 0);
    assert_eq!(shown, sandbox.tree("shop"));
}

#[test]
fn a_wizard_that_is_killed_has_kept_every_answer() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);
    terminal.keys("mine\t").wait("# mine").keys("3\t").wait("Why Plain");

    assert_eq!(terminal.signal("KILL").status(), 137);

    let mut again = sandbox.terminal(asking(&sandbox, &[])).start();
    again.wait("an earlier run kept 2 answers").keys("\r").wait("Why Plain").wait("# mine");
    again.signal("KILL").status();
    let mut afresh = sandbox.terminal(asking(&sandbox, &[])).start();
    afresh.wait("an earlier run kept 2 answers").keys("\x1b[C\r").wait("started afresh");
    afresh.wait("# shop").keys("\x03");
    assert_eq!(afresh.status(), 130);
    assert!(!afresh.screen().contents().contains("--resume"), "{}", afresh.screen().contents());
}

#[test]
fn the_mouse_picks_and_is_left_to_the_terminal_if_that_is_wanted() {
    let sandbox = Sandbox::new();
    let is_taken =
        |screen: &vt100::Screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
    let mut terminal = start(&sandbox);
    assert!(is_taken(terminal.screen()));
    terminal.keys("\t\t").wait("Why Plain");
    let row = terminal.screen().rows(0, 80).position(|row| row.contains("( ) Fancy"));
    let row = row.expect("an option") + 1;

    // The first click shows what the second chooses.
    let click = format!("\x1b[<0;8;{row}M\x1b[<0;8;{row}m");
    terminal.keys(&click).wait("Why Fancy").keys(&click).wait("Also set").keys("\x1b");
    terminal.wait_for("no dialog", |screen| !screen.contents().contains("Also set")).keys("m");
    terminal.wait_for("no mouse", |screen| !is_taken(screen));
    terminal.keys("\x03");
    assert_left(&mut terminal, &sandbox, 130);

    let mut without = sandbox.terminal(asking(&sandbox, &["--no-mouse", "--no-draft"])).start();
    without.wait("What the project is called");
    assert!(!is_taken(without.screen()));
    without.keys("\x03");
    assert_left(&mut without, &sandbox, 130);
}

#[test]
fn a_command_that_was_copied_is_told_at_the_end_too() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    terminal.keys("\t3\t").wait("Why Plain").keys("y").wait("copied the command").keys("\x03");

    assert_left(&mut terminal, &sandbox, 130);
    let told = terminal.screen().contents();
    assert!(told.contains("fastwright new shop --yes --copies 3 --pack"), "{told}");
    let copied = "\x1b]52;c;ZmFzdHdyaWdodCBuZXcgc2hvcCAtLXllcyAtLWNvcGllcyAz";
    assert!(String::from_utf8_lossy(&terminal.bytes).contains(copied));
}

#[test]
fn answers_that_are_saved_give_the_same_project() {
    let sandbox = Sandbox::new();
    sandbox.write("answers.toml", "mine");
    let mut terminal = start(&sandbox);

    terminal.keys("\t3\t").wait("Why Plain").keys("\x13").wait("Save answers").keys("\r");
    terminal.wait("`answers.toml` is there already").keys("\x13").wait("Save answers");
    terminal.keys("other.toml\r").wait("saved the answers to other.toml").keys("g");
    terminal.wait("[>Create<]").keys("\r");

    assert_eq!(terminal.status(), 0);
    assert_eq!(sandbox.read("answers.toml"), "mine");
    let arguments = ["new", "again", "--answers", "other.toml", "--yes"];
    let output = sandbox.finish(&mut sandbox.with_pack("evolving", &arguments));
    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(sandbox.whole("again"), sandbox.whole("shop"));
}

#[test]
fn without_colour_nothing_is_coloured() {
    let cases: [(&[&str], &str, bool); 4] = [
        (&[], "LANG=C", true),
        (&[], "NO_COLOR=1", false),
        (&["--theme", "mono"], "LANG=C", false),
        (&["--color", "never"], "LANG=C", false),
    ];
    for (flags, variable, wanted) in cases {
        let sandbox = Sandbox::new();
        let (name, value) = variable.split_once('=').expect("a variable");
        let mut terminal = sandbox.terminal(asking(&sandbox, flags)).env(name, value).start();
        terminal.wait("What the project is called").keys("\t\t\x1b[B").wait("Why Fancy");
        terminal.keys("\x03");
        assert_eq!(terminal.status(), 130);

        let text = String::from_utf8_lossy(&terminal.bytes).into_owned();
        let colours = text.matches("\x1b[38;5;").count() + text.matches("\x1b[34").count();
        assert_eq!(colours > 0, wanted, "{flags:?} {variable}: {text}");
    }
}

#[test]
fn lines_are_drawn_with_what_the_terminal_has() {
    let cases: [(&[&str], &str, &str, bool); 5] = [
        (&[], "xterm", "C.UTF-8", true),
        (&[], "xterm", "de_DE.utf8", true),
        (&[], "xterm", "C", false),
        (&[], "linux", "C.UTF-8", false),
        (&["--ascii"], "xterm", "C.UTF-8", false),
    ];
    for (flags, term, language, wanted) in cases {
        let sandbox = Sandbox::new();
        let terminal = sandbox.terminal(asking(&sandbox, flags)).env("TERM", term);
        let mut terminal = terminal.env("LANG", language).start();
        terminal.wait("What the project is called").keys("\x03");
        assert_eq!(terminal.status(), 130);

        let drawn = !terminal.bytes.is_ascii();
        assert_eq!(drawn, wanted, "{flags:?} {term} {language}");
    }
}

#[test]
fn a_draft_that_is_resumed_is_not_offered_first() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);
    terminal.keys("mine\t").wait("# mine").wait("draft saved");
    assert_eq!(terminal.signal("KILL").status(), 137);

    let mut again = sandbox.terminal(asking(&sandbox, &["--resume"])).start();
    again.wait("How many run").wait("# mine").wait("draft saved").keys("\x03");

    assert_left(&mut again, &sandbox, 130);
    assert!(!String::from_utf8_lossy(&again.bytes).contains("Go on where you left?"));
}

#[test]
fn an_upgrade_shows_what_becomes_of_each_file_before_it_writes() {
    let sandbox = Sandbox::new();
    let create = &mut sandbox.with_pack("evolving", &["new", "shop", "--yes", "--no-git"]);
    assert_eq!(sandbox.finish(create).status, Some(0));
    sandbox.write("shop/README.md", "# mine\n\nListens on 8000, 4 copies.\n");

    let command = sandbox.with_pack("evolving", &["upgrade", "shop", "--ui", "wizard"]);
    let mut terminal = sandbox.terminal(command).size(120, 40).start();
    terminal.wait("What becomes of the files").keys("\t5").wait("merged");
    let told = terminal.screen().contents();
    assert!(told.contains("recorded"), "{told}");
    terminal.keys("\tg").wait("[>Upgrade<]");
    assert!(sandbox.read("shop/README.md").contains("4 copies"));
    terminal.keys("\r");

    assert_eq!(terminal.status(), 0);
    terminal.assert_restored();
    assert_eq!(sandbox.read("shop/README.md"), "# mine\n\nListens on 8000, 5 copies.\n");
}

#[test]
fn an_upgrade_that_is_left_changes_nothing() {
    let ways = [("\x03", (120, 40), 130), ("\tq\r", (80, 24), 130), ("q", (30, 6), 1)];
    for (keys, (columns, rows), status) in ways {
        let sandbox = Sandbox::new();
        let create = &mut sandbox.with_pack("evolving", &["new", "shop", "--yes", "--no-git"]);
        assert_eq!(sandbox.finish(create).status, Some(0));
        let before = sandbox.whole("shop");

        let command = sandbox.with_pack("evolving", &["upgrade", "shop", "--ui", "wizard"]);
        let mut terminal = sandbox.terminal(command).size(columns, rows).start();
        let (shown, told) = match status {
            1 => ("Enlarge, or q to leave", "the terminal is too"),
            _ => ("What the project is called", "cancelled; nothing was changed"),
        };
        terminal.wait(shown).keys(keys);

        assert_eq!(terminal.status(), status, "{}", terminal.screen().contents());
        terminal.assert_restored();
        assert!(terminal.screen().contents().contains(told), "{}", terminal.screen().contents());
        assert_eq!(sandbox.whole("shop"), before);
    }
}
