//! Paths inside a project, checked once so that nothing can be written outside of it.

use std::fmt;

use super::portable::is_hidden;

/// A relative path with `/` between its parts, safe to join to any folder.
///
/// ```
/// use fastwright::tree::RelPath;
///
/// assert!(RelPath::parse("src/app.py").is_ok());
/// assert!(RelPath::parse("../outside").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RelPath(String);

/// Why a text is no path inside a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidPath {
    /// It is empty, absolute, or has an empty part.
    EmptyPart,
    /// A part is `.` or `..`.
    Dots,
    /// A part is git's own folder, or some system takes it for that.
    GitFolder,
    /// It holds a control character or a backslash, which not every system can store.
    Character(char),
    /// A part is longer than the 255 bytes that file systems take.
    TooLong,
}

impl RelPath {
    /// Checks a text and makes it a path.
    ///
    /// # Errors
    /// Tells the first rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, InvalidPath> {
        if let Some(character) = text.chars().find(|c| c.is_control() || *c == '\\') {
            return Err(InvalidPath::Character(character));
        }
        for part in text.split('/') {
            match part {
                "" => return Err(InvalidPath::EmptyPart),
                "." | ".." => return Err(InvalidPath::Dots),
                _ if is_git(part) => return Err(InvalidPath::GitFolder),
                _ if part.len() > 255 => return Err(InvalidPath::TooLong),
                _ => {}
            }
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the last part.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Iterates over the parts.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Returns the folders above, from the top: `a`, `a/b` for `a/b/c`.
    pub fn parents(&self) -> impl Iterator<Item = &str> {
        self.0.match_indices('/').map(|(end, _)| &self.0[..end])
    }

    /// Returns this path with `suffix` behind its last part.
    ///
    /// # Errors
    /// Fails where the suffix makes the path illegal.
    pub fn with_suffix(&self, suffix: &str) -> Result<Self, InvalidPath> {
        Self::parse(&format!("{}{suffix}", self.0))
    }
}

/// Tells whether some file system opens git's own folder by this name, as git's `core.protectHFS`
/// and `core.protectNTFS` have it, taken together: one leaves out letters that are drawn as
/// nothing, the other what follows a colon, and dots and blanks at the end. Neither tells capital
/// letters from small ones.
fn is_git(part: &str) -> bool {
    // A large index has many names, and nearly all of them are told apart by the first letter.
    if part.is_ascii() && !part.starts_with(['.', 'g', 'G']) {
        return false;
    }
    let seen: String =
        part.chars().filter(|c| !is_hidden(*c)).flat_map(char::to_lowercase).collect();
    let name = seen.split(':').next().unwrap_or(&seen).trim_end_matches(['.', ' ']);
    let short = name.strip_prefix("git~");
    name == ".git" || short.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for RelPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl AsRef<std::path::Path> for RelPath {
    fn as_ref(&self) -> &std::path::Path {
        self.0.as_ref()
    }
}

impl fmt::Display for InvalidPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyPart => formatter.write_str("a path is relative and has no empty part"),
            Self::Dots => formatter.write_str("a path has no part `.` or `..`"),
            Self::GitFolder => {
                formatter.write_str("a part is git's own folder `.git`, or is taken for it")
            }
            Self::Character(character) => {
                write!(formatter, "a path cannot hold {character:?}")
            }
            Self::TooLong => formatter.write_str("a part of a path has at most 255 bytes"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{InvalidPath, RelPath};

    #[test]
    fn parse_refuses_what_leaves_the_project() {
        let cases = [
            ("", InvalidPath::EmptyPart),
            ("/etc/passwd", InvalidPath::EmptyPart),
            ("a//b", InvalidPath::EmptyPart),
            ("a/", InvalidPath::EmptyPart),
            ("../a", InvalidPath::Dots),
            ("a/./b", InvalidPath::Dots),
            (".git/config", InvalidPath::GitFolder),
            ("a/.GIT/config", InvalidPath::GitFolder),
            (".g\u{200c}it/hooks/x", InvalidPath::GitFolder),
            ("git~1/config", InvalidPath::GitFolder),
            (".git. ./config", InvalidPath::GitFolder),
            (".git::$INDEX_ALLOCATION/config", InvalidPath::GitFolder),
            ("a\\b", InvalidPath::Character('\\')),
            ("a\nb", InvalidPath::Character('\n')),
        ];

        for (text, reason) in cases {
            assert_eq!(RelPath::parse(text), Err(reason), "{text:?}");
        }
    }

    #[test]
    fn parents_come_from_the_top() {
        let path = RelPath::parse("a/b/c").expect("legal");

        assert_eq!(path.parents().collect::<Vec<_>>(), ["a", "a/b"]);
    }
}
