//! The review: moving among its lines and buttons, and what each of them does.

use super::super::keymap::Step;
use super::super::message::Effect;
use super::super::review::BUTTONS;
use super::super::state::cursor::{Focus, Target};
use super::super::state::form::Change;
use super::Wizard;

impl Wizard<'_> {
    pub(super) fn step_in_review(&mut self, step: Step, effects: &mut Vec<Effect>) {
        let count = isize::try_from(self.targets().len()).unwrap_or(isize::MAX);
        let Focus::Review(target) = self.cursor.focus() else { return };
        let on_button = BUTTONS.iter().any(|(button, _)| button == target);
        let buttons = isize::try_from(BUTTONS.len()).unwrap_or_default();
        let by = match step {
            // All buttons stand on one line.
            Step::Up if on_button => {
                let at = BUTTONS.iter().position(|(button, _)| button == target);
                -1 - at.and_then(|at| isize::try_from(at).ok()).unwrap_or_default()
            }
            Step::Down if on_button => return,
            Step::Up | Step::Left => -1,
            Step::Down | Step::Right => 1,
            Step::PageUp => -8,
            Step::PageDown => 8,
            Step::First => -count,
            Step::Last => {
                let at = self.target_place();
                count - buttons - isize::try_from(at).unwrap_or_default()
            }
        };
        self.next_target(by, effects);
    }

    fn target_place(&self) -> usize {
        let Focus::Review(target) = self.cursor.focus() else { return 0 };
        let targets = self.targets();
        let create = targets.len() - BUTTONS.len();
        targets.iter().position(|one| one == target).unwrap_or(create)
    }

    /// Moves the focus by some lines, as far as there are any.
    pub(super) fn next_target(&mut self, by: isize, effects: &mut Vec<Effect>) {
        self.leave(effects);
        let targets = self.targets();
        let to = self.target_place().saturating_add_signed(by).min(targets.len() - 1);
        self.focus_target(targets[to].clone());
    }

    pub(super) fn choose_target(&mut self, effects: &mut Vec<Effect>) {
        let Focus::Review(target) = self.cursor.focus().clone() else { return };
        match target {
            Target::Issue(index) => match self.issues().into_iter().nth(index) {
                Some((Some(key), _)) => self.focus_question(&key),
                Some((None, _)) => self.focus_target(Target::Directory),
                None => self.focus_review(),
            },
            Target::Answer(key) => self.focus_question(&key),
            Target::Directory => self.next_target(1, effects),
            Target::Free => {
                if let Some(free) = self.form.place().free.clone() {
                    self.commit(Change::Place(*free), effects);
                    self.focus_target(Target::Directory);
                }
            }
            Target::Git => self.commit(Change::Git(!self.form.git()), effects),
            Target::Command => self.panes.turn_command(),
            Target::Create => self.create(effects),
            Target::Back => self.previous(effects),
            Target::Save => self.ask_where_to_save(),
            Target::Copy => self.copy(effects),
        }
    }

    fn create(&mut self, effects: &mut Vec<Effect>) {
        let issues = self.issues().len();
        if issues == 0 {
            return effects.push(Effect::Create);
        }
        let words = if issues == 1 { "one thing is" } else { "some things are" };
        self.focus_target(Target::Issue(0));
        self.status.tell(format!("{words} to be solved first"));
    }
}
