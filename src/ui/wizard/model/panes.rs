//! Panes beside the questions: sections, explanation, files.

use super::super::keymap::Step;
use super::super::message::Effect;
use super::super::state::cursor::Focus;
use super::super::state::panes::{Page, Pane};
use super::Wizard;
use crate::pack::Key;

impl Wizard<'_> {
    pub(super) fn step(&mut self, step: Step, effects: &mut Vec<Effect>) {
        match (self.panes.page(), self.panes.pane()) {
            (Page::Help, _) => self.panes.scroll_help(step),
            (Page::Why, _) | (Page::Panes | Page::Files, Pane::Why) => self.panes.scroll_why(step),
            (Page::Panes | Page::Files, Pane::Sections) => self.step_in_sections(step, effects),
            (Page::Panes | Page::Files, Pane::Form) if self.cursor.is_review() => {
                self.step_in_review(step, effects);
            }
            (Page::Panes | Page::Files, Pane::Form) => self.step_in_form(step, effects),
            (Page::Panes | Page::Files, Pane::Tree) => self.files.step(&self.facts.preview, step),
            (Page::Panes | Page::Files, Pane::File) => {
                let (first, last) = (self.first_line(), self.last_line());
                self.files.scroll(first, last, step);
            }
        }
    }

    /// Returns the sections with questions to ask, by the first question of each.
    #[must_use]
    pub fn sections(&self) -> Vec<(String, Option<Key>)> {
        let mut sections = Vec::new();
        for section in &self.world.pack.sections {
            let inside = |key: &&Key| {
                self.pack_question(key).is_some_and(|question| question.section == section.key)
            };
            if let Some(key) = self.facts.stops.iter().find(inside) {
                sections.push((section.label.clone(), Some(key.clone())));
            }
        }
        sections.push(("Review".to_owned(), None));
        sections
    }

    /// Returns the place of the section with the focus.
    #[must_use]
    pub fn section(&self) -> usize {
        let sections = self.sections();
        let focused = self.cursor.question().and_then(|key| self.pack_question(key));
        let is_here = |(_, first): &(String, Option<Key>)| {
            let first = first.as_ref().and_then(|key| self.pack_question(key));
            first.map(|question| &question.section) == focused.map(|question| &question.section)
        };
        sections.iter().position(is_here).unwrap_or(0)
    }

    fn step_in_sections(&mut self, step: Step, effects: &mut Vec<Effect>) {
        let last = self.sections().len() - 1;
        let mut to = self.section();
        match step {
            Step::Up => to = to.saturating_sub(1),
            Step::Down => to = (to + 1).min(last),
            Step::First | Step::PageUp => to = 0,
            Step::Last | Step::PageDown => to = last,
            Step::Left => return,
            Step::Right => return self.panes.go(Pane::Form),
        }
        self.go_to_section(to, effects);
        self.panes.go(Pane::Sections);
    }

    pub(super) fn go_to_section(&mut self, to: usize, effects: &mut Vec<Effect>) {
        self.leave(effects);
        match self.sections().into_iter().nth(to).and_then(|(_, key)| key) {
            Some(key) => self.focus_question(&key),
            None => self.focus_review(),
        }
    }

    pub(super) fn open_row(&mut self) {
        if self.files.open(&self.facts.preview) {
            self.panes.look_into_file();
        }
    }

    pub(super) fn choose(&mut self, effects: &mut Vec<Effect>) {
        match (self.panes.page(), self.panes.pane()) {
            (Page::Help | Page::Why, _) => self.panes.open(Page::Panes),
            (Page::Panes | Page::Files, Pane::Tree) => self.open_row(),
            (Page::Panes | Page::Files, Pane::File)
                if self.panes.all(self.cursor.is_review()).contains(&Pane::Tree) =>
            {
                self.panes.go(Pane::Tree);
            }
            (Page::Panes | Page::Files, Pane::Sections | Pane::Why | Pane::File) => {
                self.panes.go(Pane::Form);
            }
            (Page::Panes | Page::Files, Pane::Form) => match self.cursor.focus() {
                Focus::Question { .. } => self.choose_option(true, effects),
                Focus::Review(_) => self.choose_target(effects),
            },
        }
    }

    pub(super) fn toggle(&mut self, effects: &mut Vec<Effect>) {
        match (self.panes.page(), self.panes.pane(), self.cursor.focus()) {
            (Page::Panes, Pane::Form, Focus::Question { .. }) => self.choose_option(false, effects),
            (Page::Why | Page::Help, _, _) | (_, Pane::File | Pane::Why, _) => {
                self.step(Step::PageDown, effects);
            }
            _ => self.choose(effects),
        }
    }
}
