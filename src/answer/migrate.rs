//! Carries the answers that a project recorded to the questions of a newer version, by data.
//!
//! Judges no value; `resolve` does, and names the state file as the source of what is wrong.

use std::fmt;

use super::layer::{Given, Layer, Source};
use crate::pack::{AnswerChange, Key, Pack, Value};

/// Answers for the questions of another version, and what became of them on the way.
#[derive(Clone, Debug)]
pub struct Migrated {
    /// The answers.
    pub layer: Layer,
    /// What happened, in the order of the versions.
    pub steps: Vec<Step>,
}

/// What happened to one recorded answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Its question has another name.
    Renamed {
        /// The key before.
        from: Key,
        /// The key since.
        to: Key,
    },
    /// Its value is written otherwise.
    Mapped {
        /// The key.
        key: Key,
        /// The value before.
        from: Value,
        /// The value since.
        to: Value,
    },
    /// Its question is gone.
    Dropped {
        /// The key before.
        key: String,
        /// The answer that no longer counts.
        value: Value,
    },
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Renamed { from, to } => write!(formatter, "`{from}` is called `{to}` now"),
            Self::Mapped { key, from, to } => {
                write!(formatter, "`{key}` = `{from}` is written `{to}` now")
            }
            Self::Dropped { key, value } => {
                write!(formatter, "`{key}` = `{value}` is dropped: nothing asks for it any more")
            }
        }
    }
}

/// Returns recorded answers as a layer.
#[must_use]
pub fn recorded(table: &toml::Table) -> Layer {
    let mut layer = Layer::new();
    for (key, value) in table {
        let given = value.clone().try_into::<Value>();
        let given = given.map_or(Given::Foreign("something else"), Given::Value);
        layer.insert(key.as_str(), given, Source::Recorded);
    }
    layer
}

/// Carries answers of version `from` to version `to`, which is the same or newer.
///
/// An answer that neither version asks for stays, so that `resolve` tells it as a mistake.
#[must_use]
pub fn migrate(mut layer: Layer, from: &Pack, to: &Pack) -> Migrated {
    let mut steps = Vec::new();
    let newer = |version| version > from.version && version <= to.version;
    let mut releases: Vec<_> =
        to.releases.iter().filter(|release| newer(release.version)).collect();
    releases.sort_by_key(|release| release.version);
    for change in releases.into_iter().flat_map(|release| &release.answers) {
        steps.extend(apply(&mut layer, change));
    }
    let names: Vec<String> = layer.iter().map(|(name, _, _)| name.to_owned()).collect();
    for name in names {
        if from.question(&name).is_some() && to.question(&name).is_none() {
            steps.extend(drop(&mut layer, &name));
        }
    }
    Migrated { layer, steps }
}

fn apply(layer: &mut Layer, change: &AnswerChange) -> Option<Step> {
    match change {
        AnswerChange::Rename { rename, to } => {
            let (given, source) = layer.remove(rename.as_str())?;
            // Who wrote the new name by hand means that.
            if layer.get(to.as_str()).is_none() {
                layer.insert(to.as_str(), given, source);
            }
            Some(Step::Renamed { from: rename.clone(), to: to.clone() })
        }
        AnswerChange::Drop { drop: key } => drop(layer, key.as_str()),
        AnswerChange::Map { map: key, from, to } => {
            let (Given::Value(value), source) = layer.get(key.as_str())?.clone() else {
                return None;
            };
            let mapped = map(&value, from, to).filter(|mapped| *mapped != value)?;
            layer.insert(key.as_str(), Given::Value(mapped.clone()), source);
            Some(Step::Mapped { key: key.clone(), from: value, to: mapped })
        }
    }
}

fn drop(layer: &mut Layer, key: &str) -> Option<Step> {
    let value = match layer.remove(key)?.0 {
        Given::Value(value) => value,
        Given::Text(text) => Value::Text(text),
        Given::Foreign(name) => Value::Text(name.to_owned()),
    };
    Some(Step::Dropped { key: key.to_owned(), value })
}

/// Replaces a value, or one of several choices.
fn map(value: &Value, from: &Value, to: &Value) -> Option<Value> {
    match (value, from.as_text(), to.as_text()) {
        _ if value == from => Some(to.clone()),
        (Value::Many(choices), Some(from), Some(to)) => {
            let one = |choice: &String| if choice == from { to.to_owned() } else { choice.clone() };
            Some(Value::Many(choices.iter().map(one).collect()))
        }
        _ => None,
    }
}
