//! Merges what a template had, what the user has and what the template has now into a plan.
//!
//! Pure: three values in, a plan out. `project` reads the user's side and applies the plan, `ui`
//! shows it. No rule here may lose or hide a line of the user's.

mod decide;
mod ours;
mod plan;
mod text;

use std::collections::BTreeSet;

pub use decide::{Decision, Kind, Reason, decide};
pub use ours::{Ours, Standing, Tracking};
pub use plan::{Change, Conflict, Edit, Outcome, Plan};
pub use text::{Labels, Merged, Sides, merge_lines};

use crate::tree::{Blob, Mode, RelPath, Tree};

/// What a merge may do to files, beside the three sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What happens to files that the user has and the template now brings too.
    pub existing: Existing,
    /// How the sides are called in conflict markers.
    pub labels: Labels,
}

/// What happens to a file that the user has and the template now brings too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// It is not touched; the template's file goes beside it. For `new`.
    Aside,
    /// A tracked file gets both between markers, others are not touched. For `upgrade`.
    Mark,
}

/// Merges three sides. `ours` must tell what stands at every path of `base` and `theirs`, and at
/// the [`side_paths`] of those that are taken.
#[must_use]
pub fn merge(base: &Tree, ours: &Ours, theirs: &Tree, options: &Options) -> Plan {
    let going = untouched_and_dropped(base, ours, theirs);
    let paths: BTreeSet<&RelPath> = base.paths().chain(theirs.paths()).collect();
    let mut plan = Plan::default();
    for path in paths {
        let merger = Merger { path, base: base.get(path), theirs: theirs.get(path), ours, options };
        let change = match ours.get(path) {
            None => merger.change(None),
            Some(Standing::Blob(blob, tracking)) => merger.change(Some((blob, *tracking))),
            Some(Standing::Below(parent)) if going.contains(parent) => merger.change(None),
            // An empty folder was made by somebody: it stays.
            Some(Standing::Directory(content))
                if !content.is_empty() && content.is_subset(&going) =>
            {
                merger.change(None)
            }
            Some(Standing::Directory(_) | Standing::Special) => merger.obstructed(path),
            Some(Standing::Below(parent)) => merger.obstructed(parent),
        };
        plan.changes.insert(path.clone(), change);
    }
    plan
}

/// Returns the paths, in order of preference, at which a template's file is put where `taken`
/// holds its own: `taken` is the path itself or one of its parents.
pub fn side_paths(path: &RelPath, taken: &RelPath) -> impl Iterator<Item = RelPath> {
    let rest = path.as_str().get(taken.as_str().len()..).unwrap_or_default().to_owned();
    let taken = taken.as_str().to_owned();
    (1..).map_while(move |number: u32| {
        let suffix = if number == 1 { String::new() } else { format!(".{number}") };
        // A name that is too long already leaves no room beside it.
        RelPath::parse(&format!("{taken}.fastwright-new{suffix}{rest}")).ok()
    })
}

/// Files that make room, so that what they stood in the way of can be written.
fn untouched_and_dropped(base: &Tree, ours: &Ours, theirs: &Tree) -> BTreeSet<RelPath> {
    base.iter()
        .filter(|(path, blob)| {
            let standing = ours.get(path);
            theirs.get(path).is_none()
                && matches!(standing, Some(Standing::Blob(ours, _)) if ours == *blob)
        })
        .map(|(path, _)| path.clone())
        .collect()
}

/// One path on its way through the merge.
struct Merger<'a> {
    path: &'a RelPath,
    base: Option<&'a Blob>,
    theirs: Option<&'a Blob>,
    ours: &'a Ours,
    options: &'a Options,
}

