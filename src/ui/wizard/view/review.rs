//! The review and its buttons.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::review::{BUTTONS, Kind, Line};
use super::super::state::cursor::{Focus, Target};
use super::super::state::panes::Pane;
use super::super::theme::Role;
use super::Hit;
use super::canvas::{Canvas, around_caret, width, wrap};

impl Wizard<'_> {
    pub(super) fn draw_review(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let Focus::Review(focused) = self.cursor().focus() else { return };
        let lines = self.review(usize::from(area.width.saturating_sub(6)));
        let answers = lines.iter().filter(|line| line.kind != Kind::Heading);
        let label = answers.map(|line| width(&line.label)).max().unwrap_or(0);
        let cells = |line: &Line| {
            let beside = if line.label.is_empty() { 0 } else { label + 3 };
            area.width.saturating_sub(3 + beside + width(sign(line.kind).0))
        };
        let lines: Vec<Line> = lines
            .iter()
            .flat_map(|line| match line.target {
                Some(Target::Directory) => self.folded_directory(line, cells(line)),
                _ => folded(line, cells(line)),
            })
            .collect();
        let body = Rect { height: area.height.saturating_sub(2), ..area };
        let room = usize::from(body.height);
        let cursor = lines.iter().position(|line| line.target.as_ref() == Some(focused));
        let first = match cursor {
            Some(cursor) => (cursor + 1 + room / 3).saturating_sub(room),
            // A button is below all lines.
            None => lines.len().saturating_sub(room),
        };
        let first = first.min(lines.len().saturating_sub(room));
        for (y, line) in (body.top()..body.bottom()).zip(&lines[first..]) {
            let here = line.target.is_some() && line.target.as_ref() == Some(focused);
            let whole = Rect { y, height: 1, ..body };
            let (sign, role) = sign(line.kind);
            let indent = if line.kind == Kind::Heading { 1 } else { 3 };
            let lead = if here { ">" } else { " " };
            canvas.text(body.x + 1, y, 1, lead, Role::Active);
            let mut x = body.x + indent;
            if line.kind == Kind::Heading || !line.label.is_empty() {
                canvas.text(
                    x,
                    y,
                    body.right().saturating_sub(x),
                    &line.label,
                    if line.kind == Kind::Heading { Role::Title } else { Role::Text },
                );
                x += label + 3;
            }
            if sign.trim() == "*" {
                canvas.text(x.saturating_sub(2), y, 1, "*", Role::Chosen);
            } else {
                x = canvas.text(x, y, body.right().saturating_sub(x), sign, role);
            }
            let cells = body.right().saturating_sub(x);
            let rest = Rect { x, width: cells, ..whole };
            if line.target == Some(Target::Directory) {
                self.draw_directory(canvas, rest, &line.text, here);
            } else {
                canvas.text(x, y, cells, &line.text, role);
                if here {
                    let active = self.is_active(Pane::Form);
                    canvas.paint(whole, if active { Role::Cursor } else { Role::Marked });
                }
            }
            if let Some(target) = &line.target {
                canvas.hit(whole, Hit::Target(target.clone()));
            }
        }
        self.draw_buttons(canvas, Rect { y: area.bottom() - 1, height: 1, ..area }, focused);
    }

    /// Returns the directory as it is, or is being typed.
    fn directory(&self) -> &str {
        let here = *self.cursor().focus() == Focus::Review(Target::Directory);
        let edit = self.cursor().field().filter(|_| here);
        edit.map_or(&self.form().place().text, |edit| &edit.text)
    }

    /// Puts what stands in the directory below its field where both are too long for one line.
    fn folded_directory(&self, line: &Line, cells: u16) -> Vec<Line> {
        if width(&format!("[ {} ] {}", self.directory(), line.text)) <= cells {
            return vec![line.clone()];
        }
        let field = Line { text: String::new(), ..line.clone() };
        let below = Line { kind: Kind::Note, label: " ".to_owned(), target: None, ..line.clone() };
        std::iter::once(field).chain(folded(&below, cells)).collect()
    }

    /// Draws the field for the directory, its part around the caret, and what stands there.
    fn draw_directory(&self, canvas: &mut Canvas<'_>, area: Rect, words: &str, here: bool) {
        let edit = self.cursor().field().filter(|_| here);
        let fresh = edit.is_some_and(|edit| edit.fresh) && self.is_typing();
        let role = if fresh { Role::Selected } else { Role::Text };
        let room = usize::from(area.width.saturating_sub(4));
        let caret = edit.map_or(0, |edit| edit.caret);
        let (part, before) = around_caret(self.directory(), caret, room);
        let start = canvas.text(area.x, area.y, area.width, "[ ", Role::Faint);
        let end = canvas.text(start, area.y, area.width.saturating_sub(4), &part, role);
        let end = canvas.text(end, area.y, 3, " ] ", Role::Faint);
        canvas.text(end, area.y, area.right().saturating_sub(end), words, Role::Faint);
        if edit.is_some() && self.is_typing() {
            canvas.caret(start + before, area.y);
        }
    }

    fn draw_buttons(&self, canvas: &mut Canvas<'_>, area: Rect, focused: &Target) {
        let blocked = !self.issues().is_empty();
        let mut x = area.x + 1;
        for (target, name) in BUTTONS {
            let name = match &target {
                Target::Create if self.world().is_upgrade() => "Upgrade",
                Target::Save | Target::Copy if area.width < 54 => {
                    name.split(' ').next().unwrap_or(name)
                }
                _ => name,
            };
            let here = *focused == target;
            let (open, close) = if here { ("[>", "<]") } else { ("[ ", " ]") };
            let text = match (&target, blocked) {
                (Target::Create, true) if area.width < 54 => format!("{open}Not yet{close}"),
                (Target::Create, true) => format!("{open}{name}: not yet{close}"),
                _ => format!("{open}{name}{close}"),
            };
            let role = match (here, &target) {
                (true, _) => Role::Cursor,
                (false, Target::Create) if blocked => Role::Faint,
                (false, Target::Create) => Role::Chosen,
                (false, _) => Role::Text,
            };
            let cells = width(&text).min(area.right().saturating_sub(x));
            let end = canvas.text(x, area.y, cells, &text, role);
            canvas.hit(Rect { x, width: end - x, ..area }, Hit::Target(target));
            x = end + 1;
        }
    }
}

/// Returns what stands before a line, and how it looks.
fn sign(kind: Kind) -> (&'static str, Role) {
    match kind {
        Kind::Heading => ("", Role::Title),
        Kind::Issue => ("[!] ", Role::Issue),
        Kind::Changed => ("* ", Role::Chosen),
        Kind::Answer | Kind::Note => ("", Role::Text),
        Kind::Command => ("", Role::Faint),
    }
}

/// Goes on below where a text is longer than its cells.
fn folded(line: &Line, cells: u16) -> Vec<Line> {
    if matches!(line.kind, Kind::Heading | Kind::Command) || width(&line.text) <= cells {
        return vec![line.clone()];
    }
    let mut parts = wrap(&line.text, usize::from(cells)).into_iter();
    let first = Line { text: parts.next().unwrap_or_default(), ..line.clone() };
    // A blank for a label keeps what follows beside it.
    let (lead, label) =
        if line.label.is_empty() { (sign(line.kind).0.len(), "") } else { (0, " ") };
    let below = parts.map(|part| Line {
        kind: Kind::Note,
        label: label.to_owned(),
        text: format!("{}{part}", " ".repeat(lead)),
        target: None,
    });
    std::iter::once(first).chain(below).collect()
}
