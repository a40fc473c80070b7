//! `pack.toml` and `history.toml` as they are written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::component::{Component, Components, Dependencies, Overlay, Variable, in_order};
use super::question::{Choice, Conflict, Default, Kind, Question, TextRules};
use super::{Key, Reserved, Value, Version, When};

/// `pack.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub name: String,
    pub version: Version,
    #[serde(default = "any_program")]
    pub program: Version,
    #[serde(default)]
    pub executable: Vec<String>,
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    #[serde(default)]
    pub project: toml::Table,
    #[serde(default)]
    pub next: Vec<String>,
    #[serde(default)]
    pub environment: Vec<Variable>,
    #[serde(default)]
    pub dependencies: Dependencies,
    #[serde(default, rename = "section")]
    pub sections: Vec<Section>,
    #[serde(default, rename = "question")]
    pub questions: Vec<WrittenQuestion>,
    #[serde(default, rename = "conflict")]
    pub conflicts: Vec<Conflict>,
    #[serde(default)]
    pub reserved: Vec<Reserved>,
    #[serde(default, rename = "fact")]
    pub facts: Vec<Fact>,
    #[serde(default, rename = "contract")]
    pub contracts: Vec<Contract>,
    #[serde(default, rename = "anchor")]
    pub anchors: Vec<Anchor>,
    #[serde(default, rename = "overlay")]
    pub overlays: Vec<Overlay>,
    #[serde(default, rename = "release")]
    pub releases: Vec<Release>,
}

fn any_program() -> Version {
    "0.0.0".parse().expect("three numbers are a version")
}

impl Manifest {
    /// Writes out every condition that stands for many values.
    ///
    /// # Errors
    /// Returns the reason why one of them cannot be asked so.
    pub(super) fn write_out(&mut self, components: &mut Components) -> Result<(), String> {
        let choices = |key: &Key| {
            let own = components.values().filter(|component| component.question == *key);
            let own = in_order(own).into_iter();
            own.map(|component| component.choice.as_str().into()).collect::<Vec<Value>>()
        };
        let questions = self.questions.iter();
        let mut all: BTreeMap<Key, Vec<Value>> = questions
            .filter_map(|question| Some((question.key.clone(), question.values(choices)?)))
            .collect();
        for fact in self.facts.iter().filter(|fact| matches!(fact.default, Value::Bool(_))) {
            all.insert(fact.key.clone(), vec![Value::Bool(false), Value::Bool(true)]);
        }
        let cases = self.questions.iter_mut().flat_map(|question| {
            let cases = match &mut question.default {
                Some(Default::Cases(cases)) => cases.as_mut_slice(),
                Some(Default::Value(_)) | None => &mut [],
            };
            cases.iter_mut().map(|case| &mut case.when).chain([&mut question.when])
        });
        let own = cases
            .chain(self.conflicts.iter_mut().map(|conflict| &mut conflict.when))
            .chain(self.reserved.iter_mut().map(|reserved| &mut reserved.when))
            .chain(self.contracts.iter_mut().map(|contract| &mut contract.when))
            .chain(self.overlays.iter_mut().map(|overlay| &mut overlay.when));
        for when in own.chain(components.values_mut().flat_map(Component::conditions)) {
            when.write_out(|key| all.get(key).cloned())?;
        }
        Ok(())
    }
}

/// A group of questions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its name in `pack.toml`.
    pub key: Key,
    /// Its name for people.
    pub label: String,
}

/// Something that holds for what is chosen, by which others ask instead of by its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// Its name in templates (`facts.KEY`) and in the conditions of overlays.
    pub key: Key,
    /// The question whose choices give it.
    pub question: Key,
    /// One line that explains it.
    pub help: String,
    /// What holds where a choice says nothing.
    pub default: Value,
}

/// What each choice of a question has to give.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The question.
    pub question: Key,
    /// It binds the choices under this condition alone.
    #[serde(default)]
    pub when: When,
    /// Choices that it does not bind.
    #[serde(default)]
    pub except: Vec<String>,
    /// Anchors that a fragment has to fill.
    #[serde(default)]
    pub fragments: Vec<Key>,
    /// Rendered paths of files, placeholders unfilled.
    #[serde(default)]
    pub files: Vec<String>,
    /// Facts that a `component.toml` has to say.
    #[serde(default)]
    pub facts: Vec<Key>,
    /// What is wrong without them, as a clause.
    pub because: String,
}

/// A place in a shared file that fragments fill.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Its name in templates, and of fragment files.
    pub key: Key,
    /// The rendered path of the file that prints it.
    pub file: String,
    /// Whether its lines are sorted.
    #[serde(default)]
    pub sort: bool,
}

/// What upgrading to a version needs to know.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The version.
    pub version: Version,
    /// Template paths that it renamed.
    #[serde(default)]
    pub renames: Vec<Rename>,
    /// Answers that it renamed, dropped or mapped.
    #[serde(default)]
    pub answers: Vec<AnswerChange>,
}

/// A renamed template path.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rename {
    /// The rendered path before.
    pub from: String,
    /// The rendered path since.
    pub to: String,
}

