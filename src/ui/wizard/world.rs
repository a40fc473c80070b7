//! What the wizard asks the rest of the program: which answers hold, and what they come to.

use super::theme::{Glyphs, Theme};
use crate::answer::{Answers, Given, Layer, Layers, Resolution, Source, Unanswered, resolve};
use crate::error::Result;
use crate::merge::Plan;
use crate::pack::{Key, Pack, Question, Value};
use crate::tree::Tree;

/// All that does not change while the wizard runs.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The command that runs, for the heading.
    pub title: &'a str,
    /// The pack.
    pub pack: &'a Pack,
    /// Answers from flags, files and the environment.
    pub layers: &'a Layers,
    /// Which files there are.
    pub files: Files<'a>,
    /// The command that gives answers again.
    pub command: &'a Recreate<'a>,
    /// Colours.
    pub theme: Theme,
    /// Characters for lines.
    pub glyphs: Glyphs,
}

/// Which files there are for answers.
#[derive(Clone, Copy)]
pub enum Files<'a> {
    /// Those of a new project, which this makes.
    Rendered(&'a dyn Fn(&Answers) -> Result<Tree>),
    /// Those of a project that is upgraded: what becomes of them is asked for and told.
    Planned,
}

/// Tells what an upgrade to answers comes to.
pub type Planning<'a> = dyn Fn(&Answers) -> Result<Plan> + 'a;

/// Tells the command that gives answers again, for a directory.
pub type Recreate<'a> = dyn Fn(&Answers, &str, Extent) -> String + 'a;

/// How much a command says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Only what is not the default.
    Minimal,
    /// Every answer.
    Full,
}

/// Answers as they count, which may be fewer than were given.
pub struct Resolved {
    /// The answers that were given in the wizard and count.
    pub layer: Layer,
    /// What they come to.
    pub now: Resolution,
    /// Questions that are not asked, whose answers are left out.
    pub left_out: Vec<Key>,
}

impl World<'_> {
    /// Tells whether a project is upgraded.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        matches!(self.files, Files::Planned)
    }

    /// Resolves the answers given in the wizard, with all others below them. An answer to a
    /// question that is not asked is left out: it counts again when the question is asked.
    #[must_use]
    pub fn resolve(&self, asked: &Layer, name: Option<&str>) -> Resolved {
        let mut layer = asked.clone();
        let mut left_out = Vec::new();
        loop {
            let now = self.judge(&layer, name);
            let in_the_way = self.pack.questions.iter().find(|question| {
                let key = Some(&question.key);
                let twice = left_out.iter().filter(|one| Some(*one) == key).count() > 1;
                let wrong = now.problems.iter().any(|found| found.key.as_ref() == key);
                wrong && !twice && !is_asked(question, &now)
            });
            let Some(question) = in_the_way else {
                left_out.dedup();
                return Resolved { layer, now, left_out };
            };
            let key = question.key.as_str();
            if let (None, Some(otherwise)) = (layer.remove(key), &question.otherwise) {
                layer.insert(key, Given::Value(otherwise.clone()), Source::Asked);
            }
            left_out.push(question.key.clone());
        }
    }

    fn judge(&self, layer: &Layer, name: Option<&str>) -> Resolution {
        let layers = std::iter::once(layer).chain(&self.layers.layers).cloned().collect();
        let directory = name.map(str::to_owned);
        resolve(self.pack, &Layers { layers, directory, unanswered: Unanswered::Default })
    }

    /// Returns all questions in the order in which they are asked, section by section.
    pub fn questions(&self) -> impl Iterator<Item = &Question> {
        self.pack.sections.iter().flat_map(|section| {
            self.pack.questions.iter().filter(|question| question.section == section.key)
        })
    }
}

/// Tells whether a question is asked beside these answers.
#[must_use]
pub fn is_asked(question: &Question, now: &Resolution) -> bool {
    let answer = |key: &Key| now.answers.get(key).map(|answer| &answer.value);
    question.otherwise.is_none() || question.when.holds(answer)
}

/// Returns a layer with other answers.
#[must_use]
pub fn with<'a>(layer: &Layer, changes: impl IntoIterator<Item = &'a (Key, Value)>) -> Layer {
    let mut layer = layer.clone();
    for (key, value) in changes {
        // As text, every kind of question reads what relations name.
        layer.insert(key.as_str(), Given::Text(value.to_string()), Source::Asked);
    }
    layer
}
