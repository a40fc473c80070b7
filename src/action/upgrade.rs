//! An upgrade of a project: prepared, then shown or written.

use super::transition::Transition;
use crate::answer::Answers;
use crate::error::Result;
use crate::merge::{Labels, Plan};
use crate::pack::Pack;
use crate::project::{Conflicts, Dirty, Interrupt, Project, State, Survey, Upgrade};
use crate::render::Renderer;
use crate::tree::Tree;

/// What the files of a project are taken to come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// What is rendered from what it recorded.
    #[default]
    Recorded,
    /// The commit that recorded it last.
    Commit,
}

impl Base {
    /// Returns the files.
    ///
    /// # Errors
    /// Fails where they are not those that were recorded.
    pub fn tree(self, project: &Project, transition: &Transition<'_>) -> Result<Tree> {
        match self {
            Self::Recorded => transition.base(),
            Self::Commit => project.base_from_git(&transition.rendered()?),
        }
    }
}

/// An upgrade with all that it takes.
pub struct Prepared<'a> {
    project: &'a Project,
    base: Tree,
    theirs: Tree,
    state: State,
    renames: Vec<(String, String)>,
    labels: Labels,
    conflicts: Conflicts,
}

impl<'a> Prepared<'a> {
    /// Renders both sides; returns nothing where the project is where it goes already.
    ///
    /// # Errors
    /// Fails where conflicts of an earlier upgrade are left, and where the base is not what was
    /// recorded.
    pub fn new(
        project: &'a Project,
        transition: &Transition<'_>,
        base: Base,
        conflicts: Conflicts,
    ) -> Result<Option<Self>> {
        if transition.is_current() {
            project.unresolved(&transition.rendered()?)?.refuse()?;
            return Ok(None);
        }
        let base = base.tree(project, transition)?;
        let (theirs, state) = transition.theirs()?;
        let (renames, labels) = (transition.renames(), transition.labels());
        Ok(Some(Self { project, base, theirs, state, renames, labels, conflicts }))
    }

    fn upgrade(&self) -> Upgrade<'_> {
        let Self { base, theirs, renames, labels, conflicts, .. } = self;
        Upgrade { base, theirs, renames, labels, conflicts: *conflicts }
    }

    /// Tells what writing it would do.
    ///
    /// # Errors
    /// Fails in the middle of another operation of git, and where the project cannot be read.
    pub fn survey(&self) -> Result<Survey> {
        self.project.survey(&self.upgrade())
    }

    /// Writes what a survey found.
    ///
    /// # Errors
    /// Fails where dirty files or conflicts are not wanted, where the disk does or a signal comes;
    /// then nothing was changed.
    pub fn write(&self, survey: &Survey, dirty: Dirty, interrupt: &Interrupt) -> Result<()> {
        self.project.upgrade(&self.upgrade(), survey, &self.state, dirty, interrupt)
    }
}

/// What upgrades to answers come to that are not decided yet.
pub struct Outcomes<'a> {
    project: &'a Project,
    transition: &'a Transition<'a>,
    base: Tree,
    labels: Labels,
    conflicts: Conflicts,
    renderer: Renderer<'a>,
}

impl<'a> Outcomes<'a> {
    /// Renders what all of them start from.
    ///
    /// # Errors
    /// Fails where that is not what was recorded.
    pub fn new(
        project: &'a Project,
        pack: &'a Pack,
        transition: &'a Transition<'a>,
        base: Base,
        conflicts: Conflicts,
    ) -> Result<Self> {
        let base = base.tree(project, transition)?;
        let (labels, renderer) = (transition.labels(), Renderer::new(pack));
        Ok(Self { project, transition, base, labels, conflicts, renderer })
    }

    /// Tells what becomes of each file.
    ///
    /// # Errors
    /// Fails as rendering does, and where the project cannot be read.
    pub fn plan(&self, answers: &Answers) -> Result<Plan> {
        let theirs = self.renderer.render(answers)?;
        let renames = self.transition.renames_to(answers);
        let Self { base, labels, conflicts, .. } = self;
        let upgrade =
            Upgrade { base, theirs: &theirs, renames: &renames, labels, conflicts: *conflicts };
        Ok(self.project.survey(&upgrade)?.plan)
    }
}
