//! The questions of a section, with their options and fields.

use ratatui::layout::Rect;

use super::super::model::Wizard;
use super::super::options::Choice;
use super::super::state::cursor::Focus;
use super::super::state::panes::{Layout, Pane};
use super::super::theme::Role;
use super::Hit;
use super::canvas::{Canvas, Span, around_caret, width, wrap};
use crate::error::Cause;
use crate::pack::{Key, Kind, Question};

/// The least cells in which words are broken; with fewer they become a column of their own.
const LEAST_HANGING: usize = 20;

/// How much of each question is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Density {
    /// All, and the options' help in full.
    Full,
    /// All, with blank lines between.
    Roomy,
    /// All options; the focused question's help.
    Dense,
    /// The focused question; of the others only their answers.
    Folded,
}

/// One line of the form.
struct Line {
    spans: Vec<Span>,
    right: Option<Span>,
    hit: Option<(Key, Option<usize>)>,
    /// It has the cursor.
    is_cursor: bool,
    /// It belongs to the focused question.
    is_focused: bool,
    /// Where the caret is, in cells from the left.
    caret: Option<u16>,
}

impl Line {
    fn new(spans: Vec<Span>) -> Self {
        Self { spans, right: None, hit: None, is_cursor: false, is_focused: false, caret: None }
    }
}

