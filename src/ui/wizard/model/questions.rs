//! Questions: moving among them, choosing, typing.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::keymap::{Action, Place, Step};
use super::super::message::Effect;
use super::super::options::taken;
use super::super::state::cursor::{Focus, Target};
use super::super::state::dialog::{Choice, Dialog};
use super::super::state::form::Change;
use super::super::state::panes::{Page, Pane};
use super::Wizard;
use crate::answer::Given;
use crate::pack::{Key, Kind};
use crate::ui::edit::Edit;

impl Wizard<'_> {
    /// Lets the field with the focus take a key; tells whether it did.
    pub(super) fn typed(&mut self, key: KeyEvent, action: Option<Action>) -> bool {
        if self.place() == Place::Number {
            return self.typed_number(key, action);
        }
        self.cursor.edit(key, action)
    }

    fn typed_number(&mut self, key: KeyEvent, action: Option<Action>) -> bool {
        match (key.code, action) {
            (KeyCode::Char(letter), _) if letter.is_ascii_digit() || letter == '-' => {
                self.cursor.edit(key, None)
            }
            (KeyCode::Char(_), None) => true,
            (_, Some(Action::Move(Step::Left))) => self.count(-1),
            (_, Some(Action::Move(Step::Right))) => self.count(1),
            (KeyCode::Char(_), Some(_)) => false,
            _ => self.cursor.edit(key, action),
        }
    }

    /// Makes a number one more or less, within its bounds.
    fn count(&mut self, by: i64) -> bool {
        let kind = self.cursor.question().and_then(|key| self.pack_question(key));
        let Some(Kind::Integer { min, max }) = kind.map(|question| &question.kind) else {
            return false;
        };
        if let Some(edit) = self.cursor.field() {
            let number = edit.text.parse::<i64>().unwrap_or(*min);
            let mut edit = Edit::of(number.saturating_add(by).clamp(*min, *max).to_string());
            edit.end();
            self.cursor.set_field(edit);
        }
        true
    }

    /// Takes what was typed and not answered out of the field.
    pub(super) fn revert(&mut self) {
        self.cursor.set_field(Edit::of(self.committed()));
    }

    /// Answers by what is typed, and notes that the question was seen.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        let dirty = self.is_dirty();
        let text = self.cursor.take_field().filter(|_| dirty);
        match self.cursor.focus().clone() {
            Focus::Question { key, .. } => {
                self.form.see(&key);
                if let Some(text) = text {
                    self.answer(&key, Given::Text(text), effects);
                }
            }
            Focus::Review(Target::Directory) => {
                // What stands there was told while it was typed.
                let place = text.and_then(|text| self.known.place(&text).cloned());
                if let Some(place) = place {
                    self.commit(Change::Place(place), effects);
                }
            }
            Focus::Review(_) => {}
        }
    }

    /// Gives an answer to a question.
    fn answer(&mut self, key: &Key, answer: Given, effects: &mut Vec<Effect>) {
        let Some(question) = self.pack_question(key) else { return };
        let interview = self.world.interview(self.form.name());
        let asked = interview.give(self.form.asked(), question, answer);
        self.commit(Change::Asked(asked), effects);
    }

    pub(super) fn next(&mut self, effects: &mut Vec<Effect>) {
        self.panes.open(Page::Panes);
        match self.cursor.focus().clone() {
            Focus::Question { key, .. } => {
                self.leave(effects);
                let at = self.facts.stops.iter().position(|stop| *stop == key);
                match at.and_then(|at| self.facts.stops.get(at + 1)).cloned() {
                    Some(key) => self.focus_question(&key),
                    None => self.focus_review(),
                }
            }
            Focus::Review(_) => self.next_target(1, effects),
        }
    }

    pub(super) fn previous(&mut self, effects: &mut Vec<Effect>) {
        self.panes.open(Page::Panes);
        match self.cursor.focus().clone() {
            Focus::Question { key, .. } => {
                self.leave(effects);
                let at = self.facts.stops.iter().position(|stop| *stop == key).unwrap_or(0);
                match at.checked_sub(1).and_then(|at| self.facts.stops.get(at)).cloned() {
                    Some(key) => self.focus_question(&key),
                    None => self.focus_question(&key),
                }
            }
            Focus::Review(_) => {
                self.leave(effects);
                match self.facts.stops.last().cloned() {
                    Some(key) => self.focus_question(&key),
                    None => self.focus_review(),
                }
            }
        }
    }

    /// Returns the places of the options that are shown.
    #[must_use]
    pub fn shown(&self, key: &Key) -> Vec<usize> {
        let choices = self.facts.choices.get(key).map(Vec::as_slice).unwrap_or_default();
        let filter = self.cursor.filter().filter(|_| self.cursor.question() == Some(key));
        let text = filter.map(|edit| edit.text.to_lowercase()).unwrap_or_default();
        let fits = |index: &usize| {
            let choice = &choices[*index];
            let all = format!("{} {} {}", choice.value, choice.label, choice.help).to_lowercase();
            all.contains(&text)
        };
        (0..choices.len()).filter(fits).collect()
    }

    /// Moves the cursor among the options, and over their ends to the section's other questions.
    pub(super) fn step_in_form(&mut self, step: Step, effects: &mut Vec<Effect>) {
        let Focus::Question { key, option } = self.cursor.focus().clone() else { return };
        let shown = self.shown(&key);
        let at = shown.iter().position(|index| *index == option);
        let last = shown.len().saturating_sub(1);
        let to = match (step, at) {
            (Step::Up, Some(at)) if at > 0 => at - 1,
            (Step::Down, Some(at)) if at < last => at + 1,
            (Step::Up | Step::Down, None) if !shown.is_empty() => 0,
            (Step::First, _) => 0,
            (Step::Last, _) => last,
            (Step::PageUp, Some(at)) => at.saturating_sub(5),
            (Step::PageDown, Some(at)) => (at + 5).min(last),
            (Step::Up | Step::Down, _) if self.cursor.filter().is_none() => {
                return self.neighbour(&key, step, effects);
            }
            _ => return,
        };
        if let Some(option) = shown.get(to) {
            self.cursor.put_on(*option);
            self.panes.explain_anew();
            self.files.let_go();
        }
    }

    fn neighbour(&mut self, key: &Key, step: Step, effects: &mut Vec<Effect>) {
        let section = self.pack_question(key).map(|question| &question.section);
        let at = self.facts.stops.iter().position(|stop| stop == key).unwrap_or(0);
        let to = if step == Step::Up { at.checked_sub(1) } else { Some(at + 1) };
        let other = to.and_then(|to| self.facts.stops.get(to)).cloned();
        let same = |other: &Key| self.pack_question(other).map(|one| &one.section) == section;
        let Some(other) = other.filter(same) else { return };
        self.leave(effects);
        self.focus_question(&other);
        let count = self.facts.choices.get(&other).map_or(0, Vec::len);
        let option = if step == Step::Up { count.saturating_sub(1) } else { 0 };
        self.cursor.put_on(option);
    }

    pub(super) fn choose_option(&mut self, goes_on: bool, effects: &mut Vec<Effect>) {
        let Focus::Question { key, option } = self.cursor.focus().clone() else { return };
        let Some(question) = self.pack_question(&key) else { return };
        let several = matches!(question.kind, Kind::Many(_));
        if self.is_typed(&key) || (several && goes_on) {
            return if goes_on { self.next(effects) } else { self.leave(effects) };
        }
        let Some(list) = self.facts.choices.get(&key) else { return };
        let Some(value) = taken(question, list, option) else { return };
        let obstacle = list.get(option).and_then(|choice| choice.obstacle.clone());
        if let Some(obstacle) = obstacle {
            let choice = Box::new(Choice { change: (key, value), obstacle, goes_on });
            self.dialog = Some(Dialog::Fix { choice, button: 0 });
            return;
        }
        self.form.see(&key);
        self.answer(&key, Given::Text(value.to_string()), effects);
        if goes_on {
            self.next(effects);
        }
    }

    pub(super) fn pick(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let choices = self.cursor.question().and_then(|key| self.facts.choices.get(key));
        if self.panes.is_at_form() && index < choices.map_or(0, Vec::len) {
            self.cursor.put_on(index);
            self.choose_option(false, effects);
        }
    }

    pub(super) fn defaults(&mut self, effects: &mut Vec<Effect>) {
        let section = self.cursor.question().and_then(|key| self.pack_question(key));
        let Some(section) = section.map(|question| &question.section) else { return };
        let pack = self.world.pack;
        let inside = pack.questions.iter().filter(|question| question.section == *section);
        let keys: Vec<Key> = inside.map(|question| question.key.clone()).collect();
        let has_some = keys.iter().any(|key| self.form.asked().get(key.as_str()).is_some());
        let mut asked = self.form.asked().clone();
        for key in &keys {
            asked.remove(key.as_str());
        }
        self.commit(Change::Asked(asked), effects);
        if let Some(key) = self.cursor.question().cloned() {
            self.focus_question(&key);
        }
        let words = if has_some { "; u takes that back" } else { " already" };
        self.status.tell(format!("this section has its defaults{words}"));
    }

    pub(super) fn filter(&mut self) {
        let has_choices = self
            .cursor
            .question()
            .and_then(|key| self.facts.choices.get(key))
            .is_some_and(|choices| !choices.is_empty());
        if has_choices && self.panes.page() == Page::Panes {
            self.panes.go(Pane::Form);
            self.cursor.start_filter();
        }
    }

    /// Lets the filter take a key.
    pub(super) fn filtered(
        &mut self,
        key: KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) {
        match action {
            Some(Action::Escape) => self.cursor.stop_filter(),
            Some(Action::Choose) => {
                self.cursor.stop_filter();
                self.choose_option(false, effects);
            }
            Some(Action::Move(step @ (Step::Up | Step::Down))) => self.step_in_form(step, effects),
            _ => {
                if self.cursor.edit_filter(key, action) {
                    let shown = self.cursor.question().map(|key| self.shown(key));
                    let shown = shown.unwrap_or_default();
                    if let (Focus::Question { option, .. }, Some(first)) =
                        (self.cursor.focus(), shown.first())
                        && !shown.contains(option)
                    {
                        self.cursor.put_on(*first);
                    }
                }
            }
        }
    }
}
