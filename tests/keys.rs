//! What a terminal sends beside whole keys, and what it does beside taking bytes: halves of keys,
//! reports, long pastes, a window that is closed, a screen that stands still. Under every face.

use std::process::Command;
use std::time::Duration;

use crate::support::{Sandbox, Terminal, script, shell};

const FACES: [&str; 3] = ["wizard", "prompt", "plain"];

fn asking(sandbox: &Sandbox, face: &str) -> Command {
    sandbox.with_pack("evolving", &["new", "shop", "--ui", face])
}

/// Starts to ask, and waits for the first question.
fn start(sandbox: &Sandbox, face: &str) -> Terminal {
    let mut terminal = sandbox.terminal(asking(sandbox, face)).start();
    terminal.wait("What the project is called");
    terminal
}

/// Fails unless the run was left with a status, the terminal as it was, and nothing written.
fn assert_left(terminal: &mut Terminal, sandbox: &Sandbox, status: u32, why: &str) {
    assert_eq!(terminal.status(), status, "{why}: {}", terminal.screen().contents());
    terminal.assert_restored();
    assert!(!sandbox.join("shop").exists(), "{why}");
}

/// Beginnings of what a terminal sends, and what ends them.
const HALVES: [(&[u8], &str); 8] = [
    (b"\x1b[", "m"),
    (b"\x1bO", "m"),
    (b"\x1b[1;", "m"),
    (b"\x1b[<0;1", "m"),
    (b"\xc3", ""),
    (b"\xf0\x9f", ""),
    (b"\x1b]11;rgb:1e1e/", "\x07"),
    (b"\x1bP1$r", "\x1b\\"),
];

#[test]
fn half_a_key_keeps_nobody_from_leaving() {
    for face in ["wizard", "prompt"] {
        // In a text field, and where options are chosen.
        for (before, shown) in [("", "What the project is called"), ("\r\r", "How it looks")] {
            for (half, _) in HALVES {
                for leave in ["\x03", "INT", "TERM"] {
                    let why = format!("{face} {before:?} {half:?} {leave:?}");
                    let sandbox = Sandbox::new();
                    let mut terminal = start(&sandbox, face);
                    terminal.keys(before).wait(shown).send(half);

                    let status = match leave {
                        "INT" | "TERM" => {
                            terminal.signal(leave);
                            if leave == "INT" { 130 } else { 143 }
                        }
                        key => {
                            terminal.keys(key);
                            130
                        }
                    };

                    assert_left(&mut terminal, &sandbox, status, &why);
                }
            }
        }
    }
}

#[test]
fn what_is_no_key_leaves_no_trace_in_a_field() {
    let reports =
        ["\x1b[12;40R", "\x1b]11;rgb:1e1e/1e1e/1e1e\x07", "\x1bP>|XTerm(370)\x1b\\", "\x1b[?62;c"];
    for (face, field) in [("wizard", "[ half  "), ("prompt", "(shop) half  ")] {
        for (half, end) in HALVES.iter().copied().chain(reports.map(|all| (all.as_bytes(), ""))) {
            let sandbox = Sandbox::new();
            let mut terminal = start(&sandbox, face);

            terminal.send(half).keys(end).keys("half");

            let whole = |screen: &vt100::Screen| {
                let lines = screen.rows(0, 80).collect::<Vec<_>>();
                lines.iter().any(|line| format!("{line}      ").contains(field))
            };
            terminal.wait_for(&format!("{field} after {half:?}"), whole).keys("\x03");
            assert_left(&mut terminal, &sandbox, 130, face);
        }
    }
}

#[test]
fn an_arrow_that_comes_in_two_pieces_is_no_escape() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox, "wizard");
    terminal.keys("\t\t").wait("> (*) Plain");

    // Whoever is slower than the line is asked again.
    let mut moved = false;
    for _ in 0..5 {
        terminal.keys("\x1b");
        std::thread::sleep(Duration::from_millis(30));
        terminal.keys("[B").wait_for("an answer", |screen| {
            ["> ( ) Fancy", "Leave?"].iter().any(|text| screen.contents().contains(text))
        });
        moved = terminal.screen().contents().contains("> ( ) Fancy");
        if moved {
            break;
        }
        terminal.keys("\x1b").wait_for("no dialog", |screen| !screen.contents().contains("Leave?"));
    }
    assert!(moved, "{}", terminal.screen().contents());
    // On a line that is slower still it moves what Esc has opened.
    terminal.keys("\x1b").wait("[>Quit<]").keys("[B").wait("[>Stay<]").keys(" ");
    terminal.wait_for("no dialog", |screen| !screen.contents().contains("Leave?"));

    terminal.keys(" ").wait("Also set").keys("\x03");
    assert_left(&mut terminal, &sandbox, 130, "an arrow");
}

