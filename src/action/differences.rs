//! What a project changed against its template.

use super::transition::{applied, is_recorded, recorded_pack};
use crate::error::Result;
use crate::merge::Edit;
use crate::pack::Catalog;
use crate::project::Project;
use crate::render::render;

/// The edits of a project.
pub struct Differences {
    /// They are.
    pub edits: Vec<Edit>,
    /// The recorded version still gives the files that were recorded: all edits are the project's.
    pub is_recorded: bool,
}

/// Compares a project with what it was rendered from.
///
/// # Errors
/// Fails where the project or its version cannot be read.
pub fn differences(catalog: &Catalog, project: &Project) -> Result<Differences> {
    let pack = recorded_pack(catalog, project)?;
    let base = render(&pack, &applied(&pack, project)?)?;
    let is_recorded = is_recorded(project, &base);
    Ok(Differences { edits: project.differences(&base)?, is_recorded })
}
