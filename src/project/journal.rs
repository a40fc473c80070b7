//! The record of a transaction: what stood at each path before and what stands there after.
//!
//! Kept as lines of text, with digests in place of contents, so that the next run can finish or
//! undo what a killed one began without losing what was changed in between.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

use super::failure::failure;
use super::folder::{Folder, Found};
use crate::error::Result;
use crate::merge::Edit;
use crate::tree::{Blob, RelPath, sha256};

const FIRST_LINE: &str = "fastwright transaction 2";
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
    /// What is left of it when it is done.
    pub(super) memory: Memory,
    /// The folder in the project in which the new files wait, as long as they do.
    pub(super) waiting: String,
}

/// What is left of a transaction that is done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Memory {
    /// Nothing.
    #[default]
    Nothing,
    /// The originals, so that it can be undone, and the paths that somebody has to look at.
    Originals(Vec<RelPath>),
    /// As above, of one that took another back: to undo it brings back those paths.
    Undone(Vec<RelPath>),
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

/// Where the path of an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In the project.
    Project,
    /// It is the index, in git's folder.
    Index,
}

/// One path of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where the path is.
    pub(super) place: Place,
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

impl Entry {
    /// Records an edit.
    pub(super) fn new(edit: &Edit) -> Self {
        Self {
            place: Place::Project,
            path: edit.path.clone(),
            before: edit.before.as_ref().map(fingerprint),
            after: edit.after.as_ref().map(fingerprint),
        }
    }

    /// Records the place of an index whose contents are not known yet.
    pub(super) fn index() -> Self {
        let path = RelPath::parse("index").expect("it is a plain name");
        Self { place: Place::Index, path, before: None, after: None }
    }

    /// Looks at what stands at a path that is the entry's.
    pub(super) fn state(&self, folder: &Folder, path: &str) -> io::Result<State> {
        let found = match folder.find(path)? {
            Found::Nothing => None,
            Found::File(blob) => Some(fingerprint(&blob)),
            Found::Folder | Found::Special => return Ok(State::Other),
        };
        Ok(if found == self.after {
            State::After
        } else if found == self.before {
            State::Before
        } else {
            State::Other
        })
    }

    fn line(&self) -> String {
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "-".to_owned());
        let word = match self.place {
            Place::Project => "edit",
            Place::Index => "index",
        };
        format!("{word} {} {} {}", side(&self.before), side(&self.after), self.path)
    }

    fn parse(place: Place, text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let mut side = || parts.next().map(|side| Some(side.to_owned()).filter(|side| side != "-"));
        let (before, after) = (side()?, side()?);
        Some(Self { place, path: RelPath::parse(parts.next()?).ok()?, before, after })
    }
}

impl Journal {
    /// Looks at what stands at the place of an entry; a folder of new files is what comes after a
    /// file.
    pub(super) fn state(&self, entry: &Entry, folder: &Folder) -> io::Result<State> {
        let below = format!("{}/", entry.path);
        let comes =
            |other: &Entry| other.after.is_some() && other.path.as_str().starts_with(&below);
        let path = entry.path.as_str();
        let state = entry.state(folder, path)?;
        let is_folder =
            state == State::Other && entry.after.is_none() && folder.has_folder(path)?;
        let is_after = is_folder && self.entries.iter().any(comes);
        Ok(if is_after { State::After } else { state })
    }

    /// Reads the record in a store; `None` where there is none that is whole.
    pub(super) fn read(store: &Folder, path: &str) -> Result<Option<Self>> {
        let found = store.read(path).map_err(|cause| failure("read", &store.join(path), &cause))?;
        let text = found.and_then(|blob| String::from_utf8(blob.bytes).ok());
        Ok(text.and_then(|text| Self::parse(&text)))
    }

    /// Returns the record as text.
    pub(super) fn to_text(&self) -> String {
        let mut lines = vec![FIRST_LINE.to_owned(), format!("waiting {}", self.waiting)];
        lines.extend(self.entries.iter().map(Entry::line));
        lines.extend(self.directories.iter().map(|path| format!("directory {path}")));
        if self.repository == Repository::Started {
            lines.push("repository".to_owned());
        }
        let (word, conflicts) = match &self.memory {
            Memory::Nothing => ("", &Vec::new()),
            Memory::Originals(conflicts) => ("remember", conflicts),
            Memory::Undone(conflicts) => ("undone", conflicts),
        };
        lines.extend(Some(word.to_owned()).filter(|word| !word.is_empty()));
        lines.extend(conflicts.iter().map(|path| format!("conflict {path}")));
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
            match (line.split_once(' ').unwrap_or((line, "")), &mut journal.memory) {
                (("edit", edit), _) => {
                    journal.entries.push(Entry::parse(Place::Project, edit)?);
                }
                (("index", index), _) => {
                    journal.entries.push(Entry::parse(Place::Index, index)?);
                }
                (("waiting", name), _) if is_waiting(name) => name.clone_into(&mut journal.waiting),
                (("directory", path), _) => journal.directories.push(RelPath::parse(path).ok()?),
                (("repository", ""), _) => journal.repository = Repository::Started,
                (("remember", ""), memory) => *memory = Memory::Originals(Vec::new()),
                (("undone", ""), memory) => *memory = Memory::Undone(Vec::new()),
                (("conflict", path), Memory::Originals(conflicts) | Memory::Undone(conflicts)) => {
                    conflicts.push(RelPath::parse(path).ok()?);
                }
                _ => return None,
            }
        }
        Some(journal).filter(|journal| !journal.waiting.is_empty())
    }
}

const WAITING: &str = ".fastwright-";

/// Returns a name for the folder in which new files wait. Nobody can have put anything there: it
/// is made anew, and its name is drawn by lot.
pub(super) fn new_waiting() -> String {
    let lot = || RandomState::new().build_hasher().finish();
    format!("{WAITING}{:016x}{:016x}", lot(), lot())
}

fn is_waiting(name: &str) -> bool {
    name.strip_prefix(WAITING)
        .is_some_and(|lot| lot.len() == 32 && lot.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Returns mode and digest of a blob.
pub(super) fn fingerprint(blob: &Blob) -> String {
    format!("{}:{}", blob.mode, sha256(&blob.bytes))
}

#[cfg(test)]
mod tests {
    use super::{Entry, Journal, Memory, Repository};
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
        let index = Entry { after: Some("100644:00".to_owned()), ..Entry::index() };
        Journal {
            entries: edits.iter().map(Entry::new).chain([index]).collect(),
            directories: vec![path("x"), path("x/y")],
            repository: Repository::Started,
            memory: Memory::Originals(vec![path("b/c d")]),
            waiting: super::new_waiting(),
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
