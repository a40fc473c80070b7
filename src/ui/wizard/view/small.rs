//! One column without lines, for small terminals.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::theme::Role;
use super::canvas::{Canvas, wrap};

impl Wizard<'_> {
    pub(super) fn draw_small(&self, canvas: &mut Canvas<'_>, area: Rect) {
        self.draw_header(canvas, area);
        let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
        if self.is_review() {
            self.draw_review(canvas, body);
        } else {
            let form = Rect { height: body.height - 2, ..body };
            let used = self.draw_question(canvas, form);
            let rest = Rect { y: body.y + used, height: body.height - used, ..body };
            self.draw_summary(canvas, rest);
        }
        self.draw_hints(canvas, area);
    }

    /// Draws what the focused option is and brings, in a few lines.
    fn draw_summary(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let text = match (&self.model.notice, self.focused()) {
            (Some(notice), _) => notice.clone(),
            (None, Some((question, choice))) => {
                let label = choice.map_or(&question.label, |choice| &choice.label);
                let help = choice.map_or("", |choice| &choice.help);
                let help = if help.is_empty() { &question.help } else { help };
                let effect = self.effect().map_or_else(String::new, |effect| format!("; {effect}"));
                format!("{label}: {help}{effect}")
            }
            (None, None) => return,
        };
        let role = if self.model.notice.is_some() { Role::Title } else { Role::Faint };
        let lines = wrap(&text, usize::from(area.width - 2));
        for (y, line) in (area.top()..area.bottom()).zip(lines) {
            canvas.text(area.x + 1, y, area.width - 1, &line, role);
        }
    }
}
