//! The tree that a project was rendered to, from its own history: the way out where a template's
//! version no longer gives what the state file recorded.

use git2::{Commit, ObjectType, Oid, Repository, Sort, TreeWalkMode, TreeWalkResult};

use super::checkout::Checkout;
use super::library::{Library, Result as Git};
use super::open::Project;
use super::state::State;
use crate::error::{Error, Result};
use crate::tree::{Blob, Mode, RelPath, Tree};

impl Project {
    /// Returns the base of an upgrade from the commit that wrote the state file last.
    ///
    /// Where that commit holds what the digest says, it is the base. Else it is the witness of
    /// which rendered files can be trusted: those that differ in it are left out, so that a later
    /// difference is shown as a conflict, and no edit that it may hold is taken for the template's.
    ///
    /// # Errors
    /// Fails where there is no such commit or libgit2 cannot open the repository.
    pub fn base_from_git(&self, rendered: &Tree) -> Result<Tree> {
        let Checkout::Library(library) = &self.checkout else {
            return Err(Error::failed("`--base-from-git` needs a repository that libgit2 opens")
                .because("there is none around the project, or it has a newer format"));
        };
        let found = library.with(|library| library.told(library.committed()))?;
        let committed = found.ok_or_else(|| {
            Error::failed(format!("no commit has `{}`", State::PATH))
                .because("the history may be cut off, as in a shallow clone")
        })?;
        let only = |tree: &Tree, keep: &dyn Fn(&RelPath, &Blob) -> bool| -> Tree {
            let kept = tree.iter().filter(|(path, blob)| keep(path, blob));
            kept.map(|(path, blob)| (path.clone(), blob.clone())).collect()
        };
        let all = only(&committed, &|path, _| path.as_str() != State::PATH);
        let same_paths = only(&all, &|path, _| rendered.get(path).is_some());
        if let Some(whole) = [same_paths, all].into_iter().find(|t| t.digest() == self.state.digest)
        {
            return Ok(whole);
        }
        Ok(only(rendered, &|path, blob| committed.get(path).is_none_or(|there| there == blob)))
    }
}

impl Library {
    /// Returns the project's files in the commit that changed the state file last.
    fn committed(&self) -> Git<Option<Tree>> {
        let repository = &self.repository;
        let state = format!("{}{}", self.prefix, State::PATH);
        let mut walk = repository.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
        walk.push_head()?;
        for id in walk {
            let commit = repository.find_commit(id?)?;
            let Some(now) = entry(&commit, &state)? else { continue };
            let before = commit.parents().map(|parent| entry(&parent, &state));
            if before.collect::<Git<Vec<_>>>()?.iter().all(|before| *before != Some(now)) {
                return self.files(repository, &commit).map(Some);
            }
        }
        Ok(None)
    }

    fn files(&self, repository: &Repository, commit: &Commit<'_>) -> Git<Tree> {
        let (mut tree, mut failed) = (Tree::new(), None);
        commit.tree()?.walk(TreeWalkMode::PreOrder, |folder, entry| {
            let mode = match (entry.kind(), entry.filemode()) {
                (Some(ObjectType::Blob), 0o100_755) => Mode::Executable,
                (Some(ObjectType::Blob), 0o120_000) => Mode::Link,
                (Some(ObjectType::Blob), _) => Mode::Regular,
                _ => return TreeWalkResult::Ok,
            };
            let name = [folder.as_bytes(), entry.name_bytes()].concat();
            let Some(path) = self.inner(&name) else { return TreeWalkResult::Ok };
            match repository.find_blob(entry.id()) {
                Ok(blob) => {
                    tree.insert(path, Blob { bytes: blob.content().to_vec(), mode });
                    TreeWalkResult::Ok
                }
                Err(cause) => {
                    failed = Some(cause);
                    TreeWalkResult::Abort
                }
            }
        })?;
        failed.map_or(Ok(tree), Err)
    }
}

fn entry(commit: &Commit<'_>, path: &str) -> Git<Option<Oid>> {
    Ok(commit.tree()?.get_path(path.as_ref()).ok().map(|entry| entry.id()))
}
