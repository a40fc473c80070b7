//! Questions, their kinds and choices, as a pack declares them.

use serde::Deserialize;

use super::component::Component;
use super::{Key, Value, When};

/// One thing that is asked; it exists once and all faces show it.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its name in answers, flags and templates.
    pub key: Key,
    /// The section it is asked in.
    pub section: Key,
    /// What is asked for.
    pub kind: Kind,
    /// A short name for people.
    pub label: String,
    /// One line that explains it.
    pub help: String,
    /// The answer where none is given; absent where one must be given.
    pub default: Option<Default>,
    /// It is asked only if this holds.
    pub when: When,
    /// The answer where it is not asked.
    pub otherwise: Option<Value>,
}

/// What kind of answer a question takes.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A line of text.
    Text(TextRules),
    /// Yes or no.
    Bool,
    /// A whole number, both bounds included.
    Integer {
        /// The least number.
        min: i64,
        /// The largest number.
        max: i64,
    },
    /// Exactly one of the choices.
    One(Vec<Choice>),
    /// Any number of the choices.
    Many(Vec<Choice>),
}

/// What a text must be like.
#[derive(Clone, Debug)]
pub struct TextRules {
    /// A regular expression for the whole text.
    pub pattern: Option<String>,
    /// The same in words.
    pub rule: Option<String>,
    /// The largest number of characters.
    pub max_length: usize,
    /// A good answer, to be shown.
    pub example: Option<String>,
    /// What a text that lacks it is offered with in front.
    pub prefix: Option<String>,
}

/// One possible answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// How the answer is written.
    pub value: String,
    /// One line that explains it.
    #[serde(default)]
    pub help: String,
    /// A name for people; its value where absent.
    #[serde(default)]
    pub label: String,
}

/// The answer where none is given.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Default {
    /// The first case that fits decides.
    Cases(Vec<Case>),
    /// This value, in which placeholders name other answers.
    Value(Value),
}

/// One case of a default.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The case fits if this holds.
    #[serde(default)]
    pub when: When,
    /// The default then.
    pub value: Value,
}

/// Answers that cannot stand together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    /// The answers that meet.
    pub when: When,
    /// Why they cannot.
    pub reason: String,
    /// An answer that solves it.
    #[serde(default)]
    pub fix: std::collections::BTreeMap<Key, Value>,
}

impl Question {
    /// Returns the choices of a question that has some.
    #[must_use]
    pub fn choices(&self) -> &[Choice] {
        match &self.kind {
            Kind::One(choices) | Kind::Many(choices) => choices,
            Kind::Text(_) | Kind::Bool | Kind::Integer { .. } => &[],
        }
    }

    /// Tells whether there is something to choose.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.choices().len() != 1
    }

    /// Returns the default for people, empty where there is none: other answers that it is made
    /// of stand in angle brackets, and where it depends on them the last case is told.
    #[must_use]
    pub fn default_text(&self) -> String {
        let text = match &self.default {
            Some(Default::Value(value)) => value.to_string(),
            Some(Default::Cases(cases)) => {
                cases.last().map(|case| case.value.to_string()).unwrap_or_default()
            }
            None => String::new(),
        };
        let mut shown = String::new();
        let mut rest = text.as_str();
        while let Some((before, inner, behind)) = placeholder(rest) {
            let key = inner.split('|').next().unwrap_or_default().trim();
            shown.extend([before, "<", key, ">"]);
            rest = behind;
        }
        shown + rest
    }

    /// Returns what the flag takes, for help: `CHOICE`, `NUMBER`, `TEXT`.
    #[must_use]
    pub fn placeholder(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) => "TEXT",
            Kind::Bool => "BOOL",
            Kind::Integer { .. } => "NUMBER",
            Kind::One(_) => "CHOICE",
            Kind::Many(_) => "CHOICES",
        }
    }
}

/// Splits a text around its first placeholder.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, after) = text.split_once("{=")?;
    let (inner, behind) = after.split_once("=}")?;
    Some((before, inner, behind))
}

impl From<&Component> for Choice {
    fn from(component: &Component) -> Self {
        Self {
            value: component.choice.clone(),
            help: component.help.clone(),
            label: component.label.clone(),
        }
    }
}
