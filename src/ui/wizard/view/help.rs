//! The page with all keys, from the table that the keys are read by.

use ratatui::layout::Rect;

use super::super::keymap::BINDINGS;
use super::super::model::Wizard;
use super::super::theme::Role;
use super::canvas::{Canvas, width, wrap};

/// The cells of keys and signs, with blanks behind them.
const NAMES: u16 = 11;

const SIGNS: [(&str, &str); 7] = [
    ("(*) [x]", "chosen"),
    (">", "the cursor; the pane that takes keys"),
    ("+ ~ -", "comes, changes, goes, against your answers"),
    ("& !", "of an upgrade: merged with your edits, a conflict"),
    ("[>] [x]", "the section you are in; one that you have seen"),
    ("[!] !", "to be solved before anything is written"),
    ("*", "in the review: not the default"),
];

const TYPING: &str =
    "In text fields letters are text. Hold Alt for the command: Alt-u, Alt-g, Alt-1.";

/// One line: keys or a sign, and what it does or means.
type Line = (String, String, Role);

impl Wizard<'_> {
    pub(super) fn draw_help(&self, canvas: &mut Canvas<'_>, area: Rect) {
        // Side by side where there is room.
        let (left, right) = (area.width / 2, area.width - area.width / 2);
        if area.width >= 100 && keys(left).len() <= usize::from(area.height) {
            draw(canvas, Rect { width: left, ..area }, &keys(left));
            draw(canvas, Rect { x: area.x + left, width: right, ..area }, &rest(right));
            return;
        }
        let lines = [keys(area.width), vec![head("")], rest(area.width)].concat();
        let room = usize::from(area.height);
        let first = self.panes().help().min(lines.len().saturating_sub(room));
        draw(canvas, area, &lines[first..]);
        let below = lines.len().saturating_sub(first + room);
        if below > 0 {
            let text = format!(" {below} more ");
            let x = area.right().saturating_sub(width(&text) + 1);
            canvas.text(x, area.bottom() - 1, width(&text), &text, Role::Selected);
        }
    }
}

fn keys(cells: u16) -> Vec<Line> {
    let digits = ("1 to 9", "choose the option with this number");
    let keys = BINDINGS.iter().map(|binding| (binding.keys, binding.does)).chain([digits]);
    let mut lines = vec![head("Keys")];
    lines.extend(keys.flat_map(|(keys, does)| item(keys, does, cells)));
    lines
}

fn rest(cells: u16) -> Vec<Line> {
    let typing = wrap(TYPING, usize::from(cells.saturating_sub(2)));
    let mut lines = vec![head("Typing")];
    lines.extend(typing.into_iter().map(|line| (line, String::new(), Role::Text)));
    lines.extend([head(""), head("Signs")]);
    lines.extend(SIGNS.iter().flat_map(|(sign, means)| item(sign, means, cells)));
    lines
}

fn head(text: &str) -> Line {
    (text.to_owned(), String::new(), Role::Title)
}

/// Returns the lines of a key or sign, with all that is said of it.
fn item(name: &str, does: &str, cells: u16) -> Vec<Line> {
    let parts = wrap(does, usize::from(cells.saturating_sub(NAMES + 2)));
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    names.zip(parts).map(|(name, part)| (name.to_owned(), part, Role::Key)).collect()
}

fn draw(canvas: &mut Canvas<'_>, area: Rect, lines: &[Line]) {
    for (y, (name, does, role)) in (area.top()..area.bottom()).zip(lines) {
        canvas.text(area.x + 1, y, area.width - 1, name, *role);
        let cells = area.width.saturating_sub(NAMES + 1);
        canvas.text(area.x + 1 + NAMES, y, cells, does, Role::Text);
    }
}
