//! Contracts: what each choice of a question has to give so that the rest of the pack fits it.

use super::{Component, Contract, Key, Overlay, Pack, Value, When};
use crate::error::Problem;

/// Returns everything that a choice owes and does not give, with the file where it belongs.
pub(super) fn findings(pack: &Pack) -> Vec<Problem> {
    let mut problems = Vec::new();
    for contract in &pack.contracts {
        let bound = pack.components().filter(|component| {
            component.question == contract.question && !contract.except.contains(&component.choice)
        });
        problems.extend(bound.flat_map(|component| Bound { pack, contract, component }.missing()));
    }
    problems
}

/// A choice with a contract that binds it.
struct Bound<'a> {
    pack: &'a Pack,
    contract: &'a Contract,
    component: &'a Component,
}

impl Bound<'_> {
    fn missing(&self) -> Vec<Problem> {
        let Component { question, choice, facts, .. } = self.component;
        let mut problems = Vec::new();
        let mut owe = |what: String, belongs: String| {
            problems.push(
                Problem::new(format!("`{choice}` of `{question}` lacks {what}"))
                    .because(&self.contract.because)
                    .because(format!("it belongs in `{belongs}`")),
            );
        };
        let own = format!("components/{question}/{choice}/");
        for key in self.contract.facts.iter().filter(|key| !facts.contains_key(*key)) {
            owe(format!("the fact `{key}`"), format!("{own}component.toml"));
        }
        let folders = self.folders();
        let gives = |path: &str| {
            let is_there = |folder: &String| {
                let path = format!("{folder}{path}");
                self.pack.source(&path).or_else(|| self.pack.source(&format!("{path}.tera")))
            };
            folders.iter().any(|folder| is_there(folder).is_some())
        };
        let belongs = |path: &str| format!("{}{path}.tera", self.folder());
        for key in &self.contract.fragments {
            let path = format!("fragments/{key}");
            if !gives(&path) {
                owe(format!("a fragment for the anchor `{key}`"), belongs(&path));
            }
        }
        for file in &self.contract.files {
            let path = format!("files/{file}");
            if !gives(&path) {
                owe(format!("the file `{file}`"), belongs(&path));
            }
        }
        problems
    }

    /// Returns the folders that are used whenever the choice is made and the contract's condition
    /// holds.
    fn folders(&self) -> Vec<String> {
        let Component { question, choice, overlays, .. } = self.component;
        let own = format!("components/{question}/{choice}/");
        let used = |overlays: &[Overlay], beside: &str| {
            let used = overlays.iter().filter(|overlay| self.implies(&overlay.when));
            used.map(|overlay| format!("{beside}{}/", overlay.folder)).collect::<Vec<_>>()
        };
        let (inner, shared) = (used(overlays, &own), used(&self.pack.overlays, ""));
        [vec![own], inner, shared].concat()
    }

    /// Returns the folder where what the contract asks for belongs: that of an overlay under the same
    /// condition, if there is or could be one.
    fn folder(&self) -> String {
        let Component { question, choice, overlays, .. } = self.component;
        let own = format!("components/{question}/{choice}/");
        if self.contract.when.is_empty() {
            return own;
        }
        let same = overlays.iter().find(|overlay| overlay.when == self.contract.when);
        let name = same.or_else(|| overlays.iter().find(|overlay| self.implies(&overlay.when)));
        let first = self.contract.when.entries().find_map(|(_, values)| values.first());
        let name = name.map(|overlay| overlay.folder.clone());
        format!("{own}{}/", name.or_else(|| first.map(ToString::to_string)).unwrap_or_default())
    }

    /// Tells whether a condition holds for all answers with this choice that the contract is about.
    fn implies(&self, when: &When) -> bool {
        when.entries().all(|(key, values)| match self.fixed(key) {
            Some(fixed) => fixed.iter().all(|value| values.contains(value)),
            None => false,
        })
    }

    /// Returns the values that a question or a fact can have then, if they are known.
    fn fixed(&self, key: &Key) -> Option<Vec<Value>> {
        let question = &self.component.question;
        if key == question {
            return Some(vec![self.component.answer()]);
        }
        if let Some(fact) = self.pack.facts.iter().find(|fact| fact.key == *key)
            && fact.question == *question
        {
            return Some(vec![self.component.facts.get(key).unwrap_or(&fact.default).clone()]);
        }
        let mut entries = self.contract.when.entries();
        entries.find(|(one, _)| *one == key).map(|(_, values)| values.to_vec())
    }
}
