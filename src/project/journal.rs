//! The record of a transaction: what stood at each path before and what stands there after.
//!
//! Kept as lines of text, with digests in place of contents, so that the next run can finish or
//! undo what a killed one began without losing what was changed in between.

use std::path::Path;

use sha2::{Digest, Sha256};

use super::disk::{is_absent, read_blob};
use crate::merge::Edit;
use crate::tree::{Blob, RelPath};

const FIRST_LINE: &str = "fastwright transaction 1";
const LAST_LINE: &str = "end";

/// What a transaction does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Journal {
    /// The paths that it writes.
    pub(super) entries: Vec<Entry>,
    /// The folders that it makes, from the top.
    pub(super) directories: Vec<RelPath>,
    /// Whether it brings a repository.
    pub(super) repository: Repository,
}

/// Whether a transaction brings a repository.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Repository {
    /// It writes files alone.
    #[default]
    Absent,
    /// It puts a repository around them.
    Started,
}

/// One path of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The path.
    pub(super) path: RelPath,
    /// The fingerprint of what stood there.
    pub(super) before: Option<String>,
    /// The fingerprint of what will stand there.
    pub(super) after: Option<String>,
}

/// What stands at the path of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// What stood there before.
    Before,
    /// What stands there after.
    After,
    /// Something else: somebody changed it.
    Other,
}

impl Journal {
    /// Starts a record of edits.
    pub(super) fn new(edits: &[Edit]) -> Self {
        let entries = edits.iter().map(|edit| Entry {
            path: edit.path.clone(),
            before: edit.before.as_ref().map(fingerprint),
            after: edit.after.as_ref().map(fingerprint),
        });
        Self { entries: entries.collect(), ..Self::default() }
    }

    /// Returns the record as text.
    pub(super) fn to_text(&self) -> String {
        let mut lines = vec![FIRST_LINE.to_owned()];
        for Entry { path, before, after } in &self.entries {
            let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
            lines.push(format!("edit {} {} {path}", side(before), side(after)));
        }
        lines.extend(self.directories.iter().map(|path| format!("directory {path}")));
        if self.repository == Repository::Started {
            lines.push("repository".to_owned());
        }
        lines.push(LAST_LINE.to_owned());
        lines.join("\n") + "\n"
    }

    /// Reads a record; `None` where it is cut off or not ours.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut journal = Self::default();
        let mut lines = text.strip_suffix('\n')?.lines();
        if lines.next()? != FIRST_LINE || lines.next_back()? != LAST_LINE {
            return None;
        }
        for line in lines {
            if let Some(edit) = line.strip_prefix("edit ") {
                let mut parts = edit.splitn(3, ' ');
                let mut side =
                    || parts.next().map(|side| Some(side.to_owned()).filter(|side| side != "-"));
                let (before, after) = (side()?, side()?);
                let path = RelPath::parse(parts.next()?).ok()?;
                journal.entries.push(Entry { path, before, after });
            } else if let Some(path) = line.strip_prefix("directory ") {
                journal.directories.push(RelPath::parse(path).ok()?);
            } else if line == "repository" {
                journal.repository = Repository::Started;
            } else {
                return None;
            }
        }
        Some(journal)
    }
}

impl Entry {
    /// Looks at what stands at the path of the entry.
    pub(super) fn state(&self, root: &Path) -> std::io::Result<State> {
        let path = root.join(&self.path);
        let found = match path.symlink_metadata() {
            Err(cause) if is_absent(&cause) => None,
            Err(cause) => return Err(cause),
            Ok(_) => match read_blob(&path)? {
                Some(blob) => Some(fingerprint(&blob)),
                None => return Ok(State::Other),
            },
        };
        Ok(if found == self.after {
            State::After
        } else if found == self.before {
            State::Before
        } else {
            State::Other
        })
    }
}

/// Returns mode and digest of a blob.
pub(super) fn fingerprint(blob: &Blob) -> String {
    let digest = Sha256::digest(&blob.bytes);
    digest.iter().fold(format!("{}:", blob.mode), |text, byte| format!("{text}{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::{Journal, Repository};
    use crate::merge::Edit;
    use crate::tree::{Blob, RelPath};

    fn path(text: &str) -> RelPath {
        RelPath::parse(text).expect("legal")
    }

    fn journal() -> Journal {
        let blob = |text: &str| Some(Blob::regular(text));
        let edits = [
            Edit { path: path("a name"), before: None, after: blob("new") },
            Edit { path: path("b/c"), before: blob("old"), after: None },
        ];
        Journal {
            directories: vec![path("x"), path("x/y")],
            repository: Repository::Started,
            ..Journal::new(&edits)
        }
    }

    #[test]
    fn parse_reads_what_to_text_writes() {
        let journal = journal();

        assert_eq!(Journal::parse(&journal.to_text()), Some(journal));
    }

    #[test]
    fn parse_refuses_a_record_that_is_cut_off_anywhere() {
        let text = journal().to_text();

        for end in 0..text.len() {
            assert_eq!(Journal::parse(&text[..end]), None, "{end}");
        }
    }
}
