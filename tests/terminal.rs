//! The full-screen wizard on a terminal: that it writes what flags write, what it shows, and how it
//! leaves the terminal.

use std::process::Command;

use crate::support::{Sandbox, Terminal};

fn asking(sandbox: &Sandbox, more: &[&str]) -> Command {
    sandbox.with_pack("evolving", &[&["new", "shop"], more].concat())
}

fn start(sandbox: &Sandbox) -> Terminal {
    let mut terminal = sandbox.terminal(asking(sandbox, &[])).start();
    terminal.wait("What the project is called");
    terminal
}

/// Returns a shell that starts a command as a job, and takes it up again on Enter once it stopped.
fn shell(program: &Command) -> Command {
    let script = "set -m; \"$@\"; echo it has stopped; read go; fg";
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(program.get_program()).args(program.get_args());
    command.env_clear();
    for (name, value) in program.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    command
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
fn leaving_restores_the_terminal_keeps_the_answers_and_writes_nothing() {
    let ways = [("\x03", 130), ("\tq\r", 130), ("TERM", 143), ("HUP", 129), ("INT", 130)];
    for (way, status) in ways {
        let sandbox = Sandbox::new();
        let mut terminal = start(&sandbox);
        terminal.keys("mine\t").wait("How many run");
        terminal.wait("# mine");

        if way.contains(|c: char| c.is_control()) {
            terminal.keys(way)
        } else {
            terminal.signal(way)
        };

        assert_eq!(terminal.status(), status, "{way:?}");
        terminal.assert_restored();
        let told = terminal.screen().contents();
        assert!(told.contains("cancelled; nothing was written"), "{told}");
        assert!(told.contains("`fastwright new shop --resume`"), "{told}");
        assert!(!sandbox.join("shop").exists());

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
    let mut terminal =
        sandbox.terminal(asking(&sandbox, &[])).env("FASTWRIGHT_UI", "panic").start();

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
fn a_wizard_without_a_shell_behind_it_does_not_stop() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    // Nobody could take it up again.
    terminal.keys("\x1a").wait("there is no shell to go back to").keys("half").wait("[ half");
    terminal.signal("TSTP").keys("way").wait("[ halfway").keys("\x03");

    assert_left(&mut terminal, &sandbox, 130);
}

#[test]
fn a_terminal_that_shrinks_keeps_what_was_typed_and_leads_to_prompts() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);
    terminal.keys("half").wait("[ half");

    terminal.resize(30, 6).wait("Terminal is 30x6");
    terminal.resize(120, 40).wait("[ half").keys("way\t").wait("# halfway");
    terminal.resize(30, 6).wait("Terminal is 30x6").keys("q").wait("Copies").keys("\x03");

    assert_eq!(terminal.status(), 130);
    terminal.assert_restored();
}

#[test]
fn a_paste_presses_no_key() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox);

    terminal.keys("\x1b[200~a\rb\tq\x1b[201~").wait("[ abq").keys("\x03");

    assert_eq!(terminal.status(), 130);
}

#[test]
fn without_colour_nothing_is_coloured() {
    let sandbox = Sandbox::new();
    let mut terminal = sandbox.terminal(asking(&sandbox, &[])).env("NO_COLOR", "1").start();
    terminal.wait("What the project is called").keys("\t\t\x1b[B").wait("Why Fancy").keys("\x03");
    assert_eq!(terminal.status(), 130);

    let text = String::from_utf8_lossy(&terminal.bytes).into_owned();
    let colours = text.match_indices("\x1b[38;5;").count() + text.match_indices("\x1b[34").count();
    assert_eq!(colours, 0, "{text}");
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
