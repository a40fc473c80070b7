//! Bytes from a terminal as keys, pastes and clicks.
//!
//! A state machine that is always ready for the next byte: what never comes to an end is dropped
//! after a silence, what is unknown is swallowed whole, and Ctrl-C counts in the middle of both.
//! Knows no clock: the reader tells when nothing came for as long as `patience` says.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};

use super::keys;

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key was pressed.
    Key(KeyEvent),
    /// A text was pasted.
    Paste(String),
    /// The mouse was clicked, or its wheel turned.
    Mouse(MouseEvent),
    /// Ctrl-C.
    Interrupt,
}

/// How long the rest of an arrow key may be behind its Esc, on a slow line.
const ESCAPE: Duration = Duration::from_millis(200);
/// How long it is still the rest of one, although the Esc was taken for itself.
const LATE: Duration = Duration::from_secs(1);
/// How long the rest of any other sequence may take.
const SEQUENCE: Duration = Duration::from_millis(500);
/// How long a paste may pause before what came of it is shown.
const PASTE: Duration = Duration::from_millis(300);

/// The longest sequence that is kept: no key has more.
const LONGEST: usize = 64;
/// The longest paste that is kept, in bytes: more than any field takes.
const LONGEST_PASTE: usize = 1 << 14;

const ETX: u8 = 0x03;
const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// Where in a sequence the next byte stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    Escape,
    /// Behind `ESC [`.
    Control,
    /// Behind `ESC O`.
    Single,
    /// Behind `ESC [ [`, of the Linux console.
    Console,
    /// Behind `ESC [ M`: three bytes of an old mouse.
    OldMouse,
    /// In an answer to a question that nobody asked; the last byte was ESC.
    Answer(bool),
    /// In a character of several bytes, so many of which are missing.
    Character(usize),
    Paste,
}

/// Takes bytes, and tells what they mean.
#[derive(Debug, Default)]
pub struct Decoder {
    state: State,
    /// What came of a sequence, a character or a paste.
    held: Vec<u8>,
    /// An Esc stood before a character.
    alt: bool,
    /// An Esc was taken for itself a moment ago; what follows may show that it was none.
    late: bool,
    paste: Paste,
}

/// What else is known of a paste.
#[derive(Debug, Default)]
struct Paste {
    /// How much of the mark of its end was there.
    end: usize,
    /// It paused, and what it held was handed out.
    stalls: bool,
    /// A Ctrl-C was in it: part of its text if its end comes, else somebody wants to leave.
    interrupt: bool,
}

impl Decoder {
    /// Returns how long to wait for the next byte before `silence`; for ever if nothing is half.
    #[must_use]
    pub fn patience(&self) -> Option<Duration> {
        match self.state {
            State::Ground => self.late.then_some(LATE),
            State::Paste if !self.paste.stalls => Some(PASTE),
            State::Paste if self.paste.end == 0 => None,
            State::Paste | State::Escape => Some(ESCAPE),
            State::Control
            | State::Single
            | State::Console
            | State::OldMouse
            | State::Answer(_)
            | State::Character(_) => Some(SEQUENCE),
        }
    }

    /// Takes what came.
    pub fn feed(&mut self, bytes: &[u8], found: &mut Vec<Input>) {
        for byte in bytes {
            self.byte(*byte, found);
        }
    }

    /// Nothing came for a while: what is half stays so.
    pub fn silence(&mut self, found: &mut Vec<Input>) {
        match self.state {
            State::Escape => {
                found.push(key(KeyCode::Esc));
                self.reset();
                self.late = true;
                return;
            }
            State::Paste if self.paste.stalls => {
                self.leave_paste(found);
                return self.silence(found);
            }
            State::Paste => {
                if self.paste.interrupt {
                    found.push(Input::Interrupt);
                }
                self.hand_out(found);
                self.paste = Paste { stalls: true, ..Paste::default() };
                return;
            }
            _ => self.bracket(found),
        }
        self.reset();
    }

    fn reset(&mut self) {
        self.state = State::Ground;
        self.held.clear();
        self.alt = false;
        self.late = false;
    }

    /// Takes a bracket that came late behind an Esc, and was not the rest of it, for itself.
    fn bracket(&mut self, found: &mut Vec<Input>) {
        if self.late && self.state == State::Control && self.held.is_empty() {
            self.typed('[', found);
        }
    }

    fn start(&mut self, state: State) {
        self.reset();
        self.state = state;
    }