/// A change of the questions between two versions.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum AnswerChange {
    /// The question has another name.
    Rename {
        /// The key before.
        rename: Key,
        /// The key since.
        to: Key,
    },
    /// The question is gone.
    Drop {
        /// The key before.
        drop: Key,
    },
    /// A value is written otherwise.
    Map {
        /// The key.
        map: Key,
        /// The value before.
        from: Value,
        /// The value since.
        to: Value,
    },
}

/// `history.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    pub version: Version,
    #[serde(default)]
    pub absent: Vec<String>,
    pub revision: Option<String>,
    pub digest: Option<String>,
}

/// A question as it is written; its kind decides which fields it may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenQuestion {
    pub key: Key,
    section: Key,
    kind: WrittenKind,
    label: String,
    #[serde(default)]
    help: String,
    pub(super) default: Option<Default>,
    #[serde(default)]
    pub(super) when: When,
    otherwise: Option<Value>,
    pattern: Option<String>,
    pub(super) max_length: Option<usize>,
    example: Option<String>,
    prefix: Option<String>,
    reserved: Option<Vec<String>>,
    rule: Option<String>,
    min: Option<i64>,
    max: Option<i64>,
    pub(super) choices: Option<Vec<Choice>>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum WrittenKind {
    Text,
    Bool,
    Integer,
    One,
    Many,
}

const MAX_LENGTH: usize = 200;

/// The most numbers that a condition stands for.
const MOST_NUMBERS: i64 = 1000;

impl WrittenQuestion {
    /// Returns all answers that it takes, if they can be listed; `choices` are those that a
    /// question's folders give.
    fn values(&self, choices: impl Fn(&Key) -> Vec<Value>) -> Option<Vec<Value>> {
        match (self.kind, &self.choices) {
            (WrittenKind::Bool, _) => Some(vec![Value::Bool(false), Value::Bool(true)]),
            (WrittenKind::Integer, _) => {
                let (min, max) = (self.min?, self.max?);
                let few = max.checked_sub(min).is_some_and(|more| more < MOST_NUMBERS);
                few.then(|| (min..=max).map(Value::Integer).collect())
            }
            (WrittenKind::One | WrittenKind::Many, Some(choices)) => {
                Some(choices.iter().map(|choice| choice.value.as_str().into()).collect())
            }
            (WrittenKind::One | WrittenKind::Many, None) => Some(choices(&self.key)),
            (WrittenKind::Text, _) => None,
        }
    }

    /// Takes out what it reserves, as packs wrote it before `[[reserved]]` told why.
    pub fn take_reserved(&mut self) -> Option<Reserved> {
        Some(Reserved {
            question: self.key.clone(),
            because: String::new(),
            values: self.reserved.take()?,
            pattern: None,
            pinned: false,
            when: When::default(),
        })
    }

    /// Makes it a question; `components` are the choices that its folders give.
    ///
    /// # Errors
    /// Names the fields that do not belong to its kind, or that it lacks.
    pub fn into_question(self, components: Vec<Choice>) -> Result<Question, String> {
        let only = |fields: &[(&str, bool)], kinds: &[WrittenKind]| match fields
            .iter()
            .find(|(_, given)| *given && !kinds.contains(&self.kind))
        {
            Some((field, _)) => {
                Err(format!("question `{}` has `{field}`, which its kind does not take", self.key))
            }
            None => Ok(()),
        };
        let text = [
            ("pattern", self.pattern.is_some()),
            ("max_length", self.max_length.is_some()),
            ("example", self.example.is_some()),
            ("prefix", self.prefix.is_some()),
            ("rule", self.rule.is_some()),
        ];
        only(&text, &[WrittenKind::Text])?;
        let bounds = [("min", self.min.is_some()), ("max", self.max.is_some())];
        only(&bounds, &[WrittenKind::Integer])?;
        let choices = [("choices", self.choices.is_some())];
        only(&choices, &[WrittenKind::One, WrittenKind::Many])?;
        if !self.when.is_empty() && self.otherwise.is_none() {
            return Err(format!("question `{}` has `when` and lacks `otherwise`", self.key));
        }
        let mut choices = self.choices.unwrap_or(components);
        for choice in choices.iter_mut().filter(|choice| choice.label.is_empty()) {
            choice.label.clone_from(&choice.value);
        }
        let kind = match self.kind {
            WrittenKind::Text => Kind::Text(TextRules {
                pattern: self.pattern,
                max_length: self.max_length.unwrap_or(MAX_LENGTH),
                example: self.example,
                prefix: self.prefix,
                rule: self.rule,
            }),
            WrittenKind::Bool => Kind::Bool,
            WrittenKind::Integer => Kind::Integer {
                min: self.min.unwrap_or(0),
                max: self.max.unwrap_or(i64::from(u32::MAX)),
            },
            WrittenKind::One if choices.is_empty() => {
                return Err(format!("question `{}` has no choices", self.key));
            }
            WrittenKind::One => Kind::One(choices),
            WrittenKind::Many => Kind::Many(choices),
        };
        Ok(Question {
            key: self.key,
            section: self.section,
            kind,
            label: self.label,
            help: self.help,
            default: self.default,
            when: self.when,
            otherwise: self.otherwise,
        })
    }
}
