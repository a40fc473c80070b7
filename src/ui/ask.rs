//! The walk through the questions that prompts and plain mode share, one after another: which comes
//! next, the way back, and what stands in the summary.
//!
//! Which questions there are and what an answer leads to, `answer` tells, for every face. Shows and
//! reads nothing itself.

use std::collections::BTreeMap;

use crate::answer::{
    Answer, AnswerProblem, CommandLine, Given, Held, Interview, Layer, Layers, Obstacle, Progress,
    Source, Unanswered, flag, followers, new_problems, resolve, with,
};
use crate::error::{Cause, Problem};
use crate::pack::{Default, Key, Kind, Pack, Question, Value, placeholders};

/// What a face that asks is given.
pub struct Asking<'a> {
    /// The questions.
    pub pack: &'a Pack,
    /// What was given before anything is asked.
    pub layers: &'a Layers,
    /// Answers of an earlier run, which are not asked for again.
    pub start: Progress,
    /// Called with all answers after each one.
    pub save: &'a dyn Fn(&Progress),
    /// Tells what comes of the answers, if they are good.
    pub outlook: &'a dyn Fn(&Layer) -> Option<Outlook>,
}

/// What comes of answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What will be written, and where.
    pub work: String,
    /// The command that gives the same.
    pub command: CommandLine,
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
    key: Key,
    layer: Layer,
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
    interview: Interview<'a>,
    now: Progress,
    /// What was before each step, for the way back.
    history: Vec<Progress>,
    /// Answers that were taken back: they are offered again.
    memory: Layer,
    /// A question that is to be answered anew.
    reopened: Option<Key>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(asking: &'a Asking<'a>) -> Self {
        let Asking { pack, layers, .. } = *asking;
        let mut walk = Self {
            asking,
            interview: Interview::new(pack, layers, layers.directory.as_deref()),
            now: Progress::default(),
            history: Vec::new(),
            memory: Layer::new(),
            reopened: None,
        };
        for question in &pack.questions {
            let key = question.key.as_str();
            if asking.start.is_answered(key) {
                walk.history.push(walk.now.clone());
                let mut answers = walk.now.answers.clone();
                if let Some((given, source)) = asking.start.answers.get(key).cloned() {
                    answers.insert(key, given, source);
                }
                walk.now = walk.now.after(answers, &question.key);
            }
        }
        walk
    }

    /// Returns the answers that were given and count.
    pub(super) fn finish(self) -> Layer {
        self.held().layer
    }

    fn held(&self) -> Held {
        self.interview.hold(&self.now.answers)
    }

    /// Returns what comes of the answers, if they are good.
    pub(super) fn outlook(&self) -> Option<Outlook> {
        (self.asking.outlook)(&self.held().layer)
    }

    /// Returns the question to ask, or nothing if all is answered.
    pub(super) fn next(&self) -> Option<Asked<'a>> {
        let now = self.held().now;
        // What something else answered is not asked.
        let is_mine = |one: &&Question| !self.interview.is_given(&one.key);
        let all: Vec<&Question> = self.interview.asked(&now).filter(is_mine).collect();
        let is_reopened = |one: &&Question| Some(&one.key) == self.reopened.as_ref();
        let reopened = self.interview.asked(&now).find(is_reopened);
        let is_open = |one: &&Question| !self.now.is_answered(one.key.as_str());
        let question = reopened.or_else(|| all.iter().copied().find(is_open))?;
        let place = all.iter().position(|one| one.key == question.key);
        let total = all.len().max(1);
        let place = place.map_or(total, |place| place + 1);
        let remembered = if reopened.is_some() { None } else { self.remembered(question) };
        let answer = now.answers.get(&question.key);
        let is_default = answer.is_some_and(|answer| answer.source == Source::Default);
        let origin = (remembered.is_none() && is_default).then(|| origin(question)).flatten();
        let current = remembered.or_else(|| answer.map(|answer| answer.value.clone()));
        Some(Asked { question, place, total, current, origin })
    }

    /// Returns an answer that was taken back, if it is still one.
    fn remembered(&self, question: &Question) -> Option<Value> {
        let (given, source) = self.memory.get(question.key.as_str())?.clone();
        let mut trial = self.now.answers.clone();
        trial.insert(question.key.as_str(), given, source);
        Some(self.interview.hold(&trial).now.answers.get(&question.key)?.value.clone())
    }

    /// Tells why a choice cannot stand beside the answers as they are.
    pub(super) fn obstacle(&self, question: &Question, value: Value) -> Option<String> {
        let change = (question.key.clone(), value);
        let obstacle = self.interview.obstacle(&self.now.answers, &self.held().now, &change)?;
        obstacle.problem.clash().map(|clash| clash.reason.clone())
    }

    /// Takes an answer, if it is one.
    pub(super) fn answer(&mut self, question: &Question, given: Given) -> Verdict {
        let asked = self.interview.give(&self.now.answers, question, given);
        let (before, after) = (self.held(), self.interview.hold(&asked));
        let Some(answer) = after.now.answers.get(&question.key) else {
            let own = |one: &&AnswerProblem| one.key.as_ref() == Some(&question.key);
            let problem = after.now.problems.iter().find(own);
            let problem = problem.map_or_else(|| Problem::new("an answer is needed"), plain);
            return Verdict::Refused(problem);
        };
        let change = (question.key.clone(), answer.value.clone());
        let obstacle = if asked == self.now.answers {
            None
        } else {
            self.interview.obstacle(&self.now.answers, &before.now, &change)
        };
        if let Some(Obstacle { problem, fix: Some(fix) }) = &obstacle {
            let flags = fix.iter().map(|(key, value)| format!("`{}`", flag(key, value)));
            let words = flags.collect::<Vec<_>>().join(" and ");
            let fix = Fix { words, key: change.0, layer: with(&asked, fix) };
            return Verdict::Fixable(plain(problem), fix);
        }
        let unsolved = new_problems(&before.now, &after.now);
        let unsolved: Vec<String> = unsolved
            .map(|problem| format!("{}, to be solved before the end", plain(problem).message))
            .collect();
        let mut notes = self.commit(asked, &question.key);
        notes.extend(unsolved);
        Verdict::Taken(notes)
    }

    /// Takes an answer together with those that it needs.
    pub(super) fn accept(&mut self, fix: Fix) -> Vec<String> {
        self.commit(fix.layer, &fix.key)
    }

    /// Takes answers, and tells what else changed with them.
    fn commit(&mut self, asked: Layer, key: &Key) -> Vec<String> {
        let before = self.held();
        let now = self.now.after(asked, key);
        self.history.push(std::mem::replace(&mut self.now, now));
        self.reopened = None;
        (self.asking.save)(&self.now);
        let after = self.held();
        let left_out = after.left_out.iter().filter(|key| !before.left_out.contains(key));
        let left_out =
            left_out.map(|key| format!("`{key}` is asked no more, and its answer is left out"));
        // What is still to be asked tells its default then.
        let followers = followers(&before.now.answers, &after.now.answers);
        let passed = followers.iter().filter(|key| self.now.is_answered(key.as_str()));
        let followed = passed.filter_map(|key| {
            let value = &after.now.answers.get(key)?.value;
            Some(format!("`{key}` is `{value}` now"))
        });
        left_out.chain(followed).collect()
    }

    /// Goes back by one answer; tells whether there was one.
    pub(super) fn back(&mut self) -> bool {
        if self.reopened.take().is_some() {
            return true;
        }
        let Some(before) = self.history.pop() else { return false };
        for (name, given, source) in self.now.answers.iter() {
            self.memory.insert(name, given.clone(), source.clone());
        }
        self.now = before;
        (self.asking.save)(&self.now);
        true
    }

    /// Asks a question anew.
    pub(super) fn reopen(&mut self, question: &Question) {
        self.reopened = Some(question.key.clone());
    }

    /// Returns what must be solved before the answers are good.
    pub(super) fn problems(&self) -> Vec<Problem> {
        self.held().now.problems.iter().map(plain).collect()
    }

    /// Returns all answers to questions that are asked, in their order.
    pub(super) fn summary(&self) -> Vec<Row<'a>> {
        let pack = self.asking.pack;
        let Held { layer, now, .. } = self.held();
        let answers = now.answers;
        let row = |question: &'a Question| {
            let answer = answers.get(&question.key)?;
            let section = pack.sections.iter().find(|section| section.key == question.section);
            let section = section.map_or("Answers", |section| section.label.as_str());
            let is_changed = self.is_changed(&layer, &question.key, &answers);
            let value = shown(question, &answer.value);
            let is_asked = answer.source != Source::NotAsked && question.is_free();
            is_asked.then_some(Row { section, question, value, is_changed })
        };
        pack.questions.iter().filter_map(row).collect()
    }

    /// Tells whether an answer differs from what would be there without it.
    fn is_changed(&self, given: &Layer, key: &Key, answers: &BTreeMap<Key, Answer>) -> bool {
        let mut without = self.asking.layers.clone();
        without.unanswered = Unanswered::Default;
        without.layers.insert(0, given.clone());
        for layer in &mut without.layers {
            layer.remove(key.as_str());
        }
        let default = resolve(self.asking.pack, &without).answers.remove(key);
        default.map(|answer| answer.value).as_ref() != answers.get(key).map(|answer| &answer.value)
    }
}

