//! All printing: data on stdout, everything else on stderr.
//!
//! Chooses how things look, never what they mean; colour only repeats what words say.

mod changes;
mod prompt;
mod report;
pub mod wizard;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

pub use changes::{changes, changes_json, next, patches, stat};
pub use prompt::ask;
pub use report::{conflicts, created, diff, json, size, tree};

use crate::error::{Error, Result};

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
    /// Decides on colour by, in this order, the option, `NO_COLOR`, `CLICOLOR_FORCE` or
    /// `FORCE_COLOR`, `CLICOLOR`, `TERM=dumb`, and whether stderr is a terminal.
    pub fn new(
        color: Color,
        verbosity: Verbosity,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
        let on = |name: &str| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR") => false,
            Color::Auto if on("CLICOLOR_FORCE") || on("FORCE_COLOR") => true,
            Color::Auto if variable("CLICOLOR").as_deref() == Some("0") => false,
            Color::Auto if variable("TERM").as_deref() == Some("dumb") => false,
            Color::Auto => io::stderr().is_terminal(),
        };
        Self { color, verbosity }
    }

    /// Writes data to stdout.
    ///
    /// # Errors
    /// Fails if stdout cannot take it; a reader that has gone is no failure.
    pub fn data(&self, text: impl Display) -> Result<()> {
        let mut stdout = io::stdout().lock();
        match write!(stdout, "{text}").and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Error::failed("cannot write to standard output").because(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Tells something on stderr, unless quiet.
    pub fn tell(&self, text: impl Display) {
        if self.verbosity > Verbosity::Quiet {
            stderr(text);
        }
    }

    /// Tells an error on stderr.
    pub fn error(&self, error: &Error) {
        let text = error.to_string();
        if !self.color {
            return stderr(text);
        }
        let paint = |line: &str| match line.split_once(": ") {
            Some(("error", rest)) => format!("\x1b[1;31merror:\x1b[0m {rest}"),
            Some(("hint", rest)) => format!("\x1b[1;34mhint:\x1b[0m {rest}"),
            _ => line.to_owned(),
        };
        stderr(text.lines().map(paint).collect::<Vec<_>>().join("\n"));
    }
}

// A message that nobody can receive is no reason to fail.
fn stderr(text: impl Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
