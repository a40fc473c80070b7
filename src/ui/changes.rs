//! What an upgrade comes to, in words: each path, what became of it and why, and what comes next.

use serde_json::{Value as Json, json};

use super::Verbosity;
use crate::answer::CommandLine;
use crate::merge::{Change, Conflict, Edit, Kind, Move, Outcome, Plan, Reason, count, patch};
use crate::tree::RelPath;

/// Returns a line for each path that changed, then one for each conflict; verbose, for every path.
#[must_use]
pub fn changes(plan: &Plan, verbosity: Verbosity) -> String {
    let mut lines = Vec::new();
    for (path, change) in &plan.changes {
        let word = word(plan, path, change);
        if word == KEPT && verbosity < Verbosity::Verbose {
            continue;
        }
        let why = match verbosity {
            Verbosity::Verbose if word != CONFLICT => format!(": {}", reason(change)),
            Verbosity::Verbose | Verbosity::Normal | Verbosity::Quiet => String::new(),
        };
        lines.push(format!("  {word:<9} {path}{}{why}", moved(plan, path)));
    }
    if lines.is_empty() {
        lines.push("  no file changes".to_owned());
    }
    let conflicts: Vec<String> = plan
        .conflicts()
        .map(|(path, conflict)| format!("  `{path}`: {}", disagreement(conflict)))
        .collect();
    match conflicts.len() {
        0 => {}
        1 => lines.push("\n1 conflict:".to_owned()),
        many => lines.push(format!("\n{many} conflicts:")),
    }
    lines.extend(conflicts);
    lines.join("\n") + "\n"
}

const KEPT: &str = "kept";
const CONFLICT: &str = "conflict";

fn word(plan: &Plan, path: &RelPath, change: &Change) -> &'static str {
    match change {
        Change::Create { .. } => "created",
        Change::Update { .. } => "updated",
        Change::Merge { ours, merged, .. } if ours == merged => KEPT,
        Change::Merge { .. } => "merged",
        Change::Delete { .. } => "deleted",
        Change::Conflict(_) => CONFLICT,
        Change::Keep(_) => match plan.moves.get(path) {
            Some(Move::Template { ours: Some(_), .. }) => "moved",
            Some(Move::Template { .. } | Move::User { .. }) | None => KEPT,
        },
    }
}

fn moved(plan: &Plan, path: &RelPath) -> String {
    match plan.moves.get(path) {
        Some(Move::Template { from, ours: Some(_) }) => format!(" (was {from})"),
        Some(Move::User { theirs, .. }) => format!(" (you renamed {theirs})"),
        Some(Move::Template { .. }) | None => String::new(),
    }
}

fn reason(change: &Change) -> String {
    let text = match change {
        Change::Create { .. } => "the template brings it",
        Change::Update { .. } => "you did not touch it",
        Change::Merge { .. } => "you and the template changed different lines",
        Change::Delete { .. } => "the template dropped it, and you did not touch it",
        Change::Keep(Reason::Unchanged) => "nobody changed it",
        Change::Keep(Reason::Edited) => "you changed it, and the template did not",
        Change::Keep(Reason::Same) => "you have it already",
        Change::Keep(Reason::Deleted) => "you deleted it, and the template did not change it",
        Change::Keep(Reason::Absent) => "it is gone on both sides",
        Change::Conflict(conflict) => return disagreement(conflict),
    };
    text.to_owned()
}

/// Tells what both sides did, and where both can be seen.
fn disagreement(conflict: &Conflict) -> String {
    let did = match conflict.kind {
        Kind::BothAdded => "you have it, and the template brings it now",
        Kind::BothChanged => match conflict.outcome {
            Outcome::Untouched => "you and the template changed it, and lines cannot be merged",
            Outcome::Markers(_) | Outcome::Aside(_) | Outcome::AlreadyAside(_) => {
                "you and the template changed the same lines"
            }
        },
        Kind::DeletedByUser => "you deleted it, and the template changed it",
        Kind::DeletedByTemplate => "you changed it, and the template deleted it",
        Kind::OwnDriver => "you and the template changed it, and its merge driver is not run here",
        Kind::Obstructed => "something else of yours stands in its place",
    };
    let seen = match &conflict.outcome {
        Outcome::Markers(_) => "both stand between markers".to_owned(),
        Outcome::Aside(side) => format!("yours stays, and the template's is `{side}`"),
        Outcome::AlreadyAside(side) => format!("yours stays, and the template's is still `{side}`"),
        Outcome::Untouched if conflict.ours.is_none() => "it stays deleted".to_owned(),
        Outcome::Untouched => "yours stays".to_owned(),
    };
    format!("{did}; {seen}")
}

