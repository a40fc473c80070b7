//! Looks at all that an upgrade meets in a project, and says what would become of it.

use std::collections::BTreeSet;

use super::checkout::Checkout;
use super::failure::failure;
use super::folder::Folder;
use super::index::{Becomes, Listed, Listing, Staging};
use super::open::Project;
use super::ours::{Sparse, read};
use super::unresolved::Unresolved;
use crate::error::Result;
use crate::merge::{
    Change, Conflict, Edit, Existing, Kind, Labels, Move, Moves, Options, Ours, Outcome, Plan,
    Standing, Tracking, is_same, merge_moved,
};
use crate::tree::{Blob, RelPath, Tree};

/// What an upgrade goes from and to.
#[derive(Clone, Copy, Debug)]
pub struct Upgrade<'a> {
    /// What the template had.
    pub base: &'a Tree,
    /// What the template has.
    pub theirs: &'a Tree,
    /// What the template renamed, the oldest first.
    pub renames: &'a [(String, String)],
    /// How the sides are called.
    pub labels: &'a Labels,
    /// How conflicts are left.
    pub conflicts: Conflicts,
}

/// How an upgrade leaves conflicts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflicts {
    /// Between markers in the files, and unmerged in the index.
    #[default]
    Markers,
    /// The template's files beside the user's, and the index as it is.
    Sidecar,
    /// Not at all: nothing is written.
    Fail,
}

/// What would become of a project.
#[derive(Debug)]
pub struct Survey {
    /// What becomes of every path.
    pub plan: Plan,
    /// Files that would be written and hold edits that git does not have.
    pub dirty: Vec<RelPath>,
    pub(super) edits: Vec<Edit>,
    pub(super) stagings: Vec<Staging>,
}

impl Project {
    /// Tells what an upgrade would do, and changes nothing.
    ///
    /// # Errors
    /// Fails in the middle of another operation of git, where conflicts of an earlier upgrade
    /// are left, and where the project cannot be read.
    pub fn survey(&self, upgrade: &Upgrade<'_>) -> Result<Survey> {
        self.checkout.guard(self.git.as_ref().map(Folder::path))?;
        Surveyor::look(self, upgrade)?.survey()
    }
}

/// All that is known of a project while it is looked at.
struct Surveyor<'a> {
    project: &'a Project,
    checkout: &'a Checkout,
    upgrade: &'a Upgrade<'a>,
    ours: Ours,
    listing: Listing,
    sparse: Sparse,
    moves: Moves,
    options: Options,
    /// Paths whose blobs a program of the user's makes.
    filtered: BTreeSet<RelPath>,
}

impl<'a> Surveyor<'a> {
    fn look(project: &'a Project, upgrade: &'a Upgrade<'a>) -> Result<Self> {
        let checkout = &project.checkout;
        let Upgrade { base, theirs, renames, labels, conflicts } = *upgrade;
        let (ours, listing, sparse) = read(project, base, theirs)?;
        Unresolved::find(project, &ours, &listing).refuse()?;
        let moves = Moves::of_template(base, &ours, theirs, renames);
        let existing = match conflicts {
            Conflicts::Markers | Conflicts::Fail => Existing::Mark,
            Conflicts::Sidecar => Existing::Aside,
        };
        let options = Options::new(existing, labels.clone());
        let filtered = BTreeSet::new();
        let mut surveyor =
            Self { project, checkout, upgrade, ours, listing, sparse, moves, options, filtered };
        surveyor.follow_renames()?;
        surveyor.ask_attributes()?;
        Ok(surveyor)
    }

    /// Finds what the user renamed of files that the template changed.
    fn follow_renames(&mut self) -> Result<()> {
        let Upgrade { base, theirs, .. } = *self.upgrade;
        let (old, new) = (self.moves.base(base), self.moves.theirs(theirs));
        let ours = self.moves.ours(&self.ours);
        let is_missing = |path: &RelPath, blob: &Blob| {
            ours.get(path).is_none() && new.get(path).is_some_and(|theirs| theirs != blob)
        };
        let missing: Vec<(RelPath, &Blob)> = old
            .iter()
            .filter(|(path, blob)| is_missing(path, blob))
            .map(|(path, blob)| (path.clone(), blob))
            .collect();
        let is_candidate = |path: &RelPath| {
            [base, theirs, &old, &new].iter().all(|tree| tree.get(path).is_none())
                && matches!(self.project.root.look(path.as_str()), Ok(Some(it)) if it.is_file())
        };
        for (from, to) in self.checkout.renamed(&missing, &is_candidate)? {
            let root = &self.project.root;
            let blob = root.read(to.as_str());
            let blob = blob.map_err(|cause| failure("read", &root.join(&to), &cause))?;
            if let Some(blob) = blob {
                self.ours.insert(to.clone(), Standing::Blob(blob, Tracking::Tracked));
                self.moves.follow(from, to);
            }
        }
        let followed: BTreeSet<RelPath> = self.followed().cloned().collect();
        let listing = self.checkout.list(&|path| followed.contains(path))?;
        self.listing.tracked.extend(listing.tracked);
        Ok(())
    }

