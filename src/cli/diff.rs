//! `fastwright diff`: what a project changed against its template.

use clap::ArgMatches;
use serde_json::json;

use super::ask::state_directory;
use super::directory;
use crate::action::{Differences, differences};
use crate::error::Result;
use crate::exit::Exit;
use crate::merge::{count, patch};
use crate::pack::Catalog;
use crate::project::{Access, Project};
use crate::ui::{self, Ui};

/// Shows the differences as a patch, as counts or as JSON.
///
/// # Errors
/// Fails where the project or its version cannot be read.
pub fn run(ui: Ui, catalog: &Catalog, matches: &ArgMatches) -> Result<Exit> {
    let project = Project::open(&directory(matches)?, Access::Read, state_directory().as_deref())?;
    let Differences { edits, is_recorded } = differences(catalog, &project)?;
    if !is_recorded {
        ui.tell(
            "the recorded version gives other files now: some differences are not the project's",
        );
    }
    if matches.get_flag("json") {
        let files = edits.iter().map(|edit| {
            let (added, removed) = count(edit).unzip();
            let change = edit.after.as_ref().map_or("deleted", |_| "edited");
            json!({"path": edit.path.as_str(), "change": change, "added": added,
                   "removed": removed, "diff": patch(edit)})
        });
        ui.json(&json!(files.collect::<Vec<_>>()))?;
    } else if matches.get_flag("stat") {
        ui.data(ui::stat(&edits))?;
    } else {
        ui.patch(&ui::patches(&edits))?;
    }
    let differs = matches.get_flag("exit-code") && !edits.is_empty();
    Ok(if differs { Exit::Differences } else { Exit::Done })
}
