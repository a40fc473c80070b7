//! The walk through the questions that prompts and plain mode share: what is asked next, what an
//! answer leads to, the way back, and what stands in the summary.
//!
//! Only edits the layer that `resolve` reads; shows and reads nothing itself.

use std::collections::BTreeMap;

use crate::answer::{
    Answer, AnswerProblem, Given, Layer, Layers, Resolution, Source, Unanswered, flag, resolve,
};
use crate::error::Problem;
use crate::pack::{Default, Key, Kind, Pack, Question, Value, placeholders};

/// What a face that asks is given.
pub struct Asking<'a> {
    /// The questions.
    pub pack: &'a Pack,
    /// What was given before anything is asked.
    pub layers: &'a Layers,
    /// Answers of an earlier run, which are not asked for again.
    pub start: Layer,
    /// Called with all answers after each one.
    pub save: &'a dyn Fn(&Layer),
    /// Tells what comes of the answers, if they are good.
    pub outlook: &'a dyn Fn(&Layer) -> Option<Outlook>,
}

/// What comes of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What will be written, and where.
    pub work: String,
    /// The command that gives the same.
    pub command: String,
}

/// A question, and what holds for it now.
pub(super) struct Asked<'a> {
    pub question: &'a Question,
    /// Its place among the questions that are asked, from 1.
    pub place: usize,
    /// How many are asked, as far as that is known.
    pub total: usize,
    /// The answer if nothing else is said.
    pub current: Option<Value>,
    /// Where that came from, if not from the pack alone.
    pub origin: Option<&'static str>,
}

/// What an answer led to.
pub(super) enum Verdict {
    /// It was taken; the notes tell what else changed, and what is to be solved.
    Taken(Vec<String>),
    /// It is no answer to the question.
    Refused(Problem),
    /// It needs other answers beside it.
    Fixable(Problem, Fix),
}

/// An answer together with those that it needs.
pub(super) struct Fix {
    /// What is set besides, in words.
    pub words: String,
    layer: Layer,
    notes: Vec<String>,
}

/// Tells whether there is anything to ask.
#[must_use]
pub fn has_questions(asking: &Asking<'_>) -> bool {
    Walk::new(asking).next().is_some()
}

/// One line of the summary.
pub(super) struct Row<'a> {
    pub section: &'a str,
    pub question: &'a Question,
    pub value: String,
    pub is_changed: bool,
}