#[test]
fn a_long_paste_is_taken_at_once_and_control_c_goes_before_it() {
    for face in ["wizard", "prompt"] {
        for (begin, end) in [("\x1b[200~", "\x1b[201~"), ("", "")] {
            for length in [5_000, 20_000] {
                let sandbox = Sandbox::new();
                let mut terminal = start(&sandbox, face);
                let text = format!("{begin}{}{end}", "ab".repeat(length / 2));

                terminal.keys(&text).keys("z");
                if length == 5_000 {
                    terminal.wait("abababz");
                }
                terminal.keys("\x03");

                assert_left(&mut terminal, &sandbox, 130, &format!("{face} {begin:?} {length}"));
            }
        }
    }
}

#[test]
fn control_c_goes_before_thousands_of_keys() {
    for face in ["wizard", "prompt"] {
        let sandbox = Sandbox::new();
        let mut terminal = start(&sandbox, face);

        terminal.keys("\t\r").keys(&"\x1b[A\x1b[B".repeat(5_000)).keys("\x03");

        assert_left(&mut terminal, &sandbox, 130, face);
    }
}

/// Every page and dialog, and how to get there.
const PLACES: [(&str, &str, &str); 20] = [
    ("wizard", "half", "[ half"),
    ("wizard", "\t", "How many run"),
    ("wizard", "\t\t", "Why Plain"),
    ("wizard", "\t?", "redo"),
    ("wizard", "\t:", "Jump to"),
    ("wizard", "\tq", "Leave?"),
    ("wizard", "\t\t2", "Also set"),
    ("wizard", "\t\t/", "show all"),
    ("wizard", "\t\tp", "Files: "),
    ("wizard", "\t\ti", "Fits: "),
    ("wizard", "\tg", "[>Create<]"),
    ("wizard", "\tg\x1b[A\x1b[A\x1b[A", "> Directory"),
    ("wizard", "\t\x13", "Save answers"),
    ("prompt", "half", "(shop) half"),
    ("prompt", "\r\r", "3/5 Style"),
    ("prompt", "\r\r\r", "4/5 Colours"),
    ("prompt", "\r\r\r\r\r", "> create"),
    ("plain", "half", "half"),
    ("plain", "\r\r", "Style"),
    ("plain", "\r\r\r\r\r", "create it"),
];

#[test]
fn a_window_that_is_closed_ends_the_run_wherever_it_is() {
    for (face, keys, shown) in PLACES {
        let sandbox = Sandbox::new();
        let mut terminal = start(&sandbox, face);
        terminal.keys(keys).wait(shown);

        assert_eq!(terminal.hang_up().status(), 129, "{face} {keys:?}");
        assert!(!sandbox.join("shop").exists());
    }
    // The offer of an earlier run too, which keeps what it offers.
    for face in FACES {
        let sandbox = Sandbox::new();
        let mut first = start(&sandbox, face);
        first.keys("mine\r").wait_for("a draft", |screen| {
            let kept = ["draft saved", "2/5 Copies", "Question 2"];
            kept.iter().any(|text| screen.contents().contains(text))
        });
        assert_eq!(first.hang_up().status(), 129, "{face}");
        for _ in 0..2 {
            let mut terminal = sandbox.terminal(asking(&sandbox, face)).start();
            terminal.wait_for("an offer", |screen| {
                screen.contents().to_lowercase().contains("an earlier run kept 1 answer")
            });
            assert_eq!(terminal.hang_up().status(), 129, "{face}");
        }
    }
}

#[test]
fn a_terminal_that_takes_nothing_keeps_nobody_from_leaving() {
    let again = "\x0c".repeat(20);
    let ways = [
        ("wizard", "\x0c", "TERM", 143),
        ("wizard", "\x0c", "\x03", 130),
        ("prompt", &again, "HUP", 129),
        ("prompt", &again, "\x03", 130),
        ("plain", "?\r", "TERM", 143),
    ];
    for (face, flood, leave, status) in ways {
        let sandbox = Sandbox::new();
        let mut terminal = start(&sandbox, face);
        // More than any terminal keeps for somebody who does not look.
        for _ in 0..800 {
            terminal.type_unread(flood);
        }

        if leave == "\x03" {
            terminal.type_unread(leave)
        } else {
            terminal.signal(leave)
        };

        assert_eq!(terminal.status_unread(), status, "{face} {leave:?}");
        terminal.assert_mode();
        assert!(!sandbox.join("shop").exists());
    }
}

