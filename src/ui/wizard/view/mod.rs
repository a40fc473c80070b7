//! The screens: each a function of the wizard, drawn into cells, with what is where.

mod canvas;
mod code;
mod dialog;
mod file;
mod form;
mod help;
mod hints;
mod panes;
mod review;
mod small;
mod tree;
mod why;
mod words;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use canvas::Canvas;
pub(in crate::ui) use canvas::{around_caret, width, wrap};

use super::keeping::Keeping;
use super::model::Wizard;
use super::state::cursor::{Focus, Target};
use super::state::panes::{Layout, Page, Pane};
use super::theme::Role;
use crate::pack::Key;

/// What was drawn.
pub struct Screen {
    /// What is where; what was drawn later lies above.
    pub hits: Vec<(Rect, Hit)>,
    /// Where the caret is.
    pub cursor: Option<Position>,
}

/// Something on the screen that can be pointed at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A section, by its place.
    Section(usize),
    /// A question, and one of its options.
    Question(Key, Option<usize>),
    /// A row of the tree, by its path.
    Row(String),
    /// A line or button of the review.
    Target(Target),
    /// A button of a dialog.
    Button(usize),
    /// A line of a dialog.
    Line(usize),
    /// A pane.
    Pane(Pane),
}

impl Wizard<'_> {
    /// Draws everything.
    pub fn draw(&self, buffer: &mut Buffer) -> Screen {
        let area = buffer.area;
        let mut canvas = Canvas::new(buffer, self.world().theme, self.world().glyphs);
        match self.panes().layout() {
            Layout::Tiny => self.draw_tiny(&mut canvas, area),
            _ if self.panes().page() != Page::Panes => self.draw_page(&mut canvas, area),
            Layout::Wide => self.draw_wide(&mut canvas, area),
            Layout::Middle => self.draw_middle(&mut canvas, area),
            Layout::Small => self.draw_small(&mut canvas, area),
        }
        if self.panes().layout() != Layout::Tiny {
            self.draw_dialog(&mut canvas, area);
        }
        canvas.finish()
    }

    fn draw_tiny(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let (columns, rows) = self.panes().size();
        // Prompts ask for a new project only.
        let way = if self.world().is_upgrade() { "leave" } else { "continue in plain prompts" };
        let text = format!("Terminal is {columns}x{rows}; 40x10 needed. Enlarge, or q to {way}");
        let lines = canvas::wrap(&text, usize::from(area.width));
        for (y, line) in (area.top()..area.bottom()).zip(lines) {
            canvas.text(area.x, y, area.width, &line, Role::Text);
        }
    }

    fn draw_page(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
        self.draw_header(canvas, area);
        match self.panes().page() {
            Page::Help => self.draw_help(canvas, body),
            Page::Why => {
                let inner = inset(body, 1);
                canvas.text(inner.x, inner.y, inner.width, &self.why_title(), Role::Active);
                self.draw_why(canvas, Rect { y: inner.y + 1, height: inner.height - 1, ..inner });
            }
            Page::Files if self.panes().layout() == Layout::Small => {
                if self.panes().pane() == Pane::File {
                    self.draw_file_whole(canvas, body);
                } else {
                    let title = self.title(Pane::Tree);
                    canvas.text(body.x + 1, body.y, body.width - 1, &title, Role::Title);
                    let below = Rect { y: body.y + 1, height: body.height - 1, ..body };
                    self.draw_tree(canvas, below, true);
                }
            }
            Page::Files => self.draw_files(canvas, body),
            Page::Panes => {}
        }
        self.draw_hints(canvas, area);
    }

    /// Draws the first line: what runs, where, and how far.
    fn draw_header(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let issues = match self.issues().len() {
            0 => String::new(),
            1 => "1 issue".to_owned(),
            many => format!("{many} issues"),
        };
        let draft = self.status().keeping().sign();
        let sections = self.sections();
        let (at, count) = (self.section(), sections.len());
        let name = sections.get(at).map_or("", |(name, _)| name);
        let place = &self.form().place().text;
        let files = self.facts().preview.tree.len();
        let (left, right) = match self.panes().layout() {
            Layout::Wide => (
                format!("fastwright {}  {place}", self.world().title),
                format!("step {}/{count}  {name}", at + 1),
            ),
            Layout::Middle => {
                (format!("{place}   {name} {}/{count}", at + 1), format!("{files} files"))
            }
            Layout::Small | Layout::Tiny => (format!("{name} {}/{count}", at + 1), String::new()),
        };
        let is_roomy = self.panes().layout() != Layout::Small || issues.is_empty();
        let draft_role = match self.status().keeping() {
            Keeping::Failed => Role::Issue,
            Keeping::Unwanted | Keeping::Empty | Keeping::Saved => Role::Faint,
        };
        let parts = [
            (right, Role::Faint),
            (if is_roomy { draft.to_owned() } else { String::new() }, draft_role),
            (issues, Role::Issue),
        ];
        // From the right, so that what is wrong is seen in any case.
        let mut end = area.right().saturating_sub(1);
        for (text, role) in parts.iter().rev().filter(|(text, _)| !text.is_empty()) {
            let start = end.saturating_sub(canvas::width(text)).max(area.x + 1);
            canvas.text(start, area.y, end - start, text, *role);
            end = start.saturating_sub(3);
        }
        canvas.text(area.x + 1, area.y, end.saturating_sub(area.x + 1), &left, Role::Title);
    }

    /// Tells whether a pane has the focus.
    fn is_active(&self, pane: Pane) -> bool {
        self.panes().pane() == pane && self.dialog().is_none()
    }

    fn is_review(&self) -> bool {
        matches!(*self.cursor().focus(), Focus::Review(_))
    }
}

/// Returns an area without a margin at its left and right.
fn inset(area: Rect, margin: u16) -> Rect {
    Rect {
        x: area.x + margin.min(area.width),
        width: area.width.saturating_sub(2 * margin),
        ..area
    }
}
