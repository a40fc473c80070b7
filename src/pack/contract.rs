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
        let own = format!("components/{question}/{choice}/");
        let folders = self.folders();
        let mut problems = Vec::new();
        let mut owe = |what: String, belongs: String| {
            problems.push(
                Problem::new(format!("`{choice}` of `{question}` lacks {what}"))
                    .because(&self.contract.because)
                    .because(belongs),
            );
        };
        for key in self.contract.facts.iter().filter(|key| !facts.contains_key(*key)) {
            owe(format!("the fact `{key}`"), format!("it belongs in `{own}component.toml`"));
        }
        let fragments = self.contract.fragments.iter();
        let fragments =
            fragments.map(|key| (format!("a fragment for `{key}`"), format!("fragments/{key}")));
        let files = self.contract.files.iter();
        let files = files.map(|file| (format!("the file `{file}`"), format!("files/{file}")));
        for (what, path) in fragments.chain(files) {
            let gives = |folder: &String| {
                let path = format!("{folder}{path}");
                let bytes = self.pack.source(&path);
                let bytes = bytes.or_else(|| self.pack.source(&format!("{path}.tera")));
                bytes.is_some_and(|bytes| !bytes.trim_ascii().is_empty())
            };
            if !folders.iter().any(gives) {
                owe(what, self.belongs(&own, &path));
            }
        }
        problems
    }

    /// Tells where something belongs, or that it is there and not used.
    fn belongs(&self, own: &str, path: &str) -> String {
        let mut all = self.pack.files(own).into_iter();
        let elsewhere = all.find(|(inner, bytes)| {
            let inner = inner.strip_suffix(".tera").unwrap_or(inner);
            inner.ends_with(&format!("/{path}")) && !bytes.trim_ascii().is_empty()
        });
        if let Some((inner, _)) = elsewhere {
            return format!("`{own}{inner}` is there, but is not always used then: see `when`");
        }
        let when = &self.contract.when;
        let mut overlays = self.component.overlays.iter();
        match overlays.find(|overlay| overlay.when == *when) {
            _ if when.is_empty() => format!("it belongs in `{own}{path}.tera`"),
            Some(overlay) => format!("it belongs in `{own}{}/{path}.tera`", overlay.folder),
            None => {
                let value = |value: &Value| match value {
                    Value::Text(text) => format!("'{text}'"),
                    other => other.to_string(),
                };
                let entry = |(key, values): (&Key, &[Value])| {
                    let all: Vec<String> = values.iter().map(value).collect();
                    format!("{key} = [{}]", all.join(", "))
                };
                let entries: Vec<String> = when.entries().map(entry).collect();
                format!(
                    "it belongs in `{own}FOLDER/{path}.tera`, where an `[[overlay]]` has `when = {{ {} }}`",
                    entries.join(", ")
                )
            }
        }
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
