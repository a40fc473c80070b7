//! A new repository: rendered, then shown or written.

use std::path::{Path, PathBuf};

use super::state::with_state;
use crate::answer::{Answers, Layers, resolve};
use crate::error::Result;
use crate::merge::Plan;
use crate::pack::Pack;
use crate::project::{Created, Creation, Interrupt, create, plan_creation};
use crate::render::render;
use crate::tree::Tree;

/// A repository that is not written yet.
pub struct New<'a> {
    /// What it is made of.
    pub pack: &'a Pack,
    /// The answers, complete and good.
    pub answers: Answers,
    /// Where it goes.
    pub directory: PathBuf,
    /// Its files, with what it remembers.
    pub tree: Tree,
}

/// Whether a repository of git is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// It is, with a first commit, unless one is around it.
    Repository,
    /// It is not.
    Folder,
}

impl<'a> New<'a> {
    /// Renders the files for answers.
    ///
    /// # Errors
    /// Fails if answers are wrong or missing, or a template is.
    pub fn render(pack: &'a Pack, layers: &Layers, directory: &Path) -> Result<Self> {
        let answers = resolve(pack, layers).complete(pack)?;
        let tree = with_state(pack, &answers, render(pack, &answers)?)?;
        Ok(Self { pack, answers, directory: directory.to_owned(), tree })
    }

    /// Tells what writing it would do.
    ///
    /// # Errors
    /// Fails if the directory cannot take the files.
    pub fn plan(&self) -> Result<Plan> {
        plan_creation(&self.directory, &self.tree)
    }

    /// Writes it. Records of the run go below `kept`, the state directory of the user.
    ///
    /// # Errors
    /// Fails if the directory cannot take the files, the disk fails or a signal comes; then nothing
    /// was changed.
    pub fn write(
        &self,
        start: Start,
        kept: Option<&Path>,
        interrupt: &Interrupt,
    ) -> Result<Created> {
        let message = format!("Start from {} {}", self.pack.name, self.pack.version);
        let commit = (start == Start::Repository).then_some(message.as_str());
        let Self { directory: target, tree, .. } = self;
        create(&Creation { target, tree, commit, interrupt, kept })
    }
}
