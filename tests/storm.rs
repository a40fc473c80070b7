//! Everything at once, at random, on real terminals: keys, halves of keys, pastes, reports, sizes and
//! signals, under every face. However it ends, it ends soon, and the terminal is as it was.
//!
//! A run that fails prints its seed; `STORM_SEED` does that one again, `STORM_RUNS` more of them.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::support::{Sandbox, Terminal};

/// Runs of each face, unless said otherwise.
const RUNS: u64 = 100;

/// A sequence of numbers that follows from its start.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        // Steele and Vigna's mixer: neighbours among seeds have nothing in common.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let bound = u64::try_from(bound).expect("a small number");
        usize::try_from((mixed ^ (mixed >> 31)) % bound).expect("a small number")
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }
}

const KEYS: [&str; 30] = [
    "\r", "\r", "\t", "\t", "\x1b[A", "\x1b[B", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[H", "\x1b[F",
    "\x1b[5~", "\x1b[6~", "\x1b[Z", "\x1b", "\x1b[17~", "\x1bOP", "\x7f", "\x1b[3~", "\x1bg",
    "\x1bu", "\x10", "\x12", "\x0c", "\x1a", "\x15", "\x17", "\x01", "\x05", " ",
];
/// No sign that leads to another folder: what is created stays in the sandbox.
const LETTERS: &str = "abcdghijklmnpquwyDG123450:?=-_ \u{e9}\u{4f60}\u{1f980}\u{301}";
const SCRAPS: [&[u8]; 22] = [
    b"\x1b[",
    b"\x1bO",
    b"\x1b[1;",
    b"\x1b[<0;1",
    b"\x1b[[",
    b"\x1b[M",
    b"\xc3",
    b"\xf0\x9f",
    b"\xff",
    b"\x1b]11;rgb:1e",
    b"\x1bP1$r",
    b"\x1b_Ga",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\x1b[12;40R",
    b"\x1b[I",
    b"\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
    b"\x1b[?62;c",
    b"\x1b[<0;8;5M",
    b"\x1b[<64;8;5M",
    b"\x1b[99;5:3u",
    b"\x00",
];
const SIZES: [(u16, u16); 8] =
    [(80, 24), (120, 40), (40, 12), (40, 10), (30, 6), (1, 1), (2, 50), (250, 3)];

/// What ends a run, and with which status.
const ENDS: [(&str, u32); 6] =
    [("\x03", 130), ("TERM", 143), ("INT", 130), ("HUP", 129), ("QUIT", 131), ("closed", 129)];

/// Does one thing to a run.
fn disturb(terminal: &mut Terminal, chance: &mut Chance) {
    match chance.below(19) {
        0..=8 => drop(terminal.keys(chance.of(&KEYS))),
        9..=12 => {
            let letters: Vec<char> = LETTERS.chars().collect();
            let text: String = (0..=chance.below(6)).map(|_| chance.of(&letters)).collect();
            terminal.keys(&text);
        }
        13..=15 => drop(terminal.send(chance.of(&SCRAPS))),
        16 => {
            let text = "pasted\r\nx\x03 ".repeat(chance.of(&[1, 1, 20, 500]));
            terminal.keys(&format!("\x1b[200~{text}\x1b[201~"));
        }
        17 => {
            let (columns, rows) = chance.of(&SIZES);
            terminal.resize(columns, rows);
        }
        _ => terminal.signal_if_there(chance.of(&["TSTP", "CONT", "WINCH"])),
    }
    // A terminal that takes nothing for long is not given back: that is another test.
    terminal.look();
}

#[expect(clippy::print_stderr, reason = "a seed is printed")]
fn run(face: &str, seed: u64) {
    // Shown where the run fails.
    eprintln!("a run of {face}: STORM_SEED={seed}");
    let mut chance = Chance(seed);
    let sandbox = Sandbox::new();
    let command = sandbox.with_pack("evolving", &["new", "shop", "--no-git", "--ui", face]);
    let (columns, rows) = chance.of(&SIZES[..4]);
    let mut terminal = sandbox.terminal(command).size(columns, rows).start();
    // Once in a while before anything is shown.
    if chance.below(8) > 0 {
        terminal.wait("What the project");
    }
    for _ in 0..chance.below(40) {
        disturb(&mut terminal, &mut chance);
    }

    let (end, status) = chance.of(&ENDS);
    match end {
        "\x03" => {
            // In an open paste it is text until the paste pauses.
            terminal.keys("\x1b[201~\x03");
        }
        "closed" => drop(terminal.hang_up()),
        signal => terminal.signal_if_there(signal),
    }

    let ended = terminal.status();
    // Keys may have left, created, or failed to; in plain lines Ctrl-\ is the terminal's.
    let all = if face == "plain" { &[0, 1, 130, 131][..] } else { &[0, 1, 130] };
    let told = terminal.screen().contents();
    assert!(ended == status || all.contains(&ended), "{ended} for {end:?}\n{told}");
    assert!(!told.contains("panicked"), "{told}");
    if end != "closed" {
        terminal.assert_restored();
    }
}

fn storm(face: &str) {
    let number =
        |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().expect("a number"));
    if let Some(seed) = number("STORM_SEED") {
        return run(face, seed);
    }
    let first = RandomState::new().build_hasher().finish() >> 1;
    for count in 0..number("STORM_RUNS").unwrap_or(RUNS) {
        run(face, first + count);
    }
}

#[test]
fn the_wizard_weathers_everything() {
    storm("wizard");
}

#[test]
fn prompts_weather_everything() {
    storm("prompt");
}

#[test]
fn plain_lines_weather_everything() {
    storm("plain");
}
