//! Cells to draw on: text that is cut where it does not fit, lines that join, what is where.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::super::theme::{Glyphs, Role, Theme};
use super::{Hit, Screen};
use crate::ui::is_hidden;

/// A buffer with a theme.
pub struct Canvas<'a> {
    buffer: &'a mut Buffer,
    theme: Theme,
    glyphs: Glyphs,
    hits: Vec<(Rect, Hit)>,
    cursor: Option<Position>,
}

/// A piece of text with its role.
pub type Span = (String, Role);

impl<'a> Canvas<'a> {
    /// Draws on a buffer.
    pub fn new(buffer: &'a mut Buffer, theme: Theme, glyphs: Glyphs) -> Self {
        Self { buffer, theme, glyphs, hits: Vec::new(), cursor: None }
    }

    /// Returns what was drawn.
    pub fn finish(self) -> Screen {
        Screen { hits: self.hits, cursor: self.cursor }
    }

    /// Notes what is in an area.
    pub fn hit(&mut self, area: Rect, hit: Hit) {
        self.hits.push((area.intersection(self.buffer.area), hit));
    }

    /// Puts the caret somewhere.
    pub fn caret(&mut self, x: u16, y: u16) {
        let place = Position::new(x, y);
        if self.buffer.area.contains(place) {
            self.cursor = Some(place);
        }
    }

    /// Draws a text in a number of cells, and returns the column behind it.
    pub fn text(&mut self, x: u16, y: u16, cells: u16, text: &str, role: Role) -> u16 {
        let right = x.saturating_add(cells).min(self.buffer.area.right());
        if x >= right || y >= self.buffer.area.bottom() {
            return x;
        }
        let text = self.shown(text);
        let style = self.theme.style(role);
        let room = right - x;
        if width(&text) <= room {
            return self.buffer.set_stringn(x, y, &text, room.into(), style).0;
        }
        let (end, _) = self.buffer.set_stringn(x, y, &text, usize::from(room - 1), style);
        self.buffer.set_stringn(end, y, self.glyphs.cut(), 1, style).0
    }

    /// Draws pieces of text one after another.
    pub fn spans(&mut self, x: u16, y: u16, cells: u16, spans: &[Span]) -> u16 {
        let right = x.saturating_add(cells);
        let mut at = x;
        for (text, role) in spans {
            at = self.text(at, y, right.saturating_sub(at), text, *role);
        }
        at
    }

    /// Gives all cells of an area a role, over what they have.
    pub fn paint(&mut self, area: Rect, role: Role) {
        let area = area.intersection(self.buffer.area);
        self.buffer.set_style(area, self.theme.style(role));
    }

    /// Takes everything out of an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(self.buffer.area);
        for position in area.positions() {
            self.buffer[position].reset();
        }
    }

    /// Draws the borders of areas; where they meet they join. The active one comes last.
    pub fn boxes(&mut self, areas: &[Rect], active: Option<usize>) {
        let mut cells: BTreeMap<(u16, u16), ([bool; 4], Role)> = BTreeMap::new();
        for (index, area) in areas.iter().enumerate() {
            let role = if Some(index) == active { Role::Active } else { Role::Faint };
            let (left, top) = (area.x, area.y);
            let (right, bottom) = (area.right() - 1, area.bottom() - 1);
            for x in left..=right {
                for y in [top, bottom] {
                    let cell = cells.entry((y, x)).or_insert(([false; 4], Role::Faint));
                    cell.0[2] |= x > left;
                    cell.0[3] |= x < right;
                    if role == Role::Active {
                        cell.1 = role;
                    }
                }
            }
            for y in top..=bottom {
                for x in [left, right] {
                    let cell = cells.entry((y, x)).or_insert(([false; 4], Role::Faint));
                    cell.0[0] |= y > top;
                    cell.0[1] |= y < bottom;
                    if role == Role::Active {
                        cell.1 = role;
                    }
                }
            }
        }
        for ((y, x), (ends, role)) in cells {
            self.text(x, y, 1, self.glyphs.line(ends), role);
        }
    }

    /// Returns the line that leads up, down, left and right.
    pub fn line(&self, ends: [bool; 4]) -> &'static str {
        self.glyphs.line(ends)
    }

    /// Returns a text as it can be shown: without control characters, and in ASCII if need be.
    fn shown(&self, text: &str) -> String {
        let ascii = self.glyphs == Glyphs::Ascii;
        let clean = |character: char| match character {
            '\t' => ' ',
            character if character == '\n' || is_hidden(character) => '?',
            character if ascii && !character.is_ascii() => '?',
            character => character,
        };
        text.chars().map(clean).collect()
    }
}

/// Returns the number of cells that a text takes.
pub fn width(text: &str) -> u16 {
    u16::try_from(Line::raw(text).width()).unwrap_or(u16::MAX)
}

/// The most characters that are looked at for one cell: accents have no cell of their own.
const LONGEST_CELL: usize = 8;

/// Returns the part of a text around the caret that fits some cells, and the cells before the caret.
pub fn around_caret(text: &str, caret: usize, room: usize) -> (String, u16) {
    let at = text.char_indices().nth(caret).map_or(text.len(), |(at, _)| at);
    let (before, behind) = text.split_at(at);
    // From the caret outwards, and no further than cells can be made of: a text may be long.
    let most = room.saturating_mul(LONGEST_CELL);
    let mut start = at;
    for (place, _) in before.char_indices().rev().take(most) {
        // The caret takes a cell too.
        if usize::from(width(&text[place..at])) >= room {
            break;
        }
        start = place;
    }
    let mut end = at;
    for (place, letter) in behind.char_indices().take(most) {
        let next = at + place + letter.len_utf8();
        if usize::from(width(&text[start..next])) > room {
            break;
        }
        end = next;
    }
    (text[start..end].to_owned(), width(&text[start..at]))
}

/// Breaks a text at blanks into lines of some cells.
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    wrap_behind(text, cells, cells)
}

/// Does the same where the first line has another number of cells.
pub fn wrap_behind(text: &str, first: usize, cells: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let cells = if lines.is_empty() { first } else { cells };
        if !line.is_empty() && usize::from(width(&line)) + 1 + usize::from(width(word)) > cells {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}
