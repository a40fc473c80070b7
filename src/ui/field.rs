//! One question in a few lines below the cursor: a text, one of a list, or some of it.
//!
//! Pure: takes what was typed, and tells what is to be shown. The rest is `prompt`'s.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::edit::Edit;
use super::tty::Input;
use super::visible::{is_hidden, visible};
use super::wizard::{around_caret, width, wrap};

/// A question, and what is typed so far.
pub(super) struct Field {
    label: String,
    help: String,
    kind: Kind,
    /// The text, or what options are to have in them.
    edit: Edit,
}

enum Kind {
    Text { default: String },
    List(List),
}

struct List {
    options: Vec<String>,
    /// The place of the cursor among those that are shown.
    cursor: usize,
    /// Those that are marked, where it may be several.
    marked: Option<BTreeSet<usize>>,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Text(String),
    One(usize),
    Many(Vec<usize>),
}

/// What follows what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Stay,
    Done(Reply),
    Back,
    Suspend,
    Redraw,
    Cancel,
}

/// Lines to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lines {
    /// Each with whether it is the one under the cursor.
    pub lines: Vec<(String, bool)>,
    /// The row and the column of the caret, if something is typed there.
    pub caret: Option<(usize, u16)>,
}

impl Field {
    pub(super) fn text(label: &str, help: &str, default: &str) -> Self {
        Self::new(label, help, Kind::Text { default: default.to_owned() })
    }

    pub(super) fn one(label: &str, help: &str, options: Vec<String>, cursor: usize) -> Self {
        Self::new(label, help, Kind::List(List { options, cursor, marked: None }))
    }

    pub(super) fn many(label: &str, help: &str, options: Vec<String>, marked: &[usize]) -> Self {
        let marked = Some(marked.iter().copied().collect());
        Self::new(label, help, Kind::List(List { options, cursor: 0, marked }))
    }

    fn new(label: &str, help: &str, kind: Kind) -> Self {
        Self { label: clean(label), help: clean(help), kind, edit: Edit::default() }
    }