    fn followed(&self) -> impl Iterator<Item = &RelPath> {
        self.moves.iter().filter(|(_, one)| matches!(one, Move::User { .. })).map(|(to, _)| to)
    }

    /// Asks git about the files that both sides want to change: most upgrades have none.
    fn ask_attributes(&mut self) -> Result<()> {
        let plan = self.plan();
        let meets = |change: &Change| match change {
            Change::Merge { .. } | Change::Conflict(_) => true,
            Change::Create { .. }
            | Change::Update { .. }
            | Change::Delete { .. }
            | Change::Keep(_) => false,
        };
        let both: Vec<RelPath> =
            plan.changes.iter().filter(|(_, c)| meets(c)).map(|(path, _)| path.clone()).collect();
        for (path, attributes) in self.checkout.attributes(&both)? {
            if attributes.is_filtered {
                self.filtered.insert(path.clone());
            }
            self.options.drivers.insert(path, attributes.driver);
        }
        Ok(())
    }

    fn plan(&self) -> Plan {
        let Upgrade { base, theirs, .. } = *self.upgrade;
        merge_moved(base, &self.ours, theirs, self.moves.clone(), &self.options)
    }

    fn survey(&self) -> Result<Survey> {
        let plan = self.plan();
        let (mut edits, mut stagings) = (Vec::new(), self.conflicts(&plan)?);
        for edit in plan.edits() {
            let is_conflict = matches!(plan.changes.get(&edit.path), Some(Change::Conflict(_)));
            if !self.sparse.contains_key(&edit.path) || edit.before.is_none() {
                edits.push(edit);
            } else if is_conflict {
                // Somebody has to look at it, so it gets a file.
                edits.push(Edit { before: None, ..edit });
            } else {
                let becomes = edit.after.map_or(Becomes::Absent, Becomes::Replaced);
                stagings.push(Staging { path: edit.path, becomes });
            }
        }
        let dirty = self.dirty(&edits, &stagings)?;
        Ok(Survey { plan, dirty, edits, stagings })
    }

    /// Returns what the index is to say of conflicts.
    fn conflicts(&self, plan: &Plan) -> Result<Vec<Staging>> {
        let mut stagings = Vec::new();
        if self.upgrade.conflicts == Conflicts::Sidecar {
            return Ok(stagings);
        }
        for (path, conflict) in plan.conflicts() {
            if self.is_staged(path, conflict)? {
                let Conflict { base, ours, theirs, .. } = conflict.clone();
                let becomes = Becomes::Unmerged(Box::new([base, ours, theirs]));
                stagings.push(Staging { path: path.clone(), becomes });
            }
        }
        Ok(stagings)
    }

    /// Tells whether a conflict is one for the index: no other file of the user's gets into git.
    fn is_staged(&self, path: &RelPath, conflict: &Conflict) -> Result<bool> {
        match conflict.outcome {
            Outcome::Aside(_) | Outcome::AlreadyAside(_) => return Ok(false),
            Outcome::Untouched | Outcome::Markers(_) => {}
        }
        if self.filtered.contains(path) || matches!(self.checkout, Checkout::Absent) {
            return Ok(false);
        }
        let had = match self.moves.get(path) {
            Some(Move::Template { from, .. }) => from,
            Some(Move::User { .. }) | None => path,
        };
        match conflict.kind {
            Kind::Obstructed => Ok(false),
            Kind::DeletedByUser => Ok(!self.checkout.is_ignored(path)?),
            Kind::BothAdded | Kind::BothChanged | Kind::DeletedByTemplate | Kind::OwnDriver => {
                Ok(self.listing.tracked.contains_key(had))
            }
        }
    }

    /// Finds files with edits that git does not have, of those that are written or staged.
    fn dirty(&self, edits: &[Edit], stagings: &[Staging]) -> Result<Vec<RelPath>> {
        let written = edits.iter().filter(|edit| edit.before.is_some()).map(|edit| &edit.path);
        let staged = stagings.iter().map(|staging| &staging.path);
        let paths: BTreeSet<&RelPath> = written.chain(staged).collect();
        let files: Vec<(&RelPath, &Blob, &Listed)> = paths
            .into_iter()
            .filter(|path| !self.sparse.contains_key(path))
            .filter_map(|path| {
                let Some(Standing::Blob(blob, _)) = self.ours.get(path) else { return None };
                // What an upgrade wrote is no edit, whether or not it is committed.
                let is_edited = self.upgrade.base.get(path).is_none_or(|base| !is_same(blob, base));
                Some((path, blob, self.listing.tracked.get(path)?)).filter(|_| is_edited)
            })
            .collect();
        Ok(self.checkout.changed(&files)?.into_iter().collect())
    }
}
