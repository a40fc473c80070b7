//! The mouse picks, scrolls and focuses; there is a key for all that it does.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::keymap::Step;
use super::super::message::Effect;
use super::super::model::{Dialog, Focus, Layout, Page, Pane, Wizard};
use super::super::view::Hit;

impl Wizard<'_> {
    pub(super) fn mouse(&mut self, event: MouseEvent, effects: &mut Vec<Effect>) {
        if self.model.layout() == Layout::Tiny {
            return;
        }
        // What is where is known by drawing it.
        let mut buffer = Buffer::empty(Rect::new(0, 0, self.model.size.0, self.model.size.1));
        let hits = self.draw(&mut buffer).hits;
        let at = ratatui::layout::Position::new(event.column, event.row);
        let under = hits.into_iter().rev().find(|(area, _)| area.contains(at)).map(|(_, hit)| hit);
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                self.model.notice = None;
                if let Some(hit) = under {
                    self.click(hit, effects);
                }
            }
            MouseEventKind::ScrollUp => self.wheel(under.as_ref(), Step::Up, effects),
            MouseEventKind::ScrollDown => self.wheel(under.as_ref(), Step::Down, effects),
            MouseEventKind::Down(_)
            | MouseEventKind::Up(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => {}
        }
    }

    fn click(&mut self, hit: Hit, effects: &mut Vec<Effect>) {
        match (hit, self.model.dialog.take()) {
            (Hit::Button(button), Some(Dialog::Fix { change, obstacle, goes_on, .. })) => {
                self.fix_by(button, change, *obstacle, goes_on, effects);
            }
            (Hit::Button(button), Some(Dialog::Resume { .. })) => self.resume(button, effects),
            (Hit::Button(button), Some(Dialog::Quit { .. })) => {
                effects.extend((button == 0).then_some(Effect::Cancel));
            }
            (Hit::Line(line), Some(Dialog::Jump { edit, .. })) => {
                let place = self.places(&edit.text).into_iter().nth(line);
                self.jump(place, effects);
            }
            (_, dialog @ Some(_)) => self.model.dialog = dialog,
            (Hit::Section(index), None) => self.go_to_section(index, effects),
            (Hit::Question(key, option), None) => {
                if self.model.question() != Some(&key) {
                    self.leave(effects);
                    self.focus_question(&key);
                }
                self.model.pane = Pane::Form;
                self.model.filter = None;
                if let (Focus::Question { option: cursor, .. }, Some(option)) =
                    (&mut self.model.focus, option)
                {
                    // The first click previews, the second chooses.
                    if *cursor == option {
                        self.choose_option(false, effects);
                    } else {
                        *cursor = option;
                        self.model.tree.is_held = false;
                    }
                }
            }
            (Hit::Row(path), None) => {
                self.model.pane = Pane::Tree;
                self.select(path.clone());
                if path.ends_with('/') {
                    self.open_row();
                }
            }
            (Hit::Target(target), None) => {
                self.leave(effects);
                self.focus_target(target);
                self.choose_target(effects);
            }
            (Hit::Pane(pane), None) => self.model.pane = pane,
            (Hit::Button(_) | Hit::Line(_), None) => {}
        }
    }

    fn wheel(&mut self, under: Option<&Hit>, step: Step, effects: &mut Vec<Effect>) {
        let pane = match under {
            Some(Hit::Pane(pane)) => *pane,
            Some(Hit::Row(_)) => Pane::Tree,
            Some(Hit::Section(_)) => Pane::Sections,
            Some(Hit::Question(..) | Hit::Target(_)) => Pane::Form,
            Some(Hit::Button(_) | Hit::Line(_)) | None => return,
        };
        if self.model.dialog.is_some() {
            return;
        }
        let held = self.model.pane;
        if matches!(self.model.page, Page::Panes | Page::Files) {
            self.model.pane = pane;
        }
        for _ in 0..if pane == Pane::File || pane == Pane::Why { 3 } else { 1 } {
            self.step(step, effects);
        }
        if self.panes().contains(&held) {
            self.model.pane = held;
        }
    }
}
