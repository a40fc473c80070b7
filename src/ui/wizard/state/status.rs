//! What is told: the last thing that happened, and whether the answers outlast the wizard.

use super::super::keeping::Keeping;

/// What the header, the line of notices and the end tell.
#[derive(Clone, Debug, Default)]
pub struct Status {
    /// One line that tells what just happened.
    notice: Option<String>,
    /// The command, once it was copied.
    copied: Option<String>,
    /// What became of the answers so far.
    keeping: Keeping,
}

impl Status {
    /// Starts with what becomes of answers.
    #[must_use]
    pub fn of(keeping: Keeping) -> Self {
        Self { keeping, ..Self::default() }
    }

    /// Returns what just happened.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        self.notice.as_deref()
    }

    /// Returns the command that was copied.
    #[must_use]
    pub fn copied(&self) -> Option<&str> {
        self.copied.as_deref()
    }

    /// Returns what became of the answers so far.
    #[must_use]
    pub fn keeping(&self) -> Keeping {
        self.keeping
    }

    /// Tells what just happened.
    pub fn tell(&mut self, words: impl Into<String>) {
        self.notice = Some(words.into());
    }

    /// Tells nothing any more.
    pub fn clear(&mut self) {
        self.notice = None;
    }

    /// Notes a command that was copied.
    pub fn copy(&mut self, command: String) {
        self.notice = Some("copied the command; told at the end too".to_owned());
        self.copied = Some(command);
    }

    /// Notes what became of the answers, and tells once if they are not kept.
    pub fn keep(&mut self, kept: Result<Keeping, String>) {
        match kept {
            Ok(keeping) => self.keeping = keeping,
            Err(reason) => {
                if self.keeping != Keeping::Failed {
                    self.notice = Some(format!("the answers are not kept: {reason}"));
                }
                self.keeping = Keeping::Failed;
            }
        }
    }
}
