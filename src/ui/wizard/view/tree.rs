//! The tree of files.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::preview::Mark;
use super::super::state::panes::Pane;
use super::super::theme::Role;
use super::Hit;
use super::canvas::Canvas;

impl Wizard<'_> {
    pub(super) fn draw_tree(&self, canvas: &mut Canvas<'_>, area: Rect, is_page: bool) {
        let rows = self.files().rows(&self.facts().preview);
        let cursor = self.files().cursor(&rows);
        let room = usize::from(area.height);
        let first =
            (cursor + 1 + room / 3).saturating_sub(room).min(rows.len().saturating_sub(room));
        if rows.is_empty() {
            let words = self.facts().stale.as_deref().unwrap_or("there are no files yet");
            canvas.text(area.x + 1, area.y, area.width - 1, words, Role::Issue);
        }
        for (y, (index, row)) in
            (area.top()..area.bottom()).zip(rows.iter().enumerate().skip(first))
        {
            let mut lead = String::new();
            for (level, more) in row.more.iter().enumerate() {
                let own = level + 1 == row.more.len();
                lead.push_str(match (own, more) {
                    (true, true) => canvas.line([true, true, false, true]),
                    (true, false) => canvas.line([true, false, false, true]),
                    (false, true) => canvas.line([true, true, false, false]),
                    (false, false) => " ",
                });
                lead.push(' ');
            }
            let role = match row.mark {
                Mark::Same | Mark::Kept => Role::Text,
                Mark::Added => Role::Added,
                Mark::Changed | Mark::Merged => Role::Changed,
                Mark::Removed => Role::Removed,
                Mark::Conflict => Role::Issue,
            };
            let end = area.right().saturating_sub(14);
            let x = canvas.text(area.x + 1, y, end.saturating_sub(area.x + 1), &lead, Role::Faint);
            let x = canvas.text(x, y, end.saturating_sub(x), &row.name, role);
            if let Some(hidden) = row.hidden {
                let plural = if hidden == 1 { "file" } else { "files" };
                canvas.text(
                    x + 1,
                    y,
                    area.right().saturating_sub(x + 4),
                    &format!("({hidden} {plural})"),
                    Role::Faint,
                );
            }
            let word = if self.world().is_upgrade() { row.mark.word() } else { "" };
            let here = index == cursor;
            let tail = format!("{word:>8} {}{}", row.mark.sign(), if here { " <" } else { "  " });
            canvas.text(area.right().saturating_sub(13), y, 13, &tail, role);
            let line = Rect { y, height: 1, ..area };
            if here {
                let active = is_page || self.is_active(Pane::Tree);
                canvas.paint(line, if active { Role::Cursor } else { Role::Marked });
            }
            canvas.hit(line, Hit::Row(row.path.clone()));
        }
    }
}
