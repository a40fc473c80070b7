//! The mouse picks, scrolls and focuses; there is a key for all that it does.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::keymap::Step;
use super::super::message::Effect;
use super::super::state::cursor::Focus;
use super::super::state::dialog::{Decision, Dialog, Turn};
use super::super::state::panes::{Layout, Page, Pane};
use super::super::view::Hit;
use super::Wizard;

impl Wizard<'_> {
    pub(super) fn mouse(&mut self, event: MouseEvent, effects: &mut Vec<Effect>) {
        if self.panes.layout() == Layout::Tiny {
            return;
        }
        // What is where is known by drawing it.
        let (columns, rows) = self.panes.size();
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
        let hits = self.draw(&mut buffer).hits;
        let at = ratatui::layout::Position::new(event.column, event.row);
        let under = hits.into_iter().rev().find(|(area, _)| area.contains(at)).map(|(_, hit)| hit);
        match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                self.status.clear();
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
        match (hit, self.dialog.take()) {
            (Hit::Button(button), Some(dialog)) => self.turn(dialog.click(button), effects),
            (Hit::Line(line), Some(Dialog::Jump { edit, .. })) => {
                self.turn(Turn::Done(Decision::Jump(edit.text, line)), effects);
            }
            (_, dialog @ Some(_)) => self.dialog = dialog,
            (Hit::Section(index), None) => self.go_to_section(index, effects),
            (Hit::Question(key, option), None) => {
                if self.cursor.question() != Some(&key) {
                    self.leave(effects);
                    self.focus_question(&key);
                }
                self.panes.go(Pane::Form);
                self.cursor.stop_filter();
                if let (Focus::Question { option: cursor, .. }, Some(option)) =
                    (self.cursor.focus(), option)
                {
                    // The first click previews, the second chooses.
                    if *cursor == option {
                        self.choose_option(false, effects);
                    } else {
                        self.cursor.put_on(option);
                        self.files.let_go();
                    }
                }
            }
            (Hit::Row(path), None) => {
                self.panes.go(Pane::Tree);
                self.files.select(path.clone());
                if path.ends_with('/') {
                    self.open_row();
                }
            }
            (Hit::Target(target), None) => {
                self.leave(effects);
                self.focus_target(target);
                self.choose_target(effects);
            }
            (Hit::Pane(pane), None) => self.panes.go(pane),
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
        if self.dialog.is_some() {
            return;
        }
        let held = self.panes.pane();
        if matches!(self.panes.page(), Page::Panes | Page::Files) {
            self.panes.go(pane);
        }
        for _ in 0..if pane == Pane::File || pane == Pane::Why { 3 } else { 1 } {
            self.step(step, effects);
        }
        if self.panes.all(self.cursor.is_review()).contains(&held) {
            self.panes.go(held);
        }
    }
}