#[test]
fn whoever_leaves_does_not_wait_for_work_without_an_end() {
    for (leave, status) in [("\x03", 130), ("TERM", 143), ("closed", 129)] {
        let sandbox = Sandbox::new();
        let command = asking(&sandbox, "wizard");
        let mut terminal = sandbox.terminal(command).env("TEST_FASTWRIGHT", "work").start();
        terminal.wait_for("the other screen", vt100::Screen::alternate_screen);

        match leave {
            "closed" => drop(terminal.hang_up()),
            "TERM" => drop(terminal.signal(leave)),
            key => drop(terminal.keys(key)),
        }

        assert_eq!(terminal.status(), status, "{leave:?}");
        if leave != "closed" {
            terminal.assert_restored();
            let told = terminal.screen().contents();
            assert!(told.contains("cancelled; nothing was written"), "{told}");
        }
    }
}

#[test]
fn a_signal_that_meets_typing_leaves_the_terminal_as_it_was() {
    for face in ["wizard", "prompt"] {
        for keys in ["a", "ab", "\ta\x1b[A", "\r\x1b[B", "\r\r\x1b[B", "abcdefgh", "\x0c", "a\x7f"]
        {
            for (signal, status) in [("TERM", 143), ("INT", 130), ("HUP", 129), ("QUIT", 131)] {
                let sandbox = Sandbox::new();
                let mut terminal = start(&sandbox, face);

                terminal.keys(keys).signal(signal);

                assert_left(&mut terminal, &sandbox, status, &format!("{face} {keys:?} {signal}"));
            }
        }
    }
}

#[test]
fn a_signal_on_the_way_from_the_wizard_to_the_prompts_is_not_lost() {
    for count in 0..12 {
        let sandbox = Sandbox::new();
        let mut terminal = start(&sandbox, "wizard");
        terminal.resize(30, 6).wait("Terminal is 30x6").keys("q");
        if count % 2 == 1 {
            terminal.wait_for("no wizard", |screen| !screen.alternate_screen());
        }

        terminal.signal("TERM");

        assert_left(&mut terminal, &sandbox, 143, "on the way");
    }
}

#[test]
fn prompts_stop_and_go_on_with_what_was_typed() {
    for stop in ["\x1a", "TSTP"] {
        let sandbox = Sandbox::new();
        let mut terminal = sandbox.terminal(shell(&asking(&sandbox, "prompt"))).start();
        terminal.wait("What the project is called").keys("half").wait("(shop) half");

        if stop == "TSTP" {
            terminal.signal(stop)
        } else {
            terminal.keys(stop)
        };
        terminal.wait("it has stopped").assert_restored();
        assert!(!terminal.screen().contents().contains("half"), "it is drawn again");
        terminal.keys("\r").wait("(shop) half").keys("way\r").wait("Name halfway").keys("\x03");

        assert_left(&mut terminal, &sandbox, 130, stop);
    }
}

#[test]
fn prompts_without_a_shell_behind_them_do_not_stop() {
    let sandbox = Sandbox::new();
    let mut terminal = start(&sandbox, "prompt");

    terminal.keys("half\x1a").signal("TSTP").keys("way\r").wait("Name halfway").keys("\x03");

    assert_left(&mut terminal, &sandbox, 130, "no shell");
}

#[test]
fn in_the_background_the_terminal_is_left_to_the_shell() {
    let begun = "set -m; \"$@\" & echo it is there; read go; fg";
    let sent = "set -m; \"$@\"; bg; echo it is there; read go; fg";
    for (face, field) in [("wizard", "[ half"), ("prompt", "(shop) half")] {
        for text in [begun, sent] {
            let sandbox = Sandbox::new();
            let command = script(&asking(&sandbox, face), text);
            let mut terminal = sandbox.terminal(command).start();
            if text == sent {
                terminal.wait("What the project is called").keys("half").wait(field).keys("\x1a");
            }
            terminal.wait("it is there").assert_restored();

            terminal.keys("\r");
            if text == begun {
                terminal.wait("What the project is called").keys("half");
            }
            terminal.wait(field).keys("\x03");
            assert_left(&mut terminal, &sandbox, 130, &format!("{face} {text}"));
        }
    }
}
