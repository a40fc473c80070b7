//! Whether the answers outlast the wizard.

use crate::answer::Progress;
use crate::error::Result;

/// Takes all answers so far, to keep them for the next time.
pub type Keep<'a> = dyn Fn(&Progress) -> Result<()> + 'a;

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
