//! The rules of asking, the same whoever asks: which questions are asked and in which order, what an
//! answer changes, how a conflict is mended, and what becomes of answers that no longer apply.
//!
//! - Questions come section by section. One that its condition leaves out is not asked, nor is one
//!   with a single choice.
//! - Only what changes something is an answer: a default that is taken as it stands stays a default,
//!   and follows other answers. An empty text that is no answer takes an answer back.
//! - An answer to a question that is not asked is left out, and waits: it counts again as soon as the
//!   question is asked.
//! - A conflict is an answer that brings a problem that was not there before. The way out is what the
//!   pack names; else another answer to a question that is involved, as few as it takes.
//!
//! Shows and reads nothing; knows neither the last question nor the next key.

use std::collections::BTreeMap;

use super::layer::{Given, Layer, Source};
use super::resolve::{Answer, AnswerProblem, ClashKind, Layers, Resolution, Unanswered, resolve};
use crate::pack::{Key, Kind, Pack, Question, Value};

/// The questions of a pack, beside answers that were given before anything is asked.
#[derive(Clone, Copy)]
pub struct Interview<'a> {
    pack: &'a Pack,
    layers: &'a Layers,
    /// The name of the project's folder.
    directory: Option<&'a str>,
}

/// How far somebody has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The answers that were given.
    pub answers: Layer,
    /// Questions whose defaults were taken as they stand.
    pub defaults: Vec<String>,
}

impl Progress {
    /// Returns how many questions were answered, by an answer or by taking the default.
    #[must_use]
    pub fn count(&self) -> usize {
        self.answers.iter().count() + self.defaults.len()
    }

    /// Tells whether a question was answered, by an answer or by taking the default.
    #[must_use]
    pub fn is_answered(&self, key: &str) -> bool {
        self.answers.get(key).is_some() || self.defaults.iter().any(|one| one == key)
    }

    /// Goes on to other answers, after this question.
    #[must_use]
    pub fn after(&self, answers: Layer, key: &Key) -> Self {
        let mut defaults = self.defaults.clone();
        defaults.retain(|one| one != key.as_str() && answers.get(one).is_none());
        defaults.extend(answers.get(key.as_str()).is_none().then(|| key.to_string()));
        Self { answers, defaults }
    }
}

/// The answers given so far, as they count.
#[derive(Clone, Debug)]
pub struct Held {
    /// Those that count.
    pub layer: Layer,
    /// What they come to.
    pub now: Resolution,
    /// Questions whose answers wait.
    pub left_out: Vec<Key>,
}

/// Why an answer does not go with the others.
#[derive(Clone, Debug)]
pub struct Obstacle {
    /// What is wrong.
    pub problem: AnswerProblem,
    /// Other answers with which it goes, if there are some.
    pub fix: Option<Vec<(Key, Value)>>,
}

/// How many answers may follow from a first one that mends a conflict.
const MENDS: usize = 3;

impl<'a> Interview<'a> {
    /// Asks beside other answers, for a folder of this name.
    #[must_use]
    pub fn new(pack: &'a Pack, layers: &'a Layers, directory: Option<&'a str>) -> Self {
        Self { pack, layers, directory }
    }

