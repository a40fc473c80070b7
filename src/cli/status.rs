//! `fastwright status`: where a project is, and what became of its files.

use clap::ArgMatches;
use serde_json::json;

use super::ask::state_directory;
use super::directory;
use crate::action::{Status, status};
use crate::error::Result;
use crate::exit::Exit;
use crate::pack::{Catalog, Pack};
use crate::project::{Access, Project};
use crate::tree::RelPath;
use crate::ui::Ui;

/// Shows version, newer version, changed answers, and edited, deleted and unresolved files.
///
/// # Errors
/// Fails where the project or its version cannot be read.
pub fn run(ui: Ui, catalog: &Catalog, pack: &Pack, matches: &ArgMatches) -> Result<Exit> {
    let project = Project::open(&directory(matches)?, Access::Read, state_directory().as_deref())?;
    let Status { transition, edited, deleted, unresolved } = status(catalog, pack, &project)?;
    if matches.get_flag("json") {
        let changed = transition.changed.iter();
        let changed = changed.map(|one| json!({"key": one.key, "from": one.from, "to": one.to}));
        let unresolved =
            unresolved.iter().map(|(path, why)| json!({"path": path.as_str(), "reason": why}));
        let status = json!({
            "directory": project.root().to_string_lossy(),
            "pack": transition.pack(),
            "version": transition.from().to_string(),
            "newest": transition.to().to_string(),
            "current": transition.is_current(),
            "changed_answers": changed.collect::<Vec<_>>(),
            "edited": edited.iter().map(RelPath::as_str).collect::<Vec<_>>(),
            "deleted": deleted.iter().map(RelPath::as_str).collect::<Vec<_>>(),
            "unresolved": unresolved.collect::<Vec<_>>(),
        });
        return ui.json(&status).map(|()| Exit::Done);
    }
    let (from, to) = (transition.from(), transition.to());
    let newer = if from == to { "the newest".to_owned() } else { format!("{to} is newer") };
    let mut lines = vec![format!("{} {from}, {newer}", transition.pack())];
    lines.extend(transition.changed.iter().filter_map(|one| {
        let from = one.from.as_ref()?;
        Some(format!("answer      {} was {from} and is {}, not applied", one.key, one.to))
    }));
    lines.extend(edited.iter().map(|path| format!("edited      {path}")));
    lines.extend(deleted.iter().map(|path| format!("deleted     {path}")));
    lines.extend(unresolved.values().map(|why| format!("unresolved  {why}")));
    ui.data(lines.join("\n") + "\n")?;
    Ok(Exit::Done)
}
