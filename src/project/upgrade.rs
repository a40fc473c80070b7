//! Carries a project to another state of its template, whole or not at all.

use super::folder::Folder;
use super::interrupt::Interrupt;
use super::journal::Memory;
use super::open::Project;
use super::state::{self, State};
use super::survey::{Conflicts, Survey, Upgrade};
use super::transaction::Transaction;
use super::work::{Item, Work};
use crate::error::{Error, Problem, Result};
use crate::exit::Exit;
use crate::merge::{Conflict, Edit, Outcome};
use crate::tree::{Blob, RelPath};

/// What happens to files that hold edits which git does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dirty {
    /// Nothing is written.
    #[default]
    Refused,
    /// They are merged too, and kept as they were until the next upgrade.
    Allowed,
}

impl Project {
    /// Writes what a survey found, then the index, then the state file.
    ///
    /// # Errors
    /// Fails where dirty files or conflicts are not wanted, where the disk does or a signal
    /// comes; then nothing was changed.
    pub fn upgrade(
        &self,
        upgrade: &Upgrade<'_>,
        survey: &Survey,
        state: &State,
        dirty: Dirty,
        interrupt: &Interrupt,
    ) -> Result<()> {
        refuse_conflicts(upgrade, survey)?;
        refuse_dirty(survey, dirty)?;
        let index = |folder: &Folder, to: &str| {
            self.checkout.make_index(&folder.join(to), &survey.stagings)
        };
        let file = self.state_edit(state)?;
        let mut items: Vec<Item<'_>> = survey.edits.iter().map(Item::File).collect();
        if !survey.stagings.is_empty() {
            items.push(Item::Index(&index));
        }
        items.push(Item::File(&file));
        let memory = Memory::Originals(survey.open_conflicts());
        let work = Work { items, memory, ..Work::default() };
        Transaction::run(self.site()?, &work, interrupt)
    }

    /// Returns the edit that puts new values into the state file as it stands.
    fn state_edit(&self, state: &State) -> Result<Edit> {
        let text = String::from_utf8_lossy(&self.file.bytes);
        let after = Blob { bytes: state.rewrite(&text)?.into_bytes(), mode: self.file.mode };
        Ok(Edit { path: state::path(), before: Some(self.file.clone()), after: Some(after) })
    }
}

impl Survey {
    /// Returns the paths of conflicts that are open until somebody ends them.
    fn open_conflicts(&self) -> Vec<RelPath> {
        let is_open = |conflict: &Conflict| match conflict.outcome {
            Outcome::Markers(_) | Outcome::Untouched => true,
            Outcome::Aside(_) | Outcome::AlreadyAside(_) => false,
        };
        let conflicts = self.plan.conflicts().filter(|(_, conflict)| is_open(conflict));
        conflicts.map(|(path, _)| path.clone()).collect()
    }
}

fn refuse_conflicts(upgrade: &Upgrade<'_>, survey: &Survey) -> Result<()> {
    match upgrade.conflicts {
        Conflicts::Markers | Conflicts::Sidecar => return Ok(()),
        Conflicts::Fail if !survey.plan.has_conflicts() => return Ok(()),
        Conflicts::Fail => {}
    }
    let paths = survey.plan.conflicts().map(|(path, _)| path);
    let problem = list("both sides changed the same, and nothing was written", paths);
    Err(Error::many(Exit::Failed, vec![problem])
        .hint("run it with `--conflicts markers` or `--conflicts sidecar` to see both sides"))
}

fn refuse_dirty(survey: &Survey, dirty: Dirty) -> Result<()> {
    if dirty == Dirty::Allowed || survey.dirty.is_empty() {
        return Ok(());
    }
    let problem = list("files that would be written hold uncommitted edits", survey.dirty.iter());
    Err(Error::many(Exit::Failed, vec![problem])
        .hint("commit or stash them, then run it again")
        .hint("`--allow-dirty` merges them as they are; `--undo` then brings them back"))
}

fn list<'a>(message: &str, paths: impl Iterator<Item = &'a RelPath>) -> Problem {
    paths.fold(Problem::new(message), |problem, path| problem.because(format_args!("`{path}`")))
}
