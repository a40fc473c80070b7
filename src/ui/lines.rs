//! Lines that are written, and lines that are read: all that plain mode does with a terminal.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};

use super::tty::{Signals, has_gone};
use super::{cancelled, visible};
use crate::error::{Error, Result};

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 1 << 16;

/// Standard input, line by line, for as long as no signal ends the program.
pub struct Typed<'a> {
    input: BufReader<Patient<'a>>,
    signals: &'a Signals,
}

/// Reads only what is there already: a signal does not wait behind a read.
struct Patient<'a>(&'a Signals);

impl Read for Patient<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !self.0.await_input() {
            return Err(io::Error::other("a signal came"));
        }
        Ok(rustix::io::read(io::stdin(), buffer)?)
    }
}

impl<'a> Typed<'a> {
    /// Starts to read.
    #[must_use]
    pub fn new(signals: &'a Signals) -> Self {
        Self { input: BufReader::new(Patient(signals)), signals }
    }

    /// Tells why there is no other line.
    fn ended(&self) -> Error {
        let gone = || if has_gone() { SIGHUP } else { SIGINT };
        cancelled(self.signals.ending().unwrap_or_else(gone))
    }
}

/// Lines that are written and read.
pub(super) struct Lines<'a, 'b> {
    typed: &'a mut Typed<'b>,
    output: io::Stderr,
    end: &'a str,
}

const SIGHUP: u8 = 1;
/// The signal that leaving stands for.
const SIGINT: u8 = 2;

/// What a line says.
pub(super) enum Said {
    Nothing,
    Back,
    Summary,
    Details(String),
    Text(String),
}

impl<'a, 'b> Lines<'a, 'b> {
    pub(super) fn new(typed: &'a mut Typed<'b>) -> Self {
        // Who types ends the line of a question with their own; a pipe does not.
        let end = if io::stdin().is_terminal() { " " } else { "\n" };
        Self { typed, output: io::stderr(), end }
    }

    // A line that nobody can receive is no reason to fail: the end of the answers is.
    pub(super) fn say(&mut self, text: &str) {
        let _ = writeln!(self.output, "{}", visible(text));
    }

    /// Offers some ways to go on; nothing stands for the way back.
    pub(super) fn choose(&mut self, ways: &[&str]) -> Result<Option<usize>> {
        for (index, way) in ways.iter().enumerate() {
            self.say(&format!("{}. {}", index + 1, sentence(way)));
        }
        loop {
            match self.read("Type a number, or b for back, q to quit. [1]:")? {
                Said::Nothing => return Ok(Some(0)),
                Said::Back => return Ok(None),
                Said::Text(text) => match text.parse::<usize>() {
                    Ok(number) if (1..=ways.len()).contains(&number) => {
                        return Ok(Some(number - 1));
                    }
                    Ok(_) | Err(_) => {}
                },
                Said::Summary | Said::Details(_) => {}
            }
            self.say(&format!("Type a number from 1 to {}.", ways.len()));
        }
    }

    /// Shows a prompt and reads a line.
    pub(super) fn read(&mut self, prompt: &str) -> Result<Said> {
        loop {
            let _ = write!(self.output, "{}{}", visible(prompt), self.end)
                .and_then(|()| self.output.flush());
            let mut bytes = Vec::new();
            let read = (&mut self.typed.input).take(MAX_LINE).read_until(b'\n', &mut bytes);
            if !matches!(read, Ok(length) if length > 0) {
                self.say("");
                return Err(self.typed.ended());
            }
            if !bytes.ends_with(b"\n") && bytes.len() as u64 == MAX_LINE {
                self.skip_line();
                self.say("That line is too long.");
                continue;
            }
            let Ok(line) = String::from_utf8(bytes) else {
                self.say("That line is no UTF-8 text.");
                continue;
            };
            return match line.trim() {
                "" => Ok(Said::Nothing),
                "b" => Ok(Said::Back),
                "s" => Ok(Said::Summary),
                "q" => Err(cancelled(SIGINT)),
                text => Ok(match text.strip_prefix('?') {
                    Some(which) => Said::Details(which.trim().to_owned()),
                    None => Said::Text(text.to_owned()),
                }),
            };
        }
    }

    fn skip_line(&mut self) {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = (&mut self.typed.input).take(MAX_LINE).read_until(b'\n', &mut bytes);
            if bytes.ends_with(b"\n") || !matches!(read, Ok(length) if length > 0) {
                return;
            }
        }
    }
}

pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

/// Ends a text as a sentence.
pub(super) fn sentence(text: &str) -> String {
    if text.is_empty() || text.ends_with(['.', '!', '?', ':']) {
        text.to_owned()
    } else {
        format!("{text}.")
    }
}