    /// Returns all questions in the order in which they are asked.
    pub fn questions(self) -> impl Iterator<Item = &'a Question> {
        self.pack.sections.iter().flat_map(move |section| {
            self.pack.questions.iter().filter(move |question| question.section == section.key)
        })
    }

    /// Returns the questions that are asked beside answers, in order.
    pub fn asked(self, now: &Resolution) -> impl Iterator<Item = &'a Question> {
        let is_asked = |question: &&Question| applies(question, now) && question.is_free();
        self.questions().filter(is_asked)
    }

    /// Tells whether something answered a question before anything was asked.
    #[must_use]
    pub fn is_given(self, key: &Key) -> bool {
        self.layers.layers.iter().any(|layer| layer.get(key.as_str()).is_some())
    }

    /// Resolves the answers given so far, with all others below them.
    #[must_use]
    pub fn hold(self, given: &Layer) -> Held {
        let mut layer = given.clone();
        let mut left_out = Vec::new();
        loop {
            let now = self.judge(&layer);
            let in_the_way = self.pack.questions.iter().find(|question| {
                let key = Some(&question.key);
                let twice = left_out.iter().filter(|one| Some(*one) == key).count() > 1;
                let wrong = now.problems.iter().any(|found| found.key.as_ref() == key);
                wrong && !twice && !applies(question, &now)
            });
            let Some(question) = in_the_way else {
                left_out.dedup();
                return Held { layer, now, left_out };
            };
            let key = question.key.as_str();
            if let (None, Some(otherwise)) = (layer.remove(key), &question.otherwise) {
                layer.insert(key, Given::Value(otherwise.clone()), Source::Asked);
            }
            left_out.push(question.key.clone());
        }
    }

    /// Returns what still fits of an earlier run: not what is answered otherwise now, nor what is no
    /// answer any more.
    #[must_use]
    pub fn fitting(self, kept: &Progress) -> Progress {
        let is_open = |key: &str| {
            self.pack.question(key).is_some_and(|question| !self.is_given(&question.key))
        };
        let mut answers = Layer::new();
        for (key, given, source) in kept.answers.iter().filter(|(key, _, _)| is_open(key)) {
            answers.insert(key, given.clone(), source.clone());
        }
        loop {
            let problems = self.judge(&answers).problems;
            let mut keys = problems.iter().filter_map(|problem| problem.key.as_ref());
            let Some(wrong) = keys.find(|key| answers.get(key.as_str()).is_some()) else { break };
            answers.remove(wrong.as_str());
        }
        let defaults = kept.defaults.iter().filter(|key| is_open(key)).cloned().collect();
        Progress { answers, defaults }
    }

    fn judge(self, layer: &Layer) -> Resolution {
        let layers = std::iter::once(layer).chain(&self.layers.layers).cloned().collect();
        let directory = self.directory.map(str::to_owned);
        resolve(self.pack, &Layers { layers, directory, unanswered: Unanswered::Default })
    }

    /// Returns the answers after one more was given; the same where it changes nothing.
    #[must_use]
    pub fn give(self, given: &Layer, question: &Question, answer: Given) -> Layer {
        let key = question.key.as_str();
        let is_empty = matches!(&answer, Given::Text(text) if text.is_empty());
        let mut layer = given.clone();
        layer.insert(key, answer, Source::Asked);
        let then = self.hold(&layer).now;
        match then.answers.get(key) {
            Some(answer) => {
                let now = self.hold(given).now;
                let held = now.answers.get(key).map(|answer| &answer.value);
                if held == Some(&answer.value) { given.clone() } else { layer }
            }
            None if is_empty => {
                layer.remove(key);
                layer
            }
            None => layer,
        }
    }

    /// Tells what is in the way of an answer, and how it is mended.
    #[must_use]
    pub fn obstacle(
        self,
        given: &Layer,
        now: &Resolution,
        change: &(Key, Value),
    ) -> Option<Obstacle> {
        let then = with(given, [change]);
        let problem = new_problems(now, &self.hold(&then).now).next()?.clone();
        let fix = self.fix(&then, now, &change.0, &problem, MENDS);
        Some(Obstacle { problem, fix })
    }

    /// Looks for other answers that leave no new problem: first those that the pack names.
    fn fix(
        self,
        then: &Layer,
        now: &Resolution,
        chosen: &Key,
        problem: &AnswerProblem,
        depth: usize,
    ) -> Option<Vec<(Key, Value)>> {
        let mut next = None;
        for proposal in self.proposals(chosen, problem) {
            let fixed = with(then, &proposal);
            let held = self.hold(&fixed);
            let Some(problem) = new_problems(now, &held.now).next() else { return Some(proposal) };
            next.get_or_insert_with(|| (proposal, fixed, problem.clone()));
        }
        let (proposal, fixed, problem) = next.filter(|_| depth > 0)?;
        let more = self.fix(&fixed, now, chosen, &problem, depth - 1)?;
        let is_kept = |(key, _): &(Key, Value)| !more.iter().any(|(other, _)| other == key);
        Some(proposal.into_iter().filter(is_kept).chain(more.clone()).collect())
    }

    fn proposals(self, chosen: &Key, problem: &AnswerProblem) -> Vec<Vec<(Key, Value)>> {
        let Some(clash) = problem.clash() else { return Vec::new() };
        let mut proposals = Vec::new();
        if !clash.fix.is_empty() && !clash.fix.contains_key(chosen) {
            let fix = clash.fix.iter().map(|(key, value)| (key.clone(), value.clone()));
            proposals.push(fix.collect());
        }
        if clash.kind == ClashKind::Needs {
            for (key, values) in clash.with.entries().filter(|(key, _)| *key != chosen) {
                proposals.extend(values.iter().map(|value| vec![(key.clone(), value.clone())]));
            }
        }
        let involved = clash.with.entries().map(|(key, _)| key).chain(&problem.key);
        for key in involved.filter(|key| *key != chosen) {
            let values = self.pack.question(key.as_str()).map(single_answers);
            let values = values.into_iter().flatten();
            proposals.extend(values.map(|value| vec![(key.clone(), value)]));
        }
        proposals
    }
}

/// Tells whether the condition of a question holds beside these answers.
#[must_use]
pub fn applies(question: &Question, now: &Resolution) -> bool {
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

/// Returns the problems that were not there before.
pub fn new_problems<'a>(
    before: &'a Resolution,
    after: &'a Resolution,
) -> impl Iterator<Item = &'a AnswerProblem> {
    let is_same = |a: &AnswerProblem, b: &AnswerProblem| (&a.key, &a.fault) == (&b.key, &b.fault);
    after.problems.iter().filter(move |new| !before.problems.iter().any(|old| is_same(old, new)))
}

/// Returns the questions whose answers nobody gave and that became others.
#[must_use]
pub fn followers(before: &BTreeMap<Key, Answer>, after: &BTreeMap<Key, Answer>) -> Vec<Key> {
    let follows = |(key, now): (&Key, &Answer)| {
        let was = before.get(key)?;
        let by_itself = was.source == Source::Default && now.source == Source::Default;
        (by_itself && was.value != now.value).then(|| key.clone())
    };
    after.iter().filter_map(follows).collect()
}

/// Returns the single answers that a question offers, its default first.
fn single_answers(question: &Question) -> Vec<Value> {
    let mut values: Vec<Value> = match &question.kind {
        Kind::Text(_) | Kind::Integer { .. } => Vec::new(),
        Kind::Bool => vec![Value::Bool(true), Value::Bool(false)],
        Kind::One(choices) | Kind::Many(choices) => {
            choices.iter().map(|choice| Value::Text(choice.value.clone())).collect()
        }
    };
    let default = question.default_text();
    values.sort_by_key(|value| value.to_string() != default);
    values
}
