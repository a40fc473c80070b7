//! Texts that a question does not take, because something else has the name already.
//!
//! They stand beside what has the names: in `pack.toml`, or in the `component.toml` of a choice.

use serde::Deserialize;
use toml::{Table, Value};

use super::{Key, Sources, When};

/// Texts that one question does not take.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Table")]
pub struct Reserved {
    /// The question.
    pub question: Key,
    /// Why, in the words of a clause; empty where nothing is known but that they are taken.
    pub because: String,
    /// The texts; a pack writes them as one, with blanks between.
    pub values: Vec<String>,
    /// A regular expression for whole texts that are reserved too.
    pub pattern: Option<String>,
    /// Whether the packages of the pinned universe have their names too, as both Python and its
    /// index write them.
    pub pinned: bool,
    /// It is only so if this holds.
    pub when: When,
}

impl TryFrom<Table> for Reserved {
    type Error = String;

    /// Reads the table as it is written: by hand, for half the code that serde would make of it.
    fn try_from(mut table: Table) -> Result<Self, String> {
        let mut text = |field: &str| match table.remove(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("`{field}` of `reserved` is no text")),
        };
        let question = text("question")?.ok_or("`reserved` lacks `question`")?;
        let because = text("because")?.unwrap_or_default();
        let pattern = text("pattern")?;
        let values = text("values")?.unwrap_or_default();
        let values = values.split_whitespace().map(str::to_owned).collect();
        let pinned = table.remove("pinned").map_or(Some(false), |value| value.as_bool());
        let pinned = pinned.ok_or("`pinned` of `reserved` is no boolean")?;
        let when = table.remove("when").unwrap_or_else(|| Value::Table(Table::new()));
        let when = when.try_into().map_err(|error: toml::de::Error| error.to_string())?;
        match table.keys().next() {
            Some(field) => Err(format!("unknown field `{field}` of `reserved`")),
            None => Ok(Self {
                question: Key::try_from(question)?,
                because,
                values,
                pattern,
                pinned,
                when,
            }),
        }
    }
}

impl Reserved {
    /// Adds the names of the pinned packages, if they are reserved.
    pub(super) fn fill(&mut self, sources: &Sources) {
        if !self.pinned {
            return;
        }
        let pins = sources.get("locks/pins.txt").map_or(&[][..], |bytes| bytes);
        // Each name begins a line, and thousands of hashes stand behind them.
        let lines = std::str::from_utf8(pins).unwrap_or_default().lines();
        for line in lines.filter(|line| !line.starts_with(' ')) {
            let Some((name, _)) = line.split_once("==") else { continue };
            self.values.push(name.to_owned());
            if name.contains('-') {
                self.values.push(name.replace('-', "_"));
            }
        }
    }
}
