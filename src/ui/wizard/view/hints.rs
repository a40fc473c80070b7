//! The last line: the keys that matter here.

use ratatui::layout::Rect;

use super::super::keymap::Place;
use super::super::model::Wizard;
use super::super::state::cursor::Focus;
use super::super::state::dialog::Dialog;
use super::super::state::panes::{Layout, Page, Pane};
use super::super::theme::Role;
use super::canvas::{Canvas, width};
use crate::pack::Kind;

type Hint = (&'static str, &'static str);

impl Wizard<'_> {
    pub(super) fn draw_hints(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let y = area.bottom() - 1;
        if self.panes().layout() != Layout::Wide
            && let Some(notice) = self.status().notice()
            && (self.panes().layout() == Layout::Middle
                || self.panes().page() != Page::Panes
                || self.is_review())
        {
            canvas.text(area.x + 1, y, area.width - 2, notice, Role::Title);
            return;
        }
        let mut hints = self.hints();
        let mut tail: Vec<Hint> = vec![("Ctrl-C", "quit")];
        // In little room what can be done here comes first; else the way to all keys is kept.
        let small = self.panes().layout() == Layout::Small;
        if let ([others @ .., help @ (_, "help")], false) = (hints, small) {
            hints = others;
            tail.insert(0, *help);
        }
        let cells = |hint: &Hint| width(hint.0) + width(hint.1) + 2 + u16::from(!hint.1.is_empty());
        let kept: u16 = if small { 0 } else { tail.iter().map(cells).sum() };
        let end = area.right() + 1;
        let mut x = area.x + 1;
        let fitting = hints.iter().filter(|hint| {
            let fits = x + cells(hint) + kept <= end;
            x += if fits { cells(hint) } else { 0 };
            fits
        });
        let shown: Vec<Hint> = fitting.copied().collect();
        let mut x = area.x + 1;
        for (key, word) in shown.into_iter().chain(tail) {
            if x + cells(&(key, word)) > end {
                return;
            }
            x = canvas.text(x, y, area.width, key, Role::Key);
            if !word.is_empty() {
                x = canvas.text(x + 1, y, area.width, word, Role::Faint);
            }
            x += 2;
        }
    }

    fn hints(&self) -> &'static [Hint] {
        match self.dialog() {
            Some(Dialog::Resume { .. }) => {
                return &[("Enter", "take"), ("Left Right", "move"), ("Esc", "go on")];
            }
            Some(Dialog::Quit { .. }) => {
                return &[("Enter", "take"), ("Left Right", "move"), ("Esc", "stay")];
            }
            Some(Dialog::Fix { .. }) => {
                return &[("Enter", "take"), ("Left Right", "move"), ("Esc", "cancel")];
            }
            Some(Dialog::Save(_)) => return &[("Enter", "save"), ("Esc", "cancel")],
            Some(Dialog::Jump { .. }) => {
                return &[("Enter", "go"), ("Up Down", "move"), ("Esc", "close")];
            }
            None => {}
        }
        match self.panes().page() {
            Page::Help | Page::Why => return &[("Up Down", "scroll"), ("Esc", "close")],
            Page::Files if self.panes().pane() == Pane::File => {
                return &[
                    ("Up Down", "scroll"),
                    ("Esc", "back"),
                    ("d", "differences"),
                    ("Enter", "tree"),
                ];
            }
            Page::Files => {
                return &[
                    ("Enter", "open"),
                    ("Left Right", "fold"),
                    ("p", "back"),
                    ("d", "differences"),
                ];
            }
            Page::Panes => {}
        }
        match self.panes().pane() {
            Pane::Sections => {
                return &[
                    ("Up Down", "move"),
                    ("Enter", "go there"),
                    ("w", "next pane"),
                    ("Esc", "back"),
                ];
            }
            Pane::Why | Pane::File => {
                return &[
                    ("Up Down", "scroll"),
                    ("w", "next pane"),
                    ("Esc", "back"),
                    ("d", "differences"),
                ];
            }
            Pane::Tree => {
                return &[
                    ("Enter", "open"),
                    ("Left Right", "fold"),
                    ("w", "next pane"),
                    ("Esc", "back"),
                ];
            }
            Pane::Form => {}
        }
        self.form_hints()
    }

    fn form_hints(&self) -> &'static [Hint] {
        let small = self.panes().layout() == Layout::Small;
        if self.cursor().filter().is_some() {
            return &[("Enter", "choose"), ("Esc", "show all")];
        }
        if self.is_review() {
            return match self.place() {
                Place::Text => &[("Enter", "next"), ("Shift-Tab", "back"), ("F1", "help")],
                Place::Open | Place::Number => &[
                    ("Enter", "take"),
                    ("Up Down", "move"),
                    ("Shift-Tab", "back"),
                    ("p", "files"),
                    ("u", "undo"),
                    ("?", "help"),
                ],
            };
        }
        let several = match self.cursor().focus() {
            Focus::Question { key, .. } => {
                matches!(
                    self.pack_question(key).map(|question| &question.kind),
                    Some(Kind::Many(_))
                )
            }
            Focus::Review(_) => false,
        };
        match self.place() {
            // There is one pane only.
            Place::Text if small && !self.is_dirty() => {
                &[("Enter", "next"), ("Shift-Tab", "back"), ("F1", "help")]
            }
            Place::Text if !self.is_dirty() => &[
                ("Enter", "next"),
                ("Shift-Tab", "back"),
                ("Alt-g", "review"),
                ("F6", "pane"),
                ("Ctrl-P", "jump"),
                ("F1", "help"),
            ],
            Place::Text => &[
                ("Enter", "next"),
                ("Shift-Tab", "back"),
                ("Esc", "revert"),
                ("Alt-g", "review"),
                ("F6", "pane"),
                ("Ctrl-P", "jump"),
                ("F1", "help"),
            ],
            Place::Number => &[
                ("Enter", "next"),
                ("Left Right", "count"),
                ("Shift-Tab", "back"),
                ("g", "review"),
                ("u", "undo"),
                ("?", "help"),
            ],
            Place::Open if small && several => &[
                ("Space", "turn"),
                ("Enter", "next"),
                ("Shift-Tab", "back"),
                ("p", "files"),
                ("?", "help"),
            ],
            Place::Open if small => {
                &[("Enter", ""), ("Shift-Tab", "back"), ("i", "why"), ("p", "files"), ("?", "help")]
            }
            Place::Open if several => &[
                ("Space", "turn"),
                ("Enter", "next"),
                ("Shift-Tab", "back"),
                ("u", "undo"),
                ("p", "files"),
                ("g", "review"),
                ("?", "help"),
            ],
            Place::Open => &[
                ("Enter", "choose"),
                ("Space", "and stay"),
                ("Shift-Tab", "back"),
                ("p", "files"),
                ("u", "undo"),
                ("g", "review"),
                ("w", "pane"),
                (":", "jump"),
                ("?", "help"),
            ],
        }
    }
}
