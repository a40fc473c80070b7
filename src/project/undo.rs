//! Takes an upgrade back, and ends one whose conflicts are resolved.

use std::path::{Path, PathBuf};

use super::disk::read_blob;
use super::failure::failure;
use super::files;
use super::interrupt::Interrupt;
use super::journal::{Journal, Memory, Place, State};
use super::open::Project;
use super::transaction::Transaction;
use super::upgrade::Dirty;
use super::work::{Item, Work};
use crate::error::{Error, Problem, Result};
use crate::exit::Exit;
use crate::merge::{Edit, Ours};
use crate::tree::{Blob, RelPath};

/// Which upgrade is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// One whose conflicts are not resolved, whatever was done about them.
    Unfinished,
    /// The last one, as long as its files are as it left them.
    Last(Dirty),
}

/// What was put back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Undone {
    /// All paths that are as they were before.
    pub paths: Vec<RelPath>,
    /// Those among them that somebody had changed since; undoing again brings that back.
    pub changed: Vec<RelPath>,
}

impl Project {
    /// Puts every file, and what the upgrade did to the index, back as it was.
    ///
    /// What stands there now is kept in turn, so that undoing twice changes nothing.
    ///
    /// # Errors
    /// Fails where there is nothing to take back, where files changed since, or as the disk does.
    pub fn undo(&self, undo: Undo, interrupt: &Interrupt) -> Result<Undone> {
        let journal = self.journal().ok_or_else(|| {
            Error::failed("there is no upgrade to take back")
                .because("none was made here, or a `git clone` came after it")
                .hint("look for it in the history of `.fastwright.toml`")
        })?;
        let is_open = !self.pending().is_empty();
        if undo == Undo::Unfinished && !is_open {
            return Err(Error::failed("no upgrade waits for conflicts to be resolved")
                .hint("`fastwright upgrade --undo` takes back a finished one"));
        }
        let mut undone = Undone::default();
        let mut taken: Vec<(Edit, Option<PathBuf>)> = Vec::new();
        for (number, entry) in journal.entries.iter().enumerate() {
            if entry.place == Place::Project {
                taken.extend(self.back(&journal, number, &mut undone)?);
            }
        }
        refuse_changed(undo, is_open, &undone)?;
        let index = self.index_back(&journal, is_open)?;
        let make = |to: &Path| index.as_ref().map_or(Ok(()), |make| make(to));
        let mut items: Vec<Item<'_>> = taken
            .iter()
            .map(|(edit, kept)| match kept {
                Some(kept) => Item::Kept(edit, kept.clone()),
                None => Item::File(edit),
            })
            .collect();
        if index.is_some() {
            items.push(Item::Index(&make));
        }
        let memory = Memory::Originals(Vec::new());
        Transaction::run(self.site()?, &Work { items, memory, ..Work::default() }, interrupt)?;
        Ok(undone)
    }

    /// Ends an upgrade whose conflicts are resolved, and returns their paths.
    ///
    /// # Errors
    /// Fails where no upgrade waits, and, as conflicts remain, where one is not resolved.
    pub fn finish(&self) -> Result<Vec<RelPath>> {
        let pending = self.pending();
        if pending.is_empty() {
            return Err(Error::failed("no upgrade waits for conflicts to be resolved")
                .hint("`fastwright status` shows how the project is"));
        }
        let listing = self.checkout()?.list(&|_| false)?;
        let left = super::Unresolved::find(self, &Ours::new(), &listing).0;
        if left.is_empty() {
            let mark = self.last().join("resolved");
            let done = files::create(&mark, &Blob::regular(""));
            return done.map(|()| pending).map_err(|cause| failure("write", &mark, &cause));
        }
        let problem = Problem::new("conflicts are left to be resolved");
        let problem = left.values().fold(problem, Problem::because);
        Err(Error::many(Exit::Differences, vec![problem])
            .hint("resolve each and `git add` it, then run it again")
            .hint("or take the upgrade back with `fastwright upgrade --abort`"))
    }

    /// Returns the edit that puts one path back, with the file that was kept of it.
    fn back(
        &self,
        journal: &Journal,
        number: usize,
        undone: &mut Undone,
    ) -> Result<Option<(Edit, Option<PathBuf>)>> {
        let Some(entry) = journal.entries.get(number) else { return Ok(None) };
        let (place, kept) = (self.root.join(&entry.path), self.kept(number));
        let read = |path: &Path| read_blob(path).map_err(|cause| failure("read", path, &cause));
        let now = read(&place)?;
        let before = if entry.before.is_some() { read(&kept)? } else { None };
        if now == before {
            return Ok(None);
        }
        let state =
            journal.state(entry, &place).map_err(|cause| failure("read", &place, &cause))?;
        if state == State::Other {
            undone.changed.push(entry.path.clone());
        }
        undone.paths.push(entry.path.clone());
        let kept = before.is_some().then_some(kept);
        Ok(Some((Edit { path: entry.path.clone(), before: now, after: before }, kept)))
    }

    /// Returns how to make the index of before: whole where nobody touched it since, else by
    /// its conflicts, as long as they are open.
    fn index_back(&self, journal: &Journal, is_open: bool) -> Result<Option<MakeIndex<'_>>> {
        let entries = journal.entries.iter().enumerate();
        let found = entries.into_iter().find(|(_, entry)| entry.place == Place::Index);
        let Some((number, entry)) = found else { return Ok(None) };
        let (kept, target) = (self.kept(number), self.site()?.target(entry));
        let state = entry.state(&target).map_err(|cause| failure("read", &target, &cause))?;
        match state {
            State::After if kept.exists() => Ok(Some(Box::new(move |to: &Path| {
                files::keep(&kept, to).map_err(|cause| failure("take back", &kept, &cause))
            }))),
            State::After | State::Other if is_open => {
                let checkout = self.checkout()?;
                let Memory::Originals(paths) = journal.memory.clone() else { return Ok(None) };
                let restore = move |to: &Path| checkout.restore_index(to, &kept, &paths);
                Ok(Some(Box::new(restore)))
            }
            // What was staged or committed since is the user's; the files tell the difference.
            State::Before | State::After | State::Other => Ok(None),
        }
    }

    fn kept(&self, number: usize) -> PathBuf {
        self.last().join("old").join(number.to_string())
    }
}

type MakeIndex<'a> = Box<dyn Fn(&Path) -> Result<()> + 'a>;

fn refuse_changed(undo: Undo, is_open: bool, undone: &Undone) -> Result<()> {
    match undo {
        Undo::Unfinished | Undo::Last(Dirty::Allowed) => return Ok(()),
        Undo::Last(Dirty::Refused) if is_open || undone.changed.is_empty() => return Ok(()),
        Undo::Last(Dirty::Refused) => {}
    }
    let problem = Problem::new("files changed since the upgrade");
    let problem = undone
        .changed
        .iter()
        .fold(problem, |problem, path| problem.because(format_args!("`{path}`")));
    Err(Error::many(Exit::Failed, vec![problem])
        .hint("`--undo --allow-dirty` takes it back all the same; `--undo` again brings them back"))
}
