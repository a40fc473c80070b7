//! Where a project is, and what became of its files.

use std::collections::BTreeMap;

use super::transition::Transition;
use crate::error::Result;
use crate::pack::{Catalog, Pack};
use crate::project::Project;
use crate::tree::RelPath;

/// What is known of a project.
pub struct Status<'a> {
    /// From what it recorded to the newest version and the recorded answers.
    pub transition: Transition<'a>,
    /// Files that are not as they were rendered.
    pub edited: Vec<RelPath>,
    /// Files that are gone.
    pub deleted: Vec<RelPath>,
    /// Files that an upgrade left unresolved, each with why.
    pub unresolved: BTreeMap<RelPath, String>,
}

/// Reads a project.
///
/// # Errors
/// Fails where the project or its version cannot be read.
pub fn status<'a>(catalog: &Catalog, pack: &'a Pack, project: &'a Project) -> Result<Status<'a>> {
    let transition = Transition::new(catalog, pack, project, Vec::new())?;
    let base = transition.rendered()?;
    let (mut edited, mut deleted) = (Vec::new(), Vec::new());
    for edit in project.differences(&base)? {
        if edit.after.is_some() { edited.push(edit.path) } else { deleted.push(edit.path) }
    }
    let unresolved = project.unresolved(&base)?.0;
    Ok(Status { transition, edited, deleted, unresolved })
}
