//! What can be chosen, what is in its way, and the way out.

use super::world::{Resolved, World, with};
use crate::answer::{AnswerProblem, ClashKind, Layer, Resolution};
use crate::pack::{Key, Kind, Question, Value, YES};

/// One line of a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The answer that it stands for; of several choices, this one alone.
    pub value: Value,
    /// Its name for people.
    pub label: String,
    /// One line that explains it.
    pub help: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
    /// What is in its way.
    pub obstacle: Option<Obstacle>,
}

/// Why a choice does not go with the other answers.
#[derive(Clone, Debug)]
pub struct Obstacle {
    /// What is wrong.
    pub problem: AnswerProblem,
    /// Other answers with which it goes, if there are some.
    pub fix: Option<Vec<(Key, Value)>>,
}

/// Returns the choices of a question, none for one that is typed.
#[must_use]
pub fn choices(world: &World<'_>, question: &Question, current: Option<&Value>) -> Vec<Choice> {
    let choice = |value: Value, label: &str, help: &str, is_chosen| Choice {
        label: if label.is_empty() { value.to_string() } else { label.to_owned() },
        help: help.to_owned(),
        is_chosen,
        obstacle: None,
        value,
    };
    match &question.kind {
        Kind::Text(_) | Kind::Integer { .. } => Vec::new(),
        Kind::Bool => {
            let component = world.pack.component(&question.key, YES);
            let help = component.map_or(question.help.as_str(), |component| &component.help);
            let is = |value| current == Some(&Value::Bool(value));
            vec![
                choice(Value::Bool(true), YES, help, is(true)),
                choice(Value::Bool(false), "no", "", is(false)),
            ]
        }
        Kind::One(choices) | Kind::Many(choices) => choices
            .iter()
            .map(|one| {
                let is_chosen = match current {
                    Some(Value::Text(text)) => *text == one.value,
                    Some(Value::Many(values)) => values.contains(&one.value),
                    Some(Value::Bool(_) | Value::Integer(_)) | None => false,
                };
                choice(Value::Text(one.value.clone()), &one.label, &one.help, is_chosen)
            })
            .collect(),
    }
}

/// Returns the answer to a question after one of its choices was taken, or of several, turned.
#[must_use]
pub fn taken(question: &Question, choices: &[Choice], index: usize) -> Option<Value> {
    let choice = choices.get(index)?;
    if !matches!(question.kind, Kind::Many(_)) {
        return Some(choice.value.clone());
    }
    let chosen = choices.iter().enumerate().filter(|(at, one)| one.is_chosen != (*at == index));
    Some(Value::Many(chosen.map(|(_, one)| one.value.to_string()).collect()))
}

impl World<'_> {
    /// Tells what is in the way of an answer.
    #[must_use]
    pub fn obstacle(
        &self,
        asked: &Layer,
        name: Option<&str>,
        now: &Resolution,
        change: &(Key, Value),
    ) -> Option<Obstacle> {
        let then = with(asked, [change]);
        let problem = new_problem(now, &self.resolve(&then, name))?;
        let fix = self.fix(&then, name, now, &change.0, &problem, 3);
        Some(Obstacle { problem, fix })
    }

    /// Looks for other answers that leave no new problem: first those that the pack names.
    fn fix(
        &self,
        then: &Layer,
        name: Option<&str>,
        now: &Resolution,
        chosen: &Key,
        problem: &AnswerProblem,
        depth: usize,
    ) -> Option<Vec<(Key, Value)>> {
        let mut next = Vec::new();
        for proposal in self.proposals(chosen, problem) {
            let fixed = with(then, &proposal);
            match new_problem(now, &self.resolve(&fixed, name)) {
                None => return Some(proposal),
                Some(problem) => next.push((proposal, fixed, problem)),
            }
        }
        let (proposal, fixed, problem) = next.into_iter().next().filter(|_| depth > 0)?;
        let more = self.fix(&fixed, name, now, chosen, &problem, depth - 1)?;
        Some(
            proposal
                .into_iter()
                .filter(|(key, _)| !more.iter().any(|(other, _)| other == key))
                .chain(more.clone())
                .collect(),
        )
    }

    fn proposals(&self, chosen: &Key, problem: &AnswerProblem) -> Vec<Vec<(Key, Value)>> {
        let Some(clash) = &problem.clash else { return Vec::new() };
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
            let question = self.pack.question(key.as_str());
            proposals.extend(
                question
                    .iter()
                    .flat_map(|question| self.values(question))
                    .map(|value| vec![(key.clone(), value)]),
            );
        }
        proposals
    }

    /// Returns the single answers that a question offers, its default first.
    fn values(&self, question: &Question) -> Vec<Value> {
        let choices = choices(self, question, None);
        let mut values: Vec<Value> = choices.into_iter().map(|choice| choice.value).collect();
        let default = question.default_text();
        values.sort_by_key(|value| value.to_string() != default);
        values
    }
}

/// Returns the first problem that was not there before.
fn new_problem(now: &Resolution, then: &Resolved) -> Option<AnswerProblem> {
    let same = |a: &AnswerProblem, b: &AnswerProblem| {
        a.key == b.key && a.problem.message == b.problem.message
    };
    let is_new = |found: &&AnswerProblem| !now.problems.iter().any(|old| same(old, found));
    then.now.problems.iter().find(is_new).cloned()
}
