//! Relations between answers: what components need, and what cannot stand together.

use std::collections::BTreeMap;

use super::check::{offer, taken};
use super::command::flag;
use super::resolve::{Answer, AnswerProblem, Clash, ClashKind, Fault, named};
use crate::error::Problem;
use crate::pack::{Component, Key, Kind, Pack, Question, Relation, Reserved, Value, When};

/// Returns every relation that the answers break.
pub(super) fn relations(pack: &Pack, answers: &BTreeMap<Key, Answer>) -> Vec<AnswerProblem> {
    let holds = |when: &When| when.holds(|key| answers.get(key).map(|answer| &answer.value));
    let known = |when: &When| when.entries().all(|(key, _)| answers.contains_key(key));
    let mut problems = Vec::new();
    for question in &pack.questions {
        let Some(answer) = answers.get(&question.key) else {
            continue;
        };
        for component in pack.chosen(question, &answer.value) {
            let needed = component.requires.iter().filter(|relation| known(&relation.when));
            for relation in needed.filter(|relation| !holds(&relation.when)) {
                problems.push(broken(component, relation, ClashKind::Needs, answers));
            }
            for relation in component.conflicts.iter().filter(|relation| holds(&relation.when)) {
                problems.push(broken(component, relation, ClashKind::Excludes, answers));
            }
        }
    }
    for conflict in pack.conflicts.iter().filter(|conflict| holds(&conflict.when)) {
        let mut keys = conflict.when.entries().map(|(key, _)| key);
        let Some(first) = keys.next() else { continue };
        let others: Vec<String> = keys.map(|key| given(key, answers)).collect();
        let problem = Problem::new(format!(
            "{} cannot be combined with {}",
            given(first, answers),
            others.join(" and ")
        ));
        let problem = explain(
            problem,
            &conflict.reason,
            conflict.when.entries().map(|entry| entry.0),
            answers,
        );
        problems.push(AnswerProblem {
            key: Some(first.clone()),
            problem: advise(problem, &conflict.fix),
            fault: Fault::Clash(Clash {
                answers: values(conflict.when.entries().map(|entry| entry.0), answers),
                kind: ClashKind::Excludes,
                with: conflict.when.clone(),
                reason: conflict.reason.clone(),
                fix: conflict.fix.clone(),
            }),
        });
    }
    problems.extend(pack.questions.iter().flat_map(|question| reserved(pack, question, answers)));
    problems
}

/// Returns what has an answer as its name already because of the other answers.
fn reserved(
    pack: &Pack,
    question: &Question,
    answers: &BTreeMap<Key, Answer>,
) -> Vec<AnswerProblem> {
    let (Kind::Text(rules), Some(answer)) = (&question.kind, answers.get(&question.key)) else {
        return Vec::new();
    };
    let Some(text) = answer.value.as_text() else { return Vec::new() };
    let holds = |when: &When| when.holds(|key| answers.get(key).map(|answer| &answer.value));
    let others = super::check::reserved(pack, question, text)
        .filter(|reserved| !reserved.when.is_empty() && holds(&reserved.when));
    let problem = |reserved: &Reserved| {
        let keys = std::iter::once(&question.key).chain(reserved.when.entries().map(|one| one.0));
        let problem = taken(pack, question, rules, text, reserved).origins(sources(keys, answers));
        let near = offer(pack, question, rules, text);
        AnswerProblem {
            key: Some(question.key.clone()),
            problem,
            fault: Fault::Clash(Clash {
                answers: values([&question.key], answers),
                kind: ClashKind::Excludes,
                with: reserved.when.clone(),
                reason: reserved.because.clone(),
                fix: near
                    .map(|near| (question.key.clone(), Value::Text(near)))
                    .into_iter()
                    .collect(),
            }),
        }
    };
    others.map(problem).collect()
}

fn broken(
    component: &Component,
    relation: &Relation,
    kind: ClashKind,
    answers: &BTreeMap<Key, Answer>,
) -> AnswerProblem {
    let verb = match kind {
        ClashKind::Needs => "needs",
        ClashKind::Excludes => "cannot be combined with",
    };
    let key = &component.question;
    let others: Vec<String> = relation.when.entries().map(named).collect();
    let subject = answers.get(key).map_or_else(String::new, |answer| answer.value.to_string());
    let problem =
        Problem::new(format!("`{key}` is `{subject}`, which {verb} {}", others.join(" and ")));
    let keys = std::iter::once(key).chain(relation.when.entries().map(|(key, _)| key));
    let problem = explain(problem, &relation.reason, keys, answers);
    AnswerProblem {
        key: Some(key.clone()),
        problem: advise(problem, &relation.fix),
        fault: Fault::Clash(Clash {
            answers: values([key], answers),
            kind,
            with: relation.when.clone(),
            reason: relation.reason.clone(),
            fix: relation.fix.clone(),
        }),
    }
}

fn given(key: &Key, answers: &BTreeMap<Key, Answer>) -> String {
    answers.get(key).map_or_else(String::new, |answer| format!("`{key}` = `{}`", answer.value))
}

/// Adds the reason, and where each of the answers came from.
fn explain<'a>(
    problem: Problem,
    reason: &str,
    keys: impl Iterator<Item = &'a Key>,
    answers: &BTreeMap<Key, Answer>,
) -> Problem {
    problem.reason(reason).origins(sources(keys, answers))
}

fn sources<'a>(
    keys: impl Iterator<Item = &'a Key>,
    answers: &BTreeMap<Key, Answer>,
) -> Vec<(String, String)> {
    let from = |key: &Key| Some((key.to_string(), answers.get(key)?.source.to_string()));
    keys.filter_map(from).collect()
}

fn values<'a>(
    keys: impl IntoIterator<Item = &'a Key>,
    answers: &BTreeMap<Key, Answer>,
) -> BTreeMap<Key, Value> {
    let value = |key: &Key| Some((key.clone(), answers.get(key)?.value.clone()));
    keys.into_iter().filter_map(value).collect()
}

fn advise(problem: Problem, fix: &BTreeMap<Key, Value>) -> Problem {
    if fix.is_empty() {
        return problem.hint("change one of the two");
    }
    let flags: Vec<String> =
        fix.iter().map(|(key, value)| format!("`{}`", flag(key, value))).collect();
    problem.hint(format!("choose {}", flags.join(" and ")))
}