    /// Takes what was typed; a page is so many options.
    pub(super) fn update(&mut self, input: Input, page: usize) -> Step {
        let key = match input {
            Input::Key(key) => key,
            Input::Paste(text) => {
                self.insert(&text);
                return Step::Stay;
            }
            Input::Interrupt => return Step::Cancel,
            Input::Mouse(_) => return Step::Stay,
        };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('z') if control => Step::Suspend,
            KeyCode::Char('l') if control => Step::Redraw,
            KeyCode::Esc => Step::Back,
            KeyCode::Enter => self.done().map_or(Step::Stay, Step::Done),
            _ => {
                self.key(key, page);
                Step::Stay
            }
        }
    }

    /// Tells whether letters are text, and how many come at once does not matter.
    pub(super) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text { .. })
    }

    fn done(&self) -> Option<Reply> {
        match &self.kind {
            Kind::Text { default } if self.edit.text.is_empty() => {
                Some(Reply::Text(default.clone()))
            }
            Kind::Text { .. } => Some(Reply::Text(self.edit.text.clone())),
            Kind::List(List { marked: Some(marked), .. }) => {
                Some(Reply::Many(marked.iter().copied().collect()))
            }
            Kind::List(list) => self.shown().get(list.cursor).copied().map(Reply::One),
        }
    }

    /// Puts a text where the caret is.
    pub(super) fn insert(&mut self, text: &str) {
        let _ = self.edit.insert(text);
        self.reach();
    }

    fn key(&mut self, key: KeyEvent, page: usize) {
        let count = self.shown().len();
        if let Kind::List(list) = &mut self.kind
            && list.key(key, page, count)
        {
            return;
        }
        if key.code == KeyCode::Char(' ') && self.mark() {
            return;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Backspace if control || alt => self.edit.backspace_word(),
            KeyCode::Backspace => self.edit.backspace(),
            KeyCode::Delete => self.edit.delete(),
            KeyCode::Left => self.edit.step(-1),
            KeyCode::Right => self.edit.step(1),
            KeyCode::Home => self.edit.home(),
            KeyCode::End => self.edit.end(),
            KeyCode::Char('u') if control => self.edit.clear(),
            KeyCode::Char('w') if control => self.edit.backspace_word(),
            KeyCode::Char('a') if control => self.edit.home(),
            KeyCode::Char('e') if control => self.edit.end(),
            KeyCode::Char(letter) if !control && !alt => {
                let _ = self.edit.insert(letter.encode_utf8(&mut [0; 4]));
            }
            _ => return,
        }
        self.reach();
    }

    /// Marks the option under the cursor, or no longer; tells whether it can be.
    fn mark(&mut self) -> bool {
        let shown = self.shown();
        let Kind::List(List { marked: Some(marked), cursor, .. }) = &mut self.kind else {
            return false;
        };
        if let Some(option) = shown.get(*cursor)
            && !marked.remove(option)
        {
            marked.insert(*option);
        }
        true
    }

    /// Puts the cursor on an option that is there.
    fn reach(&mut self) {
        let last = self.shown().len().saturating_sub(1);
        if let Kind::List(list) = &mut self.kind {
            list.cursor = list.cursor.min(last);
        }
    }

    /// Returns the places of the options that have the text in them.
    fn shown(&self) -> Vec<usize> {
        let Kind::List(list) = &self.kind else { return Vec::new() };
        let text = self.edit.text.to_lowercase();
        let fits = |index: &usize| list.options[*index].to_lowercase().contains(&text);
        (0..list.options.len()).filter(fits).collect()
    }

    /// Returns the lines above the options and those below.
    fn frame(&self, columns: usize, rows: usize) -> (Vec<String>, Vec<String>) {
        let mut head = wrap(&self.head(), columns);
        head.truncate((rows / 2).max(1));
        let mut foot = Vec::new();
        if !self.help.is_empty() {
            foot = wrap(&format!("[{}]", self.help), columns);
            foot.truncate((rows / 3).max(1));
        }
        (head, foot)
    }

    fn head(&self) -> String {
        match &self.kind {
            Kind::Text { default } if !default.is_empty() => {
                format!("? {} ({})", self.label, clean(default))
            }
            Kind::Text { .. } | Kind::List(_) => format!("? {}", self.label),
        }
    }

    /// Returns how many options a page has.
    pub(super) fn page(&self, (columns, rows): (u16, u16)) -> usize {
        let (head, foot) = self.frame(columns.max(2).into(), rows.into());
        usize::from(rows).saturating_sub(head.len() + foot.len() + 1).max(1)
    }

    /// Returns what is shown.
    pub(super) fn lines(&self, size: (u16, u16)) -> Lines {
        let columns = usize::from(size.0.max(2)) - 1;
        let (head, foot) = self.frame(usize::from(size.0.max(2)), size.1.into());
        let mut lines: Vec<(String, bool)> =
            head.into_iter().map(|line| (cut(&line, columns), false)).collect();
        // The text goes behind the question if there is room, else below it.
        let mut start = lines.last().map_or(0, |(line, _)| usize::from(width(line))) + 1;
        if start + columns / 3 > columns {
            lines.push((String::new(), false));
            start = 0;
        }
        let (part, before) =
            around_caret(&self.edit.text, self.edit.caret, columns.saturating_sub(start).max(1));
        let row = lines.len() - 1;
        if let Some((line, _)) = lines.last_mut() {
            *line = cut(&format!("{line:start$}{}", typed(&part)), columns);
        }
        let caret = Some((row, u16::try_from(start).unwrap_or(0).saturating_add(before)));
        if let Kind::List(list) = &self.kind {
            let shown = self.shown();
            let page = self.page(size);
            let first = list.cursor.saturating_sub(page / 2).min(shown.len().saturating_sub(page));
            for (index, option) in shown.iter().enumerate().skip(first).take(page) {
                let is_cursor = index == list.cursor;
                let sign = if is_cursor { ">" } else { " " };
                let box_ = match &list.marked {
                    Some(marked) if marked.contains(option) => "[x] ",
                    Some(_) => "[ ] ",
                    None => "",
                };
                let line = format!("{sign} {box_}{}", clean(&list.options[*option]));
                lines.push((cut(&line, columns), is_cursor));
            }
            if shown.is_empty() {
                lines.push((cut("  nothing has that in it", columns), false));
            }
        }
        lines.extend(foot.into_iter().map(|line| (cut(&line, columns), false)));
        let is_typed = matches!(self.kind, Kind::Text { .. }) || !self.edit.text.is_empty();
        Lines { lines, caret: caret.filter(|_| is_typed) }
    }

    /// Returns the line that stays once it is answered.
    pub(super) fn answered(&self, reply: &Reply) -> String {
        let Self { label, .. } = self;
        let option = |index: &usize| match &self.kind {
            Kind::List(list) => list.options.get(*index).cloned().unwrap_or_default(),
            Kind::Text { .. } => String::new(),
        };
        let text = match reply {
            Reply::Text(text) => text.clone(),
            Reply::One(index) => option(index),
            Reply::Many(all) => all.iter().map(option).collect::<Vec<_>>().join(", "),
        };
        format!("? {label} {}", clean(&text))
    }
}

