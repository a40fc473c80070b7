//! Lines that are written, and lines that are read: all that plain mode does with a terminal.

use std::io::{self, BufRead, IsTerminal, Read, Write};

use super::{cancelled, visible};
use crate::error::Result;

/// The longest line that is read, in bytes.
const MAX_LINE: u64 = 1 << 16;

/// Lines that are written and read.
pub(super) struct Lines<'a> {
    input: &'a mut dyn BufRead,
    output: &'a mut dyn Write,
    end: &'a str,
}

/// What a line says.
pub(super) enum Said {
    Nothing,
    Back,
    Summary,
    Details(String),
    Text(String),
}

impl<'a> Lines<'a> {
    pub(super) fn new(input: &'a mut dyn BufRead, output: &'a mut dyn Write) -> Self {
        // Who types ends the line of a question with their own; a pipe does not.
        let end = if io::stdin().is_terminal() { " " } else { "\n" };
        Self { input, output, end }
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
            let read = (&mut *self.input).take(MAX_LINE).read_until(b'\n', &mut bytes);
            if !matches!(read, Ok(length) if length > 0) {
                self.say("");
                return Err(cancelled());
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
                "q" => Err(cancelled()),
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
            let read = (&mut *self.input).take(MAX_LINE).read_until(b'\n', &mut bytes);
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
