//! The page with all keys, from the table that the keys are read by.

use ratatui::layout::Rect;

use super::super::keymap::BINDINGS;
use super::super::model::Wizard;
use super::super::theme::Role;
use super::canvas::{Canvas, width};

const SIGNS: [(&str, &str); 6] = [
    ("(*) [x]", "chosen"),
    (">", "the cursor"),
    ("+ ~ -", "comes, changes, goes, against your answers"),
    ("[>] [x]", "the section you are in; one that you have seen"),
    ("[!] !", "to be solved before anything is written"),
    ("*", "in the review: not the default"),
];

impl Wizard<'_> {
    pub(super) fn draw_help(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let mut lines: Vec<(&str, &str, Role)> = vec![("Keys", "", Role::Title)];
        let keys = BINDINGS.iter().map(|binding| (binding.keys, binding.does, Role::Text));
        lines.extend(keys);
        lines.push(("1 to 9", "choose the option with this number", Role::Text));
        lines.push(("", "", Role::Text));
        lines.push((
            "In text fields letters are text. Hold Alt for the command: Alt-u, Alt-g",
            "",
            Role::Text,
        ));
        lines.push(("", "", Role::Text));
        lines.push(("Signs", "", Role::Title));
        lines.extend(SIGNS.iter().map(|(sign, means)| (*sign, *means, Role::Text)));

        // Side by side where there is room.
        let columns =
            if area.width >= 100 && lines.len() > usize::from(area.height) { 2 } else { 1 };
        let cells = area.width / columns;
        let room = usize::from(area.height) * usize::from(columns);
        let first = self.model.scroll.help.min(lines.len().saturating_sub(room));
        let names = lines.iter().filter(|line| !line.1.is_empty()).map(|line| width(line.0));
        let label = names.max().unwrap_or(0) + 2;
        for (index, (keys, does, role)) in lines[first..].iter().take(room).enumerate() {
            let index = u16::try_from(index).unwrap_or(u16::MAX);
            let (x, y) = (area.x + 1 + index / area.height * cells, area.y + index % area.height);
            let key = match (role, does.is_empty()) {
                (Role::Title, _) => Role::Title,
                (_, true) => Role::Text,
                (_, false) => Role::Key,
            };
            canvas.text(x, y, cells - 1, keys, key);
            if !does.is_empty() {
                canvas.text(x + label, y, (cells - 1).saturating_sub(label), does, *role);
            }
        }
        let below = lines.len().saturating_sub(first + room);
        if below > 0 {
            let text = format!(" {below} more ");
            let x = area.right().saturating_sub(width(&text) + 1);
            canvas.text(x, area.bottom() - 1, width(&text), &text, Role::Selected);
        }
    }
}