    fn byte(&mut self, byte: u8, found: &mut Vec<Input>) {
        if self.state == State::Paste {
            return self.pasted(byte, found);
        }
        if byte == ETX {
            self.reset();
            return found.push(Input::Interrupt);
        }
        match (self.state, byte) {
            (State::Ground, b'[') if self.late => self.state = State::Control,
            (State::Ground, _) => self.ground(byte, found),
            (State::Escape, ESC) => found.push(key(KeyCode::Esc)),
            (State::Escape, b'[') => self.start(State::Control),
            (State::Escape, b'O') => self.start(State::Single),
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => self.start(State::Answer(false)),
            (State::Escape, _) => {
                self.start(State::Ground);
                self.alt = true;
                self.ground(byte, found);
            }
            (State::Answer(false), ESC) => self.state = State::Answer(true),
            (State::Answer(true), b'\\') | (State::Answer(false), 0x07 | 0x18 | 0x1a) => {
                self.reset();
            }
            (State::Answer(false), _) => {}
            (State::Answer(true), _) => {
                self.start(State::Escape);
                self.byte(byte, found);
            }
            (State::Control, b'[') if self.held.is_empty() => self.start(State::Console),
            (State::Control, b'M') if self.held.is_empty() => self.start(State::OldMouse),
            (State::OldMouse, b' '..) => {
                self.held.push(byte);
                if self.held.len() == 3 {
                    found.extend(keys::old_mouse(&self.held).map(Input::Mouse));
                    self.reset();
                }
            }
            (State::Control | State::Single, b' '..=b'?') => {
                if self.held.len() <= LONGEST {
                    self.held.push(byte);
                }
            }
            (State::Control | State::Single | State::Console, b'@'..=b'~') => {
                self.finish(byte, found);
            }
            (State::Character(missing), 0x80..=0xbf) => self.character(missing, byte, found),
            // Whatever it was, it has no end, and something else begins.
            _ => {
                self.bracket(found);
                self.reset();
                self.ground(byte, found);
            }
        }
    }

    /// Takes a byte with which something begins.
    fn ground(&mut self, byte: u8, found: &mut Vec<Input>) {
        let control = |letter: u8| (KeyCode::Char(letter.into()), KeyModifiers::CONTROL);
        let plain = |code| (code, KeyModifiers::NONE);
        let (code, modifiers) = match byte {
            ESC => return self.start(State::Escape),
            b'\r' => plain(KeyCode::Enter),
            b'\t' => plain(KeyCode::Tab),
            0x08 | 0x7f => plain(KeyCode::Backspace),
            0 => control(b' '),
            0x01..=0x1a => control(byte - 1 + b'a'),
            0x1c..=0x1f => control(byte - 0x1c + b'4'),
            b' '..=b'~' => return self.typed(byte.into(), found),
            0xc2..=0xdf => return self.begin(1, byte),
            0xe0..=0xef => return self.begin(2, byte),
            0xf0..=0xf4 => return self.begin(3, byte),
            0x80..=0xc1 | 0xf5..=0xff => return self.reset(),
        };
        let alt = if self.alt { KeyModifiers::ALT } else { KeyModifiers::NONE };
        self.reset();
        found.push(Input::Key(KeyEvent::new(code, modifiers | alt)));
    }

    fn begin(&mut self, missing: usize, byte: u8) {
        self.state = State::Character(missing);
        self.held.push(byte);
    }

    fn character(&mut self, missing: usize, byte: u8, found: &mut Vec<Input>) {
        self.held.push(byte);
        self.state = State::Character(missing - 1);
        if missing == 1 {
            let letter = std::str::from_utf8(&self.held).ok().and_then(|text| text.chars().next());
            match letter {
                Some(letter) => self.typed(letter, found),
                None => self.reset(),
            }
        }
    }

    fn typed(&mut self, letter: char, found: &mut Vec<Input>) {
        let mut modifiers = KeyModifiers::NONE;
        modifiers.set(KeyModifiers::SHIFT, letter.is_uppercase());
        modifiers.set(KeyModifiers::ALT, self.alt);
        self.reset();
        found.push(Input::Key(KeyEvent::new(KeyCode::Char(letter), modifiers)));
    }

    /// Takes the last byte of a sequence.
    fn finish(&mut self, last: u8, found: &mut Vec<Input>) {
        let (state, held) = (self.state, std::mem::take(&mut self.held));
        self.reset();
        match state {
            _ if held.len() > LONGEST => {}
            State::Control if (held.as_slice(), last) == (b"200", b'~') => {
                self.start(State::Paste);
                self.paste = Paste::default();
            }
            State::Console => found.extend(keys::console(last).map(Input::Key)),
            _ => match keys::sequence(&held, last) {
                Some(Input::Key(key)) if is_interrupt(key) => found.push(Input::Interrupt),
                input => found.extend(input),
            },
        }
    }

