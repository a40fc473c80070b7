//! Names of questions and what is derived from them: flags and environment variables.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a question, section or anchor, in `snake_case`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String")]
pub struct Key(String);

impl Key {
    /// Returns the key as it stands in answers files.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the flag without its dashes: `rate-limit` for `rate_limit`.
    #[must_use]
    pub fn flag(&self) -> String {
        self.0.replace('_', "-")
    }

    /// Returns the environment variable: `FASTWRIGHT_RATE_LIMIT` for `rate_limit`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("FASTWRIGHT_{}", self.0.to_ascii_uppercase())
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
        let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if starts_well && text.chars().all(legal) {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is no key: use lower-case letters, digits and `_`"))
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}
