//! All printing: data on stdout, everything else on stderr.
//!
//! Chooses how things look, never what they mean; colour only repeats what words say. Whatever is
//! printed is made [`visible`] first.

mod ask;
mod changes;
mod edit;
mod explain;
mod field;
mod lines;
mod plain;
mod prompt;
mod report;
mod tty;
mod visible;
pub mod wizard;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

pub use ask::{Asking, Outlook, has_questions};
pub use changes::{changes, changes_json, next, patches, stat};
pub use explain::{explain_choice, explain_question, explain_relation};
pub use lines::Typed;
pub use plain::{plain, plain_resume};
pub use prompt::{prompt, prompt_resume};
pub use report::{conflicts, created, json, size, tree};
pub use tty::Signals;
pub use visible::{is_hidden, visible};

use serde_json::Value as Json;

use crate::error::{Error, Label, Result};
use visible::visible_json;

/// When colour is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// How much is told beside the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What was done and what comes next.
    #[default]
    Normal,
    /// Every file too.
    Verbose,
}

/// The streams of one run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ui {
    color: bool,
    /// How much is told.
    pub verbosity: Verbosity,
}

impl Ui {
    /// Decides on colour by the option, the environment and whether stderr is a terminal.
    pub fn new(
        color: Color,
        verbosity: Verbosity,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        Self { color: is_colored(color, variable, io::stderr().is_terminal()), verbosity }
    }

    /// Writes text to stdout.
    ///
    /// # Errors
    /// Fails if stdout cannot take it; a reader that has gone is no failure.
    pub fn data(&self, text: impl Display) -> Result<()> {
        stdout(&visible(&text.to_string()))
    }

    /// Writes a JSON value to stdout.
    ///
    /// # Errors
    /// Fails as [`Ui::data`] does.
    pub fn json(&self, value: &Json) -> Result<()> {
        stdout(&visible_json(&format!("{value:#}\n")))
    }

    /// Writes a JSON value that tells what was done.
    ///
    /// # Errors
    /// Fails as [`Ui::data`] does, and says that it was done.
    pub fn json_of_done(&self, value: &Json) -> Result<()> {
        let done = "what was asked for is done all the same; only its report is lost";
        self.json(value).map_err(|error| error.because(done))
    }

    /// Writes a patch to stdout, byte for byte, so that `git apply` takes it; on a terminal, where
    /// nobody reads bytes, it is text like any other.
    ///
    /// # Errors
    /// Fails as [`Ui::data`] does.
    pub fn patch(&self, patch: &str) -> Result<()> {
        if io::stdout().is_terminal() { self.data(patch) } else { stdout(patch) }
    }

    /// Tells something on stderr, unless quiet.
    pub fn tell(&self, text: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            stderr(text);
        }
    }

    /// Tells an error on stderr.
    pub fn error(&self, error: &Error) {
        if !self.color {
            return stderr(error);
        }
        let paint = |(label, text): (Option<Label>, String)| {
            let text = visible(&text).into_owned();
            match label {
                Some(Label::Error) => format!("\x1b[1;31merror:\x1b[0m {text}"),
                Some(Label::Hint) => format!("\x1b[1;34mhint:\x1b[0m {text}"),
                None => text,
            }
        };
        let lines: Vec<String> = error.lines().into_iter().map(paint).collect();
        let _ = writeln!(io::stderr().lock(), "{}", lines.join("\n"));
    }
}

/// Decides by, in this order, the option, `NO_COLOR`, `CLICOLOR_FORCE` or `FORCE_COLOR`,
/// `CLICOLOR`, what stands for plain text, and the terminal.
fn is_colored(color: Color, variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> bool {
    let is = |name: &str, text: &str| variable(name).as_deref() == Some(text);
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let is_on = |name: &str| is_set(name) && !is(name, "0");
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if is_set("NO_COLOR") => false,
        Color::Auto if is_on("CLICOLOR_FORCE") || is_on("FORCE_COLOR") => true,
        Color::Auto if is("CLICOLOR", "0") || is("TERM", "dumb") => false,
        Color::Auto if is("FASTWRIGHT_UI", "plain") => false,
        Color::Auto if is_on("ACCESSIBLE") && !is("ACCESSIBLE", "false") => false,
        Color::Auto => is_terminal,
    }
}

/// Returns the columns and rows of the terminal on stderr, if there is one.
#[must_use]
pub fn window() -> Option<(u16, u16)> {
    let found = rustix::termios::tcgetwinsize(io::stderr()).ok()?;
    Some((found.ws_col, found.ws_row))
}

fn cancelled(signal: u8) -> Error {
    Error::interrupted(signal, "cancelled; nothing was written")
}

fn stdout(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Error::failed("cannot write to standard output").because(error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

// A message that nobody can receive is no reason to fail.
fn stderr(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{}", visible(&text.to_string()));
}

#[cfg(test)]
mod tests {
    use super::{Color, is_colored};

    #[test]
    fn the_first_that_speaks_decides_on_colour() {
        let cases: [(Color, &str, bool, bool); 16] = [
            (Color::Auto, "", true, true),
            (Color::Auto, "", false, false),
            (Color::Always, "NO_COLOR=1", false, true),
            (Color::Never, "CLICOLOR_FORCE=1", true, false),
            (Color::Auto, "NO_COLOR=1 FORCE_COLOR=1", true, false),
            (Color::Auto, "NO_COLOR=", true, true),
            (Color::Auto, "CLICOLOR_FORCE=1 CLICOLOR=0", false, true),
            (Color::Auto, "FORCE_COLOR=1 TERM=dumb", false, true),
            (Color::Auto, "CLICOLOR_FORCE=0", false, false),
            (Color::Auto, "CLICOLOR=0", true, false),
            (Color::Auto, "CLICOLOR=1", false, false),
            (Color::Auto, "TERM=dumb", true, false),
            (Color::Auto, "FASTWRIGHT_UI=plain", true, false),
            (Color::Auto, "ACCESSIBLE=1", true, false),
            (Color::Auto, "ACCESSIBLE=0", true, true),
            (Color::Auto, "ACCESSIBLE=false", true, true),
        ];

        for (color, variables, is_terminal, expected) in cases {
            let variable = |name: &str| {
                let mut all = variables.split(' ').filter_map(|one| one.split_once('='));
                all.find(|(variable, _)| *variable == name).map(|(_, value)| value.to_owned())
            };
            let colored = is_colored(color, variable, is_terminal);
            assert_eq!(colored, expected, "{color:?} {variables} {is_terminal}");
        }
    }
}