impl Wizard<'_> {
    /// Returns the rows that all questions of the section take, with all words if those are few.
    pub(super) fn form_height(&self, cells: u16, few: u16) -> u16 {
        let height =
            |density| u16::try_from(self.form_lines(density, cells).len()).unwrap_or(u16::MAX);
        let full = height(Density::Full);
        if full <= few { full } else { height(Density::Roomy) }
    }

    pub(super) fn draw_form(&self, canvas: &mut Canvas<'_>, area: Rect) {
        let room = usize::from(area.height);
        let densities = [Density::Full, Density::Roomy, Density::Dense];
        let fitting = densities.into_iter().map(|density| self.form_lines(density, area.width));
        let lines = fitting.into_iter().find(|lines| lines.len() <= room);
        let lines = lines.unwrap_or_else(|| self.form_lines(Density::Folded, area.width));
        self.draw_lines(canvas, area, &lines);
    }

    /// Draws the focused question alone, and what its options are for if a number of rows is left.
    pub(super) fn draw_question(&self, canvas: &mut Canvas<'_>, area: Rect, left: usize) -> u16 {
        let Focus::Question { key, .. } = self.cursor().focus() else { return 0 };
        let Some(question) = self.pack_question(key) else { return 0 };
        let lines = |density| {
            let mut lines = Vec::new();
            self.question_lines(question, density, area.width, &mut lines);
            lines
        };
        let roomy = Some(lines(Density::Roomy)).filter(|_| !self.is_typed(key));
        let lines = roomy
            .filter(|lines| lines.len() + left <= usize::from(area.height))
            .unwrap_or_else(|| lines(Density::Dense));
        self.draw_lines(canvas, area, &lines);
        u16::try_from(lines.len()).unwrap_or(u16::MAX).min(area.height)
    }

    fn draw_lines(&self, canvas: &mut Canvas<'_>, area: Rect, lines: &[Line]) {
        let room = usize::from(area.height);
        let cursor = lines.iter().position(|line| line.is_cursor).unwrap_or(0);
        let start = lines.iter().position(|line| line.is_focused).unwrap_or(0);
        let end = lines.iter().rposition(|line| line.is_focused).unwrap_or(0);
        // All of the focused question if it fits, else the cursor and some lines around.
        let mut first = (end + 1).saturating_sub(room).min(start);
        if cursor >= first + room {
            first = (cursor + 2).saturating_sub(room);
        }
        first = first.min(lines.len().saturating_sub(room));
        for (y, line) in (area.top()..area.bottom()).zip(&lines[first..]) {
            let right = line.right.as_ref().map_or(0, |(text, _)| width(text) + 1);
            let cells = area.width.saturating_sub(right);
            canvas.spans(area.x, y, cells.saturating_sub(u16::from(right > 0)), &line.spans);
            if let Some((text, role)) = &line.right {
                canvas.text(area.right() - right, y, right, text, *role);
            }
            let whole = Rect { y, height: 1, ..area };
            if line.is_cursor && line.caret.is_none() {
                let active = self.is_active(Pane::Form);
                canvas.paint(whole, if active { Role::Cursor } else { Role::Marked });
            }
            let takes_text = self.is_typing() || self.cursor().filter().is_some();
            if let (Some(caret), true) = (line.caret, takes_text) {
                canvas.caret(area.x + caret.min(area.width - 1), y);
            }
            if let Some((key, option)) = &line.hit {
                canvas.hit(whole, Hit::Question(key.clone(), *option));
            }
        }
        let below = lines.len().saturating_sub(first + room);
        if below > 0 && room > 1 {
            let text = format!(" {below} more ");
            let x = area.right().saturating_sub(width(&text) + 1);
            canvas.text(x, area.bottom() - 1, width(&text), &text, Role::Selected);
        }
    }

    fn form_lines(&self, density: Density, cells: u16) -> Vec<Line> {
        let mut lines = Vec::new();
        let Some(section) = self.cursor().question().and_then(|key| self.pack_question(key)) else {
            return lines;
        };
        for key in &self.facts().stops {
            let Some(question) = self.pack_question(key) else { continue };
            if question.section != section.section {
                continue;
            }
            if matches!(density, Density::Full | Density::Roomy) && !lines.is_empty() {
                lines.push(Line::new(Vec::new()));
            }
            self.question_lines(question, density, cells, &mut lines);
        }
        lines
    }

    fn question_lines(
        &self,
        question: &Question,
        density: Density,
        cells: u16,
        lines: &mut Vec<Line>,
    ) {
        let key = &question.key;
        let is_focused = self.cursor().question() == Some(key);
        let first = lines.len();
        let origin = self.origin(question).words;
        let role = if is_focused { Role::Active } else { Role::Title };
        let wrong = self.facts().problem(key).is_some() || self.facts().now.missing.contains(key);
        let sign =
            if wrong { ("! ".to_owned(), Role::Issue) } else { (" ".to_owned(), Role::Text) };
        let label = vec![sign, (question.label.clone(), role)];
        if density == Density::Folded && !is_focused {
            let mut line = Line::new(label);
            line.spans.push((format!("  {}", self.shown_value(question)), Role::Text));
            line.hit = Some((key.clone(), None));
            lines.push(line);
            return;
        }
        let mut head = Line::new(label);
        head.right = (!origin.is_empty()).then_some((origin, Role::Faint));
        head.hit = Some((key.clone(), None));
        lines.push(head);
        let is_roomy = matches!(density, Density::Full | Density::Roomy);
        if is_roomy || (is_focused && self.panes().layout() != Layout::Small) {
            for text in wrap(&question.help, usize::from(cells.saturating_sub(3))) {
                lines.push(Line::new(vec![(format!("   {text}"), Role::Faint)]));
            }
        }
        match &question.kind {
            Kind::Text(_) | Kind::Integer { .. } => lines.push(self.field(question, cells)),
            Kind::Bool | Kind::One(_) | Kind::Many(_) => {
                self.option_lines(question, density, cells, lines);
            }
        }
        self.problem_lines(question, cells, lines);
        for line in &mut lines[first..] {
            line.is_focused = is_focused;
        }
    }

    fn field(&self, question: &Question, cells: u16) -> Line {
        let key = &question.key;
        let is_focused = self.cursor().question() == Some(key);
        let edit = self.cursor().field().filter(|_| is_focused);
        let text =
            edit.map_or_else(|| self.facts().text(self.world(), key), |edit| edit.text.clone());
        let number = matches!(question.kind, Kind::Integer { .. });
        let room = if number { 8 } else { usize::from(cells.saturating_sub(8)).clamp(4, 64) };
        let caret = edit.map_or(0, |edit| edit.caret);
        let (part, before) = around_caret(&text, caret, room);
        let blank = " ".repeat(room.saturating_sub(usize::from(width(&part))));
        let fresh = edit.is_some_and(|edit| edit.fresh) && self.is_typing();
        let text_role = if fresh { Role::Selected } else { Role::Text };
        let sign = if is_focused { " > [ " } else { "   [ " };
        let mut line = Line::new(vec![
            (sign.to_owned(), if is_focused { Role::Active } else { Role::Faint }),
            (part, text_role),
            (format!("{blank} ]"), if is_focused { Role::Active } else { Role::Faint }),
        ]);
        if let Kind::Integer { min, max } = &question.kind {
            line.spans.push((format!("  {min} to {max}"), Role::Faint));
        }
        line.is_cursor = is_focused;
        line.caret = is_focused.then_some(5 + before);
        line.hit = Some((key.clone(), None));
        line
    }

    fn option_lines(
        &self,
        question: &Question,
        density: Density,
        cells: u16,
        lines: &mut Vec<Line>,
    ) {
        let key = &question.key;
        let Some(choices) = self.facts().choices.get(key) else { return };
        let cursor = match self.cursor().focus() {
            Focus::Question { key: focused, option } if focused == key => Some(*option),
            Focus::Question { .. } | Focus::Review(_) => None,
        };
        if let (Some(filter), Some(_)) = (self.cursor().filter(), cursor) {
            let mut line = Line::new(vec![
                (" / ".to_owned(), Role::Active),
                (filter.text.clone(), Role::Text),
            ]);
            let before: String = filter.text.chars().take(filter.caret).collect();
            line.caret = Some(3 + width(&before));
            lines.push(line);
        }
        let longest = choices.iter().map(|choice| width(&choice.label)).max().unwrap_or(0);
        let shown = self.shown(key);
        if shown.is_empty() {
            lines.push(Line::new(vec![("   no option has this text".to_owned(), Role::Faint)]));
        }
        for index in shown {
            let choice = &choices[index];
            let label = usize::from(longest.min(cells / 2));
            let mut line = self.option_line(question, choice, label, cells);
            if cursor == Some(index) {
                " > ".clone_into(&mut line.spans[0].0);
            }
            let mut all = vec![line];
            if density == Density::Full {
                all = hanging(all, label + 9, cells);
            }
            for line in &mut all {
                line.is_cursor = cursor == Some(index);
                line.hit = Some((key.clone(), Some(index)));
            }
            lines.append(&mut all);
        }
    }

    fn option_line(
        &self,
        question: &Question,
        choice: &Choice,
        longest: usize,
        cells: u16,
    ) -> Line {
        let several = matches!(question.kind, Kind::Many(_));
        let sign = match (several, choice.is_chosen) {
            (true, true) => "[x] ",
            (true, false) => "[ ] ",
            (false, true) => "(*) ",
            (false, false) => "( ) ",
        };
        let role = match (&choice.obstacle, choice.is_chosen) {
            (Some(_), _) => Role::Faint,
            (None, true) => Role::Chosen,
            (None, false) => Role::Text,
        };
        let label = format!("{sign}{:longest$}", choice.label);
        let mut spans = vec![("   ".to_owned(), Role::Text), (label, role)];
        match &choice.obstacle {
            Some(obstacle) => {
                let words = self.in_the_way(obstacle, &question.key);
                let whole = format!("  [x unavailable: {words}]");
                let room = usize::from(cells).saturating_sub(7 + longest);
                let fits = usize::from(width(&whole)) <= room;
                spans.push((if fits { whole } else { format!("  [x {words}]") }, Role::Issue));
            }
            None if !choice.help.is_empty() => {
                spans.push((format!("  {}", choice.help), Role::Faint));
            }
            None => {}
        }
        Line::new(spans)
    }

    /// Tells whether what is typed, or was answered, is no answer.
    pub(super) fn is_wrong(&self, question: &Question) -> bool {
        self.facts().typed.is_some() || self.facts().problem(&question.key).is_some()
    }

    fn problem_lines(&self, question: &Question, cells: u16, lines: &mut Vec<Line>) {
        let key = &question.key;
        let is_focused = self.cursor().question() == Some(key);
        let typed = self.facts().typed.as_ref().filter(|_| is_focused);
        let clean = !(is_focused && self.is_dirty());
        let found = self.facts().problem(key).map(|found| &found.problem).filter(|_| clean);
        let texts: Vec<String> = match typed.or(found) {
            Some(problem) => {
                let is_reason = |cause: &&Cause| matches!(cause, Cause::Reason(_));
                std::iter::once(problem.message.clone())
                    .chain(problem.causes.iter().filter(is_reason).map(ToString::to_string))
                    .chain(problem.hints.iter().cloned())
                    .collect()
            }
            None if self.facts().now.missing.contains(key) && clean => {
                vec!["needs an answer".to_owned()]
            }
            None => Vec::new(),
        };
        for (index, text) in texts.iter().enumerate() {
            for (more, text) in wrap(text, usize::from(cells.saturating_sub(6))).iter().enumerate()
            {
                let sign = if index + more == 0 { "   ! " } else { "     " };
                lines.push(Line::new(vec![(format!("{sign}{text}"), Role::Issue)]));
            }
        }
    }
}

/// Goes on below where the last piece of a line is too long, as far from the left as it began.
fn hanging(mut lines: Vec<Line>, indent: usize, cells: u16) -> Vec<Line> {
    let room = usize::from(cells).saturating_sub(indent);
    let Some((text, role)) = lines.last().and_then(|line| line.spans.get(2)).cloned() else {
        return lines;
    };
    if room < LEAST_HANGING || usize::from(width(text.trim_start())) <= room {
        return lines;
    }
    let mut parts = wrap(&text, room).into_iter();
    if let (Some(line), Some(first)) = (lines.last_mut(), parts.next()) {
        line.spans[2].0 = format!("  {first}");
    }
    lines.extend(parts.map(|part| {
        let blank = (" ".repeat(indent), Role::Text);
        Line::new(vec![blank, (part, role)])
    }));
    lines
}
