//! Texts that a question does not take, because something else has the name already.
//!
//! They stand beside what has the names: in `pack.toml`, or in the `component.toml` of a choice.

use serde::Deserialize;

use super::{Key, Sources, When};

/// Texts that one question does not take.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// The question.
    pub question: Key,
    /// Why, in the words of a clause; empty where nothing is known but that they are taken.
    #[serde(default)]
    pub because: String,
    /// The texts.
    #[serde(default)]
    pub values: Vec<String>,
    /// A regular expression for whole texts that are reserved too.
    pub pattern: Option<String>,
    /// Whether the packages of the pinned universe have their names too, as both Python and its
    /// index write them.
    #[serde(default)]
    pub pinned: bool,
    /// It is only so if this holds.
    #[serde(default)]
    pub when: When,
}

impl Reserved {
    /// Adds the names of the pinned packages, if they are reserved.
    pub(super) fn fill(&mut self, sources: &Sources) {
        if !self.pinned {
            return;
        }
        let pins = sources.get("locks/pins.txt").map_or(&[][..], |bytes| bytes);
        // Each name begins a line, and thousands of hashes stand behind them.
        let lines = pins.split(|byte| *byte == b'\n').filter(|line| !line.starts_with(b" "));
        for line in lines {
            let line = std::str::from_utf8(line).unwrap_or_default();
            let Some((name, _)) = line.split_once("==") else { continue };
            self.values.push(name.to_owned());
            if name.contains('-') {
                self.values.push(name.replace('-', "_"));
            }
        }
    }
}
