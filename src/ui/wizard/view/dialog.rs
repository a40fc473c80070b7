//! Boxes above everything else.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::state::dialog::{Choice, Dialog, fix_buttons};
use super::super::theme::Role;
use super::Hit;
use super::canvas::{Canvas, around_caret, width, wrap};
use crate::answer::Obstacle;
use crate::pack::{Key, Value};
use crate::ui::edit::Edit;

impl Wizard<'_> {
    pub(super) fn draw_dialog(&self, canvas: &mut Canvas<'_>, area: Rect) {
        match self.dialog() {
            None => {}
            Some(Dialog::Resume { what, button }) => {
                let cells = usize::from(area.width.min(60) - 4);
                let text = format!("For this directory {what}.");
                let inner = open(canvas, area, "Go on where you left?", &wrap(&text, cells), 1);
                buttons(canvas, inner, &["Go on", "Start afresh"], *button);
            }
            Some(Dialog::Quit { button }) => {
                let cells = usize::from(area.width.min(64) - 4);
                let inner = open(canvas, area, "Leave?", &wrap(self.farewell(), cells), 1);
                buttons(canvas, inner, &["Quit", "Stay"], *button);
            }
            Some(Dialog::Fix { choice, button }) => {
                let Choice { change, obstacle, .. } = &**choice;
                let texts = self.fix_texts(change, obstacle);
                let cells = usize::from(area.width.min(64) - 4);
                let lines: Vec<String> = texts.iter().flat_map(|text| wrap(text, cells)).collect();
                let mut names: Vec<&str> = fix_buttons(obstacle).to_vec();
                if obstacle.fix.as_ref().is_some_and(|fix| fix.len() > 1) {
                    names[0] = "Set all";
                }
                let rows = button_rows(&names, cells);
                let inner = open(canvas, area, "These do not go together", &lines, rows);
                buttons(canvas, inner, &names, *button);
            }
            Some(Dialog::Save(edit)) => {
                let text = "Write all answers to a file, TOML or by its name JSON:";
                let cells = usize::from(area.width.min(64) - 4);
                let inner = open(canvas, area, "Save answers", &wrap(text, cells), 1);
                field(canvas, inner, edit);
            }
            Some(Dialog::Jump { edit, line }) => self.draw_jump(canvas, area, edit, *line),
        }
    }

    fn fix_texts(&self, change: &(Key, Value), obstacle: &Obstacle) -> Vec<String> {
        let own = self.named(&change.0, std::slice::from_ref(&change.1));
        let reason = match obstacle.problem.clash() {
            Some(clash) => format!(", because {}", clash.reason),
            None => String::new(),
        };
        let first = format!("{own}: {}{reason}.", self.in_the_way(obstacle, &change.0));
        let second = match &obstacle.fix {
            Some(fix) => {
                let also: Vec<String> = fix
                    .iter()
                    .map(|(key, value)| {
                        let label = self.pack_question(key).map_or("", |question| &question.label);
                        let text = self.named(key, std::slice::from_ref(value));
                        if text.starts_with(label) { text } else { format!("{label} = {text}") }
                    })
                    .collect();
                format!("Also set {}? One undo takes all of it back.", also.join(" and "))
            }
            None => "No single other answer solves it. Until it is solved nothing can be written."
                .to_owned(),
        };
        vec![first, second]
    }

    fn draw_jump(&self, canvas: &mut Canvas<'_>, area: Rect, edit: &Edit, line: usize) {
        let places = self.places(&edit.text);
        let height = area.height.saturating_sub(4).min(18);
        let cells = area.width.saturating_sub(4).min(70);
        let area =
            Rect { x: area.x + (area.width - cells) / 2, y: area.y + 1, width: cells, height };
        canvas.clear(area);
        canvas.boxes(&[area], Some(0));
        canvas.text(area.x + 1, area.y, area.width - 2, " Jump to ", Role::Active);
        let inner = Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: 1 };
        field(canvas, inner, edit);
        let room = usize::from(height.saturating_sub(3));
        let first = (line + 1).saturating_sub(room);
        let below = area.y + 2..area.bottom() - 1;
        for (y, (index, place)) in below.zip(places.iter().enumerate().skip(first)) {
            let row = Rect { x: area.x + 1, y, width: area.width - 2, height: 1 };
            let sign = if index == line { "> " } else { "  " };
            let kind = width(place.kind) + 1;
            let x = canvas.text(row.x, y, 2, sign, Role::Active);
            canvas.text(x, y, row.right().saturating_sub(x + kind + 1), &place.label, Role::Text);
            canvas.text(row.right() - kind, y, kind, place.kind, Role::Faint);
            if index == line {
                canvas.paint(row, Role::Cursor);
            }
            canvas.hit(row, Hit::Line(index));
        }
        if places.is_empty() {
            canvas.text(
                area.x + 2,
                area.y + 2,
                area.width - 4,
                "nothing has this text",
                Role::Faint,
            );
        }
    }
}

/// Returns the rows that buttons take in some cells.
fn button_rows(names: &[&str], cells: usize) -> u16 {
    let (mut rows, mut used) = (1, 0);
    for name in names {
        let own = usize::from(width(name)) + 4;
        if used > 0 && used + 1 + own > cells {
            (rows, used) = (rows + 1, 0);
        }
        used += own + usize::from(used > 0);
    }
    rows
}

/// Draws a box with lines, and returns where more of it goes.
fn open(canvas: &mut Canvas<'_>, area: Rect, title: &str, lines: &[String], more: u16) -> Rect {
    let longest = lines.iter().map(|line| width(line)).max().unwrap_or(0).max(width(title) + 2);
    let cells = (longest + 4).max(44).min(area.width);
    let count = u16::try_from(lines.len()).unwrap_or(u16::MAX);
    let height = (count + more + 3).min(area.height);
    let area = Rect {
        x: area.x + (area.width - cells) / 2,
        y: area.y + (area.height - height) / 2,
        width: cells,
        height,
    };
    canvas.clear(area);
    canvas.boxes(&[area], Some(0));
    canvas.text(area.x + 1, area.y, area.width - 2, &format!(" {title} "), Role::Active);
    let below = area.bottom() - 1 - more;
    for (y, line) in (area.y + 1..below).zip(lines) {
        canvas.text(area.x + 2, y, area.width - 4, line, Role::Text);
    }
    Rect { x: area.x + 2, y: below, width: area.width - 4, height: more }
}

fn buttons(canvas: &mut Canvas<'_>, area: Rect, names: &[&str], focused: usize) {
    let (mut x, mut y) = (area.x, area.y);
    for (index, name) in names.iter().enumerate() {
        let here = index == focused;
        let text = if here { format!("[>{name}<]") } else { format!("[ {name} ]") };
        let role = if here { Role::Cursor } else { Role::Text };
        // As `button_rows` counts them.
        if x > area.x && x + width(&text) > area.right() && y + 1 < area.bottom() {
            (x, y) = (area.x, y + 1);
        }
        let end = canvas.text(x, y, area.right().saturating_sub(x), &text, role);
        canvas.hit(Rect { x, y, width: end - x, height: 1 }, Hit::Button(index));
        x = end + 1;
    }
}

fn field(canvas: &mut Canvas<'_>, area: Rect, edit: &Edit) {
    let x = canvas.text(area.x, area.y, area.width, "> ", Role::Active);
    let cells = area.right().saturating_sub(x);
    let role = if edit.fresh { Role::Selected } else { Role::Text };
    let (part, before) = around_caret(&edit.text, edit.caret, cells.into());
    canvas.text(x, area.y, cells, &part, role);
    canvas.caret(x + before, area.y);
}
