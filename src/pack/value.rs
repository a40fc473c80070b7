//! Values of answers, as they stand in packs, answers files and templates.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The value of an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged, try_from = "toml::Value")]
pub enum Value {
    /// An answer to a yes-or-no question.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text, or the one choice made.
    Text(String),
    /// All choices made, in the order of the question.
    Many(Vec<String>),
}

impl Value {
    /// Returns the text of a text or choice.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Bool(_) | Self::Integer(_) | Self::Many(_) => None,
        }
    }
}

impl fmt::Display for Value {
    /// Writes the value as a flag takes it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(formatter),
            Self::Integer(value) => value.fmt(formatter),
            Self::Text(value) => formatter.write_str(value),
            Self::Many(values) => formatter.write_str(&values.join(",")),
        }
    }
}

impl TryFrom<toml::Value> for Value {
    type Error = String;

    fn try_from(written: toml::Value) -> Result<Self, String> {
        let text = |value: toml::Value| match value {
            toml::Value::String(text) => Ok(text),
            other => Err(format!("expected a list of texts, found {} in it", other.type_str())),
        };
        match written {
            toml::Value::Boolean(value) => Ok(Self::Bool(value)),
            toml::Value::Integer(value) => Ok(Self::Integer(value)),
            toml::Value::String(value) => Ok(Self::Text(value)),
            toml::Value::Array(values) => {
                values.into_iter().map(text).collect::<Result<_, _>>().map(Self::Many)
            }
            other => Err(format!("expected an answer, found {}", other.type_str())),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
