//! The contents of a file, with what comes and what goes.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::theme::Role;
use super::canvas::Canvas;
use super::code::lex;
use crate::merge::{Line, Side};
use crate::tree::RelPath;

/// Lines around a change that are shown with it.
const AROUND: usize = 3;

impl Wizard<'_> {
    /// Returns the selected file and its lines, or what it is instead of text.
    pub(super) fn file_lines(&self) -> Option<(RelPath, Result<Vec<Line>, String>)> {
        let path = self.files().file(&self.facts().preview)?;
        let lines = self.facts().preview.lines(&path);
        let lines = lines.map(|lines| {
            let touched = lines.iter().any(|line| line.side != Side::Both);
            if self.files().shows_only_changes() && touched { around_changes(lines) } else { lines }
        });
        Some((path, lines))
    }

    /// Returns the first line shown: what was scrolled to, else the first change.
    #[must_use]
    pub fn first_line(&self) -> usize {
        self.files().first().unwrap_or_else(|| {
            let Some((_, Ok(lines))) = self.file_lines() else { return 0 };
            let first = lines.iter().position(|line| line.side != Side::Both);
            let whole = lines.iter().all(|line| line.side != Side::Both);
            first.filter(|_| !whole).map_or(0, |first| first.saturating_sub(AROUND))
        })
    }

    /// Returns the last line that there is.
    #[must_use]
    pub fn last_line(&self) -> usize {
        match self.file_lines() {
            Some((_, Ok(lines))) => lines.len().saturating_sub(1),
            Some((_, Err(_))) | None => 0,
        }
    }

    /// Draws a file with its name above.
    pub(super) fn draw_file_whole(&self, canvas: &mut Canvas<'_>, area: Rect) {
        if let Some((path, _)) = self.file_lines() {
            canvas.text(area.x + 1, area.y, area.width - 1, path.as_str(), Role::Title);
        }
        self.draw_file(canvas, Rect { y: area.y + 1, height: area.height - 1, ..area });
    }

    pub(super) fn draw_file(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let (path, lines) = match self.file_lines() {
            Some((path, Ok(lines))) => (path, lines),
            Some((_, Err(words))) => {
                canvas.text(area.x + 1, area.y, area.width - 1, &words, Role::Faint);
                return;
            }
            None => return,
        };
        let room = usize::from(area.height);
        let first = self.first_line().min(lines.len().saturating_sub(room));
        let digits = lines.iter().map(|line| line.number).max().unwrap_or(0).to_string().len();
        for (y, line) in (area.top()..area.bottom()).zip(&lines[first..]) {
            let (sign, role) = match line.side {
                Side::Both => (" ", Role::Faint),
                Side::Old => ("-", Role::Removed),
                Side::New => ("+", Role::Added),
            };
            if line.number == 0 {
                canvas.text(
                    area.x,
                    y,
                    area.width,
                    &format!("{:>width$}", "...", width = digits + 1),
                    Role::Faint,
                );
                continue;
            }
            let head = format!("{sign}{:>digits$}  ", line.number);
            let x = canvas.text(area.x, y, area.width, &head, role);
            let cells = area.right().saturating_sub(x);
            let text = line.text.replace('\t', "    ");
            if line.side == Side::Old {
                canvas.text(x, y, cells, &text, Role::Removed);
            } else {
                canvas.spans(x, y, cells, &lex(path.name(), &text));
            }
        }
    }
}

/// Keeps changed lines and some around; a line with number 0 stands for those between.
fn around_changes(lines: Vec<Line>) -> Vec<Line> {
    let changed: Vec<usize> =
        (0..lines.len()).filter(|index| lines[*index].side != Side::Both).collect();
    let mut kept: Vec<Line> = Vec::new();
    let mut gap = false;
    for (index, line) in lines.into_iter().enumerate() {
        let at = changed.partition_point(|change| change + AROUND < index);
        if changed.get(at).is_some_and(|change| *change <= index + AROUND) {
            if gap && !kept.is_empty() {
                kept.push(Line { side: Side::Both, number: 0, text: String::new() });
            }
            kept.push(line);
            gap = false;
        } else {
            gap = true;
        }
    }
    kept
}
