//! Packs: everything that is asked and everything that is written, as data and templates.
//!
//! Reads a pack's files into types that say what the pack format means. Judges no answers and
//! renders nothing.

mod catalog;
mod component;
mod condition;
mod contract;
mod fact;
mod hidden;
mod key;
mod limit;
mod lint;
mod lint_texts;
mod manifest;
mod notes;
mod question;
mod release;
mod reserved;
mod sources;
mod text;
mod value;
mod version;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use catalog::{Catalog, Origin, digest};
pub use component::{
    Component, Contribution, Dependencies, Overlay, Relation, Service, Variable, YES,
};
pub use condition::When;
pub use hidden::is_hidden;
pub use key::Key;
pub use limit::regex;
pub use lint::lint;
pub use lint_texts::lint_texts;
pub use manifest::{Anchor, AnswerChange, Contract, Fact, Release, Rename, Section};
pub use notes::Notes;
pub use question::{Case, Choice, Conflict, Default, Kind, Question, TextRules};
pub use release::lint_release;
pub use reserved::Reserved;
pub use sources::Sources;
pub use text::{MAX_FILLED, interpolate, placeholders, snake};
pub use value::Value;
pub use version::Version;

use crate::error::{Error, Result};
use component::Components;
use sources::broken;

/// One version of a pack.
#[derive(Debug)]
pub struct Pack {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Groups of questions, in the order in which they are asked.
    pub sections: Vec<Section>,
    /// All questions, in the order in which they are asked.
    pub questions: Vec<Question>,
    /// Answers that cannot stand together, beside those that components name.
    pub conflicts: Vec<Conflict>,
    /// Texts that questions do not take, those of components under the condition that they are chosen.
    pub reserved: Vec<Reserved>,
    /// What holds for what is chosen.
    pub facts: Vec<Fact>,
    /// What choices have to give.
    pub contracts: Vec<Contract>,
    /// All anchors.
    pub anchors: Vec<Anchor>,
    /// Rendered paths of executable files.
    pub executable: BTreeSet<String>,
    /// Symbolic links: rendered path and target.
    pub links: BTreeMap<String, String>,
    /// Constants for templates.
    pub project: toml::Table,
    /// Commands to run in a new project, to be shown.
    pub next: Vec<String>,
    /// What every project declares.
    pub base: Contribution,
    /// Files and fragments that several choices share, each folder under a condition.
    pub overlays: Vec<Overlay>,
    /// What upgrading needs to know, the newest first.
    pub releases: Vec<Release>,
    /// Where it comes from.
    pub origin: Origin,
    components: Components,
    sources: Arc<Sources>,
}

impl Pack {
    fn read(origin: Origin, sources: Arc<Sources>) -> Result<Self> {
        let mut manifest = catalog::manifest(&sources)?;
        let running: Version = env!("CARGO_PKG_VERSION").parse().expect("cargo checks the version");
        if manifest.program > running {
            return Err(Error::failed(format!(
                "pack `{}` needs fastwright {} or newer, and this is {running}",
                manifest.name, manifest.program
            ))
            .hint("install a newer fastwright, or use an older version of the pack"));
        }
        limit::check(&manifest)?;
        let mut components = components(&sources)?;
        let written = manifest.write_out(&mut components);
        written.map_err(|reason| broken("pack.toml", reason))?;
        let mut reserved = manifest.reserved;
        reserved.extend(components.values().flat_map(Component::reserved));
        let mut questions = Vec::with_capacity(manifest.questions.len());
        for mut question in manifest.questions {
            reserved.extend(question.take_reserved());
            let own = components.values().filter(|component| component.question == question.key);
            let choices = component::in_order(own).into_iter().map(Choice::from).collect();
            let question = question.into_question(choices);
            questions.push(question.map_err(|reason| broken("pack.toml", reason))?);
        }
        for reserved in &mut reserved {
            reserved.fill(&sources);
        }
        Ok(Self {
            name: manifest.name,
            version: manifest.version,
            sections: manifest.sections,
            questions,
            conflicts: manifest.conflicts,
            reserved,
            facts: manifest.facts,
            contracts: manifest.contracts,
            anchors: manifest.anchors,
            executable: manifest.executable.into_iter().collect(),
            links: manifest.links,
            project: manifest.project,
            next: manifest.next,
            base: Contribution {
                environment: manifest.environment,
                dependencies: manifest.dependencies,
                services: Vec::new(),
            },
            overlays: manifest.overlays,
            releases: manifest.releases,
            origin,
            components,
            sources,
        })
    }

