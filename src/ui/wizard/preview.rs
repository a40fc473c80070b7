//! The files: what the last answers give, what the focused choice would give, and the difference.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::merge::{Change, Edit, Plan, lines};
use crate::merge::{Line, Side};
use crate::tree::{Blob, RelPath, Tree};

/// What becomes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// It is as it was.
    Same,
    /// It stays as the user has it.
    Kept,
    /// It comes.
    Added,
    /// It changes.
    Changed,
    /// The user's changes and the template's go together.
    Merged,
    /// It goes.
    Removed,
    /// Somebody has to look.
    Conflict,
}

impl Mark {
    /// Returns the sign beside a file.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Same | Self::Kept => " ",
            Self::Added => "+",
            Self::Changed => "~",
            Self::Merged => "&",
            Self::Removed => "-",
            Self::Conflict => "!",
        }
    }

    /// Returns it in a word, as an upgrade tells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Kept => "kept",
            Self::Added => "created",
            Self::Changed => "updated",
            Self::Merged => "merged",
            Self::Removed => "deleted",
            Self::Conflict => "conflict",
        }
    }
}

/// Files before and after, and what became of each.
#[derive(Clone, Debug, Default)]
pub struct Preview {
    /// The files before.
    pub base: Rc<Tree>,
    /// The files after.
    pub tree: Rc<Tree>,
    /// Every path of both.
    pub marks: BTreeMap<RelPath, Mark>,
}

impl Preview {
    /// Compares two trees.
    #[must_use]
    pub fn of(base: &Rc<Tree>, tree: &Rc<Tree>) -> Self {
        let mut marks: BTreeMap<RelPath, Mark> = BTreeMap::new();
        for (path, blob) in tree.iter() {
            let mark = match base.get(path) {
                None => Mark::Added,
                Some(old) if old == blob => Mark::Same,
                Some(_) => Mark::Changed,
            };
            marks.insert(path.clone(), mark);
        }
        for path in base.paths().filter(|path| tree.get(path).is_none()) {
            marks.insert(path.clone(), Mark::Removed);
        }
        Self { base: Rc::clone(base), tree: Rc::clone(tree), marks }
    }

    /// Shows what an upgrade makes of the files of a project.
    #[must_use]
    pub fn of_plan(plan: &Plan) -> Self {
        let (mut base, mut tree, mut marks) = (Tree::new(), Tree::new(), BTreeMap::new());
        for (path, change) in &plan.changes {
            let mark = match change {
                Change::Create { .. } => Mark::Added,
                Change::Update { .. } => Mark::Changed,
                Change::Merge { ours, merged, .. } if ours == merged => Mark::Kept,
                Change::Merge { .. } => Mark::Merged,
                Change::Delete { .. } => Mark::Removed,
                Change::Keep(_) => Mark::Kept,
                Change::Conflict(_) => Mark::Conflict,
            };
            marks.insert(path.clone(), mark);
            if let Change::Conflict(conflict) = change
                && let Some(ours) = &conflict.ours
            {
                base.insert(path.clone(), ours.clone());
                tree.insert(path.clone(), ours.clone());
            }
        }
        for Edit { path, before, after } in plan.edits() {
            let mark = if after.is_some() { Mark::Added } else { Mark::Removed };
            marks.entry(path.clone()).or_insert(mark);
            if let Some(before) = before {
                base.insert(path.clone(), before);
            }
            match after {
                Some(after) => drop(tree.insert(path, after)),
                None => drop(tree.remove(&path)),
            }
        }
        Self { base: Rc::new(base), tree: Rc::new(tree), marks }
    }

    /// Returns the first file that is not as it was.
    #[must_use]
    pub fn first_touched(&self) -> Option<&RelPath> {
        self.marks.iter().find(|(_, mark)| is_touched(**mark)).map(|(path, _)| path)
    }

    /// Tells whether any file below a folder is not as it was.
    #[must_use]
    pub fn is_touched_below(&self, folder: &str) -> bool {
        let below = |path: &&RelPath| {
            path.as_str().strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
        };
        self.marks.iter().any(|(path, mark)| is_touched(*mark) && below(&path))
    }

    /// Counts the files with a mark.
    #[must_use]
    pub fn count(&self, wanted: Mark) -> usize {
        self.marks.values().filter(|mark| **mark == wanted).count()
    }

    /// Returns the lines of a file, or what it is instead of text.
    ///
    /// # Errors
    /// Returns the words for a file that has no lines.
    pub fn lines(&self, path: &RelPath) -> Result<Vec<Line>, String> {
        let bytes = |tree: &Tree| tree.get(path).map(|blob| blob.bytes.clone()).unwrap_or_default();
        let (old, new) = (bytes(&self.base), bytes(&self.tree));
        match self.tree.get(path).or(self.base.get(path)) {
            None => Err("stays as you have it".to_owned()),
            Some(Blob { mode: crate::tree::Mode::Link, bytes }) => {
                Err(format!("a link to {}", String::from_utf8_lossy(bytes)))
            }
            Some(blob) => lines(path, &old, &new)
                .ok_or_else(|| format!("{} bytes that are no text", blob.bytes.len())),
        }
    }
}

/// Tells whether a file is not as it was.
#[must_use]
pub fn is_touched(mark: Mark) -> bool {
    !matches!(mark, Mark::Same | Mark::Kept)
}

/// Counts lines that came and lines that went.
#[must_use]
pub fn counted(lines: &[Line]) -> (usize, usize) {
    let count = |side| lines.iter().filter(|line| line.side == side).count();
    (count(Side::New), count(Side::Old))
}

/// What answers come to.
#[derive(Clone, Debug)]
pub enum Made {
    /// A new project.
    Tree(Rc<Tree>),
    /// Changes to a project.
    Plan(Rc<Plan>),
}
