//! Takes an upgrade back, and ends one whose conflicts are resolved.

use super::failure::failure;
use super::folder::Folder;
use super::interrupt::Interrupt;
use super::journal::{Journal, Memory, Place, State, fingerprint};
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
        let mut taken: Vec<(Edit, Option<String>)> = Vec::new();
        for (number, entry) in journal.entries.iter().enumerate() {
            if entry.place == Place::Project {
                taken.extend(self.back(&journal, number, &mut undone)?);
            }
        }
        refuse_changed(undo, is_open, &undone)?;
        let index = self.index_back(&journal, is_open)?;
        let make =
            |folder: &Folder, to: &str| index.as_ref().map_or(Ok(()), |make| make(folder, to));
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
        let memory = match journal.memory {
            Memory::Originals(conflicts) => Memory::Undone(conflicts),
            Memory::Undone(conflicts) => Memory::Originals(conflicts),
            Memory::Nothing => Memory::Nothing,
        };
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
        let listing = self.checkout.list(&|_| false)?;
        let left = super::Unresolved::find(self, &Ours::new(), &listing).0;
        if left.is_empty() {
            let (store, mark) = (self.site()?.store, "last/resolved");
            let done = store.create(mark, &Blob::regular(""));
            return done
                .map(|()| pending)
                .map_err(|cause| failure("write", &store.join(mark), &cause));
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
    ) -> Result<Option<(Edit, Option<String>)>> {
        let Some(entry) = journal.entries.get(number) else { return Ok(None) };
        let (path, kept, store) = (entry.path.as_str(), kept(number), self.site()?.store);
        let read = |folder: &Folder, path: &str| {
            folder.read(path).map_err(|cause| failure("read", &folder.join(path), &cause))
        };
        let now = read(&self.root, path)?;
        let before = if entry.before.is_some() { read(store, &kept)? } else { None };
        if before.as_ref().map(fingerprint) != entry.before {
            return Err(Error::failed(format!("the kept original of `{path}` was changed"))
                .because(format!("`{}` is not what the record says", store.join(&kept).display()))
                .hint(format!("take `{path}` back by hand, from git or from a backup")));
        }
        if now == before {
            return Ok(None);
        }
        let state = journal.state(entry, &self.root);
        let state = state.map_err(|cause| failure("read", &self.root.join(path), &cause))?;
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
        let (site, kept) = (self.site()?, kept(number));
        let (folder, path) = (site.folder(entry), entry.path.as_str());
        let state = entry.state(folder, path);
        match state.map_err(|cause| failure("read", &folder.join(path), &cause))? {
            State::After if site.store.has(&kept).unwrap_or(true) => {
                Ok(Some(Box::new(move |folder: &Folder, to: &str| {
                    let taken = site.store.keep(&kept, folder, to);
                    taken.map_err(|cause| failure("take back", &site.store.join(&kept), &cause))
                })))
            }
            State::After | State::Other if is_open => {
                let Memory::Originals(paths) = journal.memory.clone() else { return Ok(None) };
                let kept = site.store.join(&kept);
                Ok(Some(Box::new(move |folder: &Folder, to: &str| {
                    self.checkout.restore_index(&folder.join(to), &kept, &paths)
                })))
            }
            // What was staged or committed since is the user's; the files tell the difference.
            State::Before | State::After | State::Other => Ok(None),
        }
    }
}

/// Returns where the store keeps the original of an entry of the last upgrade.
fn kept(number: usize) -> String {
    format!("last/old/{number}")
}

type MakeIndex<'a> = Box<dyn Fn(&Folder, &str) -> Result<()> + 'a>;

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
