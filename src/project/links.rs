//! Symbolic links of the user's between the folders of a project: a path of a template may lead
//! through one, as long as it stays inside. What is read and written is the path without links.

use std::path::Path;

use super::failure::failure;
use super::folder::{Folder, is_absent};
use crate::error::{Error, Result};
use crate::tree::RelPath;

/// Returns the path without links that `path` leads to now.
pub(super) fn without_links(root: &Folder, path: &RelPath) -> Result<RelPath> {
    let Some((around, _)) = path.as_str().rsplit_once('/') else { return Ok(path.clone()) };
    match root.inner(around) {
        Ok(_) => return Ok(path.clone()),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(path.clone()),
        Err(cause) if is_absent(&cause) => {}
        Err(cause) => return Err(failure("open", &root.join(around), &cause)),
    }
    // A link, or a file that is about to go, is among the folders.
    let parents: Vec<&str> = path.parents().collect();
    for parent in parents.into_iter().rev() {
        let Ok(end) = root.join(parent).canonicalize() else { continue };
        let inner = inside(root.path(), &end).ok_or_else(|| leads_out(path, parent, &end))?;
        let rest = path.as_str().get(parent.len()..).unwrap_or_default();
        let whole = format!("{inner}{rest}");
        return RelPath::parse(whole.trim_start_matches('/'))
            .map_err(|_| leads_out(path, parent, &end));
    }
    Ok(path.clone())
}

/// Returns the path of a folder relative to a project's, unless it lies outside or in git's own.
pub(super) fn inside(root: &Path, end: &Path) -> Option<String> {
    let inner = end.strip_prefix(root).ok()?.to_str()?;
    (inner.is_empty() || RelPath::parse(inner).is_ok()).then(|| inner.to_owned())
}

/// Returns the error for a path that a link leads out of the project.
pub(super) fn leads_out(path: &RelPath, folder: &str, end: &Path) -> Error {
    Error::failed(format!("`{path}` would be written outside of the project"))
        .because(format!("`{folder}` is a symbolic link to `{}`", end.display()))
        .hint(format!("replace `{folder}` by a folder, then run it again"))
}
