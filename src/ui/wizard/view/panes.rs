//! The two layouts with panes.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::preview::{Mark, counted};
use super::super::state::panes::Pane;
use super::super::theme::Role;
use super::canvas::{Canvas, width};
use super::{Hit, inset};
use crate::ui::size;

impl Wizard<'_> {
    /// Draws three columns: sections, questions with their explanation, files.
    pub(super) fn draw_wide(&self, canvas: &mut Canvas<'_>, area: Rect) {
        self.draw_header(canvas, area);
        let body = Rect { y: area.y + 1, height: area.height - 3, ..area };
        let names = self.sections();
        let longest = names.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        let left = (longest + 8).clamp(16, 26);
        let share = if self.is_review() { 55 } else { 46 };
        let middle = left + (body.width - left) * share / 100;
        let (sections, rest) = columns(body, left);
        let (form, right) = columns(rest, middle - left + 1);
        let (tree, file) = rows(right, (right.height / 2).max(4));
        let mut panes = vec![(Pane::Sections, sections)];
        if self.is_review() {
            panes.push((Pane::Form, form));
        } else {
            let needed = self.form_height(form.width - 2, form.height / 2 - 2) + 2;
            let most = form.height - (form.height / 3).max(8);
            let (form, why) = rows(form, needed.clamp(most.min(10), most));
            panes.extend([(Pane::Form, form), (Pane::Why, why)]);
        }
        panes.extend([(Pane::Tree, tree), (Pane::File, file)]);
        self.draw_panes(canvas, &panes);
        self.draw_command(canvas, Rect { y: area.bottom() - 2, height: 1, ..area });
        self.draw_hints(canvas, area);
    }

    /// Draws two rows: the question beside its explanation, and a file or the tree.
    pub(super) fn draw_middle(&self, canvas: &mut Canvas<'_>, area: Rect) {
        self.draw_header(canvas, area);
        let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
        if self.is_review() {
            self.draw_panes(canvas, &[(Pane::Form, body)]);
        } else {
            let most = body.height - 7;
            let needed = self.form_height(body.width * 9 / 20 - 2, most - 2) + 2;
            let (top, lower) = rows(body, needed.clamp(body.height / 2, most));
            let (form, why) = columns(top, body.width * 9 / 20);
            let pane = if self.panes().shows_lower_tree() { Pane::Tree } else { Pane::File };
            self.draw_panes(canvas, &[(Pane::Form, form), (Pane::Why, why), (pane, lower)]);
        }
        self.draw_hints(canvas, area);
    }

    /// Draws the files alone: the tree beside one of them.
    pub(super) fn draw_files(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let (tree, file) = columns(area, area.width * 2 / 5);
        self.draw_panes(canvas, &[(Pane::Tree, tree), (Pane::File, file)]);
    }

    fn draw_panes(&self, canvas: &mut Canvas<'_>, panes: &[(Pane, Rect)]) {
        let areas: Vec<Rect> = panes.iter().map(|(_, area)| *area).collect();
        canvas.boxes(&areas, panes.iter().position(|(pane, _)| self.is_active(*pane)));
        for (pane, area) in panes {
            canvas.hit(*area, Hit::Pane(*pane));
            let active = self.is_active(*pane);
            let role = if active { Role::Active } else { Role::Title };
            let sign = if active { ">" } else { " " };
            let title = format!("{sign}{} ", self.title(*pane));
            canvas.text(area.x + 1, area.y, (area.width - 2).min(width(&title)), &title, role);
            let inner = Rect {
                x: area.x + 1,
                y: area.y + 1,
                width: area.width - 2,
                height: area.height - 2,
            };
            match pane {
                Pane::Sections => self.draw_sections(canvas, inner),
                Pane::Form if self.is_review() => self.draw_review(canvas, inner),
                Pane::Form => self.draw_form(canvas, inner),
                Pane::Why => self.draw_why(canvas, inset(inner, 1)),
                Pane::Tree => self.draw_tree(canvas, inner, false),
                Pane::File => self.draw_file(canvas, inner),
            }
        }
    }

    pub(super) fn title(&self, pane: Pane) -> String {
        let preview = &self.facts().preview;
        match pane {
            Pane::Sections => "Sections".to_owned(),
            Pane::Form => {
                let name = self.sections().into_iter().nth(self.section());
                name.map_or_else(String::new, |(name, _)| name)
            }
            Pane::Why => self.why_title(),
            Pane::Tree if self.world().is_upgrade() => "What becomes of the files".to_owned(),
            Pane::Tree => {
                let marks = [Mark::Added, Mark::Changed, Mark::Removed];
                let counts = marks.iter().map(|mark| (preview.count(*mark), mark.sign()));
                let counts: Vec<String> = counts
                    .filter(|(count, _)| *count > 0)
                    .map(|(count, sign)| format!("{sign}{count}"))
                    .collect();
                let (files, bytes) = (preview.tree.len(), size(preview.tree.size()));
                let stale = if self.facts().stale.is_some() { ", not these answers" } else { "" };
                format!("Files: {files}, {bytes}{stale}  {}", counts.join(" ")).trim().to_owned()
            }
            Pane::File => match self.file_lines() {
                Some((path, Ok(lines))) => {
                    let (added, removed) = counted(&lines);
                    match (added, removed) {
                        (0, 0) => path.to_string(),
                        _ => format!("{path}  +{added} -{removed}"),
                    }
                }
                Some((path, Err(_))) => path.to_string(),
                None => "No file".to_owned(),
            },
        }
    }

    fn draw_sections(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let here = self.section();
        for (index, (name, first)) in self.sections().into_iter().enumerate() {
            let y = area.y + u16::try_from(index).unwrap_or(u16::MAX);
            if y >= area.bottom() {
                return;
            }
            let keys = self.facts().stops.iter().filter(|key| {
                let section = |key| self.pack_question(key).map(|question| &question.section);
                first.as_ref().is_some_and(|first| section(key) == section(first))
            });
            let keys: Vec<_> = keys.collect();
            let wrong = keys.iter().any(|key| {
                self.facts().problem(key).is_some() || self.facts().now.missing.contains(key)
            });
            let seen = !keys.is_empty() && keys.iter().all(|key| self.form().has_seen(key));
            let sign = match (index == here, wrong, seen) {
                (true, _, _) => "[>]",
                (_, true, _) => "[!]",
                (_, _, true) => "[x]",
                _ => "[ ]",
            };
            let role = match (index == here, wrong) {
                (true, _) => Role::Chosen,
                (_, true) => Role::Issue,
                _ => Role::Text,
            };
            let line = Rect { y, height: 1, ..area };
            canvas.text(area.x + 1, y, area.width - 1, &format!("{sign} {name}"), role);
            if index == here && wrong {
                canvas.text(area.right() - 2, y, 1, "!", Role::Issue);
            }
            if index == here && self.is_active(Pane::Sections) {
                canvas.paint(line, Role::Cursor);
            }
            canvas.hit(line, Hit::Section(index));
        }
        let notes = self.notes().len();
        let issues = self.issues().len();
        let plural = |count: usize, name: &str| match count {
            0 => None,
            1 => Some(format!("1 {name}")),
            many => Some(format!("{many} {name}s")),
        };
        let words: Vec<String> =
            [plural(notes, "note"), plural(issues, "issue")].into_iter().flatten().collect();
        let role = if issues > 0 { Role::Issue } else { Role::Faint };
        canvas.text(area.x + 1, area.bottom() - 1, area.width - 1, &words.join(", "), role);
    }

    fn draw_command(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if let Some(notice) = self.status().notice() {
            canvas.text(area.x + 1, area.y, area.width - 2, notice, Role::Title);
            return;
        }
        let text = match &self.facts().command {
            Some(command) => format!("$ {command}"),
            None => self.facts().stale.clone().unwrap_or_default(),
        };
        canvas.text(area.x + 1, area.y, area.width - 2, &text, Role::Faint);
    }
}

/// Cuts a column off; the two share a border.
fn columns(area: Rect, left: u16) -> (Rect, Rect) {
    let first = Rect { width: left, ..area };
    let second = Rect { x: area.x + left - 1, width: area.width - left + 1, ..area };
    (first, second)
}

/// Cuts rows off; the two share a border.
fn rows(area: Rect, top: u16) -> (Rect, Rect) {
    let first = Rect { height: top, ..area };
    let second = Rect { y: area.y + top - 1, height: area.height - top + 1, ..area };
    (first, second)
}
