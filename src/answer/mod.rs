//! Answers: read from every source, judged by the pack's questions, complete or refused.
//!
//! Knows no question by name. Reads no terminal, environment or disk; callers hand texts in.

mod check;
mod command;
mod file;
mod interview;
mod layer;
mod migrate;
mod relation;
mod resolve;
mod schema;

use std::collections::BTreeMap;

pub use check::nearest;
pub use command::{CommandLine, Word, flag};
pub use file::{Format, MAX_SIZE, read, write};
pub use interview::{Held, Interview, Obstacle, Progress, applies, followers, new_problems, with};
pub use layer::{Given, Layer, Source};
pub use migrate::{Migrated, Step, migrate, recorded};
pub use resolve::{
    Answer, AnswerProblem, Clash, ClashKind, Fault, Layers, Resolution, Unanswered, resolve,
};
pub use schema::schema;

use crate::error::{Error, Problem, Result};
use crate::exit::Exit;
use crate::pack::{Key, Pack, Value};

/// Complete and valid answers to all questions of a pack, in the order of the keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers(BTreeMap<Key, Answer>);

impl Resolution {
    /// Returns the answers if they are complete and nothing is wrong.
    ///
    /// # Errors
    /// Holds every problem, and one for all missing answers.
    pub fn complete(self, pack: &Pack) -> Result<Answers> {
        let mut problems: Vec<Problem> =
            self.problems.into_iter().map(|problem| problem.problem).collect();
        if !self.missing.is_empty() {
            problems.push(missing(pack, &self.missing));
        }
        if problems.is_empty() {
            Ok(Answers(self.answers))
        } else {
            Err(Error::many(Exit::Usage, problems))
        }
    }
}

fn missing(pack: &Pack, keys: &[Key]) -> Problem {
    let questions = pack.questions.iter().filter(|question| keys.contains(&question.key));
    let mut problem = Problem::new(match keys {
        [key] => format!("`{key}` has no answer"),
        _ => format!("{} questions have no answer", keys.len()),
    });
    let mut required = false;
    for question in questions {
        let flag = match question.kind {
            crate::pack::Kind::Bool => format!("--[no-]{}", question.key.flag()),
            _ => format!("--{} {}", question.key.flag(), question.placeholder()),
        };
        required |= question.default.is_none();
        problem = problem.because(format_args!("{flag:<28} {}", question.help));
    }
    if required { problem } else { problem.hint("add `--yes` to take the defaults for them") }
}

impl Answers {
    /// Returns the answer to a question.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).map(|answer| &answer.value)
    }

    /// Iterates over keys and values in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter().map(|(key, answer)| (key, &answer.value))
    }

    /// Returns where an answer came from.
    #[must_use]
    pub fn source(&self, key: &Key) -> Option<&Source> {
        self.0.get(key).map(|answer| &answer.source)
    }

    /// Returns the answers that differ from what the pack would take by itself, in the order
    /// of the questions: the least that recreates all of them.
    #[must_use]
    pub fn minimal<'a>(
        &'a self,
        pack: &'a Pack,
        directory: Option<&str>,
    ) -> Vec<(&'a Key, &'a Value)> {
        let mut layer = Layer::new();
        // What came from a default comes from it again.
        for (key, answer) in &self.0 {
            if !matches!(answer.source, Source::Default | Source::NotAsked) {
                layer.insert(key.as_str(), Given::Value(answer.value.clone()), Source::Asked);
            }
        }
        let mut kept = Vec::new();
        for question in &pack.questions {
            let key = question.key.as_str();
            let Some((given, source)) = layer.remove(key) else { continue };
            let layers = Layers {
                layers: vec![layer.clone()],
                directory: directory.map(str::to_owned),
                unanswered: Unanswered::Default,
            };
            let again = resolve(pack, &layers).answers;
            if again.get(&question.key).map(|answer| &answer.value) != self.get(key) {
                layer.insert(key, given, source);
                kept.extend(self.get(key).map(|value| (&question.key, value)));
            }
        }
        kept
    }
}