/// Leaves out where the answers came from, which is plain to see.
fn plain(problem: &AnswerProblem) -> Problem {
    let is_told = |cause: &&Cause| !matches!(cause, Cause::Origins(_));
    let causes = problem.problem.causes.iter().filter(is_told);
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

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::answer::Resolution;
    use crate::pack::Catalog;
    use crate::render::render;
    use crate::tree::Tree;
    use crate::ui::wizard::{Dialog, Files, Glyphs, Message, Place, Start, Theme, Wizard, World};

    fn layers() -> Layers {
        let directory = Some("demo".to_owned());
        Layers { layers: Vec::new(), directory, unanswered: Unanswered::Default }
    }

    /// Returns the place of the option to take; none takes what is there.
    fn reply(pack: &Pack, question: &Question, said: &[Option<usize>]) -> Option<usize> {
        let count = match question.kind {
            Kind::Bool => 2,
            Kind::One(_) => question.choices().len(),
            Kind::Text(_) | Kind::Integer { .. } | Kind::Many(_) => return None,
        };
        let place = pack.questions.iter().position(|one| one.key == question.key)?;
        said[place % said.len()].map(|said| said % count)
    }

    fn one_by_one(pack: &Pack, said: &[Option<usize>]) -> Layer {
        let layers = layers();
        let asking = Asking {
            pack,
            layers: &layers,
            start: Progress::default(),
            save: &|_| {},
            outlook: &|_| None,
        };
        let mut walk = Walk::new(&asking);
        while let Some(Asked { question, current, .. }) = walk.next() {
            let given = match reply(pack, question, said) {
                Some(place) if matches!(question.kind, Kind::Bool) => {
                    Given::Text(["yes", "no"][place].to_owned())
                }
                Some(place) => Given::Text(question.choices()[place].value.clone()),
                None => Given::Value(current.expect("a default")),
            };
            match walk.answer(question, given) {
                Verdict::Taken(_) => {}
                Verdict::Fixable(_, fix) => drop(walk.accept(fix)),
                Verdict::Refused(problem) => panic!("{}: {problem:?}", question.key),
            }
        }
        walk.finish()
    }

    fn on_the_whole_screen(pack: &Pack, said: &[Option<usize>]) -> Layer {
        let layers = layers();
        let world = World {
            title: "new",
            pack,
            layers: &layers,
            files: Files::Rendered(&|_| Ok(Tree::new())),
            command: &|_, _, _| CommandLine::of("new"),
            theme: Theme::Auto,
            glyphs: Glyphs::Ascii,
        };
        let name = "demo".to_owned();
        let start = Start {
            place: Place { text: name.clone(), name: Some(name), ..Place::default() },
            draft: Progress::default(),
            offer: None,
            keeps: false,
            git: false,
            mouse: false,
            size: (80, 24),
        };
        let mut wizard = Wizard::start(world, start);
        let press = |wizard: &mut Wizard<'_>, code| {
            wizard.update(Message::Key(KeyEvent::from(code)));
            if let Some(Dialog::Fix { .. }) = wizard.dialog() {
                wizard.update(Message::Key(KeyEvent::from(KeyCode::Enter)));
            }
        };
        let is_open = |wizard: &Wizard<'_>, key: &&Key| {
            // What a conflict was mended with is answered.
            !wizard.form().has_seen(key) && wizard.form().asked().get(key.as_str()).is_none()
        };
        while let Some(key) = wizard.facts().stops.iter().find(|key| is_open(&wizard, key)) {
            let key = key.clone();
            let question = wizard.pack_question(&key).expect("a question");
            wizard.focus_question(&key);
            wizard.refresh();
            if let Some(place) = reply(pack, question, said) {
                let digit = char::from_digit(u32::try_from(place + 1).expect("few"), 10);
                press(&mut wizard, KeyCode::Char(digit.expect("a digit")));
            }
            press(&mut wizard, KeyCode::Enter);
        }
        wizard.facts().layer.clone()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whoever_asks_the_same_replies_give_the_same_files(
            said in vec(proptest::option::weighted(0.4, 0..9_usize), 1..18)
        ) {
            let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
            let answers = |asked: Layer| {
                let mut all = layers();
                all.layers.push(asked);
                resolve(&pack, &all)
            };
            let files = |answers: Resolution| {
                answers.complete(&pack).and_then(|answers| render(&pack, &answers))
            };

            let (lines, screen) = (one_by_one(&pack, &said), on_the_whole_screen(&pack, &said));

            let (lines, screen) = (answers(lines), answers(screen));
            // Also which of them are defaults.
            prop_assert_eq!(&lines.answers, &screen.answers);
            prop_assert!(files(lines).expect("files") == files(screen).expect("files"));
        }
    }
}
