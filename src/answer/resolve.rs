//! From layers to answers: precedence, defaults, conditions, and every problem at once.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{check, cut, nearest, shown};
use super::layer::{Given, Layer, Source};
use super::relation::relations;
use crate::error::Problem;
use crate::pack::{
    Default, Key, Kind, MAX_FILLED, Pack, Question, Value, When, interpolate, placeholders,
};

/// What was given, and how to go on where nothing was.
#[derive(Clone, Debug)]
pub struct Layers {
    /// The layers, the strongest first.
    pub layers: Vec<Layer>,
    /// The name of the project's folder, for defaults that name `directory`.
    pub directory: Option<String>,
    /// What to do about questions without an answer.
    pub unanswered: Unanswered,
}

/// What happens to a question that no layer answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// It takes its default.
    Default,
    /// It is a problem.
    Missing,
}

/// An answer and where it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The value.
    pub value: Value,
    /// Where it came from.
    pub source: Source,
}

/// Something wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerProblem {
    /// The question; absent for a name that no question has.
    pub key: Option<Key>,
    /// What is wrong.
    pub problem: Problem,
    /// The same as facts: two problems with the same key and fault are one.
    pub fault: Fault,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No question has this name.
    UnknownName(String),
    /// The question does not take this answer.
    NotTaken(String),
    /// The question is not asked, and takes this answer only if it is.
    NotAsked(String),
    /// The default of the question is wrong.
    WrongDefault,
    /// It does not go with other answers.
    Clash(Clash),
}

impl AnswerProblem {
    /// Returns what does not go together, where that is what is wrong.
    #[must_use]
    pub fn clash(&self) -> Option<&Clash> {
        match &self.fault {
            Fault::Clash(clash) => Some(clash),
            Fault::UnknownName(_)
            | Fault::NotTaken(_)
            | Fault::NotAsked(_)
            | Fault::WrongDefault => None,
        }
    }
}

/// Answers that do not go together, as a face offers to change them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clash {
    /// The answers that do not go with the others.
    pub answers: BTreeMap<Key, Value>,
    /// Whether the other answers are missed or in the way.
    pub kind: ClashKind,
    /// The other answers.
    pub with: When,
    /// Why.
    pub reason: String,
    /// Answers that the pack names as a way out.
    pub fix: BTreeMap<Key, Value>,
}

/// How answers clash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClashKind {
    /// One needs what the others are not.
    Needs,
    /// One cannot stand beside the others.
    Excludes,
}

/// All answers as far as they are good, and all problems.
#[derive(Clone, Debug, Default)]
pub struct Resolution {
    /// Answers by question; a question with a problem may be absent.
    pub answers: BTreeMap<Key, Answer>,
    /// All problems, in the order of the questions.
    pub problems: Vec<AnswerProblem>,
    /// Questions that must be answered and are not.
    pub missing: Vec<Key>,
}

/// Resolves layers to answers.
#[must_use]
pub fn resolve(pack: &Pack, layers: &Layers) -> Resolution {
    let mut resolver =
        Resolver { pack, layers, begun: BTreeSet::new(), resolution: Resolution::default() };
    resolver.unknown_names();
    for question in &pack.questions {
        resolver.answer(question);
    }
    let mut resolution = resolver.resolution;
    let found = relations(pack, &resolution.answers);
    resolution.problems.extend(found);
    let place = |key: &Key| pack.questions.iter().position(|question| question.key == *key);
    resolution.problems.sort_by_key(|problem| problem.key.as_ref().and_then(place));
    resolution.missing.sort_by_key(place);
    resolution
}

/// Of how many unknown names the nearest known one is looked for.
const MAX_COMPARED: usize = 20;

struct Resolver<'a> {
    pack: &'a Pack,
    layers: &'a Layers,
    /// Questions whose answers are being found, or were looked for in vain: each is looked for
    /// once, also where conditions go in a circle.
    begun: BTreeSet<&'a Key>,
    resolution: Resolution,
}

impl<'a> Resolver<'a> {
    fn unknown_names(&mut self) {
        let known: Vec<&str> =
            self.pack.questions.iter().map(|question| question.key.as_str()).collect();
        let all = self.layers.layers.iter().flat_map(Layer::iter);
        let unknown = all.filter(|(name, _, _)| self.pack.question(name).is_none());
        for (count, (name, _, source)) in unknown.enumerate() {
            let problem = Problem::new(format!("there is no question {}", shown(name)))
                .origins([("it".to_owned(), source.to_string())]);
            // Whoever has so many means none of them.
            let near = if count < MAX_COMPARED { nearest(name, &known) } else { None };
            let problem = match near {
                Some(key) => problem.hint(format!("did you mean `{key}`?")),
                None => problem.hint("`fastwright list questions` shows all"),
            };
            let fault = Fault::UnknownName(name.to_owned());
            self.resolution.problems.push(AnswerProblem { key: None, problem, fault });
        }
    }

    /// Finds the answer to a question, after those that it depends on.
    fn answer(&mut self, question: &'a Question) -> Option<Value> {
        let key = &question.key;
        if let Some(answer) = self.resolution.answers.get(key) {
            return Some(answer.value.clone());
        }
        if !self.begun.insert(key) {
            return None;
        }
        let found = self.find(question);
        match found {
            Ok(answer) => {
                let value = answer.as_ref().map(|answer| answer.value.clone());
                self.resolution.answers.extend(answer.map(|answer| (key.clone(), answer)));
                value
            }
            Err(problem) => {
                self.resolution.problems.push(*problem);
                None
            }
        }
    }

