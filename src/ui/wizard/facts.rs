//! What follows from the model: which answers hold, what can be chosen, which files there are.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::options::{Choice, choices, taken};
use super::place::Place;
use super::preview::{Made, Preview};
use super::state::cursor::{Cursor, Focus, Target};
use super::state::form::Form;
use super::state::known::Known;
use super::world::{Extent, Files, World};
use crate::answer::{AnswerProblem, Answers, CommandLine, Given, Held, Layer, Resolution, with};
use crate::error::{Error, Problem};
use crate::pack::{Key, Kind, Value};

/// What answers came to, beside the name of the folder.
type Kept = (Layer, Option<String>, Made);

/// What it follows from, beside what does not change.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// What is decided.
    pub form: &'a Form,
    /// What has the focus.
    pub cursor: &'a Cursor,
    /// What was told.
    pub known: &'a Known,
}

/// All that is derived, once for each message.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The given answers that count.
    pub layer: Layer,
    /// What they come to.
    pub now: Resolution,
    /// Questions whose answers are left out.
    pub left_out: Vec<Key>,
    /// The questions that are asked, in order.
    pub stops: Vec<Key>,
    /// The choices of the questions in the focused section.
    pub choices: BTreeMap<Key, Vec<Choice>>,
    /// What is wrong with what is being typed.
    pub typed: Option<Problem>,
    /// What the directory that is being typed is.
    pub typed_place: Option<Place>,
    /// The files, with what the focused choice makes of them.
    pub preview: Preview,
    /// The command that gives these answers again, if they are good.
    pub command: Option<CommandLine>,
    /// The directory that it is for.
    place: String,
    /// Why the files are not those of these answers.
    pub stale: Option<String>,
    /// Answers of which it has to be told what an upgrade to them comes to.
    pub wanted: Vec<Answers>,
    /// What the last good answers came to.
    made: Option<Kept>,
    /// What the focused choice came to.
    tried: Option<Kept>,
}

impl Facts {
    /// Derives all of it; what was known before saves work.
    #[must_use]
    pub fn of(world: &World<'_>, state: State<'_>, before: Option<&Self>) -> Self {
        let form = state.form;
        let interview = world.interview(form.name());
        let Held { layer, now, left_out } = interview.hold(form.asked());
        let stops = interview.asked(&now).map(|question| question.key.clone()).collect();
        let (made, tried) =
            before.map_or((None, None), |facts| (facts.made.clone(), facts.tried.clone()));
        let same = before.filter(|facts| facts.layer == layer && facts.place == form.place().text);
        let command = same.map(|facts| facts.command.clone());
        let mut facts = Self {
            choices: BTreeMap::new(),
            typed: None,
            typed_place: typed_place(state).cloned(),
            preview: Preview::default(),
            stale: None,
            command: None,
            place: form.place().text.clone(),
            layer,
            now,
            left_out,
            stops,
            wanted: Vec::new(),
            made,
            tried,
        };
        facts.command = command.unwrap_or_else(|| {
            let answers = facts.now.clone().complete(world.pack).ok()?;
            Some((world.command)(&answers, &facts.place, Extent::Minimal))
        });
        facts.choices = facts.offered(world, state);
        facts.look_ahead(world, state);
        facts
    }

    /// Returns the value of an answer.
    #[must_use]
    pub fn value(&self, key: &Key) -> Option<&Value> {
        self.now.answers.get(key).map(|answer| &answer.value)
    }

    /// Returns an answer as text, also one that is wrong.
    #[must_use]
    pub fn text(&self, world: &World<'_>, key: &Key) -> String {
        if let Some(value) = self.value(key) {
            return value.to_string();
        }
        let mut layers = std::iter::once(&self.layer).chain(&world.layers.layers);
        match layers.find_map(|layer| layer.get(key.as_str())) {
            Some((Given::Text(text), _)) => text.clone(),
            Some((Given::Value(value), _)) => value.to_string(),
            Some((Given::Foreign(_), _)) | None => String::new(),
        }
    }

    /// Returns the first problem of a question.
    #[must_use]
    pub fn problem(&self, key: &Key) -> Option<&AnswerProblem> {
        self.now.problems.iter().find(|problem| problem.key.as_ref() == Some(key))
    }

    /// Returns how many things stand in the way of creating.
    #[must_use]
    pub fn issues(&self) -> usize {
        self.now.problems.len() + self.now.missing.len()
    }

    fn offered(&self, world: &World<'_>, state: State<'_>) -> BTreeMap<Key, Vec<Choice>> {
        let form = state.form;
        let interview = world.interview(form.name());
        let focused = state.cursor.question().and_then(|key| world.pack.question(key.as_str()));
        let section = focused.map(|question| &question.section);
        let mut all = BTreeMap::new();
        for key in &self.stops {
            let Some(question) = world.pack.question(key.as_str()) else { continue };
            let mut list = choices(world, question, self.value(key));
            if Some(&question.section) == section {
                for index in 0..list.len() {
                    let Some(value) = taken(question, &list, index) else { continue };
                    if !list[index].is_chosen || matches!(question.kind, Kind::Many(_)) {
                        list[index].obstacle =
                            interview.obstacle(form.asked(), &self.now, &(key.clone(), value));
                    }
                }
            }
            all.insert(key.clone(), list);
        }
        all
    }