    fn pasted(&mut self, byte: u8, found: &mut Vec<Input>) {
        let is_long = self.held.len() >= LONGEST_PASTE;
        if byte == ETX {
            if self.paste.stalls || is_long {
                self.reset();
                return found.push(Input::Interrupt);
            }
            self.paste.interrupt = true;
        }
        if PASTE_END.get(self.paste.end) == Some(&byte) {
            self.paste.end += 1;
            if self.paste.end == PASTE_END.len() {
                self.hand_out(found);
                self.reset();
            }
            return;
        }
        if self.paste.stalls && self.paste.end > 0 {
            self.leave_paste(found);
            return self.byte(byte, found);
        }
        if self.paste.end > 0 {
            self.held.extend_from_slice(&PASTE_END[1..self.paste.end]);
        }
        self.paste.end = usize::from(byte == ESC);
        if byte != ESC && !is_long {
            self.held.push(byte);
        }
    }

    /// Takes what began like the end of a paste that never ended as another key.
    fn leave_paste(&mut self, found: &mut Vec<Input>) {
        let begun = &PASTE_END[..self.paste.end];
        self.hand_out(found);
        self.reset();
        self.feed(begun, found);
    }

    /// Hands out what a paste holds.
    fn hand_out(&mut self, found: &mut Vec<Input>) {
        let text = std::mem::take(&mut self.held);
        if !text.is_empty() {
            found.push(Input::Paste(String::from_utf8_lossy(&text).into_owned()));
        }
    }
}

