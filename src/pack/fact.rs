//! Facts: what holds for what is chosen. Others ask for them, and know no choice by its name.

use super::{Key, Overlay, Pack, Value};
use crate::error::Problem;

impl Pack {
    /// Returns what a fact is with the answers that `answer` looks up; `None` where there is no such
    /// fact.
    pub fn fact<'a>(
        &'a self,
        key: &Key,
        answer: impl Fn(&Key) -> Option<&'a Value>,
    ) -> Option<&'a Value> {
        let fact = self.facts.iter().find(|fact| fact.key == *key)?;
        let question = self.question(fact.question.as_str())?;
        let mut chosen = answer(&question.key).into_iter().flat_map(|it| self.chosen(question, it));
        Some(chosen.find_map(|component| component.facts.get(key)).unwrap_or(&fact.default))
    }

    /// Tells whether an overlay is used with the answers that `answer` looks up. Its condition may
    /// ask for facts too.
    pub fn uses<'a>(
        &'a self,
        overlay: &Overlay,
        answer: impl Fn(&Key) -> Option<&'a Value> + Copy,
    ) -> bool {
        overlay.when.holds(|key| answer(key).or_else(|| self.fact(key, answer)))
    }
}

/// Returns everything that is wrong with the facts of a pack.
pub(super) fn findings(pack: &Pack) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut report = |file: String, reason: String| {
        problems.push(Problem::new(format!("pack file `{file}` is wrong")).because(reason));
    };
    for fact in &pack.facts {
        let (key, question) = (&fact.key, &fact.question);
        let twins = pack.facts.iter().filter(|other| other.key == *key).count();
        if twins > 1 || pack.question(key.as_str()).is_some() {
            report("pack.toml".to_owned(), format!("the name `{key}` stands twice"));
        }
        if pack.question(question.as_str()).is_none() {
            report("pack.toml".to_owned(), format!("there is no question `{question}`"));
        }
    }
    for component in pack.components() {
        let file = format!("components/{}/{}/component.toml", component.question, component.choice);
        for (key, value) in &component.facts {
            match pack.facts.iter().find(|fact| fact.key == *key) {
                Some(fact) if fact.question != component.question => {
                    let question = &fact.question;
                    report(file.clone(), format!("the fact `{key}` is one of `{question}`"));
                }
                Some(fact) if !is_like(value, &fact.default) => {
                    report(file.clone(), format!("`{value}` is no value of the fact `{key}`"));
                }
                Some(_) => {}
                None => report(file.clone(), format!("no `[[fact]]` of pack.toml is `{key}`")),
            }
        }
    }
    problems
}

/// Tells whether two values are of one kind.
pub(super) fn is_like(value: &Value, other: &Value) -> bool {
    std::mem::discriminant(value) == std::mem::discriminant(other)
}