    /// Renders what is answered, and what the focused choice or the typed text would give.
    fn look_ahead(&mut self, world: &World<'_>, state: State<'_>) {
        let (form, name) = (state.form, state.form.name());
        let interview = world.interview(name);
        let committed = (self.layer.clone(), name.map(str::to_owned));
        if self.made.as_ref().is_none_or(|made| (&made.0, &made.1) != (&committed.0, &committed.1))
        {
            match self.make(world, state.known, self.now.clone()) {
                Some(Ok(made)) => {
                    self.made = Some((committed.0.clone(), committed.1.clone(), made));
                }
                Some(Err(reason)) => self.stale = Some(reason),
                None => {}
            }
        }
        let mut changes = self.candidate(world, state.cursor);
        let mut shown = self.made.as_ref().map(|made| made.2.clone());
        if let Some(change) = changes.first().cloned() {
            let typed = interview.hold(&with(form.asked(), [&change]));
            if state.cursor.field().is_some() {
                let key = Some(&change.0);
                let found = typed.now.problems.iter().find(|found| found.key.as_ref() == key);
                self.typed = found.map(|found| found.problem.clone());
            }
            changes.truncate(16);
            let then = interview.hold(&with(form.asked(), &changes));
            let known = self
                .tried
                .as_ref()
                .filter(|tried| tried.0 == then.layer && tried.1.as_deref() == name);
            let made = if let Some(tried) = known {
                Some(tried.2.clone())
            } else {
                self.make(world, state.known, then.now).and_then(Result::ok)
            };
            if let Some(made) = made {
                self.tried = Some((then.layer, committed.1, made.clone()));
                shown = Some(made);
                self.stale = None;
            }
        }
        let base = self.made.as_ref().map(|made| &made.2);
        self.preview = match (base, &shown) {
            (Some(Made::Tree(base)), Some(Made::Tree(tree))) => Preview::of(base, tree),
            (_, Some(Made::Tree(tree))) => Preview::of(&Rc::default(), tree),
            (_, Some(Made::Plan(plan))) => Preview::of_plan(plan),
            (_, None) => Preview::default(),
        };
    }

    /// Makes the files for answers, or tells why there are none. What an upgrade to them comes to is
    /// asked for, and is there once it was told.
    fn make(
        &mut self,
        world: &World<'_>,
        known: &Known,
        now: Resolution,
    ) -> Option<Result<Made, String>> {
        let words = |error: Error| error.problems()[0].message.clone();
        let answers = match now.complete(world.pack) {
            Ok(answers) => answers,
            Err(error) => return Some(Err(words(error))),
        };
        match world.files {
            Files::Rendered(render) => {
                Some(render(&answers).map(|tree| Made::Tree(Rc::new(tree))).map_err(words))
            }
            Files::Planned => {
                let planned = known.plan(&answers).cloned();
                if planned.is_none() {
                    self.wanted.push(answers);
                }
                planned.map(|plan| plan.map(Made::Plan))
            }
        }
    }

    /// Returns the answers that the focus would give, if they are others.
    fn candidate(&self, world: &World<'_>, cursor: &Cursor) -> Vec<(Key, Value)> {
        let Focus::Question { key, option } = cursor.focus() else { return Vec::new() };
        let Some(question) = world.pack.question(key.as_str()) else { return Vec::new() };
        if let Some(edit) = cursor.field() {
            let current = self.text(world, key);
            let changed = edit.text != current && !edit.text.is_empty();
            return changed
                .then(|| (key.clone(), Value::Text(edit.text.clone())))
                .into_iter()
                .collect();
        }
        let Some(list) = self.choices.get(key) else { return Vec::new() };
        let (Some(choice), Some(value)) = (list.get(*option), taken(question, list, *option))
        else {
            return Vec::new();
        };
        if Some(&value) == self.value(key) {
            return Vec::new();
        }
        let fix = choice.obstacle.iter().flat_map(|obstacle| obstacle.fix.iter().flatten());
        std::iter::once((key.clone(), value)).chain(fix.cloned()).collect()
    }
}

/// Returns the directory that is being typed, if it is another one.
#[must_use]
pub fn typed_directory<'a>(form: &Form, cursor: &'a Cursor) -> Option<&'a str> {
    let edit = cursor.field().filter(|_| *cursor.focus() == Focus::Review(Target::Directory))?;
    let is_other = !edit.text.is_empty() && edit.text != form.place().text;
    is_other.then_some(edit.text.as_str())
}

fn typed_place(state: State<'_>) -> Option<&Place> {
    state.known.place(typed_directory(state.form, state.cursor)?)
}