/// Returns what to do after an upgrade; `again` is the command for the same project.
#[must_use]
pub fn next(plan: &Plan, has_git: bool, again: &CommandLine) -> String {
    let mut lines = Vec::new();
    let mut line = |text: &str| lines.push(text.to_owned());
    let (mut open, mut aside) = (false, false);
    for (_, conflict) in plan.conflicts() {
        match conflict.outcome {
            Outcome::Markers(_) | Outcome::Untouched => open = true,
            Outcome::Aside(_) | Outcome::AlreadyAside(_) => aside = true,
        }
    }
    if aside {
        line("  take over what you want from the files beside yours, then remove them");
    }
    match (open, has_git) {
        (true, true) => {
            line("  resolve each conflict and `git add` it; `git mergetool` helps");
        }
        (true, false) => line("  resolve each conflict"),
        (false, true) => line("  look at `git status` and `git diff`, then commit"),
        (false, false) => {}
    }
    if open {
        line(&format!("  {}   ends the upgrade", again.with("--continue")));
        line(&format!("  {}      takes all of it back", again.with("--abort")));
    } else {
        line(&format!("  {}       takes all of it back", again.with("--undo")));
    }
    lines.join("\n")
}

/// Returns edits as a patch that `git apply` takes.
#[must_use]
pub fn patches(edits: &[Edit]) -> String {
    edits.iter().map(patch).collect()
}

/// Returns a line for each edit with the number of lines that it adds and removes.
#[must_use]
pub fn stat(edits: &[Edit]) -> String {
    let width = edits.iter().map(|edit| edit.path.as_str().chars().count()).max().unwrap_or(0);
    let line = |edit: &Edit| {
        let counted = match (count(edit), &edit.after) {
            (_, None) => "deleted".to_owned(),
            (Some((added, removed)), Some(_)) => format!("+{added} -{removed}"),
            (None, Some(_)) => "binary".to_owned(),
        };
        format!("{:width$}  {counted}\n", edit.path.as_str())
    };
    edits.iter().map(line).collect()
}

/// Returns the word for scripts, which is the same before and after a plan is applied.
fn decision(word: &str) -> &str {
    match word {
        "created" => "create",
        "updated" => "update",
        "merged" => "merge",
        "deleted" => "delete",
        "moved" => "move",
        KEPT => "keep",
        other => other,
    }
}

/// Returns every path with its decision and the reason for it.
#[must_use]
pub fn changes_json(plan: &Plan) -> Json {
    let one = |(path, change): (&RelPath, &Change)| {
        let mut object = json!({
            "path": path.as_str(),
            "decision": decision(word(plan, path, change)),
            "reason": reason(change),
        });
        match plan.moves.get(path) {
            Some(Move::Template { from, ours: Some(_) }) => {
                object["moved_from"] = json!(from.as_str());
            }
            Some(Move::User { theirs, .. }) => {
                object["renamed_by_you_from"] = json!(theirs.as_str());
            }
            Some(Move::Template { .. }) | None => {}
        }
        if let Change::Conflict(conflict) = change {
            object["left"] = json!(match &conflict.outcome {
                Outcome::Markers(_) => "markers",
                Outcome::Untouched => "yours",
                Outcome::Aside(side) | Outcome::AlreadyAside(side) => {
                    object["beside"] = json!(side.as_str());
                    "beside"
                }
            });
        }
        object
    };
    Json::Array(plan.changes.iter().map(one).collect())
}
