//! Questions: moving among them, choosing, typing.

use crossterm::event::{KeyCode, KeyEvent};

use super::super::keymap::{Action, Place, Step};
use super::super::message::Effect;
use super::super::model::{Dialog, Focus, Page, Pane, Target, Wizard};
use super::super::options::taken;
use super::super::world::with;
use super::edited;
use crate::answer::{Given, Source};
use crate::pack::{Key, Kind, Value};
use crate::ui::edit::Edit;

impl Wizard<'_> {
    /// Lets the field with the focus take a key; tells whether it did.
    pub(super) fn typed(&mut self, key: KeyEvent, action: Option<Action>) -> bool {
        if self.place() == Place::Number {
            return self.typed_number(key, action);
        }
        self.model.edit.as_mut().is_some_and(|edit| edited(edit, key, action))
    }

    fn typed_number(&mut self, key: KeyEvent, action: Option<Action>) -> bool {
        let Some(edit) = &mut self.model.edit else { return false };
        match (key.code, action) {
            (KeyCode::Char(letter), _) if letter.is_ascii_digit() || letter == '-' => {
                edited(edit, key, None)
            }
            (KeyCode::Char(_), None) => true,
            (_, Some(Action::Move(Step::Left))) => self.count(-1),
            (_, Some(Action::Move(Step::Right))) => self.count(1),
            (KeyCode::Char(_), Some(_)) => false,
            _ => edited(edit, key, action),
        }
    }

    /// Makes a number one more or less, within its bounds.
    fn count(&mut self, by: i64) -> bool {
        let kind = self.model.question().and_then(|key| self.pack_question(key));
        let Some(Kind::Integer { min, max }) = kind.map(|question| &question.kind) else {
            return false;
        };
        if let Some(edit) = &mut self.model.edit {
            let number = edit.text.parse::<i64>().unwrap_or(*min);
            *edit = Edit::of(number.saturating_add(by).clamp(*min, *max).to_string());
            edit.end();
        }
        true
    }

    /// Tells whether a field holds something that is no answer yet.
    #[must_use]
    pub fn is_dirty(&self) -> bool {
        self.model.edit.as_ref().is_some_and(|edit| edit.text != self.committed())
    }

    /// Takes what was typed and not answered out of the field.
    pub(super) fn revert(&mut self) {
        if self.model.edit.is_some() {
            self.model.edit = Some(Edit::of(self.committed()));
        }
    }

    /// Returns the text of the field with the focus as it was answered.
    fn committed(&self) -> String {
        match &self.model.focus {
            Focus::Question { key, .. } => self.facts.text(&self.world, key),
            Focus::Review(_) => self.model.place.text.clone(),
        }
    }

    /// Answers by what is typed, and notes that the question was seen.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        let dirty = self.is_dirty();
        let text = self.model.edit.take().filter(|_| dirty).map(|edit| edit.text);
        match self.model.focus.clone() {
            Focus::Question { key, .. } => {
                self.model.visited.insert(key.clone());
                if let Some(text) = text {
                    self.answer_text(&key, text, effects);
                }
            }
            Focus::Review(Target::Directory) => {
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    let place = (self.world.place)(&text);
                    self.commit(effects, |model| model.place = place);
                }
            }
            Focus::Review(_) => {}
        }
    }

    /// An empty text that is no answer is the default again.
    fn answer_text(&mut self, key: &Key, text: String, effects: &mut Vec<Effect>) {
        let empty = [(key.clone(), Value::Text(String::new()))];
        let is_answer = !text.is_empty() || {
            let then = with(&self.model.asked, &empty);
            let then = self.world.resolve(&then, self.model.place.name.as_deref());
            then.now.answers.contains_key(key)
        };
        self.commit(effects, |model| {
            if is_answer {
                model.asked.insert(key.as_str(), Given::Text(text), Source::Asked);
            } else {
                model.asked.remove(key.as_str());
            }
        });
    }

    pub(super) fn next(&mut self, effects: &mut Vec<Effect>) {
        self.model.page = Page::Panes;
        match self.model.focus.clone() {
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
        self.model.page = Page::Panes;
        match self.model.focus.clone() {
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
        let filter = self.model.filter.as_ref().filter(|_| self.model.question() == Some(key));
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
        let Focus::Question { key, option } = self.model.focus.clone() else { return };
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
            (Step::Up | Step::Down, _) if self.model.filter.is_none() => {
                return self.neighbour(&key, step, effects);
            }
            _ => return,
        };
        if let Some(option) = shown.get(to) {
            self.model.focus = Focus::Question { key, option: *option };
            self.model.scroll.why = 0;
            self.model.scroll.file = None;
            self.model.tree.is_held = false;
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
        if let Focus::Question { option: cursor, .. } = &mut self.model.focus {
            *cursor = option;
        }
    }

    pub(super) fn choose_option(&mut self, goes_on: bool, effects: &mut Vec<Effect>) {
        let Focus::Question { key, option } = self.model.focus.clone() else { return };
        let Some(question) = self.pack_question(&key) else { return };
        let several = matches!(question.kind, Kind::Many(_));
        if self.is_typed(&key) || (several && goes_on) {
            return if goes_on { self.next(effects) } else { self.leave(effects) };
        }
        let Some(list) = self.facts.choices.get(&key) else { return };
        let Some(value) = taken(question, list, option) else { return };
        let obstacle = list.get(option).and_then(|choice| choice.obstacle.clone());
        if let Some(obstacle) = obstacle {
            let change = (key, value);
            let obstacle = Box::new(obstacle);
            self.model.dialog = Some(Dialog::Fix { change, obstacle, goes_on, button: 0 });
            return;
        }
        self.model.visited.insert(key.clone());
        if self.facts.value(&key) != Some(&value) {
            self.answer(&[(key, value)], effects);
        }
        if goes_on {
            self.next(effects);
        }
    }

    /// Gives one answer, or several as one.
    pub(super) fn answer(&mut self, changes: &[(Key, Value)], effects: &mut Vec<Effect>) {
        self.commit(effects, |model| model.asked = with(&model.asked, changes));
    }

    pub(super) fn pick(&mut self, index: usize, effects: &mut Vec<Effect>) {
        let Focus::Question { key, option } = &mut self.model.focus else { return };
        let count = self.facts.choices.get(key).map_or(0, Vec::len);
        if self.model.pane == Pane::Form && self.model.page == Page::Panes && index < count {
            *option = index;
            self.choose_option(false, effects);
        }
    }

    pub(super) fn defaults(&mut self, effects: &mut Vec<Effect>) {
        let section = self.model.question().and_then(|key| self.pack_question(key));
        let Some(section) = section.map(|question| &question.section) else { return };
        let pack = self.world.pack;
        let inside = pack.questions.iter().filter(|question| question.section == *section);
        let keys: Vec<&str> = inside.map(|question| question.key.as_str()).collect();
        let has_some = keys.iter().any(|key| self.model.asked.get(key).is_some());
        self.commit(effects, |model| keys.iter().for_each(|key| drop(model.asked.remove(key))));
        if let Some(key) = self.model.question().cloned() {
            self.focus_question(&key);
        }
        let words = if has_some { "; u takes that back" } else { " already" };
        self.model.notice = Some(format!("this section has its defaults{words}"));
    }

    pub(super) fn filter(&mut self) {
        let has_choices = self
            .model
            .question()
            .and_then(|key| self.facts.choices.get(key))
            .is_some_and(|choices| !choices.is_empty());
        if has_choices && self.model.page == Page::Panes {
            self.model.pane = Pane::Form;
            self.model.filter = Some(Edit::default());
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
            Some(Action::Escape) => self.model.filter = None,
            Some(Action::Choose) => {
                self.model.filter = None;
                self.choose_option(false, effects);
            }
            Some(Action::Move(step @ (Step::Up | Step::Down))) => self.step_in_form(step, effects),
            _ => {
                if self.model.filter.as_mut().is_some_and(|edit| edited(edit, key, action)) {
                    let shown = self.model.question().map(|key| self.shown(key));
                    let shown = shown.unwrap_or_default();
                    if let (Focus::Question { option, .. }, Some(first)) =
                        (&mut self.model.focus, shown.first())
                        && !shown.contains(option)
                    {
                        *option = *first;
                    }
                }
            }
        }
    }
}
