//! Files as rows that fold.

use std::collections::BTreeMap;

use super::super::keymap::Step;
use super::super::preview::{Mark, Preview, is_touched};
use super::panes::scrolled;
use crate::tree::RelPath;

/// What somebody did to the tree of files, and to the contents of the one that is shown.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// The row with the cursor, by its path; a folder's ends in `/`.
    selected: Option<String>,
    /// Folders that were opened or closed by hand.
    folds: BTreeMap<String, bool>,
    /// Somebody chose the row: it stays when the focused option changes.
    is_held: bool,
    /// The first line that is shown of the file; until somebody scrolls it is the first change.
    first: Option<usize>,
    /// Only what changes in the file is shown.
    only_changes: bool,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The path; a folder's ends in `/`.
    pub path: String,
    /// The last part, with `/` behind a folder.
    pub name: String,
    /// For each level above, and the row's own, whether more rows follow on it.
    pub more: Vec<bool>,
    /// What becomes of a file.
    pub mark: Mark,
    /// How many files a closed folder hides.
    pub hidden: Option<usize>,
}

impl Row {
    /// Returns the path if it is a file.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        (!self.path.ends_with('/')).then_some(self.path.as_str())
    }
}

#[derive(Default)]
struct Folder<'a> {
    folders: BTreeMap<&'a str, Folder<'a>>,
    files: BTreeMap<&'a str, Mark>,
}

impl Folder<'_> {
    fn count(&self) -> usize {
        self.files.len() + self.folders.values().map(Folder::count).sum::<usize>()
    }

    fn mark(&self) -> Mark {
        let own = self.files.values().copied();
        let below = self.folders.values().map(Folder::mark);
        own.chain(below).max().unwrap_or(Mark::Same)
    }
}

impl Files {
    /// Starts with a file.
    #[must_use]
    pub fn at(path: &str) -> Self {
        Self { selected: Some(path.to_owned()), ..Self::default() }
    }

    /// Returns the row with the cursor, by its path.
    #[must_use]
    pub fn selected(&self) -> Option<&str> {
        self.selected.as_deref()
    }

    /// Tells whether a folder was opened or closed by hand.
    #[must_use]
    pub fn fold(&self, path: &str) -> Option<bool> {
        self.folds.get(path).copied()
    }

    /// Returns the first line that somebody scrolled the file to.
    #[must_use]
    pub fn first(&self) -> Option<usize> {
        self.first
    }

    /// Tells whether only what changes in the file is shown.
    #[must_use]
    pub fn shows_only_changes(&self) -> bool {
        self.only_changes
    }

    /// Shows all of the file, or what changes in it.
    pub fn turn_changes(&mut self) {
        self.only_changes = !self.only_changes;
        self.first = None;
    }

    /// Follows the focused option again, and begins at the first change.
    pub fn let_go(&mut self) {
        self.is_held = false;
        self.first = None;
    }

    /// Puts the cursor on a path, and shows it from where it changes.
    pub fn select(&mut self, path: String) {
        self.selected = Some(path);
        self.is_held = true;
        self.first = None;
    }

    /// Scrolls the file from its first line that is shown.
    pub fn scroll(&mut self, from: usize, last: usize, step: Step) {
        self.first = Some(scrolled(from, step).min(last));
    }

    /// Moves the cursor among the rows, and folds them.
    pub fn step(&mut self, preview: &Preview, step: Step) {
        let rows = self.rows(preview);
        let at = self.cursor(&rows);
        let Some(row) = rows.get(at) else { return };
        let last = rows.len() - 1;
        let to = match step {
            Step::Up => at.saturating_sub(1),
            Step::PageUp => at.saturating_sub(10),
            Step::PageDown => (at + 10).min(last),
            Step::First => 0,
            Step::Last => last,
            Step::Left | Step::Right
                if row.file().is_none() && row.hidden.is_some() == (step == Step::Right) =>
            {
                self.folds.insert(row.path.clone(), step == Step::Right);
                at
            }
            Step::Down | Step::Right => (at + 1).min(last),
            // To the folder around.
            Step::Left => {
                let around = |other: &Row| {
                    other.file().is_none()
                        && other.path != row.path
                        && row.path.starts_with(&other.path)
                };
                rows.iter().rposition(around).unwrap_or(at)
            }
        };
        self.select(rows[to].path.clone());
    }