/// Where somebody is among the questions.
pub(super) struct Walk<'a> {
    asking: &'a Asking<'a>,
    asked: Layer,
    /// The answers before each step, for the way back.
    history: Vec<Layer>,
    /// Answers that were taken back: they are offered again.
    memory: Layer,
    /// A question that is to be answered anew.
    reopened: Option<Key>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(asking: &'a Asking<'a>) -> Self {
        let mut walk = Self {
            asking,
            asked: Layer::new(),
            history: Vec::new(),
            memory: Layer::new(),
            reopened: None,
        };
        for question in &asking.pack.questions {
            if let Some((given, source)) = asking.start.get(question.key.as_str()).cloned() {
                walk.history.push(walk.asked.clone());
                walk.asked.insert(question.key.as_str(), given, source);
            }
        }
        walk
    }

    /// Returns the answers that were given.
    pub(super) fn finish(self) -> Layer {
        self.asked
    }

    /// Returns what comes of the answers, if they are good.
    pub(super) fn outlook(&self) -> Option<Outlook> {
        (self.asking.outlook)(&self.asked)
    }

    /// Returns the question to ask, or nothing if all is answered.
    pub(super) fn next(&self) -> Option<Asked<'a>> {
        let now = self.resolved(&self.asked);
        let questions = &self.asking.pack.questions;
        let reopened = questions.iter().find(|one| Some(&one.key) == self.reopened.as_ref());
        let question = reopened.or_else(|| questions.iter().find(|one| self.is_open(one, &now)))?;
        let is_counted =
            |one: &&Question| self.is_open(one, &now) || self.asked.get(one.key.as_str()).is_some();
        let counted: Vec<&Question> = questions.iter().filter(is_counted).collect();
        let place = counted.iter().position(|one| one.key == question.key);
        let total = counted.len().max(1);
        let place = place.map_or(total, |place| place + 1);
        let remembered = if reopened.is_some() { None } else { self.remembered(question) };
        let answer = now.answers.get(&question.key);
        let is_default = answer.is_some_and(|answer| answer.source == Source::Default);
        let origin = (remembered.is_none() && is_default).then(|| origin(question)).flatten();
        let current = remembered.or_else(|| answer.map(|answer| answer.value.clone()));
        Some(Asked { question, place, total, current, origin })
    }

    /// A question is open if nothing answered it and there is something to choose.
    fn is_open(&self, question: &Question, now: &Resolution) -> bool {
        let key = question.key.as_str();
        let answer = now.answers.get(key);
        let by_itself = answer.is_none_or(|answer| answer.source == Source::Default);
        let is_given = self.asking.layers.layers.iter().any(|layer| layer.get(key).is_some());
        let is_free = question.choices().len() != 1;
        by_itself && is_free && !is_given && self.asked.get(key).is_none()
    }

    /// Returns an answer that was taken back, if it is still one.
    fn remembered(&self, question: &Question) -> Option<Value> {
        let (given, source) = self.memory.get(question.key.as_str())?.clone();
        let mut trial = self.asked.clone();
        trial.insert(question.key.as_str(), given, source);
        Some(self.resolved(&trial).answers.get(&question.key)?.value.clone())
    }

    fn resolved(&self, asked: &Layer) -> Resolution {
        let mut all = self.asking.layers.clone();
        all.unanswered = Unanswered::Default;
        all.layers.insert(0, asked.clone());
        resolve(self.asking.pack, &all)
    }

    /// Tells why a choice cannot stand beside the answers as they are.
    pub(super) fn obstacle(&self, question: &Question, given: Given) -> Option<String> {
        let mut trial = self.asked.clone();
        trial.insert(question.key.as_str(), given, Source::Asked);
        self.prune(&mut trial);
        let (now, then) = (self.resolved(&self.asked), self.resolved(&trial));
        let reason = new_problems(&now, &then).find_map(|one| one.clash.as_ref());
        reason.map(|clash| clash.reason.clone())
    }

    /// Takes an answer, if it is one.
    pub(super) fn answer(&mut self, question: &Question, given: Given) -> Verdict {
        let mut trial = self.asked.clone();
        trial.insert(question.key.as_str(), given, Source::Asked);
        let mut notes = self.prune(&mut trial);
        let (now, then) = (self.resolved(&self.asked), self.resolved(&trial));
        if !then.answers.contains_key(&question.key) {
            let own = |one: &&AnswerProblem| one.key.as_ref() == Some(&question.key);
            let problem = then.problems.iter().find(own);
            let problem = problem.map_or_else(|| Problem::new("an answer is needed"), plain);
            return Verdict::Refused(problem);
        }
        for problem in new_problems(&now, &then) {
            if let Some(fix) = self.fix(&trial, &now, problem) {
                return Verdict::Fixable(plain(problem), Fix { notes, ..fix });
            }
            notes.push(format!("{}, to be solved before the end", plain(problem).message));
        }
        self.commit(trial);
        Verdict::Taken(notes)
    }

    /// Takes an answer together with those that it needs.
    pub(super) fn accept(&mut self, fix: Fix) -> Vec<String> {
        self.commit(fix.layer);
        fix.notes
    }

    fn commit(&mut self, layer: Layer) {
        self.history.push(std::mem::replace(&mut self.asked, layer));
        self.reopened = None;
        (self.asking.save)(&self.asked);
    }

    /// Goes back by one answer; tells whether there was one.
    pub(super) fn back(&mut self) -> bool {
        if self.reopened.take().is_some() {
            return true;
        }
        let Some(before) = self.history.pop() else { return false };
        for (name, given, source) in self.asked.iter() {
            self.memory.insert(name, given.clone(), source.clone());
        }
        self.asked = before;
        (self.asking.save)(&self.asked);
        true
    }

    /// Asks a question anew.
    pub(super) fn reopen(&mut self, question: &Question) {
        self.reopened = Some(question.key.clone());
    }

    /// Drops answers to questions that are asked no more, and tells which.
    fn prune(&self, layer: &mut Layer) -> Vec<String> {
        let mut notes = Vec::new();
        for question in &self.asking.pack.questions {
            let key = question.key.as_str();
            let Some((given, source)) = layer.remove(key) else { continue };
            let answer = self.resolved(layer).answers.remove(key);
            if answer.is_some_and(|answer| answer.source == Source::NotAsked) {
                notes.push(format!("`{key}` is asked no more, and its answer is dropped"));
            } else {
                layer.insert(key, given, source);
            }
        }
        notes
    }

    /// Returns what solves a problem without making another, if the pack names it.
    fn fix(&self, trial: &Layer, now: &Resolution, problem: &AnswerProblem) -> Option<Fix> {
        let fix = problem.clash.as_ref().map(|clash| &clash.fix).filter(|fix| !fix.is_empty())?;
        let mut layer = trial.clone();
        for (key, value) in fix {
            // The words of a pack are those of a flag.
            layer.insert(key.as_str(), Given::Text(value.to_string()), Source::Asked);
        }
        let then = self.resolved(&layer);
        new_problems(now, &then).next().is_none().then(|| {
            let flags = fix.iter().map(|(key, value)| format!("`{}`", flag(key, value)));
            Fix { words: flags.collect::<Vec<_>>().join(" and "), layer, notes: Vec::new() }
        })
    }

    /// Returns what must be solved before the answers are good.
    pub(super) fn problems(&self) -> Vec<Problem> {
        self.resolved(&self.asked).problems.iter().map(plain).collect()
    }

    /// Returns all answers to questions that are asked, in their order.
    pub(super) fn summary(&self) -> Vec<Row<'a>> {
        let pack = self.asking.pack;
        let answers = self.resolved(&self.asked).answers;
        let row = |question: &'a Question| {
            let answer = answers.get(&question.key)?;
            let section = pack.sections.iter().find(|section| section.key == question.section);
            let section = section.map_or("Answers", |section| section.label.as_str());
            let is_changed = self.is_changed(&question.key, &answers);
            let value = shown(question, &answer.value);
            let is_asked = answer.source != Source::NotAsked && question.choices().len() != 1;
            is_asked.then_some(Row { section, question, value, is_changed })
        };
        pack.questions.iter().filter_map(row).collect()
    }

    /// Tells whether an answer differs from what would be there without it.
    fn is_changed(&self, key: &Key, answers: &BTreeMap<Key, Answer>) -> bool {
        let mut without = self.asking.layers.clone();
        without.unanswered = Unanswered::Default;
        without.layers.insert(0, self.asked.clone());
        for layer in &mut without.layers {
            layer.remove(key.as_str());
        }
        let default = resolve(self.asking.pack, &without).answers.remove(key);
        default.map(|answer| answer.value).as_ref() != answers.get(key).map(|answer| &answer.value)
    }
}

