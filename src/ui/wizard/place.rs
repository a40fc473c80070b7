//! Where a project is to be written, and what stands there, as a caller tells it.

/// A directory as somebody typed it, with what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The directory as typed.
    pub text: String,
    /// The name of the folder, for defaults made of it.
    pub name: Option<String>,
    /// What stands there.
    pub standing: Standing,
    /// A directory of almost the same name where nothing stands, if this one is taken.
    pub free: Option<Box<Place>>,
}

/// What stands in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing.
    #[default]
    Free,
    /// A folder without any file.
    Empty,
    /// A folder with files: they stay, and what differs is written beside them.
    Files(usize),
    /// The project of an upgrade.
    Project,
    /// Something that cannot be written to, in words.
    Unusable(String),
}

impl Place {
    /// Tells what will happen there.
    #[must_use]
    pub fn words(&self) -> String {
        match &self.standing {
            Standing::Free => "will be made".to_owned(),
            Standing::Empty => "is empty, and will be filled".to_owned(),
            Standing::Files(1) => "holds 1 file, which stays as it is".to_owned(),
            Standing::Files(count) => format!("holds {count} files, which stay as they are"),
            Standing::Project => "is the project; what you edited stays".to_owned(),
            Standing::Unusable(reason) => reason.clone(),
        }
    }

    /// Tells whether it can be written to.
    #[must_use]
    pub fn is_usable(&self) -> bool {
        match &self.standing {
            Standing::Free | Standing::Empty | Standing::Files(_) | Standing::Project => true,
            Standing::Unusable(_) => false,
        }
    }
}