    /// Opens or closes the folder with the cursor; tells whether it is a file instead.
    pub fn open(&mut self, preview: &Preview) -> bool {
        let rows = self.rows(preview);
        let Some(row) = rows.get(self.cursor(&rows)) else { return false };
        let is_file = row.file().is_some();
        if is_file {
            self.is_held = true;
            self.selected = Some(row.path.clone());
        } else {
            self.folds.insert(row.path.clone(), row.hidden.is_some());
        }
        is_file
    }

    /// Returns the rows of the files. A folder with something new in it is open; if there is
    /// nothing new, all are.
    #[must_use]
    pub fn rows(&self, preview: &Preview) -> Vec<Row> {
        let mut top = Folder::default();
        for (path, mark) in &preview.marks {
            let mut folder = &mut top;
            let mut parts = path.as_str().split('/').peekable();
            while let Some(part) = parts.next() {
                if parts.peek().is_none() {
                    folder.files.insert(part, *mark);
                } else {
                    folder = folder.folders.entry(part).or_default();
                }
            }
        }
        let calm = preview.first_touched().is_none();
        let mut rows = Vec::new();
        self.walk(&top, "", &mut Vec::new(), calm, preview, &mut rows);
        rows
    }

    fn walk(
        &self,
        folder: &Folder<'_>,
        prefix: &str,
        more: &mut Vec<bool>,
        calm: bool,
        preview: &Preview,
        rows: &mut Vec<Row>,
    ) {
        let mut left = folder.folders.len() + folder.files.len();
        for (name, inner) in &folder.folders {
            left -= 1;
            let path = format!("{prefix}{name}/");
            let opens = calm || preview.is_touched_below(path.trim_end_matches('/'));
            let is_open = self.folds.get(&path).copied().unwrap_or(opens);
            more.push(left > 0);
            rows.push(Row {
                name: format!("{name}/"),
                more: more.clone(),
                mark: if is_open { Mark::Same } else { inner.mark() },
                hidden: (!is_open).then(|| inner.count()),
                path: path.clone(),
            });
            if is_open {
                self.walk(inner, &path, more, calm, preview, rows);
            }
            more.pop();
        }
        for (name, mark) in &folder.files {
            left -= 1;
            more.push(left > 0);
            rows.push(Row {
                path: format!("{prefix}{name}"),
                name: (*name).to_owned(),
                more: more.clone(),
                mark: *mark,
                hidden: None,
            });
            more.pop();
        }
    }

    /// Returns the place of the selected row, or of the first file.
    #[must_use]
    pub fn cursor(&self, rows: &[Row]) -> usize {
        let selected = self.selected.as_deref().unwrap_or_default();
        let exact = rows.iter().position(|row| row.path == selected);
        let around =
            || rows.iter().rposition(|row| row.hidden.is_some() && selected.starts_with(&row.path));
        exact
            .or_else(around)
            .or_else(|| rows.iter().position(|row| row.file().is_some()))
            .unwrap_or(0)
    }

    /// Follows the first conflict, else the first file that comes, else one that is touched, unless somebody chose a row.
    pub fn follow(&mut self, preview: &Preview) {
        if self.is_held || preview.first_touched().is_none() {
            return;
        }
        let rows = self.rows(preview);
        let touched = |wanted: fn(Mark) -> bool| {
            rows.iter().find(|row| row.file().is_some() && wanted(row.mark))
        };
        let first = touched(|mark| mark == Mark::Conflict)
            .or_else(|| touched(|mark| mark == Mark::Added))
            .or_else(|| {
                let selected = self.selected.as_deref();
                rows.iter().find(|row| row.file() == selected && is_touched(row.mark))
            })
            // Hidden files seldom tell what it is about.
            .or_else(|| {
                rows.iter().find(|row| {
                    row.file().is_some() && is_touched(row.mark) && !row.name.starts_with('.')
                })
            })
            .or_else(|| touched(is_touched));
        if let Some(row) = first {
            self.selected = Some(row.path.clone());
        }
    }

    /// Returns the file whose contents are shown.
    #[must_use]
    pub fn file(&self, preview: &Preview) -> Option<RelPath> {
        let rows = self.rows(preview);
        let path = rows.get(self.cursor(&rows))?.file()?;
        RelPath::parse(path).ok()
    }
}
