//! `fastwright status`: where a project is, and what became of its files.

use clap::ArgMatches;
use serde_json::json;

use super::ask::state_directory;
use super::course::Course;
use super::directory;
use crate::error::Result;
use crate::exit::Exit;
use crate::pack::{Catalog, Pack};
use crate::project::{Access, Project};
use crate::ui::Ui;

/// Shows version, newer version, changed answers, and edited, deleted and unresolved files.
///
/// # Errors
/// Fails where the project or its version cannot be read.
pub fn run(ui: Ui, catalog: &Catalog, pack: &Pack, matches: &ArgMatches) -> Result<Exit> {
    let project = Project::open(&directory(matches)?, Access::Read, state_directory().as_deref())?;
    let course = Course::plot(catalog, pack, &project, Vec::new())?;
    let base = course.rendered()?;
    let (deleted, edited): (Vec<_>, Vec<_>) =
        project.differences(&base)?.into_iter().partition(|edit| edit.after.is_none());
    let unresolved = project.unresolved(&base)?.0;
    let names = |edits: &[crate::merge::Edit]| -> Vec<String> {
        edits.iter().map(|edit| edit.path.to_string()).collect()
    };
    let (edited, deleted) = (names(&edited), names(&deleted));
    if matches.get_flag("json") {
        let changed = course.changed.iter();
        let changed = changed.map(|one| json!({"key": one.key, "from": one.from, "to": one.to}));
        let unresolved =
            unresolved.iter().map(|(path, why)| json!({"path": path.as_str(), "reason": why}));
        let status = json!({
            "directory": project.root().to_string_lossy(),
            "pack": course.pack(),
            "version": course.from().to_string(),
            "newest": course.to().to_string(),
            "current": course.is_current(),
            "changed_answers": changed.collect::<Vec<_>>(),
            "edited": edited,
            "deleted": deleted,
            "unresolved": unresolved.collect::<Vec<_>>(),
        });
        return ui.json(&status).map(|()| Exit::Done);
    }
    let (from, to) = (course.from(), course.to());
    let newer = if from == to { "the newest".to_owned() } else { format!("{to} is newer") };
    let mut lines = vec![format!("{} {from}, {newer}", course.pack())];
    lines.extend(course.changed.iter().filter_map(|one| {
        let from = one.from.as_ref()?;
        Some(format!("answer      {} was {from} and is {}, not applied", one.key, one.to))
    }));
    lines.extend(edited.iter().map(|path| format!("edited      {path}")));
    lines.extend(deleted.iter().map(|path| format!("deleted     {path}")));
    lines.extend(unresolved.values().map(|why| format!("unresolved  {why}")));
    ui.data(lines.join("\n") + "\n")?;
    Ok(Exit::Done)
}
