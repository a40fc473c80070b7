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
        let pins = sources.get("locks/pins.txt").map(|bytes| String::from_utf8_lossy(bytes));
        for (name, _) in
            pins.iter().flat_map(|pins| pins.lines()).filter_map(|l| l.split_once("=="))
        {
            self.values.push(name.to_owned());
            if name.contains('-') {
                self.values.push(name.replace('-', "_"));
            }
        }
    }
}
