//! Exit statuses: the whole contract with scripts, in one place.

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All done, or nothing to do.
    Done,
    /// Failed or refused; nothing was changed.
    Failed,
    /// Wrong usage, or invalid or missing answers; nothing was changed.
    Usage,
    /// Conflicts or differences remain.
    Differences,
    /// Stopped by this signal, as shells report it: 128 + its number.
    Signal(u8),
}

impl Exit {
    /// Returns the process exit status.
    #[must_use]
    pub fn status(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Differences => 3,
            Self::Signal(number) => 128 + number,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.status().into()
    }
}
