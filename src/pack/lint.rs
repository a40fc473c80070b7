//! What a pack must keep to, beyond what its types say; each finding names file and reason.
//!
//! Run over a pack from a folder before it is used, and over the embedded one by the tests.

use std::collections::BTreeSet;

use super::{
    Conflict, Default, Key, Kind, Overlay, Pack, Question, Value, When, YES, contract, fact,
    interpolate, limit, placeholders,
};
use crate::error::Problem;
use crate::tree::{RelPath, check_link};

/// Names that are no answers, and that text defaults may use all the same.
const GIVEN: [&str; 1] = ["directory"];

/// Returns every finding.
#[must_use]
pub fn lint(pack: &Pack) -> Vec<Problem> {
    let mut findings = Findings { pack, problems: Vec::new() };
    findings.questions();
    findings.components();
    findings.overlays("pack.toml", &pack.overlays);
    findings.contracts();
    findings.files();
    findings.paths();
    findings.base_tests_no_slot();
    findings.problems.extend(fact::findings(pack));
    findings.problems.extend(contract::findings(pack));
    findings.problems
}

struct Findings<'a> {
    pack: &'a Pack,
    problems: Vec<Problem>,
}

impl Findings<'_> {
    fn report(&mut self, file: &str, reason: impl std::fmt::Display) {
        self.problems.push(Problem::new(format!("pack file `{file}` is wrong")).because(reason));
    }

    fn questions(&mut self) {
        let mut seen = BTreeSet::new();
        for question in &self.pack.questions {
            let key = &question.key;
            if !seen.insert(key) {
                self.report("pack.toml", format_args!("question `{key}` stands twice"));
            }
            if !self.pack.sections.iter().any(|section| section.key == question.section) {
                let section = &question.section;
                self.report(
                    "pack.toml",
                    format_args!("question `{key}` is in section `{section}`, which is not there"),
                );
            }
            self.condition("pack.toml", &question.when);
            if let Some(otherwise) = &question.otherwise {
                self.value("pack.toml", key, otherwise);
            }
            match &question.default {
                Some(Default::Value(value)) => self.default(question, value),
                Some(Default::Cases(cases)) => {
                    for case in cases {
                        self.condition("pack.toml", &case.when);
                        self.default(question, &case.value);
                    }
                }
                None => {}
            }
            if let Kind::Text(rules) = &question.kind
                && let Some(pattern) = &rules.pattern
                && let Err(error) = super::regex(pattern)
            {
                self.report("pack.toml", format_args!("the pattern of `{key}` is wrong: {error}"));
            }
            if GIVEN.contains(&key.as_str()) {
                let reason = "is the name of something that every pack has; call it otherwise";
                self.report("pack.toml", format_args!("question `{key}` {reason}"));
            }
            if self.is_circular(question) {
                self.report("pack.toml", format_args!("question `{key}` depends on itself"));
            }
        }
        for reserved in &self.pack.reserved {
            let (file, key) = ("pack.toml", &reserved.question);
            match self.pack.question(key.as_str()).map(|question| &question.kind) {
                Some(Kind::Text(_)) => {}
                Some(_) | None => {
                    self.report(
                        file,
                        format_args!("`{key}`, for which texts are reserved, is no text"),
                    );
                }
            }
            self.condition(file, &reserved.when);
            if let Some(Err(error)) = reserved.pattern.as_deref().map(super::regex) {
                let reason = format_args!("a reserved pattern of `{key}` is wrong: {error}");
                self.report(file, reason);
            }
        }
        for conflict in &self.pack.conflicts {
            let Conflict { when, fix, .. } = conflict;
            self.condition("pack.toml", when);
            for (key, value) in fix {
                self.value("pack.toml", key, value);
            }
        }
    }

    fn default(&mut self, question: &Question, value: &Value) {
        let named = value.as_text().map(placeholders).unwrap_or_default();
        for key in &named {
            if self.pack.question(key).is_none() && !GIVEN.contains(&key.as_str()) {
                let asked = &question.key;
                self.report(
                    "pack.toml",
                    format_args!("the default of `{asked}` names `{key}`, which is no question"),
                );
            }
        }
        if named.is_empty() {
            self.value("pack.toml", &question.key, value);
        }
    }

    /// Tells whether finding an answer would lead back to the question.
    fn is_circular(&self, question: &Question) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![question]);
        while let Some(next) = open.pop() {
            let keys = limit::needs(&next.when, next.default.as_ref());
            for other in keys.iter().filter_map(|key| self.pack.question(key)) {
                if other.key == question.key {
                    return true;
                }
                if seen.insert(&other.key) {
                    open.push(other);
                }
            }
        }
        false
    }

    fn condition(&mut self, file: &str, when: &When) {
        for (key, values) in when.entries() {
            for value in values {
                self.value(file, key, value);
            }
        }
    }

    /// Checks a condition that may ask for facts too.
    fn condition_or_fact(&mut self, file: &str, when: &When) {
        for (key, values) in when.entries() {
            let fact = self.pack.facts.iter().find(|fact| fact.key == *key);
            for value in values {
                match fact {
                    Some(fact) if fact::is_like(value, &fact.default) => {}
                    Some(_) => {
                        self.report(
                            file,
                            format_args!("`{value}` is no value of the fact `{key}`"),
                        );
                    }
                    None => self.value(file, key, value),
                }
            }
        }
    }

    /// Reports a value that the question does not take.
    fn value(&mut self, file: &str, key: &Key, value: &Value) {
        let Some(question) = self.pack.question(key.as_str()) else {
            return self.report(file, format_args!("there is no question `{key}`"));
        };
        let listed = |name: &str| question.choices().iter().any(|choice| choice.value == name);
        let good = match (&question.kind, value) {
            (Kind::Text(_), Value::Text(_)) | (Kind::Bool, Value::Bool(_)) => true,
            (Kind::Integer { min, max }, Value::Integer(value)) => (min..=max).contains(&value),
            (Kind::One(_) | Kind::Many(_), Value::Text(name)) => listed(name),
            (Kind::Many(_), Value::Many(names)) => names.iter().all(|name| listed(name)),
            _ => false,
        };
        if !good {
            self.report(file, format_args!("`{value}` is no answer to `{key}`"));
        }
    }

    fn components(&mut self) {
        for component in self.pack.components() {
            let (key, choice) = (&component.question, &component.choice);
            let file = format!("components/{key}/{choice}/component.toml");
            match self
                .pack
                .question(key.as_str())
                .map(|question| (&question.kind, question.choices()))
            {
                None => self.report(&file, format_args!("there is no question `{key}`")),
                Some((Kind::Bool, _)) if choice != YES => {
                    self.report(&file, format_args!("a Bool question has one component, `{YES}`"));
                }
                Some((Kind::One(_) | Kind::Many(_), choices))
                    if !choices.iter().any(|one| one.value == *choice) =>
                {
                    self.report(
                        &file,
                        format_args!("`{choice}` is no choice of `{key}` in pack.toml"),
                    );
                }
                Some(_) => {}
            }
            if let Some(after) = &component.after {
                self.value(&file, key, &after.as_str().into());
            }
            for relation in component.requires.iter().chain(&component.conflicts) {
                self.condition(&file, &relation.when);
                for (key, value) in &relation.fix {
                    self.value(&file, key, value);
                }
            }
            self.overlays(&file, &component.overlays);
        }
    }

    fn contracts(&mut self) {
        for contract in &self.pack.contracts {
            self.condition_or_fact("pack.toml", &contract.when);
            for choice in &contract.except {
                self.value("pack.toml", &contract.question, &choice.as_str().into());
            }
            for key in &contract.fragments {
                if !self.pack.anchors.iter().any(|anchor| anchor.key == *key) {
                    self.report("pack.toml", format_args!("a contract names no anchor: `{key}`"));
                }
            }
            for key in &contract.facts {
                if !self.pack.facts.iter().any(|fact| fact.key == *key) {
                    self.report("pack.toml", format_args!("a contract names no fact: `{key}`"));
                }
            }
        }
    }

    fn overlays(&mut self, file: &str, overlays: &[Overlay]) {
        let beside =
            file.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        for overlay in overlays {
            self.condition_or_fact(file, &overlay.when);
            let folder = &overlay.folder;
            if self.pack.files(&format!("{beside}{folder}/")).is_empty() {
                self.report(file, format_args!("overlay folder `{folder}` has no files"));
            }
        }
    }

    /// Checks every file of the pack: where it stands, and how its text is written.
    fn files(&mut self) {
        let printed: Vec<(&str, &[u8])> = self.pack.files("");
        for anchor in &self.pack.anchors {
            let name = format!("anchors.{}", anchor.key);
            let template = format!("/{}.tera", anchor.file);
            let prints = |(path, bytes): &(&str, &[u8])| {
                // A fragment of that file may print it too.
                (path.ends_with(&template) || path.contains("/fragments/"))
                    && String::from_utf8_lossy(bytes).contains(&name)
            };
            if !printed.iter().any(prints) {
                self.report(
                    "pack.toml",
                    format_args!(
                        "no template of `{}` prints the anchor `{}`",
                        anchor.file, anchor.key
                    ),
                );
            }
        }
        for (path, bytes) in printed {
            if let Some((_, fragment)) = path.split_once("/fragments/") {
                let anchor = fragment.strip_suffix(".tera");
                if !self.pack.anchors.iter().any(|known| Some(known.key.as_str()) == anchor) {
                    self.report(path, "no anchor has this name; fragments are `<anchor>.tera`");
                }
            }
            let Ok(text) = std::str::from_utf8(bytes) else {
                continue;
            };
            if text.contains('\r') {
                self.report(path, "it has carriage returns");
            }
            if !text.is_empty() && !text.ends_with('\n') {
                self.report(path, "its last line does not end");
            }
            if let Some(line) = text.lines().position(|line| line.ends_with([' ', '\t'])) {
                self.report(path, format_args!("line {} ends in blanks", line + 1));
            }
        }
    }

    /// Checks what projects get at which path, as far as it can be told without answers.
    fn paths(&mut self) {
        let filled = |path: &str| {
            let text = interpolate(path, |_| Some("x".to_owned()));
            let text = text.map_err(|name| format!("its placeholder `{name}` is wrong"))?;
            let path = RelPath::parse(&text).map_err(|reason| reason.to_string())?;
            path.check_portable().map_err(|reason| reason.to_string())?;
            Ok::<_, String>(path)
        };
        for (path, _) in self.pack.files("") {
            let inside = super::rendered(path).map(|inside| filled(super::untemplated(inside)));
            if let Some(Err(reason)) = inside {
                self.report(path, reason);
            }
        }
        for (path, target) in &self.pack.links {
            let checked = filled(path)
                .and_then(|path| check_link(&path, target).map_err(|reason| reason.to_string()));
            if let Err(reason) = checked {
                self.report(
                    "pack.toml",
                    format_args!("the link `{path}` to `{target}` is wrong: {reason}"),
                );
            }
        }
    }

    /// A choice must not leak into the files that every project gets. Whether a Bool feature is
    /// on may be asked there: it has no other choices that could multiply.
    fn base_tests_no_slot(&mut self) {
        let is_slot = |key: &&str| {
            !matches!(self.pack.question(key).map(|question| &question.kind), Some(Kind::Bool))
        };
        let keys = self.pack.components().map(|component| component.question.as_str());
        let slots: Vec<&str> = keys.filter(is_slot).collect();
        for (path, bytes) in self.pack.files("base/") {
            if path.strip_suffix(".tera").is_none() {
                continue;
            }
            let text = String::from_utf8_lossy(bytes);
            for (number, line) in text.lines().enumerate() {
                let tags = line.split("{%").skip(1).filter_map(|rest| rest.split_once("%}"));
                let mut words =
                    tags.flat_map(|(tag, _)| tag.split(|c: char| !c.is_alphanumeric() && c != '_'));
                if let Some(slot) = words.find(|word| slots.contains(word)) {
                    let file = format!("base/{path}");
                    self.report(
                        &file,
                        format_args!("line {} tests `{slot}`; use a component", number + 1),
                    );
                }
            }
        }
    }
}