fn key(code: KeyCode) -> Input {
    Input::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn is_interrupt(key: KeyEvent) -> bool {
    key.code == KeyCode::Char('c') && key.modifiers == KeyModifiers::CONTROL
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEventKind};
    use proptest::prelude::*;

    use super::{Decoder, Input, LONGEST_PASTE};

    /// Takes pieces with a silence behind each, and returns what they mean.
    fn slowly(pieces: &[&[u8]]) -> Vec<Input> {
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.feed(piece, &mut found);
            while decoder.patience().is_some() {
                decoder.silence(&mut found);
            }
        }
        found
    }

    /// Does the same without any silence between the pieces.
    fn quickly(pieces: &[&[u8]]) -> Vec<Input> {
        slowly(&[&pieces.concat()])
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Input {
        Input::Key(KeyEvent::new(code, modifiers))
    }

    fn plain(code: KeyCode) -> Input {
        key(code, KeyModifiers::NONE)
    }

    const NONE: KeyModifiers = KeyModifiers::NONE;
    const ALT: KeyModifiers = KeyModifiers::ALT;
    const CONTROL: KeyModifiers = KeyModifiers::CONTROL;
    const SHIFT: KeyModifiers = KeyModifiers::SHIFT;

    #[test]
    fn every_way_to_say_a_key_is_that_key() {
        use KeyCode::{
            BackTab, Backspace, Char, Delete, Down, End, Enter, Esc, F, Home, Left, PageDown,
            PageUp, Right, Tab, Up,
        };
        let keys: [(KeyCode, KeyModifiers, &[&str]); 31] = [
            (Up, NONE, &["\x1b[A", "\x1bOA", "\x1b[1;1A", "\x1b[1;1:1A"]),
            (Down, NONE, &["\x1b[B", "\x1bOB", "\x1b[1B"]),
            (Right, NONE, &["\x1b[C", "\x1bOC"]),
            (Left, NONE, &["\x1b[D", "\x1bOD"]),
            (Left, CONTROL, &["\x1b[1;5D"]),
            (Right, SHIFT | ALT, &["\x1b[1;4C"]),
            (Home, NONE, &["\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"]),
            (End, NONE, &["\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"]),
            (PageUp, NONE, &["\x1b[5~"]),
            (PageDown, NONE, &["\x1b[6~"]),
            (Delete, NONE, &["\x1b[3~"]),
            (Delete, CONTROL, &["\x1b[3;5~"]),
            (F(1), NONE, &["\x1bOP", "\x1b[P", "\x1b[11~", "\x1b[[A"]),
            (F(5), NONE, &["\x1b[15~", "\x1b[[E"]),
            (F(6), NONE, &["\x1b[17~"]),
            (F(12), NONE, &["\x1b[24~"]),
            (BackTab, SHIFT, &["\x1b[Z", "\x1b[1;2Z", "\x1b[9;2u", "\x1b[27;2;9~"]),
            (Tab, NONE, &["\t", "\x1b[9u"]),
            (Enter, NONE, &["\r", "\x1b[13u", "\x1b[13;1u"]),
            (Enter, ALT, &["\x1b\r"]),
            (Esc, NONE, &["\x1b", "\x1b[27u"]),
            (Backspace, NONE, &["\x7f", "\x08", "\x1b[127u"]),
            (Backspace, ALT, &["\x1b\x7f"]),
            (Char('g'), ALT, &["\x1bg", "\x1b[103;3u"]),
            (Char('g'), NONE, &["g", "\x1b[103u", "\x1b[103:71;1:1u"]),
            (Char('G'), SHIFT, &["G"]),
            (Char('\u{e9}'), NONE, &["\u{e9}"]),
            (Char('\u{e9}'), ALT, &["\x1b\u{e9}"]),
            (Char('\u{1f980}'), NONE, &["\u{1f980}"]),
            (Char('s'), CONTROL, &["\x13", "\x1b[115;5u", "\x1b[27;5;115~"]),
            (Char(' '), CONTROL, &["\0"]),
        ];
        for (code, modifiers, ways) in keys {
            for way in ways {
                let found = quickly(&[way.as_bytes()]);
                assert_eq!(found, [key(code, modifiers)], "{way:?}");
                // A slow line tells them byte by byte.
                let (mut decoder, mut bytes) = (Decoder::default(), Vec::new());
                for byte in way.as_bytes() {
                    decoder.feed(&[*byte], &mut bytes);
                }
                decoder.silence(&mut bytes);
                assert_eq!(bytes, found, "{way:?}");
            }
        }
    }

    #[test]
    fn what_is_half_is_dropped_after_a_silence_and_blocks_nothing() {
        let halves: [&[u8]; 12] = [
            b"\x1b[",
            b"\x1bO",
            b"\x1b[1;",
            b"\x1b[<0;1",
            b"\x1b[[",
            b"\x1b[M!",
            b"\xc3",
            b"\xf0\x9f",
            b"\x1b]11;rgb:ff",
            b"\x1bP1$r0",
            b"\x1b\xe2\x82",
            b"\x1b[?1;",
        ];
        for half in halves {
            let name = String::from_utf8_lossy(half);
            assert_eq!(slowly(&[half, b"x"]), [plain(KeyCode::Char('x'))], "{name}");
            assert_eq!(slowly(&[half, b"\x1b[A"]), [plain(KeyCode::Up)], "{name}");
            assert_eq!(quickly(&[half, b"\x03"]), [Input::Interrupt], "{name}");
        }
    }

    #[test]
    fn an_escape_waits_for_the_rest_of_an_arrow() {
        let up = [plain(KeyCode::Up)];
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        decoder.feed(b"\x1b", &mut found);

        assert_eq!(found, []);
        assert!(decoder.patience().is_some());
        decoder.feed(b"[A", &mut found);
        assert_eq!((found.as_slice(), decoder.patience()), (up.as_slice(), None));

        // Late, it is Esc and the arrow, but never what stands in its name.
        decoder.feed(b"\x1b", &mut found);
        decoder.silence(&mut found);
        decoder.feed(b"[1;", &mut found);
        decoder.feed(b"5B", &mut found);
        let late = [plain(KeyCode::Esc), key(KeyCode::Down, CONTROL)];
        assert_eq!(found.split_off(1), late);
        // Whoever types a bracket behind an Esc types a bracket.
        for behind in [&b"\r"[..], b""] {
            decoder.feed(b"\x1b", &mut found);
            decoder.silence(&mut found);
            decoder.feed(b"[", &mut found);
            decoder.feed(behind, &mut found);
            decoder.silence(&mut found);
            assert_eq!(found.split_off(1)[..2], [plain(KeyCode::Esc), plain(KeyCode::Char('['))]);
            decoder = Decoder::default();
        }

        let two = [plain(KeyCode::Esc), plain(KeyCode::Up)];
        assert_eq!(slowly(&[b"\x1b", b"\x1b[A"]), two);
        assert_eq!(quickly(&[b"\x1b", b"\x1b[A"]), two);
    }

    #[test]
    fn what_nobody_asked_for_is_swallowed_whole() {
        let reports = [
            "\x1b[12;40R",
            "\x1b[?62;c",
            "\x1b[>0;276;0c",
            "\x1b[0n",
            "\x1b[?1u",
            "\x1b[I",
            "\x1b[O",
            "\x1b]11;rgb:1e1e/1e1e/1e1e\x07",
            "\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
            "\x1bP>|XTerm(370)\x1b\\",
            "\x1b_Gi=31;OK\x1b\\",
            "\x1b[?2026;2$y",
            "\x1b[8;24;80t",
            "\x1b[<35;10;10M",
            "\x1b[<0;10;10m",
            "\x1b[<2;10;10M",
            "\x1b[M#!!",
            "\x1b[1;1:3A",
            "\x1b[57441;1u",
            "\x1b[201~",
            "\x1b[99~",
            "\x1b[1;2;3;4;5z",
            "\x1b[999999999999999u",
        ];
        for report in reports {
            let found = quickly(&[report.as_bytes(), b"x"]);
            assert_eq!(found, [plain(KeyCode::Char('x'))], "{report:?}");
        }
        let endless = [b"\x1b[".as_slice(), &b"1;".repeat(10_000), b"A"].concat();
        assert_eq!(quickly(&[&endless, b"x"]), [plain(KeyCode::Char('x'))]);
    }

    #[test]
    fn clicks_and_the_wheel_are_told_by_any_mouse() {
        for click in [&b"\x1b[<0;8;5M"[..], b"\x1b[<16;8;5M", b"\x1b[M (%"] {
            let found = quickly(&[click]);
            let [Input::Mouse(event)] = found[..] else { panic!("{found:?}") };
            assert_eq!((event.column, event.row), (7, 4));
        }
        let found = quickly(&[b"\x1b[<64;1;1M\x1b[<65;0;0M"]);
        let kinds: Vec<MouseEventKind> = found
            .iter()
            .map(|input| match input {
                Input::Mouse(event) => event.kind,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(kinds, [MouseEventKind::ScrollUp, MouseEventKind::ScrollDown]);
    }

    #[test]
    fn a_paste_is_one_text_with_a_bound() {
        let paste = |text: &str| Input::Paste(text.to_owned());
        let whole: &[u8] = b"\x1b[200~a\rb\x03\x1b[2Jc\x1b[201~d";
        let expected = [paste("a\rb\u{3}[2Jc"), plain(KeyCode::Char('d'))];
        assert_eq!(quickly(&[whole]), expected);
        // As it is where it comes in pieces.
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        for byte in whole {
            decoder.feed(&[*byte], &mut found);
        }
        assert_eq!(found, expected);

        let long =
            [b"\x1b[200~".as_slice(), &b"x".repeat(2 * LONGEST_PASTE), b"\x1b[201~y"].concat();
        let kept = paste(&"x".repeat(LONGEST_PASTE));
        assert_eq!(quickly(&[&long]), [kept, plain(KeyCode::Char('y'))]);
    }

    #[test]
    fn a_paste_that_never_ends_is_left_by_control_c_and_by_escape() {
        let open = b"\x1b[200~ab".as_slice();
        let paste = Input::Paste("ab".to_owned());
        let text = |text: &str| Input::Paste(text.to_owned());

        assert_eq!(slowly(&[open, b"\x03"]), [paste.clone(), Input::Interrupt]);
        assert_eq!(slowly(&[b"\x1b[200~ab\x03"])[0], Input::Interrupt);
        // The rest of a slow one is still no key.
        assert_eq!(slowly(&[open, b"q\r", b"\x1b[201~"]), [paste.clone(), text("q\r")]);
        assert_eq!(slowly(&[open, b"\x1b"]), [paste.clone(), plain(KeyCode::Esc)]);
        assert_eq!(slowly(&[open, b"\x1b[A"]), [paste, plain(KeyCode::Up)]);
        let long = [b"\x1b[200~".as_slice(), &b"x".repeat(LONGEST_PASTE), b"\x03"].concat();
        assert_eq!(quickly(&[&long]), [Input::Interrupt]);
    }

    proptest! {
        #[test]
        fn whatever_came_before_control_c_counts_and_keys_count_again(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            cut in 0..200_usize,
        ) {
            let (one, other) = bytes.split_at(cut.min(bytes.len()));
            let found = slowly(&[one, other, b"\x03", b"\x1b", b"x"]);
            prop_assert!(found.contains(&Input::Interrupt));
            prop_assert_eq!(found.last(), Some(&plain(KeyCode::Char('x'))));
        }
    }
}
