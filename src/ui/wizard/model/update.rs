//! What each message changes. Pure: what has to be done outside is returned.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};

use super::super::facts::typed_directory;
use super::super::keymap::{self, Action};
use super::super::message::{Effect, Message, Query};
use super::super::state::cursor::Focus;
use super::super::state::dialog::Dialog;
use super::super::state::form::Change;
use super::super::state::panes::{Layout, Page};
use super::super::world::Extent;
use super::{Wizard, kept};
use crate::answer::{Answer, followers};
use crate::pack::{Key, Kind};
use crate::ui::edit::{Edit, LONGEST};

impl Wizard<'_> {
    /// Takes a message, and tells what it wants done.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Message::Key(key) if key.kind != KeyEventKind::Press => return effects,
            Message::Key(key) => {
                self.status.clear();
                self.key(key, &mut effects);
            }
            Message::Typed(text) => {
                self.status.clear();
                self.letters(&text, &mut effects);
            }
            Message::Interrupt => effects.push(Effect::Cancel),
            Message::Paste(text) => self.paste(&text),
            Message::Mouse(event) => self.mouse(event, &mut effects),
            Message::Resize(columns, rows) => {
                self.panes.resize((columns, rows), self.cursor.is_review());
            }
            Message::Looked(place) => self.known.take_place(place),
            Message::Planned(answers, plan) => self.known.take_plan(*answers, plan),
            Message::Kept(result) => self.status.keep(result.map(|()| kept(&self.form))),
            Message::Saved(path, Ok(())) => {
                self.status.tell(format!("saved the answers to {path}"));
            }
            Message::Saved(_, Err(reason)) => self.status.tell(reason),
            Message::NotSuspended => self.status.tell("there is no shell to go back to"),
        }
        self.refresh();
        effects
    }

    /// Returns what has to be known first, one thing after another.
    #[must_use]
    pub fn query(&self) -> Option<Query> {
        let typed = typed_directory(&self.form, &self.cursor);
        let unknown = typed.filter(|text| self.known.place(text).is_none());
        let plan = || self.facts.wanted.first().cloned().map(Box::new).map(Query::Plan);
        unknown.map(|text| Query::Place(text.to_owned())).or_else(plan)
    }

    fn key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let action = keymap::action(key, self.place());
        match action {
            Some(Action::Cancel) => return effects.push(Effect::Cancel),
            Some(Action::Suspend) => return effects.push(Effect::Suspend),
            Some(Action::Redraw) => return effects.push(Effect::Redraw),
            Some(Action::Quit | Action::Escape) if self.panes.layout() == Layout::Tiny => {
                return effects.push(Effect::Prompts);
            }
            _ if self.panes.layout() == Layout::Tiny => {
                // While nothing is seen nothing is changed; in a text field too `q` leaves.
                if key.code == KeyCode::Char('q') {
                    effects.push(Effect::Prompts);
                }
                return;
            }
            _ => {}
        }
        if let Some(dialog) = self.dialog.take() {
            let turn = dialog.press(key, action, |text| self.places(text).len());
            return self.turn(turn, effects);
        }
        if self.cursor.filter().is_some() {
            return self.filtered(key, action, effects);
        }
        if self.is_typing() && self.typed(key, action) {
            return;
        }
        if let Some(action) = action {
            self.act(action, effects);
        }
    }

    /// Takes letters as one edit; the first finds a text that is selected, the last what fits.
    fn letters(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let mut letters = text.chars();
        let (first, last) = (letters.next(), letters.next_back());
        let mut press = |wizard: &mut Self, letter: Option<char>| {
            if let Some(letter) = letter {
                wizard.key(KeyEvent::from(KeyCode::Char(letter)), effects);
            }
        };
        press(self, first);
        self.paste(letters.as_str());
        press(self, last);
    }

    /// Tells whether letters are text, and how many come at once does not matter.
    #[must_use]
    pub fn takes_text(&self) -> bool {
        self.place() == keymap::Place::Text && self.panes.layout() != Layout::Tiny
    }

    /// Tells where keys go.
    #[must_use]
    pub fn place(&self) -> keymap::Place {
        match &self.dialog {
            Some(dialog) if dialog.takes_text() => return keymap::Place::Text,
            Some(_) => return keymap::Place::Open,
            None => {}
        }
        if self.cursor.filter().is_some() {
            return keymap::Place::Text;
        }
        if !self.is_typing() {
            return keymap::Place::Open;
        }
        let kind = self.cursor.question().and_then(|key| self.pack_question(key));
        match kind.map(|question| &question.kind) {
            Some(Kind::Integer { .. }) => keymap::Place::Number,
            Some(Kind::Text(_) | Kind::Bool | Kind::One(_) | Kind::Many(_)) | None => {
                keymap::Place::Text
            }
        }
    }

    fn act(&mut self, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Move(step) => self.step(step, effects),
            Action::Choose => self.choose(effects),
            Action::Toggle => self.toggle(effects),
            Action::Pick(index) => self.pick(index, effects),
            Action::Next => self.next(effects),
            Action::Previous => self.previous(effects),
            Action::NextPane => self.panes.next(self.cursor.is_review()),
            Action::Undo if self.is_dirty() => self.revert(),
            Action::Undo => self.undo(effects),
            Action::Redo => self.redo(effects),
            Action::Filter => self.filter(),
            Action::Jump => self.dialog = Some(Dialog::Jump { edit: Edit::default(), line: 0 }),
            Action::Preview => self.panes.turn_files(self.cursor.is_review()),
            Action::Diff => self.files.turn_changes(),
            Action::Why => self.panes.turn(Page::Why),
            Action::Help => self.panes.turn(Page::Help),
            Action::Copy => self.copy(effects),
            Action::Defaults => self.defaults(effects),
            Action::Review => {
                self.leave(effects);
                self.panes.open(Page::Panes);
                self.focus_review();
            }
            Action::Save => self.ask_where_to_save(),
            Action::Quit => self.dialog = Some(Dialog::Quit { button: 0 }),
            Action::Escape => self.escape(),
            Action::Mouse => {
                let taken = self.panes.turn_mouse();
                let words = if taken { "picks and scrolls" } else { "selects text" };
                self.status.tell(format!("the mouse {words}; m turns it"));
                effects.push(Effect::Mouse(taken));
            }
            Action::Cancel | Action::Suspend | Action::Redraw => {}
        }
    }

    /// Closes what is open, one after another, and asks at last.
    fn escape(&mut self) {
        if self.panes.close() {
            return;
        }
        if self.is_dirty() {
            self.revert();
        } else {
            self.dialog = Some(Dialog::Quit { button: 0 });
        }
    }

    pub(super) fn copy(&mut self, effects: &mut Vec<Effect>) {
        let full = self.panes.shows_full_command();
        match self.command(if full { Extent::Full } else { Extent::Minimal }) {
            Some(command) => {
                let command = command.to_string();
                self.status.copy(command.clone());
                effects.push(Effect::Copy(command));
            }
            None => self.status.tell("no command while something is wrong"),
        }
    }

    pub(super) fn ask_where_to_save(&mut self) {
        if self.facts.issues() == 0 {
            self.dialog = Some(Dialog::Save(Edit::of("answers.toml")));
        } else {
            self.status.tell("solve the issues first, then save");
        }
    }

    /// Makes a change that can be taken back, if it is one.
    pub(super) fn commit(&mut self, change: Change, effects: &mut Vec<Effect>) {
        if self.form.change(self.cursor.focus(), change) {
            effects.push(Effect::Draft);
            let was = self.facts.now.answers.clone();
            self.refresh();
            self.tell_followers(&was);
        }
    }

    /// Tells which answers that nobody gave became others.
    fn tell_followers(&mut self, was: &BTreeMap<Key, Answer>) {
        let followers = followers(was, &self.facts.now.answers);
        let followed = self.facts.stops.iter().filter(|key| followers.contains(key));
        let followed = followed
            .filter_map(|key| self.pack_question(key))
            .map(|question| format!("{} is {} now", question.label, self.shown_value(question)));
        let followed: Vec<String> = followed.collect();
        if !followed.is_empty() {
            self.status.tell(format!("with it {}", followed.join(", ")));
        }
    }

    /// Takes the last answer back.
    pub fn undo(&mut self, effects: &mut Vec<Effect>) {
        match self.form.undo() {
            Some(focus) => self.go_back_to(focus, "took back", effects),
            None => self.status.tell("there is nothing to undo"),
        }
    }

    /// Gives an answer again that was taken back.
    pub fn redo(&mut self, effects: &mut Vec<Effect>) {
        match self.form.redo() {
            Some(focus) => self.go_back_to(focus, "did again", effects),
            None => self.status.tell("there is nothing to redo"),
        }
    }

    /// Puts the focus where something was changed.
    fn go_back_to(&mut self, focus: Focus, did: &str, effects: &mut Vec<Effect>) {
        self.panes.open(Page::Panes);
        self.cursor.take_field();
        self.refresh();
        let what = match focus {
            Focus::Question { key, .. } => {
                self.focus_question(&key);
                self.pack_question(&key).map_or_else(String::new, |question| question.label.clone())
            }
            Focus::Review(target) => {
                self.focus_target(target);
                "what the review changed".to_owned()
            }
        };
        self.status.tell(format!("{did}: {what}"));
        effects.push(Effect::Draft);
    }

    /// Puts a text into the field with the focus, as one edit.
    fn paste(&mut self, text: &str) {
        let takes = self.cursor.filter().is_some() || self.panes.is_at_form();
        let all = match &mut self.dialog {
            _ if self.panes.layout() == Layout::Tiny => true,
            Some(dialog) => dialog.paste(text),
            None => !takes || self.cursor.paste(text),
        };
        if !all {
            self.status.tell(format!("a field holds {LONGEST} characters; the rest is left out"));
        }
    }
}
