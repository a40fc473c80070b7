//! What the wizard is given and does not change: the pack, other answers, and how things look.

use super::theme::{Glyphs, Theme};
use crate::answer::{Answers, CommandLine, Interview, Layers};
use crate::error::Result;
use crate::merge::Plan;
use crate::pack::Pack;
use crate::tree::Tree;

/// All that does not change while the wizard runs.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The command that runs, for the heading.
    pub title: &'a str,
    /// The pack.
    pub pack: &'a Pack,
    /// Answers from flags, files and the environment.
    pub layers: &'a Layers,
    /// Which files there are.
    pub files: Files<'a>,
    /// The command that gives answers again.
    pub command: &'a Recreate<'a>,
    /// Colours.
    pub theme: Theme,
    /// Characters for lines.
    pub glyphs: Glyphs,
}

/// Which files there are for answers.
#[derive(Clone, Copy)]
pub enum Files<'a> {
    /// Those of a new project, which this makes.
    Rendered(&'a dyn Fn(&Answers) -> Result<Tree>),
    /// Those of a project that is upgraded: what becomes of them is asked for and told.
    Planned,
}

/// Tells what an upgrade to answers comes to.
pub type Planning<'a> = dyn Fn(&Answers) -> Result<Plan> + 'a;

/// Tells the command that gives answers again, for a directory.
pub type Recreate<'a> = dyn Fn(&Answers, &str, Extent) -> CommandLine + 'a;

/// How much a command says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Only what is not the default.
    Minimal,
    /// Every answer.
    Full,
}

impl<'a> World<'a> {
    /// Tells whether a project is upgraded.
    #[must_use]
    pub fn is_upgrade(&self) -> bool {
        matches!(self.files, Files::Planned)
    }

    /// Returns the rules of asking for a folder of this name.
    #[must_use]
    pub fn interview(&self, directory: Option<&'a str>) -> Interview<'a> {
        Interview::new(self.pack, self.layers, directory)
    }
}
