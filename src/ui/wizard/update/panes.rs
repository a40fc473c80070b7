//! Panes beside the questions: sections, explanation, files.

use super::super::keymap::Step;
use super::super::message::Effect;
use super::super::model::{Focus, Layout, Page, Pane, Wizard};
use crate::pack::Key;

impl Wizard<'_> {
    /// Returns the panes that can have the focus.
    #[must_use]
    pub fn panes(&self) -> Vec<Pane> {
        match (self.model.page, self.model.layout()) {
            (Page::Files, _) => vec![Pane::Tree, Pane::File],
            (Page::Panes, Layout::Wide) => {
                let why = matches!(self.model.focus, Focus::Question { .. }).then_some(Pane::Why);
                [Pane::Sections, Pane::Form]
                    .into_iter()
                    .chain(why)
                    .chain([Pane::Tree, Pane::File])
                    .collect()
            }
            (Page::Panes, Layout::Middle) => match self.model.focus {
                Focus::Review(_) => vec![Pane::Form],
                Focus::Question { .. } if self.model.lower_tree => {
                    vec![Pane::Form, Pane::Why, Pane::Tree]
                }
                Focus::Question { .. } => vec![Pane::Form, Pane::Why, Pane::File],
            },
            (Page::Panes, Layout::Small | Layout::Tiny) | (Page::Why | Page::Help, _) => {
                vec![Pane::Form]
            }
        }
    }

    pub(super) fn next_pane(&mut self) {
        let panes = self.panes();
        let at = panes.iter().position(|pane| *pane == self.model.pane);
        self.model.pane =
            at.and_then(|at| panes.get(at + 1)).or(panes.first()).copied().unwrap_or(Pane::Form);
    }

    pub(super) fn show_files(&mut self) {
        match (self.model.layout(), self.model.page, &self.model.focus) {
            (_, Page::Files, _) => {
                self.model.page = Page::Panes;
                self.model.pane = Pane::Form;
            }
            (Layout::Middle, Page::Panes, Focus::Question { .. }) => {
                self.model.lower_tree = !self.model.lower_tree;
                self.model.pane = if self.model.lower_tree { Pane::Tree } else { Pane::Form };
            }
            _ => {
                self.model.page = Page::Files;
                self.model.pane = Pane::Tree;
            }
        }
    }

    pub(super) fn step(&mut self, step: Step, effects: &mut Vec<Effect>) {
        match self.model.page {
            Page::Help => scroll(&mut self.model.scroll.help, step),
            Page::Why => scroll(&mut self.model.scroll.why, step),
            Page::Panes | Page::Files => match self.model.pane {
                Pane::Sections => self.step_in_sections(step, effects),
                Pane::Form => match self.model.focus {
                    Focus::Question { .. } => self.step_in_form(step, effects),
                    Focus::Review(_) => self.step_in_review(step, effects),
                },
                Pane::Why => scroll(&mut self.model.scroll.why, step),
                Pane::Tree => self.step_in_tree(step),
                Pane::File => {
                    let mut first = self.first_line();
                    scroll(&mut first, step);
                    self.model.scroll.file = Some(first.min(self.last_line()));
                }
            },
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
        let focused = self.model.question().and_then(|key| self.pack_question(key));
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
            Step::Right => return self.model.pane = Pane::Form,
        }
        self.go_to_section(to, effects);
        self.model.pane = Pane::Sections;
    }

    pub(super) fn go_to_section(&mut self, to: usize, effects: &mut Vec<Effect>) {
        self.leave(effects);
        match self.sections().into_iter().nth(to).and_then(|(_, key)| key) {
            Some(key) => self.focus_question(&key),
            None => self.focus_review(),
        }
    }

    fn step_in_tree(&mut self, step: Step) {
        let rows = self.model.tree.rows(&self.facts.preview);
        let at = self.model.tree.cursor(&rows);
        let Some(row) = rows.get(at) else { return };
        let last = rows.len() - 1;
        let to = match step {
            Step::Up => at.saturating_sub(1),
            Step::PageUp => at.saturating_sub(10),
            Step::PageDown => (at + 10).min(last),
            Step::First => 0,
            Step::Last => last,
            Step::Left | Step::Right
                if row.file().is_none() && row.hidden.is_some() == (step == Step::Right) =>
            {
                self.model.tree.folds.insert(row.path.clone(), step == Step::Right);
                at
            }
            Step::Down | Step::Right => (at + 1).min(last),
            // To the folder around.
            Step::Left => {
                let around = |other: &super::super::tree::Row| {
                    other.file().is_none()
                        && other.path != row.path
                        && row.path.starts_with(&other.path)
                };
                rows.iter().rposition(around).unwrap_or(at)
            }
        };
        self.select(rows[to].path.clone());
    }

    /// Puts the cursor of the tree on a path, and shows it from where it changes.
    pub(super) fn select(&mut self, path: String) {
        self.model.tree.selected = Some(path);
        self.model.tree.is_held = true;
        self.model.scroll.file = None;
    }

    pub(super) fn open_row(&mut self) {
        let rows = self.model.tree.rows(&self.facts.preview);
        let Some(row) = rows.get(self.model.tree.cursor(&rows)) else { return };
        if row.file().is_some() {
            self.model.lower_tree = false;
            self.model.pane = Pane::File;
            self.model.tree.is_held = true;
            self.model.tree.selected = Some(row.path.clone());
        } else {
            self.model.tree.folds.insert(row.path.clone(), row.hidden.is_some());
        }
    }

    pub(super) fn choose(&mut self, effects: &mut Vec<Effect>) {
        match (self.model.page, self.model.pane) {
            (Page::Help | Page::Why, _) => self.model.page = Page::Panes,
            (Page::Panes | Page::Files, Pane::Tree) => self.open_row(),
            (Page::Panes | Page::Files, Pane::File) if self.panes().contains(&Pane::Tree) => {
                self.model.pane = Pane::Tree;
            }
            (Page::Panes | Page::Files, Pane::Sections | Pane::Why | Pane::File) => {
                self.model.pane = Pane::Form;
            }
            (Page::Panes | Page::Files, Pane::Form) => match self.model.focus {
                Focus::Question { .. } => self.choose_option(true, effects),
                Focus::Review(_) => self.choose_target(effects),
            },
        }
    }

    pub(super) fn toggle(&mut self, effects: &mut Vec<Effect>) {
        match (self.model.page, self.model.pane, &self.model.focus) {
            (Page::Panes, Pane::Form, Focus::Question { .. }) => self.choose_option(false, effects),
            (Page::Why | Page::Help, _, _) | (_, Pane::File | Pane::Why, _) => {
                self.step(Step::PageDown, effects);
            }
            _ => self.choose(effects),
        }
    }
}

fn scroll(first: &mut usize, step: Step) {
    *first = match step {
        Step::Up => first.saturating_sub(1),
        Step::Down => *first + 1,
        Step::PageUp => first.saturating_sub(10),
        Step::PageDown => *first + 10,
        Step::First => 0,
        Step::Last => usize::MAX / 2,
        Step::Left | Step::Right => *first,
    };
}