impl List {
    /// Moves the cursor, over the ends too; tells whether the key does that.
    fn key(&mut self, key: KeyEvent, page: usize, count: usize) -> bool {
        let last = count.saturating_sub(1);
        self.cursor = match key.code {
            KeyCode::Up if self.cursor == 0 => last,
            KeyCode::Up => self.cursor - 1,
            KeyCode::Down if self.cursor >= last => 0,
            KeyCode::Down => self.cursor + 1,
            KeyCode::PageUp => self.cursor.saturating_sub(page),
            KeyCode::PageDown => (self.cursor + page).min(last),
            KeyCode::Home => 0,
            KeyCode::End => last,
            _ => return false,
        };
        true
    }
}

/// Returns a text as it can be shown in a line.
fn clean(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

/// Returns what is typed with one character for each, so that the caret stands where it is.
fn typed(text: &str) -> String {
    let is_shown = |letter: char| !is_hidden(letter) && !letter.is_control();
    text.chars().map(|letter| if is_shown(letter) { letter } else { '?' }).collect()
}

/// Returns as much of a text as some cells take.
fn cut(text: &str, cells: usize) -> String {
    // What has no cell of its own is cut sooner or later too.
    let mut text: String = text.chars().take(8 * cells).collect();
    while usize::from(width(&text)) > cells {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyEvent};
    use proptest::prelude::*;

    use super::{Field, Input, Reply, Step};

    const SIZE: (u16, u16) = (40, 12);

    fn options() -> Vec<String> {
        ["red", "green", "blue"].map(str::to_owned).to_vec()
    }

    fn press(field: &mut Field, codes: &[KeyCode]) -> Step {
        let mut step = Step::Stay;
        for code in codes {
            step = field.update(Input::Key(KeyEvent::from(*code)), field.page(SIZE));
        }
        step
    }

    fn shown(field: &Field, size: (u16, u16)) -> Vec<String> {
        field.lines(size).lines.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn a_text_shows_its_default_and_is_it_while_nothing_is_typed() {
        let mut field = Field::text("Name", "What", "shop");
        assert_eq!(shown(&field, SIZE), ["? Name (shop) ", "[What]"]);
        assert_eq!(press(&mut field, &[KeyCode::Enter]), Step::Done(Reply::Text("shop".into())));

        field.update(Input::Paste("my\tshop".to_owned()), 1);
        press(&mut field, &[KeyCode::Home, KeyCode::Delete, KeyCode::Char('M')]);
        assert_eq!(field.lines(SIZE).caret, Some((0, 15)));
        assert_eq!(press(&mut field, &[KeyCode::Enter]), Step::Done(Reply::Text("Myshop".into())));
        assert_eq!(field.answered(&Reply::Text("Myshop".into())), "? Name Myshop");
    }

    #[test]
    fn a_list_goes_round_and_what_is_typed_narrows_it() {
        let mut field = Field::one("Colour", "", options(), 1);
        assert_eq!(shown(&field, SIZE), ["? Colour ", "  red", "> green", "  blue"]);

        let up_twice = [KeyCode::Up, KeyCode::Up, KeyCode::Enter];
        assert_eq!(press(&mut field, &up_twice), Step::Done(Reply::One(2)));
        press(&mut field, &[KeyCode::Char('R'), KeyCode::Char('e')]);
        assert_eq!(shown(&field, SIZE), ["? Colour Re", "  red", "> green"]);
        assert_eq!(press(&mut field, &[KeyCode::Enter]), Step::Done(Reply::One(1)));
        press(&mut field, &[KeyCode::Char('x')]);
        assert_eq!(press(&mut field, &[KeyCode::Enter]), Step::Stay);
        assert_eq!(press(&mut field, &[KeyCode::Esc]), Step::Back);
    }

    #[test]
    fn several_are_marked_by_a_blank() {
        let mut field = Field::many("Colours", "", options(), &[0]);

        let step = press(
            &mut field,
            &[KeyCode::Char(' '), KeyCode::End, KeyCode::Char(' '), KeyCode::Enter],
        );

        assert_eq!(shown(&field, SIZE)[1..], ["  [ ] red", "  [ ] green", "> [x] blue"]);
        assert_eq!(step, Step::Done(Reply::Many(vec![2])));
    }

    #[test]
    fn a_question_fits_its_terminal() {
        let help = "What it is, in more words than a small terminal has room for at once";
        let many: Vec<String> = (0..50).map(|number| format!("option {number}")).collect();
        for size in [(80, 24), (30, 6), (20, 8), (300, 5)] {
            let mut field = Field::one("1/5 A question with a long label", help, many.clone(), 0);
            press(&mut field, &[KeyCode::PageDown, KeyCode::Down]);

            let lines = field.lines(size).lines;

            assert!(lines.len() <= size.1.into(), "{size:?}: {lines:?}");
            assert!(lines.iter().all(|(line, _)| line.len() < size.0.into()), "{lines:?}");
            assert_eq!(lines.iter().filter(|(_, is_cursor)| *is_cursor).count(), 1, "{lines:?}");
        }
    }

    fn inputs() -> impl Strategy<Value = Input> {
        let codes = [
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::Backspace,
            KeyCode::Delete,
            KeyCode::Tab,
            KeyCode::Char(' '),
        ];
        prop_oneof![
            3 => proptest::sample::select(codes.to_vec()).prop_map(|code| Input::Key(code.into())),
            2 => any::<char>().prop_map(|letter| Input::Key(KeyCode::Char(letter).into())),
            1 => ".{0,60}".prop_map(Input::Paste),
        ]
    }

    proptest! {
        #[test]
        fn whatever_is_typed_there_is_something_to_see_and_the_caret_in_it(
            inputs in proptest::collection::vec(inputs(), 0..40),
            (columns, rows) in (1..200_u16, 1..60_u16),
            kind in 0..3,
        ) {
            let mut field = match kind {
                0 => Field::text("Name", "What it is called", "shop"),
                1 => Field::one("Colour", "Which it has", options(), 0),
                _ => Field::many("Colours", "Those it has", options(), &[1]),
            };
            for input in inputs {
                field.update(input, field.page((columns, rows)));
                let shown = field.lines((columns, rows));
                prop_assert!(!shown.lines.is_empty());
                if let Some((row, column)) = shown.caret {
                    prop_assert!(row < shown.lines.len() && column < columns.max(2));
                }
            }
        }
    }
}
