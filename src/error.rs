//! The one error type: facts, their causes and what to do about them.
//!
//! Constructors stand in the modules that know the facts; the words reach a person through
//! `ui` alone. An error may hold several problems, so that all of them are told at once.

use std::borrow::Cow;
use std::fmt;

use crate::exit::Exit;

/// The result of everything that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// One or more problems that stopped a run, each with causes and hints.
#[derive(Debug, PartialEq, Eq)]
pub struct Error {
    exit: Exit,
    problems: Vec<Problem>,
}

/// What the text of an error begins a line with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    /// What is wrong.
    Error,
    /// What to do.
    Hint,
}

impl Label {
    fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error: ",
            Self::Hint => "hint: ",
        }
    }
}

/// What was attempted and went wrong, why, and what can be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// One sentence without a period: what is wrong, on which path, key or flag.
    pub message: String,
    /// Causes, one a line.
    pub causes: Vec<Cause>,
    /// Things to do, one a line.
    pub hints: Vec<String>,
}

/// Why something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A fact, as a sentence.
    Fact(String),
    /// Why it has to be so.
    Reason(String),
    /// Answers, each with where it came from.
    Origins(Vec<(String, String)>),
}

impl fmt::Display for Cause {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(fact) => formatter.write_str(fact),
            Self::Reason(reason) => write!(formatter, "because {reason}"),
            Self::Origins(origins) => {
                let words = origins.iter().map(|(what, from)| format!("{what} came from {from}"));
                formatter.write_str(&words.collect::<Vec<_>>().join(", "))
            }
        }
    }
}

impl Problem {
    /// Returns the causes in words.
    #[must_use]
    pub fn details(&self) -> Vec<String> {
        self.causes.iter().map(ToString::to_string).collect()
    }

    /// Adds why it has to be so.
    #[must_use]
    pub fn reason(mut self, reason: &str) -> Self {
        self.causes.push(Cause::Reason(short(reason)));
        self
    }

    /// Adds where answers came from.
    #[must_use]
    pub fn origins(mut self, origins: impl IntoIterator<Item = (String, String)>) -> Self {
        let origins = origins.into_iter().map(|(what, from)| (short(&what), short(&from)));
        self.causes.push(Cause::Origins(origins.collect()));
        self
    }

    /// Starts a problem from its sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: short(&message.into()), ..Self::default() }
    }

    /// Adds a cause.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        self.causes.push(Cause::Fact(short(&cause.to_string())));
        self
    }

    /// Adds something to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(short(&hint.into()));
        self
    }
}

/// The most problems that are told, lines in each text of one, and characters in each line:
/// somebody has to read them.
const MAX_PROBLEMS: usize = 100;
const MAX_LINES: usize = 100;
const MAX_LINE: usize = 1000;

/// Cuts what an error quotes, which may be a whole file, to what can be read.
fn short(text: &str) -> String {
    if text.len() <= MAX_LINE {
        return text.to_owned();
    }
    let mut lines: Vec<Cow<'_, str>> = text.lines().take(MAX_LINES).map(short_line).collect();
    if text.lines().nth(MAX_LINES).is_some() {
        lines.push("…".into());
    }
    lines.join("\n")
}

fn short_line(line: &str) -> Cow<'_, str> {
    match line.char_indices().nth(MAX_LINE) {
        Some((end, _)) => format!("{}…", &line[..end]).into(),
        None => line.into(),
    }
}

impl Error {
    /// Returns an error that holds `problems`, of which there is at least one.
    #[must_use]
    pub fn many(exit: Exit, mut problems: Vec<Problem>) -> Self {
        debug_assert!(!problems.is_empty(), "an error has a problem");
        let more = problems.len().saturating_sub(MAX_PROBLEMS);
        if more > 0 {
            problems.truncate(MAX_PROBLEMS);
            problems.push(Problem::new(format!("there are {more} more problems of this kind")));
        }
        Self { exit, problems }
    }

    /// Returns an error for something that failed or was refused (exit status 1).
    pub fn failed(message: impl Into<String>) -> Self {
        Self::many(Exit::Failed, vec![Problem::new(message)])
    }

    /// Returns an error for wrong usage or answers (exit status 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::many(Exit::Usage, vec![Problem::new(message)])
    }

    /// Returns an error for a run stopped by `signal`, such as 2 for SIGINT.
    pub fn interrupted(signal: u8, message: impl Into<String>) -> Self {
        Self::many(Exit::Signal(signal), vec![Problem::new(message)])
    }

    /// Adds a cause to the last problem.
    #[must_use]
    pub fn because(mut self, cause: impl fmt::Display) -> Self {
        if let Some(problem) = self.problems.last_mut() {
            problem.causes.push(Cause::Fact(short(&cause.to_string())));
        }
        self
    }

    /// Adds something to do to the last problem.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(problem) = self.problems.last_mut() {
            problem.hints.push(short(&hint.into()));
        }
        self
    }

    /// Returns how the run ends with this error.
    #[must_use]
    pub fn exit(&self) -> Exit {
        self.exit
    }

    /// Returns the lines of its text, each behind its label if it has one.
    #[must_use]
    pub fn lines(&self) -> Vec<(Option<Label>, String)> {
        // What is quoted in a sentence must not look like a line of ours.
        let sentence = |label, text: &str| (Some(label), text.replace('\n', "\\n"));
        let mut lines = Vec::new();
        for problem in &self.problems {
            if !lines.is_empty() {
                lines.push((None, String::new()));
            }
            lines.push(sentence(Label::Error, &problem.message));
            for cause in problem.details() {
                lines.extend(cause.split('\n').map(|line| (None, format!("  {line}"))));
            }
            if !problem.hints.is_empty() {
                lines.push((None, String::new()));
            }
            lines.extend(problem.hints.iter().map(|hint| sentence(Label::Hint, hint)));
        }
        lines
    }

    /// Returns the problems in the order in which they were found.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut end = "";
        for (label, text) in self.lines() {
            let label = label.map_or("", Label::as_str);
            write!(formatter, "{end}{label}{text}")?;
            end = "\n";
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use super::{Error, Problem};
    use crate::exit::Exit;

    #[test]
    fn an_error_is_one_that_can_be_read_whatever_it_quotes() {
        let long = "é".repeat(1 << 20);
        let many = "a\n".repeat(1 << 20);
        let problem = Problem::new(&long).because(&long).because(&many).hint(&long);
        let problems = vec![problem; 10_000];

        let told = Error::many(Exit::Failed, problems).because(&many).hint(&long).to_string();

        assert!(told.len() < 1 << 20, "{}", told.len());
        assert!(told.contains("error: there are 9900 more problems"), "the rest is counted");
        let line = told.lines().map(|line| line.chars().count()).max();
        assert!(line < Some(1020), "{line:?}");
    }

    #[test]
    fn an_error_of_the_usual_size_is_told_whole() {
        let text = "a\n\nb \n";

        let told = Error::failed(text).because(text).to_string();

        assert_eq!(told, "error: a\\n\\nb \\n\n  a\n  \n  b \n  ");
    }
}
