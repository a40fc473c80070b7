//! What stands at a path: bytes and a mode.

use std::fmt;

/// Contents of a file, or the target of a symbolic link, with its mode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// The contents; for a link its target.
    pub bytes: Vec<u8>,
    /// What kind of thing the bytes are.
    pub mode: Mode,
}

/// The modes that git knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// A file, 0644.
    Regular,
    /// An executable file, 0755.
    Executable,
    /// A symbolic link.
    Link,
}

impl fmt::Display for Mode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:o}", self.number())
    }
}

impl Mode {
    /// Returns the number that git has for it.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Regular => 0o100_644,
            Self::Executable => 0o100_755,
            Self::Link => 0o120_000,
        }
    }
}

impl Blob {
    /// Returns a regular file.
    pub fn regular(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), mode: Mode::Regular }
    }

    /// Tells whether the bytes cannot be merged line by line: they hold a NUL or are a link.
    #[must_use]
    pub fn is_binary(&self) -> bool {
        self.mode == Mode::Link || self.bytes.contains(&0)
    }

    /// Tells whether every line ends in CR LF, and there is one.
    #[must_use]
    pub fn is_crlf(&self) -> bool {
        let mut lines = self.bytes.split_inclusive(|byte| *byte == b'\n').peekable();
        lines.peek().is_some_and(|line| line.ends_with(b"\n"))
            && lines.all(|line| line.ends_with(b"\r\n") || !line.ends_with(b"\n"))
    }
}
