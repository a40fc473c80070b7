//! Paths that go by another name: renamed by the template, by data, or by the user.
//!
//! Moves happen before a merge, so that the merge itself sees one name on all three sides.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::ours::{Ours, Standing, Tracking};
use crate::tree::{Blob, RelPath, Tree};

/// The paths of a merge that had another name, by the name that they have now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves(BTreeMap<RelPath, Move>);

/// How a path came to its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    /// The template renamed it, and the user's file goes along.
    Template {
        /// The path before.
        from: RelPath,
        /// The user's file, where it is still at the path before.
        ours: Option<Blob>,
    },
    /// The user renamed it, and the template's changes go along.
    User {
        /// The template's path before.
        base: RelPath,
        /// The template's path now.
        theirs: RelPath,
    },
}

impl Moves {
    /// Finds what the template renamed, by the data of its releases, the oldest first.
    ///
    /// A file goes along only where its new place is free.
    #[must_use]
    pub fn of_template(
        base: &Tree,
        ours: &Ours,
        theirs: &Tree,
        renames: &[(String, String)],
    ) -> Self {
        let mut moves = Self::default();
        for from in base.paths().filter(|path| theirs.get(path).is_none()) {
            let Some(to) = renamed(from, renames) else { continue };
            if theirs.get(&to).is_none() || base.get(&to).is_some() {
                continue;
            }
            let blob = match ours.get(from) {
                Some(Standing::Blob(blob, _)) if is_free(ours.get(&to), from) => Some(blob.clone()),
                // Gone, or the user moved it there, which git knows.
                None => match ours.get(&to) {
                    None | Some(Standing::Blob(_, Tracking::Tracked)) => None,
                    Some(_) => continue,
                },
                Some(_) => continue,
            };
            moves.0.insert(to, Move::Template { from: from.clone(), ours: blob });
        }
        moves
    }

    /// Adds a path that the user renamed, from the name that it has on the template's sides.
    pub fn follow(&mut self, theirs: RelPath, to: RelPath) {
        let base = match self.0.remove(&theirs) {
            Some(Move::Template { from, .. }) => from,
            Some(Move::User { .. }) | None => theirs.clone(),
        };
        self.0.insert(to, Move::User { base, theirs });
    }

    /// Returns how a path came to its name.
    #[must_use]
    pub fn get(&self, path: &RelPath) -> Option<&Move> {
        self.0.get(path)
    }

    /// Iterates over the paths that moved, with where from.
    pub fn iter(&self) -> impl Iterator<Item = (&RelPath, &Move)> {
        self.0.iter()
    }

    /// Tells whether the user's file leaves a path.
    pub(super) fn leaves(&self, path: &RelPath) -> bool {
        let leaves =
            |one: &Move| matches!(one, Move::Template { from, ours: Some(_) } if from == path);
        self.0.values().any(leaves)
    }

    /// Returns the base with the names of now.
    #[must_use]
    pub fn base<'a>(&self, base: &'a Tree) -> Cow<'a, Tree> {
        let name = |one: &Move| match one {
            Move::Template { from, .. } => Some(from.clone()),
            Move::User { base, .. } => Some(base.clone()),
        };
        self.renamed(base, name)
    }

    /// Returns the template's new tree with the names of now.
    #[must_use]
    pub fn theirs<'a>(&self, theirs: &'a Tree) -> Cow<'a, Tree> {
        let name = |one: &Move| match one {
            Move::Template { .. } => None,
            Move::User { theirs, .. } => Some(theirs.clone()),
        };
        self.renamed(theirs, name)
    }

    /// Returns the user's side with the names of now.
    #[must_use]
    pub fn ours<'a>(&self, ours: &'a Ours) -> Cow<'a, Ours> {
        let mut result = Cow::Borrowed(ours);
        for (to, one) in &self.0 {
            if let Move::Template { from, ours: Some(_) } = one
                && result.get(from).is_some()
                && let Some(standing) = result.to_mut().remove(from)
            {
                result.to_mut().insert(to.clone(), standing);
            }
        }
        result
    }

    fn renamed<'a>(
        &self,
        tree: &'a Tree,
        name: impl Fn(&Move) -> Option<RelPath>,
    ) -> Cow<'a, Tree> {
        let mut result = Cow::Borrowed(tree);
        for (to, one) in &self.0 {
            if let Some(blob) = name(one).and_then(|from| result.to_mut().remove(&from)) {
                result.to_mut().insert(to.clone(), blob);
            }
        }
        result
    }
}

/// Follows the renames of files, and of folders around them.
fn renamed(path: &RelPath, renames: &[(String, String)]) -> Option<RelPath> {
    let mut name = path.as_str().to_owned();
    for (from, to) in renames {
        match name.strip_prefix(from.as_str()) {
            Some("") => name.clone_from(to),
            Some(rest) if rest.starts_with('/') => name = format!("{to}{rest}"),
            Some(_) | None => {}
        }
    }
    RelPath::parse(&name).ok().filter(|to| to != path)
}

/// Tells whether nothing stands at a place but for the file that moves there.
fn is_free(standing: Option<&Standing>, moving: &RelPath) -> bool {
    match standing {
        None => true,
        Some(Standing::Below(parent)) => parent == moving,
        Some(Standing::Directory(content)) => content.len() == 1 && content.contains(moving),
        Some(Standing::Blob(..) | Standing::Special) => false,
    }
}
