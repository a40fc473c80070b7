//! Files as rows that fold.

use std::collections::BTreeMap;

use super::preview::{Mark, Preview, is_touched};
use crate::tree::RelPath;

/// What somebody did to the tree of files.
#[derive(Clone, Debug, Default)]
pub struct TreeView {
    /// The row with the cursor, by its path; a folder's ends in `/`.
    pub selected: Option<String>,
    /// Folders that were opened or closed by hand.
    pub folds: BTreeMap<String, bool>,
    /// Somebody chose the row: it stays when the focused option changes.
    pub is_held: bool,
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

impl TreeView {
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
