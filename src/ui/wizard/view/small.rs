//! One column without lines, for small terminals.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::theme::Role;
use super::canvas::{Canvas, wrap};
use crate::pack::Kind;

impl Wizard<'_> {
    pub(super) fn draw_small(&self, canvas: &mut Canvas<'_>, area: Rect) {
        self.draw_header(canvas, area);
        let body = Rect { y: area.y + 1, height: area.height - 2, ..area };
        if self.is_review() {
            self.draw_review(canvas, body);
        } else {
            let summary = self.summary();
            let lines = wrap(&summary, usize::from(body.width - 2));
            // Two lines of it are seen in any case.
            let form = Rect { height: body.height - 2, ..body };
            let used = self.draw_question(canvas, form, lines.len().saturating_sub(2));
            let role = if self.status().notice().is_some() { Role::Title } else { Role::Faint };
            for (y, line) in (body.y + used..body.bottom()).zip(lines) {
                canvas.text(body.x + 1, y, body.width - 1, &line, role);
            }
        }
        self.draw_hints(canvas, area);
    }

    /// Tells what the focused option is, brings and needs, or what a field takes, in few words.
    fn summary(&self) -> String {
        match (self.status().notice(), self.focused()) {
            (Some(notice), _) => notice.to_owned(),
            (None, Some((question, Some(choice)))) => {
                let obstacle = choice.obstacle.as_ref();
                let obstacle = obstacle.map(|obstacle| self.in_the_way(obstacle, &question.key));
                let help = Some(choice.help.clone()).filter(|help| !help.is_empty());
                let words = [obstacle, help, self.effect()].into_iter().flatten();
                let words = words.collect::<Vec<_>>().join("; ");
                if words.is_empty() { words } else { format!("{}: {words}", choice.label) }
            }
            (None, Some((question, None))) => {
                let takes = match &question.kind {
                    Kind::Text(rules) if !self.is_wrong(question) => rules.rule.as_ref(),
                    // What is wrong with it says the same.
                    Kind::Text(_)
                    | Kind::Bool
                    | Kind::Integer { .. }
                    | Kind::One(_)
                    | Kind::Many(_) => None,
                };
                let takes = takes.map_or_else(String::new, |rule| format!("; takes {rule}"));
                format!("{}{takes}", question.help)
            }
            (None, None) => String::new(),
        }
    }
}