    fn find(&mut self, question: &'a Question) -> Result<Option<Answer>, Box<AnswerProblem>> {
        let key = question.key.as_str();
        let given = self.layers.layers.iter().find_map(|layer| layer.get(key));
        let asked = self.holds(&question.when);
        if let (false, Some(otherwise)) = (asked, &question.otherwise) {
            let answer = Answer { value: otherwise.clone(), source: Source::NotAsked };
            return match given {
                Some((given, source)) if *source != Source::Recorded => {
                    let value = check(self.pack, question, given)
                        .map_err(|problem| not_taken(question, problem, given, source))?;
                    if value == *otherwise {
                        return Ok(Some(answer));
                    }
                    let needs: Vec<String> = question.when.entries().map(named).collect();
                    let problem = Problem::new(format!(
                        "`{key}` is `{value}`, and is asked only with {}",
                        needs.join(" and ")
                    ))
                    .origins([(key.to_owned(), source.to_string())])
                    .hint(format!("leave `{key}` out"));
                    Err(wrong(question, problem, Fault::NotAsked(value.to_string())))
                }
                Some(_) | None => Ok(Some(answer)),
            };
        }
        if let Some((given, source)) = given {
            let value = check(self.pack, question, given)
                .map_err(|problem| not_taken(question, problem, given, source))?;
            return Ok(Some(Answer { value, source: source.clone() }));
        }
        if self.layers.unanswered == Unanswered::Missing {
            self.resolution.missing.push(question.key.clone());
            return Ok(None);
        }
        self.default(question).map_err(|problem| wrong(question, problem, Fault::WrongDefault))
    }

    fn default(&mut self, question: &'a Question) -> Result<Option<Answer>, Problem> {
        let default = match &question.default {
            None => None,
            Some(Default::Value(value)) => Some(value),
            Some(Default::Cases(cases)) => {
                cases.iter().find(|case| self.holds(&case.when)).map(|case| &case.value)
            }
        };
        let value = match default {
            Some(Value::Text(text)) => {
                for key in placeholders(text) {
                    if let Some(other) = self.pack.question(&key) {
                        self.answer(other);
                    }
                }
                match interpolate(text, |key| self.lookup(key)) {
                    Ok(filled) => Some(Value::Text(fitted(question, text, filled))),
                    Err(_) if placeholders(text).iter().any(|key| self.lookup(key).is_none()) => {
                        None
                    }
                    Err(name) => {
                        let key = &question.key;
                        let problem = Problem::new(format!("the default of `{key}` is wrong"));
                        return Err(problem.because(format_args!(
                            "`{name}` has no such filter, or makes it longer than {} KiB",
                            MAX_FILLED >> 10
                        )));
                    }
                }
            }
            other => other.cloned(),
        };
        let key = question.key.as_str();
        let Some(value) = value else {
            // A default made of an answer that has a problem is no second problem.
            if default.is_none() || default.and_then(Value::as_text).is_some_and(needs_directory) {
                self.resolution.missing.push(question.key.clone());
            }
            return Ok(None);
        };
        let made = match default {
            Some(Value::Text(text)) if needs_directory(text) => "the folder's name".to_owned(),
            Some(Value::Text(text)) if text.contains("{=") => format!("its default `{text}`"),
            _ => Source::Default.to_string(),
        };
        let value = check(self.pack, question, &Given::Value(value))
            .map_err(|problem| problem.origins([(key.to_owned(), made)]))?;
        Ok(Some(Answer { value, source: Source::Default }))
    }

    fn holds(&mut self, when: &When) -> bool {
        for (key, _) in when.entries() {
            if let Some(question) = self.pack.question(key.as_str()) {
                self.answer(question);
            }
        }
        when.holds(|key| self.resolution.answers.get(key).map(|answer| &answer.value))
    }

    fn lookup(&self, key: &str) -> Option<String> {
        match key {
            "directory" => self.layers.directory.clone(),
            _ => self.resolution.answers.get(key).map(|answer| answer.value.to_string()),
        }
    }
}

/// Cuts a default that was made of longer answers to what the question takes. What a folder is
/// called is nobody's answer: that its name is too long is told.
fn fitted(question: &Question, template: &str, filled: String) -> String {
    match &question.kind {
        Kind::Text(rules) if !needs_directory(template) => {
            cut(&filled, rules.max_length).to_owned()
        }
        _ => filled,
    }
}

fn needs_directory(text: &str) -> bool {
    placeholders(text).iter().any(|key| key == "directory")
}

fn wrong(question: &Question, problem: Problem, fault: Fault) -> Box<AnswerProblem> {
    Box::new(AnswerProblem { key: Some(question.key.clone()), problem, fault })
}

fn not_taken(
    question: &Question,
    problem: Problem,
    given: &Given,
    source: &Source,
) -> Box<AnswerProblem> {
    let answer = match given {
        Given::Text(text) => text.clone(),
        Given::Value(value) => value.to_string(),
        Given::Foreign(kind) => (*kind).to_owned(),
    };
    let problem = problem.origins([(question.key.to_string(), source.to_string())]);
    wrong(question, problem, Fault::NotTaken(answer))
}

/// Names a condition on one answer: `proxy` = `nginx` or `envoy`.
pub(super) fn named((key, values): (&Key, &[Value])) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    format!("`{key}` = {}", values.join(" or "))
}
