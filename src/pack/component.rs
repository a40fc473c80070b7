//! Components: what one choice is, asks for, and brings along.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Key, Reserved, Value, When};

/// The choice that a Bool question's one component stands for.
pub const YES: &str = "yes";

/// One choice of a question, with its files and all that it declares.
#[derive(Clone, Debug)]
pub struct Component {
    /// The question it answers.
    pub question: Key,
    /// The answer it stands for; `yes` for a Bool question.
    pub choice: String,
    /// A name for people.
    pub label: String,
    /// One line that explains it.
    pub help: String,
    /// The choice behind which it stands in lists.
    pub(super) after: Option<String>,
    /// Its place among the choices, as packs wrote it before `after`.
    pub(super) order: i64,
    /// Whom it fits.
    pub fits: Vec<String>,
    /// What it costs.
    pub costs: Vec<String>,
    /// Answers that it needs.
    pub requires: Vec<Relation>,
    /// Answers that it cannot stand beside.
    pub conflicts: Vec<Relation>,
    /// Texts that other questions do not take beside it.
    reserved: Vec<Reserved>,
    /// What holds if it is chosen.
    pub facts: BTreeMap<Key, Value>,
    /// What it adds for every project.
    pub adds: Contribution,
    /// Further files and fragments, each under a condition.
    pub overlays: Vec<Overlay>,
}

/// All components by question and choice.
pub(super) type Components = BTreeMap<(Key, String), Component>;

/// A relation to other answers: needed or impossible, with the reason.
#[derive(Clone, Debug)]
pub struct Relation {
    /// The other answers.
    pub when: When,
    /// Why.
    pub reason: String,
    /// An answer that solves it.
    pub fix: BTreeMap<Key, Value>,
}

/// What a component, or the base, declares for templates and reports.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contribution {
    /// Environment variables that the project then reads.
    pub environment: Vec<Variable>,
    /// Python packages, by their names in the pinned universe.
    pub dependencies: Dependencies,
    /// Services that then run.
    pub services: Vec<Service>,
}

/// One environment variable of a generated project.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// A value that works.
    pub example: String,
    /// One line that explains it.
    pub help: String,
    /// Whether it must not be shown.
    #[serde(default)]
    pub secret: bool,
}

/// Direct Python requirements.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dependencies {
    /// Needed to run.
    pub runtime: Vec<String>,
    /// Needed to develop and test.
    pub development: Vec<String>,
}

/// One service that runs beside or in front of the project.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Ports that it listens on.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// Its image.
    #[serde(default)]
    pub image: String,
}

/// A folder of further files and fragments under a condition.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// The folder, beside the `component.toml` or `pack.toml` that names it.
    pub folder: String,
    /// It is used only if this holds.
    pub when: When,
    /// What it declares besides.
    #[serde(default)]
    pub adds: Contribution,
}

/// `component.toml` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    label: String,
    help: String,
    after: Option<String>,
    #[serde(default)]
    order: i64,
    #[serde(default)]
    fits: Vec<String>,
    #[serde(default)]
    costs: Vec<String>,
    #[serde(default)]
    requires: Vec<WrittenRelation>,
    #[serde(default)]
    conflicts: Vec<WrittenRelation>,
    #[serde(default)]
    reserved: Vec<Reserved>,
    #[serde(default)]
    facts: BTreeMap<Key, Value>,
    #[serde(default)]
    environment: Vec<Variable>,
    #[serde(default)]
    dependencies: Dependencies,
    #[serde(default)]
    services: Vec<Service>,
    #[serde(default)]
    overlay: Vec<Overlay>,
}

/// A relation's own words, and beside them the keys of its condition.
#[derive(Deserialize)]
struct WrittenRelation {
    reason: String,
    #[serde(default)]
    fix: BTreeMap<Key, Value>,
    #[serde(flatten)]
    when: toml::Table,
}

impl Component {
    /// Reads the `component.toml` of one choice.
    ///
    /// # Errors
    /// Returns the reader's own message, with line and column.
    pub fn parse(question: Key, choice: &str, text: &str) -> Result<Self, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        Ok(Self {
            question,
            choice: choice.to_owned(),
            label: written.label,
            help: written.help,
            after: written.after,
            order: written.order,
            fits: written.fits,
            costs: written.costs,
            requires: relations(written.requires)?,
            conflicts: relations(written.conflicts)?,
            reserved: written.reserved,
            facts: written.facts,
            adds: Contribution {
                environment: written.environment,
                dependencies: written.dependencies,
                services: written.services,
            },
            overlays: written.overlay,
        })
    }

    /// Returns all of its conditions.
    pub(super) fn conditions(&mut self) -> impl Iterator<Item = &mut When> {
        let relations = self.requires.iter_mut().chain(&mut self.conflicts);
        let relations = relations.map(|relation| &mut relation.when);
        let overlays = self.overlays.iter_mut().map(|overlay| &mut overlay.when);
        relations.chain(overlays).chain(self.reserved.iter_mut().map(|reserved| &mut reserved.when))
    }

    /// Returns the answer that it stands for; a Bool question has one component.
    pub(super) fn answer(&self) -> Value {
        if self.choice == YES { Value::Bool(true) } else { self.choice.as_str().into() }
    }

    /// Returns what it reserves, under the condition that it is chosen.
    pub(super) fn reserved(&self) -> impl Iterator<Item = Reserved> {
        self.reserved.iter().map(|reserved| {
            let when = reserved.when.clone().with(&self.question, self.answer());
            Reserved { when, ..reserved.clone() }
        })
    }
}

/// Returns choices in the order in which they are listed: each behind the one that it names.
pub(super) fn in_order<'a>(components: impl Iterator<Item = &'a Component>) -> Vec<&'a Component> {
    let (mut listed, mut waiting): (Vec<&Component>, Vec<_>) =
        components.partition(|component| component.after.is_none());
    listed.sort_by_key(|component| component.order);
    // Of two behind the same one the first by name comes first: it is put there last.
    waiting.reverse();
    while !waiting.is_empty() {
        let known = waiting.len();
        waiting.retain(|component| {
            let place =
                listed.iter().position(|other| Some(&other.choice) == component.after.as_ref());
            place.inspect(|place| listed.insert(place + 1, component)).is_none()
        });
        if waiting.len() == known {
            // They name one another, or nothing that is there.
            listed.append(&mut waiting);
        }
    }
    listed
}

fn relations(written: Vec<WrittenRelation>) -> Result<Vec<Relation>, String> {
    let relation = |relation: WrittenRelation| {
        let when = toml::Value::Table(relation.when).try_into();
        let when = when.map_err(|error: toml::de::Error| error.to_string())?;
        Ok(Relation { when, reason: relation.reason, fix: relation.fix })
    };
    written.into_iter().map(relation).collect()
}
