//! Whether the answers outlast the wizard: what its header says, and what somebody who leaves is told.

use super::model::Wizard;
use crate::answer::Layer;
use crate::error::Result;

/// Takes all answers so far, to keep them for the next time.
pub type Keep<'a> = dyn Fn(&Layer) -> Result<()> + 'a;

/// What became of the answers so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeping {
    /// Nobody keeps them.
    #[default]
    Unwanted,
    /// There is none to be kept yet.
    Empty,
    /// All of them are kept.
    Saved,
    /// They could not be kept.
    Failed,
}

impl Keeping {
    /// Returns the sign of the header; nothing where there is nothing to tell.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Unwanted | Self::Empty => "",
            Self::Saved => "draft saved",
            Self::Failed => "draft not saved",
        }
    }
}

impl Wizard<'_> {
    /// Starts to keep answers; those that it starts with are kept already.
    pub fn keep_answers(&mut self) {
        let none = self.model.asked.iter().next().is_none();
        self.model.keeping = if none { Keeping::Empty } else { Keeping::Saved };
    }

    /// Keeps the answers so far, and tells once if that fails.
    pub(super) fn keep(&mut self, keep: &Keep<'_>) {
        match keep(&self.model.asked) {
            Ok(()) => self.keep_answers(),
            Err(error) => {
                if self.model.keeping != Keeping::Failed {
                    let reason = &error.problems()[0].message;
                    self.model.notice = Some(format!("the answers are not kept: {reason}"));
                }
                self.model.keeping = Keeping::Failed;
            }
        }
    }

    /// Tells what leaving means.
    #[must_use]
    pub fn farewell(&self) -> &'static str {
        let has_answers = self.model.asked.iter().next().is_some();
        match self.model.keeping {
            _ if self.world.plan.is_some() => "Nothing is changed.",
            Keeping::Saved => "Nothing is written. The answers are kept for the next time.",
            Keeping::Unwanted | Keeping::Failed if has_answers => {
                "Nothing is written, and the answers are not kept."
            }
            Keeping::Unwanted | Keeping::Failed | Keeping::Empty => "Nothing is written.",
        }
    }
}
