//! What a plan came to, as text, as a tree with sizes, as a diff, or as JSON.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::merge::{Change, Conflict, Outcome, Plan};
use crate::tree::RelPath;

/// Returns one line for each path that needs a look: what happened to it and where to look.
#[must_use]
pub fn conflicts(plan: &Plan) -> Vec<String> {
    plan.conflicts().map(|(path, conflict)| line(path, conflict)).collect()
}

fn line(path: &RelPath, conflict: &Conflict) -> String {
    match &conflict.outcome {
        Outcome::Aside(side) => {
            format!("`{path}` is there and differs: it stays, and the new one is `{side}`")
        }
        Outcome::AlreadyAside(side) => {
            format!("`{path}` is there and differs: the new one is still `{side}`")
        }
        Outcome::Markers(_) => {
            format!("`{path}` changed on both sides: look for the markers in it")
        }
        Outcome::Untouched => format!("`{path}` changed on both sides: it stays as it is"),
    }
}

/// Returns the number of files that a plan creates, and their size in bytes.
#[must_use]
pub fn created(plan: &Plan) -> (usize, usize) {
    let created = plan.changes.values().filter_map(|change| match change {
        Change::Create { theirs } => Some(theirs.bytes.len()),
        Change::Update { .. }
        | Change::Merge { .. }
        | Change::Delete { .. }
        | Change::Keep(_)
        | Change::Conflict(_) => None,
    });
    created.fold((0, 0), |(count, size), bytes| (count + 1, size + bytes))
}

/// Returns a size for people.
#[must_use]
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024),
        _ => format!("{}.{} MiB", bytes / 1_048_576, bytes % 1_048_576 * 10 / 1_048_576),
    }
}

/// Returns the files of a plan as a tree with their sizes; those that stay say so.
#[must_use]
pub fn tree(root: &str, plan: &Plan) -> String {
    let mut top = Folder::default();
    for (path, change) in &plan.changes {
        let note = match change {
            Change::Create { theirs } => size(theirs.bytes.len()),
            Change::Update { theirs, .. } => format!("{}, updated", size(theirs.bytes.len())),
            Change::Merge { merged, .. } => format!("{}, merged", size(merged.bytes.len())),
            Change::Delete { .. } => "deleted".to_owned(),
            Change::Keep(_) => "stays".to_owned(),
            Change::Conflict(_) => "differs".to_owned(),
        };
        let mut folder = &mut top;
        let mut parts = path.as_str().split('/').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                folder.files.insert(part, note.clone());
            } else {
                folder = folder.folders.entry(part).or_default();
            }
        }
    }
    let mut rows = vec![(format!("{root}/"), String::new())];
    top.rows("", &mut rows);
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let lines =
        rows.iter().map(|(name, note)| format!("{name:width$}  {note}").trim_end().to_owned());
    let (count, bytes) = created(plan);
    let total = format!("\n{count} new files, {}\n", size(bytes));
    lines.collect::<Vec<_>>().join("\n") + "\n" + &total
}

#[derive(Default)]
struct Folder<'a> {
    folders: BTreeMap<&'a str, Folder<'a>>,
    files: BTreeMap<&'a str, String>,
}

impl Folder<'_> {
    fn rows(&self, indent: &str, rows: &mut Vec<(String, String)>) {
        let mut left = self.folders.len() + self.files.len();
        let mut branch = || {
            left -= 1;
            if left == 0 { ("└── ", "    ") } else { ("├── ", "│   ") }
        };
        for (name, folder) in &self.folders {
            let (corner, below) = branch();
            rows.push((format!("{indent}{corner}{name}/"), String::new()));
            folder.rows(&format!("{indent}{below}"), rows);
        }
        for (name, note) in &self.files {
            rows.push((format!("{indent}{}{name}", branch().0), note.clone()));
        }
    }
}

/// Returns every path of a plan with what becomes of it.
#[must_use]
pub fn json(plan: &Plan) -> Json {
    let change = |(path, change): (&RelPath, &Change)| {
        let (decision, blob) = match change {
            Change::Create { theirs } => ("create", Some(theirs)),
            Change::Update { theirs, .. } => ("update", Some(theirs)),
            Change::Merge { merged, .. } => ("merge", Some(merged)),
            Change::Delete { .. } => ("delete", None),
            Change::Keep(_) => ("keep", None),
            Change::Conflict(conflict) => ("conflict", conflict.theirs.as_ref()),
        };
        let mut object = json!({"path": path.as_str(), "decision": decision});
        if let Some(blob) = blob {
            object["size"] = json!(blob.bytes.len());
            object["mode"] = json!(blob.mode.to_string());
        }
        if let Change::Conflict(conflict) = change {
            object["reason"] = json!(line(path, conflict));
        }
        object
    };
    Json::Array(plan.changes.iter().map(change).collect())
}