fn new_problems<'a>(
    before: &'a Resolution,
    after: &'a Resolution,
) -> impl Iterator<Item = &'a AnswerProblem> {
    let is_old = |one: &AnswerProblem| {
        before.problems.iter().any(|old| old.problem.message == one.problem.message)
    };
    after.problems.iter().filter(move |one| !is_old(one))
}

/// Leaves out where the answers came from, which is plain to see.
fn plain(problem: &AnswerProblem) -> Problem {
    let causes = problem.problem.causes.iter().filter(|cause| !cause.contains(" came from "));
    Problem { causes: causes.cloned().collect(), ..problem.problem.clone() }
}

/// Returns a value as it is shown to people.
pub(super) fn shown(question: &Question, value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Many(choices) if choices.is_empty() => "none".to_owned(),
        Value::Many(choices) => choices.join(", "),
        Value::Text(text) if text.is_empty() && matches!(question.kind, Kind::Text(_)) => {
            "empty".to_owned()
        }
        Value::Integer(_) | Value::Text(_) => value.to_string(),
    }
}

/// Tells where a default comes from, if not from the pack alone.
fn origin(question: &Question) -> Option<&'static str> {
    let text = match &question.default {
        Some(Default::Value(value)) => value.as_text()?,
        Some(Default::Cases(_)) | None => return None,
    };
    placeholders(text).iter().any(|key| key == "directory").then_some("from the folder's name")
}
