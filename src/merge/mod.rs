//! Merges what a template had, what the user has and what the template has now into a plan.
//!
//! Pure: three values in, a plan out. `project` reads the user's side and applies the plan, `ui`
//! shows it. No rule here may lose or hide a line of the user's.

mod decide;
mod diff;
mod endings;
mod markers;
mod moves;
mod ours;
mod plan;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub use decide::{Decision, Kind, Reason, decide};
pub use diff::{Line, Side, count, lines, patch};
pub use endings::is_same;
pub use markers::marker;
pub use moves::{Move, Moves};
pub use ours::{Ours, Standing, Tracking};
pub use plan::{Change, Conflict, Edit, Outcome, Plan};
pub use text::{Labels, Merged, Sides, Touching, merge_lines};

use endings::{as_template, in_crlf};

use crate::tree::{Blob, Mode, RelPath, Tree};

/// What a merge may do to files, beside the three sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What happens to files that the user has and the template now brings too.
    pub existing: Existing,
    /// How the sides are called in conflict markers.
    pub labels: Labels,
    /// How files are merged for which the user's `.gitattributes` say it.
    pub drivers: BTreeMap<RelPath, Driver>,
}

impl Options {
    /// Returns options for files without attributes.
    #[must_use]
    pub fn new(existing: Existing, labels: Labels) -> Self {
        Self { existing, labels, drivers: BTreeMap::new() }
    }
}

/// What happens where both sides want something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Existing {
    /// The user's file is not touched; the template's goes beside it.
    Aside,
    /// A file gets both between markers; one that the template adds only where git knows it.
    Mark,
}

/// How both sides of a file are merged, as `merge` in `.gitattributes` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Driver {
    /// By lines.
    #[default]
    Lines,
    /// By lines, and both where they touch: `merge=union`.
    Union,
    /// Not at all: `merge=binary` or `-merge`.
    Binary,
    /// By a program of the user's, which is not run here.
    Own,
}

/// Merges three sides. `ours` must tell what stands at every path of `base` and `theirs`, and at
/// the [`side_paths`] of those that are taken.
#[must_use]
pub fn merge(base: &Tree, ours: &Ours, theirs: &Tree, options: &Options) -> Plan {
    merge_moved(base, ours, theirs, Moves::default(), options)
}

/// Merges three sides as [`merge`] does, after giving paths that moved their names of now.
#[must_use]
pub fn merge_moved(
    base: &Tree,
    ours: &Ours,
    theirs: &Tree,
    moves: Moves,
    options: &Options,
) -> Plan {
    let (base, ours, theirs) = (&*moves.base(base), &*moves.ours(ours), &*moves.theirs(theirs));
    let going = untouched_and_dropped(base, ours, theirs);
    let goes = |path: &RelPath| going.contains(path) || moves.leaves(path);
    let paths: BTreeSet<&RelPath> = base.paths().chain(theirs.paths()).collect();
    let mut changes = BTreeMap::new();
    for path in paths {
        let merger = Merger { path, base: base.get(path), theirs: theirs.get(path), ours, options };
        let change = match ours.get(path) {
            None => merger.change(None),
            Some(Standing::Blob(blob, tracking)) => merger.change(Some((blob, *tracking))),
            Some(Standing::Below(parent)) if goes(parent) => merger.change(None),
            // An empty folder was made by somebody: it stays.
            Some(Standing::Directory(content))
                if !content.is_empty() && content.iter().all(goes) =>
            {
                merger.change(None)
            }
            Some(Standing::Directory(_) | Standing::Special) => merger.obstructed(path),
            Some(Standing::Below(parent)) => merger.obstructed(parent),
        };
        changes.insert(path.clone(), change);
    }
    Plan { changes, moves }
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
    /// Merges in the line endings of the template and writes those of the user.
    fn change(&self, ours: Option<(&Blob, Tracking)>) -> Change {
        let Some((blob, tracking)) = ours else { return self.change_of(None, Tracking::Untracked) };
        let same = as_template(blob, [self.base, self.theirs]).filter(|_| self.base != Some(blob));
        let Some(same) = same else { return self.change_of(Some(blob), tracking) };
        let lf = |side: Option<&Blob>| {
            side.map(|blob| Blob { bytes: endings::to_lf(&blob.bytes), mode: blob.mode })
        };
        let (base, theirs) = (lf(self.base), lf(self.theirs));
        let merger = Merger { base: base.as_ref(), theirs: theirs.as_ref(), ..*self };
        in_crlf(merger.change_of(Some(&same), tracking), blob)
    }

    fn change_of(&self, blob: Option<&Blob>, tracking: Tracking) -> Change {
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
                let outcome = match self.options.existing {
                    Existing::Mark => Outcome::Markers(Blob { bytes, mode }),
                    Existing::Aside => self.aside(self.path),
                };
                self.conflict(Kind::BothChanged, Some(ours), outcome)
            }
            Merged::Refused => {
                // The index can hold the template's side of a tracked file.
                let outcome = match (self.options.existing, tracking) {
                    (Existing::Mark, Tracking::Tracked) => Outcome::Untouched,
                    (Existing::Mark, Tracking::Untracked) | (Existing::Aside, _) => {
                        self.aside(self.path)
                    }
                };
                let kind = match self.driver() {
                    Driver::Own => Kind::OwnDriver,
                    Driver::Lines | Driver::Union | Driver::Binary => Kind::BothChanged,
                };
                self.conflict(kind, Some(ours), outcome)
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
        let touching = match self.driver() {
            Driver::Lines => Some(Touching::Marked),
            Driver::Union => Some(Touching::Joined),
            Driver::Binary | Driver::Own => None,
        };
        let is_binary =
            self.base.is_some_and(Blob::is_binary) || ours.is_binary() || theirs.is_binary();
        let Some(touching) = touching.filter(|_| !is_binary) else {
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
        };
        let sides = Sides { base, ours: &ours.bytes, theirs: &theirs.bytes };
        merge_lines(sides, &self.options.labels, touching)
    }

    fn driver(&self) -> Driver {
        self.options.drivers.get(self.path).copied().unwrap_or_default()
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
