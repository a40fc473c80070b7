//! Dialogs: leaving, changing several answers, saving, jumping.

use crossterm::event::KeyEvent;

use super::super::jump::{Place, To};
use super::super::keymap::{Action, Step};
use super::super::message::Effect;
use super::super::model::{Dialog, Focus, Page, Wizard};
use super::super::options::Obstacle;
use super::edited;
use crate::answer::Layer;

/// Returns the buttons of the dialog about an obstacle.
#[must_use]
pub fn fix_buttons(obstacle: &Obstacle) -> &'static [&'static str] {
    match &obstacle.fix {
        Some(_) => &["Set both", "Only this one", "Cancel"],
        None => &["Set it anyway", "Cancel"],
    }
}

impl Wizard<'_> {
    pub(super) fn dialog(
        &mut self,
        key: KeyEvent,
        action: Option<Action>,
        effects: &mut Vec<Effect>,
    ) {
        match (self.model.dialog.take(), action) {
            (_, Some(Action::Escape))
            | (None, _)
            | (Some(Dialog::Fix { .. }), Some(Action::Quit)) => {}
            (Some(Dialog::Resume { button, .. }), Some(Action::Choose | Action::Toggle)) => {
                self.resume(button, effects);
            }
            (Some(Dialog::Resume { what, .. }), Some(Action::Move(step))) => {
                let button = usize::from(matches!(step, Step::Right | Step::Down | Step::Last));
                self.model.dialog = Some(Dialog::Resume { what, button });
            }
            (Some(Dialog::Resume { what, button }), Some(Action::Next | Action::Previous)) => {
                self.model.dialog = Some(Dialog::Resume { what, button: 1 - button });
            }
            (Some(Dialog::Quit { .. }), Some(Action::Quit)) => effects.push(Effect::Cancel),
            (Some(Dialog::Quit { button }), Some(Action::Choose | Action::Toggle)) => {
                effects.extend((button == 0).then_some(Effect::Cancel));
            }
            (Some(Dialog::Quit { .. }), Some(Action::Move(step))) => {
                let button = usize::from(matches!(step, Step::Right | Step::Down | Step::Last));
                self.model.dialog = Some(Dialog::Quit { button });
            }
            (Some(Dialog::Quit { button }), Some(Action::Next | Action::Previous)) => {
                self.model.dialog = Some(Dialog::Quit { button: 1 - button });
            }
            (Some(dialog @ (Dialog::Resume { .. } | Dialog::Quit { .. })), _) => {
                self.model.dialog = Some(dialog);
            }
            (Some(dialog @ Dialog::Fix { .. }), _) => self.fix(dialog, action, effects),
            (Some(Dialog::Save(edit)), Some(Action::Choose)) => {
                effects.push(Effect::Save(edit.text));
            }
            (Some(Dialog::Save(mut edit)), _) => {
                edited(&mut edit, key, action);
                self.model.dialog = Some(Dialog::Save(edit));
            }
            (Some(Dialog::Jump { mut edit, line }), _) => {
                let places = self.places(&edit.text);
                let last = places.len().saturating_sub(1);
                let line = match action {
                    Some(Action::Choose) => {
                        return self.jump(places.into_iter().nth(line), effects);
                    }
                    Some(Action::Move(Step::Up)) => line.saturating_sub(1),
                    Some(Action::Move(Step::Down)) => (line + 1).min(last),
                    Some(Action::Move(Step::PageUp)) => line.saturating_sub(8),
                    Some(Action::Move(Step::PageDown)) => (line + 8).min(last),
                    _ if edited(&mut edit, key, action) => 0,
                    _ => line,
                };
                self.model.dialog = Some(Dialog::Jump { edit, line });
            }
        }
    }

    /// Goes on with the answers of an earlier run, or starts afresh.
    pub(super) fn resume(&mut self, button: usize, effects: &mut Vec<Effect>) {
        if button == 0 {
            return;
        }
        self.commit(effects, |model| model.asked = Layer::new());
        self.model.visited.clear();
        match self.facts.stops.first().cloned() {
            Some(key) => self.focus_question(&key),
            None => self.focus_review(),
        }
        self.model.notice = Some("started afresh; undo brings the answers back".to_owned());
    }

    pub(super) fn jump(&mut self, place: Option<Place>, effects: &mut Vec<Effect>) {
        let Some(place) = place else { return };
        match place.to {
            To::Question(key, option) => {
                self.leave(effects);
                self.model.page = Page::Panes;
                self.focus_question(&key);
                if let (Focus::Question { option: cursor, .. }, Some(option)) =
                    (&mut self.model.focus, option)
                {
                    *cursor = option;
                }
            }
            To::Review => {
                self.leave(effects);
                self.model.page = Page::Panes;
                self.focus_review();
            }
            To::File(path) => {
                self.select(path);
                self.model.page = Page::Files;
                self.model.pane = super::super::model::Pane::File;
            }
        }
    }

    fn fix(&mut self, dialog: Dialog, action: Option<Action>, effects: &mut Vec<Effect>) {
        let Dialog::Fix { change, obstacle, goes_on, button } = dialog else { return };
        let last = fix_buttons(&obstacle).len() - 1;
        let button = match action {
            Some(Action::Choose | Action::Toggle) => {
                return self.fix_by(button, change, *obstacle, goes_on, effects);
            }
            Some(Action::Move(Step::Left | Step::Up) | Action::Previous) => {
                button.saturating_sub(1)
            }
            Some(Action::Move(Step::Right | Step::Down) | Action::Next) => (button + 1).min(last),
            Some(Action::Pick(index)) if index <= last => {
                return self.fix_by(index, change, *obstacle, goes_on, effects);
            }
            _ => button,
        };
        self.model.dialog = Some(Dialog::Fix { change, obstacle, goes_on, button });
    }

    pub(super) fn fix_by(
        &mut self,
        button: usize,
        change: (crate::pack::Key, crate::pack::Value),
        obstacle: Obstacle,
        goes_on: bool,
        effects: &mut Vec<Effect>,
    ) {
        self.model.dialog = None;
        if button + 1 == fix_buttons(&obstacle).len() {
            return;
        }
        let mut changes = vec![change];
        if button == 0 {
            changes.extend(obstacle.fix.into_iter().flatten());
        }
        self.answer(&changes, effects);
        if goes_on {
            self.next(effects);
        }
    }
}
