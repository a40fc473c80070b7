//! What each message changes. Pure: what has to be done outside is returned.

mod dialog;
mod form;
mod mouse;
mod panes;
mod review;

pub use dialog::fix_buttons;

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::keymap::{self, Action, Step};
use super::message::{Effect, Message};
use super::model::{Dialog, Focus, Layout, Model, Page, Pane, Wizard};
use super::world::Extent;
use crate::answer::{Answer, Source};
use crate::pack::{Key, Kind};
use crate::ui::edit::{Edit, LONGEST};

impl Wizard<'_> {
    /// Takes a message, and tells what it wants done.
    pub fn update(&mut self, message: Message) -> Vec<Effect> {
        let mut effects = Vec::new();
        match message {
            Message::Key(key) if key.kind != KeyEventKind::Press => return effects,
            Message::Key(key) => {
                self.model.notice = None;
                self.key(key, &mut effects);
            }
            Message::Typed(text) => {
                self.model.notice = None;
                self.letters(&text, &mut effects);
            }
            Message::Interrupt => effects.push(Effect::Cancel),
            Message::Paste(text) => self.paste(&text),
            Message::Mouse(event) => self.mouse(event, &mut effects),
            Message::Resize(columns, rows) => self.resize(columns, rows),
        }
        self.refresh();
        effects
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        self.model.size = (columns, rows);
        let panes = self.panes();
        if self.model.page == Page::Panes && !panes.contains(&self.model.pane) {
            self.model.pane = Pane::Form;
        }
    }

    fn key(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let place = self.place();
        let action = keymap::action(key, place);
        match action {
            Some(Action::Cancel) => return effects.push(Effect::Cancel),
            Some(Action::Suspend) => return effects.push(Effect::Suspend),
            Some(Action::Redraw) => return effects.push(Effect::Redraw),
            Some(Action::Quit | Action::Escape) if self.model.layout() == Layout::Tiny => {
                return effects.push(Effect::Prompts);
            }
            _ if self.model.layout() == Layout::Tiny => {
                // While nothing is seen nothing is changed; in a text field too `q` leaves.
                if key.code == KeyCode::Char('q') {
                    effects.push(Effect::Prompts);
                }
                return;
            }
            _ => {}
        }
        if self.model.dialog.is_some() {
            return self.dialog(key, action, effects);
        }
        if self.model.filter.is_some() {
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
        self.place() == keymap::Place::Text && self.model.layout() != Layout::Tiny
    }

    /// Tells where keys go.
    #[must_use]
    pub fn place(&self) -> keymap::Place {
        match &self.model.dialog {
            Some(Dialog::Save(_) | Dialog::Jump { .. }) => return keymap::Place::Text,
            Some(Dialog::Resume { .. } | Dialog::Quit { .. } | Dialog::Fix { .. }) => {
                return keymap::Place::Open;
            }
            None => {}
        }
        if self.model.filter.is_some() {
            return keymap::Place::Text;
        }
        if !self.is_typing() {
            return keymap::Place::Open;
        }
        let kind = self.model.question().and_then(|key| self.pack_question(key));
        match kind.map(|question| &question.kind) {
            Some(Kind::Integer { .. }) => keymap::Place::Number,
            Some(Kind::Text(_) | Kind::Bool | Kind::One(_) | Kind::Many(_)) | None => {
                keymap::Place::Text
            }
        }
    }

    /// Tells whether a field takes what is typed.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.model.edit.is_some()
            && self.model.pane == Pane::Form
            && self.model.page == Page::Panes
            && self.model.dialog.is_none()
    }

    fn act(&mut self, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Move(step) => self.step(step, effects),
            Action::Choose => self.choose(effects),
            Action::Toggle => self.toggle(effects),
            Action::Pick(index) => self.pick(index, effects),
            Action::Next => self.next(effects),
            Action::Previous => self.previous(effects),
            Action::NextPane => self.next_pane(),
            Action::Undo if self.is_dirty() => self.revert(),
            Action::Undo => self.undo(effects),
            Action::Redo => self.redo(effects),
            Action::Filter => self.filter(),
            Action::Jump => {
                self.model.dialog = Some(Dialog::Jump { edit: Edit::default(), line: 0 });
            }
            Action::Preview => self.show_files(),
            Action::Diff => {
                self.model.only_changes = !self.model.only_changes;
                self.model.scroll.file = None;
            }
            Action::Why => self.turn_page(Page::Why),
            Action::Help => self.turn_page(Page::Help),
            Action::Copy => self.copy(effects),
            Action::Defaults => self.defaults(effects),
            Action::Review => {
                self.leave(effects);
                self.model.page = Page::Panes;
                self.focus_review();
            }
            Action::Save => self.ask_where_to_save(),
            Action::Quit => self.model.dialog = Some(Dialog::Quit { button: 0 }),
            Action::Escape => self.escape(),
            Action::Mouse => {
                self.model.mouse = !self.model.mouse;
                let words = if self.model.mouse { "picks and scrolls" } else { "selects text" };
                self.model.notice = Some(format!("the mouse {words}; m turns it"));
                effects.push(Effect::Mouse(self.model.mouse));
            }
            Action::Cancel | Action::Suspend | Action::Redraw => {}
        }
    }

    fn turn_page(&mut self, page: Page) {
        self.model.page = if self.model.page == page { Page::Panes } else { page };
        self.model.scroll.help = 0;
        self.model.pane = Pane::Form;
    }

    /// Closes what is open, one after another, and asks at last.
    fn escape(&mut self) {
        let small = self.model.layout() == Layout::Small;
        if self.model.page == Page::Files && self.model.pane == Pane::File && small {
            self.model.pane = Pane::Tree;
        } else if self.model.page != Page::Panes {
            self.model.page = Page::Panes;
            self.model.pane = Pane::Form;
        } else if self.model.pane != Pane::Form {
            self.model.pane = Pane::Form;
        } else if self.is_dirty() {
            self.revert();
        } else {
            self.model.dialog = Some(Dialog::Quit { button: 0 });
        }
    }

    fn copy(&mut self, effects: &mut Vec<Effect>) {
        let extent = if self.model.full_command { Extent::Full } else { Extent::Minimal };
        match self.command(extent) {
            Some(command) => {
                self.model.notice = Some("copied the command; told at the end too".to_owned());
                self.model.copied = Some(command.clone());
                effects.push(Effect::Copy(command));
            }
            None => {
                self.model.notice = Some("no command while something is wrong".to_owned());
            }
        }
    }

    fn ask_where_to_save(&mut self) {
        if self.facts.issues() == 0 {
            self.model.dialog = Some(Dialog::Save(Edit::of("answers.toml")));
        } else {
            self.model.notice = Some("solve the issues first, then save".to_owned());
        }
    }

    /// Makes a change that can be taken back, if it is one.
    fn commit(&mut self, effects: &mut Vec<Effect>, change: impl FnOnce(&mut Model)) {
        let before = self.model.snapshot();
        change(&mut self.model);
        let after = self.model.snapshot();
        let same = |a: &super::model::Snapshot, b: &super::model::Snapshot| {
            (&a.asked, &a.place, a.git) == (&b.asked, &b.place, b.git)
        };
        if !same(&before, &after) {
            self.model.past.push(before);
            self.model.future.clear();
            effects.push(Effect::Draft);
            let was = self.facts.now.answers.clone();
            self.refresh();
            self.tell_followers(&was);
        }
    }

    /// Tells which answers that nobody gave became others.
    fn tell_followers(&mut self, was: &BTreeMap<Key, Answer>) {
        let followed = self.facts.stops.iter().filter_map(|key| {
            let (before, now) = (was.get(key)?, self.facts.now.answers.get(key)?);
            let by_itself = before.source == Source::Default && now.source == Source::Default;
            let question = self.pack_question(key)?;
            (by_itself && before.value != now.value)
                .then(|| format!("{} is {} now", question.label, self.shown_value(question)))
        });
        let followed: Vec<String> = followed.collect();
        if !followed.is_empty() {
            self.model.notice = Some(format!("with it {}", followed.join(", ")));
        }
    }

    /// Takes the last answer back.
    pub fn undo(&mut self, effects: &mut Vec<Effect>) {
        match self.model.past.pop() {
            Some(snapshot) => {
                let now = super::model::Snapshot {
                    focus: snapshot.focus.clone(),
                    ..self.model.snapshot()
                };
                self.model.future.push(now);
                self.restore(snapshot, "took back", effects);
            }
            None => self.model.notice = Some("there is nothing to undo".to_owned()),
        }
    }

    /// Gives an answer again that was taken back.
    pub fn redo(&mut self, effects: &mut Vec<Effect>) {
        match self.model.future.pop() {
            Some(snapshot) => {
                let now = super::model::Snapshot {
                    focus: snapshot.focus.clone(),
                    ..self.model.snapshot()
                };
                self.model.past.push(now);
                self.restore(snapshot, "did again", effects);
            }
            None => self.model.notice = Some("there is nothing to redo".to_owned()),
        }
    }

    fn restore(&mut self, snapshot: super::model::Snapshot, did: &str, effects: &mut Vec<Effect>) {
        self.model.asked = snapshot.asked;
        self.model.place = snapshot.place;
        self.model.git = snapshot.git;
        self.model.page = Page::Panes;
        self.model.edit = None;
        self.refresh();
        let what = match snapshot.focus {
            Focus::Question { key, .. } => {
                self.focus_question(&key);
                self.pack_question(&key).map_or_else(String::new, |question| question.label.clone())
            }
            Focus::Review(target) => {
                self.focus_target(target);
                "what the review changed".to_owned()
            }
        };
        self.model.notice = Some(format!("{did}: {what}"));
        effects.push(Effect::Draft);
    }

    /// Puts a text into the field with the focus, as one edit.
    fn paste(&mut self, text: &str) {
        if self.model.layout() == Layout::Tiny {
            return;
        }
        let edit = match &mut self.model.dialog {
            Some(Dialog::Save(edit) | Dialog::Jump { edit, .. }) => Some(edit),
            None if self.model.filter.is_some() => self.model.filter.as_mut(),
            None if self.model.pane == Pane::Form && self.model.page == Page::Panes => {
                self.model.edit.as_mut()
            }
            Some(Dialog::Resume { .. } | Dialog::Quit { .. } | Dialog::Fix { .. }) | None => None,
        };
        if edit.is_some_and(|edit| !edit.insert(text)) {
            self.model.notice =
                Some(format!("a field holds {LONGEST} characters; the rest is left out"));
        }
    }
}

/// Lets a field take a key; tells whether it did.
fn edited(edit: &mut Edit, key: KeyEvent, action: Option<Action>) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match (key.code, action) {
        (KeyCode::Backspace, _) if control || key.modifiers.contains(KeyModifiers::ALT) => {
            edit.backspace_word();
        }
        (KeyCode::Backspace, _) => edit.backspace(),
        (KeyCode::Delete, _) => edit.delete(),
        (KeyCode::Char('u'), None) if control => edit.clear(),
        (KeyCode::Char('w'), None) if control => edit.backspace_word(),
        (KeyCode::Char('a'), None) if control => edit.home(),
        (KeyCode::Char('e'), None) if control => edit.end(),
        (KeyCode::Char(letter), None) if !control && !key.modifiers.contains(KeyModifiers::ALT) => {
            let _ = edit.insert(letter.encode_utf8(&mut [0; 4]));
        }
        (KeyCode::Left, Some(Action::Move(Step::Left))) => edit.step(-1),
        (KeyCode::Right, Some(Action::Move(Step::Right))) => edit.step(1),
        (KeyCode::Home, _) => edit.home(),
        (KeyCode::End, _) => edit.end(),
        _ => return false,
    }
    true
}