impl Merger<'_> {
    fn change(&self, ours: Option<(&Blob, Tracking)>) -> Change {
        let blob = ours.map(|(blob, _)| blob);
        let tracking = ours.map_or(Tracking::Untracked, |(_, tracking)| tracking);
        match decide(self.base, blob, self.theirs) {
            Decision::Keep(reason) => Change::Keep(reason),
            Decision::Create(theirs) => Change::Create { theirs: theirs.clone() },
            Decision::Update(ours, theirs) => {
                Change::Update { ours: ours.clone(), theirs: theirs.clone() }
            }
            Decision::Delete(ours) => Change::Delete { ours: ours.clone() },
            Decision::Merge(ours, theirs) => self.both_changed(ours, tracking, theirs),
            Decision::BothAdded(ours, theirs) => self.both_added(ours, tracking, theirs),
            Decision::Deleted(kind) => self.conflict(kind, blob, Outcome::Untouched),
        }
    }

    fn both_changed(&self, ours: &Blob, tracking: Tracking, theirs: &Blob) -> Change {
        let mode = self.mode(ours, theirs);
        match self.lines(ours, theirs) {
            Merged::Clean(bytes) => Change::Merge {
                ours: ours.clone(),
                theirs: theirs.clone(),
                merged: Blob { bytes, mode },
            },
            Merged::Marked(bytes) => {
                let outcome = Outcome::Markers(Blob { bytes, mode });
                self.conflict(Kind::BothChanged, Some(ours), outcome)
            }
            Merged::Refused => {
                // The index can hold the template's side of a tracked file.
                let outcome = match tracking {
                    Tracking::Tracked => Outcome::Untouched,
                    Tracking::Untracked => self.aside(self.path),
                };
                self.conflict(Kind::BothChanged, Some(ours), outcome)
            }
        }
    }

    fn both_added(&self, ours: &Blob, tracking: Tracking, theirs: &Blob) -> Change {
        let outcome = match (self.options.existing, tracking) {
            (Existing::Aside, _) | (Existing::Mark, Tracking::Untracked) => self.aside(self.path),
            (Existing::Mark, Tracking::Tracked) => match self.lines(ours, theirs) {
                Merged::Marked(bytes) => Outcome::Markers(Blob { bytes, mode: ours.mode }),
                // Clean: one of the two is empty, which may be meant.
                Merged::Clean(_) | Merged::Refused => self.aside(self.path),
            },
        };
        self.conflict(Kind::BothAdded, Some(ours), outcome)
    }

    /// A path at which `taken`, itself or a parent, is something that cannot be merged.
    fn obstructed(&self, taken: &RelPath) -> Change {
        match (self.base, self.theirs) {
            (None | Some(_), None) => Change::Keep(Reason::Absent),
            (Some(base), Some(theirs)) if base == theirs => Change::Keep(Reason::Deleted),
            (None | Some(_), Some(_)) => self.conflict(Kind::Obstructed, None, self.aside(taken)),
        }
    }

    fn lines(&self, ours: &Blob, theirs: &Blob) -> Merged {
        let base = self.base.map(|blob| blob.bytes.as_slice());
        if self.base.is_some_and(Blob::is_binary) || ours.is_binary() || theirs.is_binary() {
            let is_link = ours.mode == Mode::Link || theirs.mode == Mode::Link;
            // The bytes may still agree, where one side changed the mode alone.
            return if is_link {
                Merged::Refused
            } else if ours.bytes == theirs.bytes || base == Some(&theirs.bytes) {
                Merged::Clean(ours.bytes.clone())
            } else if base == Some(&ours.bytes) {
                Merged::Clean(theirs.bytes.clone())
            } else {
                Merged::Refused
            };
        }
        let sides = Sides { base, ours: &ours.bytes, theirs: &theirs.bytes };
        merge_lines(sides, &self.options.labels)
    }

    /// A mode that the user changed stays; else the template's is taken.
    fn mode(&self, ours: &Blob, theirs: &Blob) -> Mode {
        if self.base.is_some_and(|base| base.mode == ours.mode) { theirs.mode } else { ours.mode }
    }

    fn aside(&self, taken: &RelPath) -> Outcome {
        for side in side_paths(self.path, taken) {
            match self.ours.get(&side) {
                None => return Outcome::Aside(side),
                Some(Standing::Blob(blob, _)) if Some(blob) == self.theirs => {
                    return Outcome::AlreadyAside(side);
                }
                Some(_) => {}
            }
        }
        Outcome::Untouched
    }

    fn conflict(&self, kind: Kind, ours: Option<&Blob>, outcome: Outcome) -> Change {
        Change::Conflict(Conflict {
            kind,
            base: self.base.cloned(),
            ours: ours.cloned(),
            theirs: self.theirs.cloned(),
            outcome,
        })
    }
}