    /// Returns a question by its key.
    #[must_use]
    pub fn question(&self, key: &str) -> Option<&Question> {
        self.questions.iter().find(|question| question.key.as_str() == key)
    }

    /// Returns the component of a choice, if it has one.
    #[must_use]
    pub fn component(&self, question: &Key, choice: &str) -> Option<&Component> {
        self.components.get(&(question.clone(), choice.to_owned()))
    }

    /// Returns the components that an answer to a question stands for, in the order of the
    /// question's choices.
    pub fn chosen<'a>(
        &'a self,
        question: &'a Question,
        answer: &'a Value,
    ) -> impl Iterator<Item = &'a Component> {
        let choices: Vec<&str> = match answer {
            Value::Bool(true) => vec![YES],
            Value::Bool(false) | Value::Integer(_) => vec![],
            Value::Text(choice) => vec![choice],
            Value::Many(choices) => choices.iter().map(String::as_str).collect(),
        };
        choices.into_iter().filter_map(|choice| self.component(&question.key, choice))
    }

    /// Returns all components.
    pub fn components(&self) -> impl Iterator<Item = &Component> {
        self.components.values()
    }

    /// Returns all files of this version.
    #[must_use]
    pub fn sources(&self) -> Arc<Sources> {
        Arc::clone(&self.sources)
    }

    /// Returns a file of the pack.
    #[must_use]
    pub fn source(&self, path: &str) -> Option<&[u8]> {
        self.sources.get(path).map(AsRef::as_ref)
    }

    /// Returns the files below a folder, such as `base/`, by their paths inside it.
    #[must_use]
    pub fn files(&self, folder: &str) -> Vec<(&str, &[u8])> {
        let below = self.sources.range(folder.to_owned()..);
        below
            .map_while(|(path, bytes)| Some((path.strip_prefix(folder)?, bytes.as_ref())))
            .collect()
    }

    /// Returns the files that projects can get, by their paths there, placeholders unfilled; a path
    /// comes again for each choice that has it.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.sources
            .iter()
            .filter_map(|(path, bytes)| Some((untemplated(rendered(path)?), bytes.as_ref())))
    }

    /// Returns the digest of all files of this version.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(&self.sources)
    }
}

/// Returns where a project gets a file of the pack, if it is one that projects get.
fn rendered(path: &str) -> Option<&str> {
    // A question or a choice may be called `files`, so their folders are left behind first.
    let beside = match path.strip_prefix("components/") {
        Some(below) => below.splitn(3, '/').nth(2)?,
        None => path,
    };
    let inside = beside.strip_prefix("base/").or_else(|| beside.strip_prefix("files/"));
    inside.or_else(|| Some(beside.split_once("/files/")?.1))
}

/// Returns the name that a file has when it is rendered.
fn untemplated(path: &str) -> &str {
    path.strip_suffix(".tera").unwrap_or(path)
}

fn components(sources: &Sources) -> Result<Components> {
    let mut components = Components::new();
    for (path, bytes) in sources.range("components/".to_owned()..) {
        let Some(rest) = path.strip_prefix("components/") else {
            break;
        };
        let Some(folder) = rest.strip_suffix("/component.toml") else {
            continue;
        };
        let Some((question, choice)) = folder.split_once('/') else {
            continue;
        };
        if choice.contains('/') {
            continue;
        }
        let key = Key::try_from(question.to_owned()).map_err(|reason| broken(path, reason))?;
        let component = Component::parse(key.clone(), choice, catalog::text(path, bytes)?);
        let component = component.map_err(|reason| broken(path, reason.trim_end()))?;
        components.insert((key, choice.to_owned()), component);
        if components.len() > limit::MAX_COMPONENTS {
            let most = format!("a pack has at most {} components", limit::MAX_COMPONENTS);
            return Err(broken(path, most));
        }
    }
    Ok(components)
}

#[cfg(test)]
mod tests {
    use super::rendered;

    #[test]
    fn a_file_of_the_pack_is_rendered_below_its_files_folder() {
        let cases = [
            ("base/src/a.py", Some("src/a.py")),
            ("shared/sql/files/a.py", Some("a.py")),
            ("components/proxy/x/files/a.conf", Some("a.conf")),
            ("components/tls/files/files/a.conf", Some("a.conf")),
            ("components/tls/files/x/files/deploy/a.conf", Some("deploy/a.conf")),
            ("components/tls/files/component.toml", None),
            ("pack.toml", None),
        ];

        for (path, expected) in cases {
            assert_eq!(rendered(path), expected, "{path}");
        }
    }
}
