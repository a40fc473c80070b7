//! Layers of given answers, the strongest first, and where each answer came from.

use std::collections::BTreeMap;
use std::fmt;

use crate::pack::Value;

/// Where an answer came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A flag of its own, such as `--proxy`.
    Flag(String),
    /// `--set KEY=VALUE`.
    Set,
    /// An answers file.
    File {
        /// Its name as given.
        name: String,
        /// The line, from 1, where the format tells it.
        line: Option<usize>,
    },
    /// An environment variable.
    Environment(String),
    /// An answer given to a question that was asked.
    Asked,
    /// The answers recorded in a project.
    Recorded,
    /// The question's default.
    Default,
    /// The question was not asked.
    NotAsked,
}

impl fmt::Display for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(flag) => formatter.write_str(flag),
            Self::Set => formatter.write_str("--set"),
            Self::File { name, line: Some(line) } => write!(formatter, "{name} line {line}"),
            Self::File { name, line: None } => formatter.write_str(name),
            Self::Environment(variable) => formatter.write_str(variable),
            Self::Asked => formatter.write_str("the answer given"),
            Self::Recorded => formatter.write_str(".fastwright.toml"),
            Self::Default => formatter.write_str("its default"),
            Self::NotAsked => formatter.write_str("what holds where it is not asked"),
        }
    }
}

/// An answer as it was given, not yet judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Text of a flag or variable, which the question's kind reads.
    Text(String),
    /// A value of an answers file, which must have the question's kind.
    Value(Value),
    /// A value of an answers file that no question takes, named as its format names it.
    Foreign(&'static str),
}

/// The answers of one source, by the names that it used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layer(BTreeMap<String, (Given, Source)>);

impl Layer {
    /// Returns an empty layer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an answer; the last one given under a name counts.
    pub fn insert(&mut self, name: impl Into<String>, given: Given, source: Source) {
        self.0.insert(name.into(), (given, source));
    }

    /// Takes an answer back and returns it.
    pub fn remove(&mut self, name: &str) -> Option<(Given, Source)> {
        self.0.remove(name)
    }

    /// Returns the answer given under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&(Given, Source)> {
        self.0.get(name)
    }

    /// Iterates over names, answers and sources in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Given, &Source)> {
        self.0.iter().map(|(name, (given, source))| (name.as_str(), given, source))
    }
}
