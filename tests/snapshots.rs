//! Snapshots: the default repository as real files, and what each option changes in it.
//!
//! `BLESS=1 cargo test` rewrites them; every changed line is read in review.

use std::path::{Path, PathBuf};

use fastwright::pack::{Catalog, Kind, Pack, Relation, Value};
use git2::{DiffOptions, Patch};

use crate::support::{Sandbox, argument, manifest};

/// Returns the flags of every answer that differs from the default, one a question's choice, with
/// those that the choice needs beside it.
pub fn options(pack: &Pack) -> Vec<Vec<String>> {
    let answers = crate::support::answers(pack, &[("name", "shop-api")]).expect("the defaults");
    let mut options = Vec::new();
    for question in &pack.questions {
        let default = answers.get(question.key.as_str()).expect("an answer");
        let values: Vec<Value> = match &question.kind {
            Kind::Bool => vec![Value::Bool(true), Value::Bool(false)],
            Kind::One(choices) => {
                choices.iter().map(|choice| Value::from(&*choice.value)).collect()
            }
            Kind::Text(_) | Kind::Integer { .. } | Kind::Many(_) => vec![],
        };
        for value in values.iter().filter(|value| *value != default) {
            let fixes = pack.chosen(question, value).flat_map(|component| {
                let holds = |one: &Relation| one.when.holds(|key| answers.get(key.as_str()));
                let needed = component.requires.iter().filter(move |one| !holds(one));
                needed.chain(component.conflicts.iter().filter(move |one| holds(one)))
            });
            let fixes = fixes.flat_map(|relation| &relation.fix);
            let all = std::iter::once((&question.key, value)).chain(fixes);
            options.push(all.map(|(key, value)| argument(key, value)).collect());
        }
    }
    options
}

fn generated(flags: &[&str]) -> Vec<(String, String)> {
    let sandbox = Sandbox::new();
    let arguments = [&["new", "shop-api", "--yes", "--no-git"][..], flags].concat();
    let output = sandbox.run(&arguments);
    assert_eq!(output.status, Some(0), "{flags:?}: {}", output.stderr);
    sandbox.tree("shop-api")
}

/// Compares a text with its snapshot, or writes it.
pub fn compare(path: &Path, text: &str) {
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        return std::fs::write(path, text).expect("written");
    }
    let snapshot = std::fs::read_to_string(path).unwrap_or_default();
    if snapshot != text {
        let name = path.display();
        let hunks = unified(&snapshot, text, 3);
        panic!("{name} is not what is generated; see this file's head\n{hunks}");
    }
}

/// Returns the hunks of a unified diff.
fn unified(old: &str, new: &str, context: u32) -> String {
    let mut options = DiffOptions::new();
    options.context_lines(context);
    let patch = Patch::from_buffers(old.as_bytes(), None, new.as_bytes(), None, Some(&mut options));
    let mut patch = patch.expect("a patch");
    let body = patch.to_buf().expect("a patch");
    let body = body.as_str().unwrap_or_default();
    body.find("@@").map_or_else(String::new, |start| body[start..].to_owned())
}

fn is_lock(path: &str) -> bool {
    path.starts_with("requirements")
}

/// Returns a diff of two trees. Hashes of packages and the digest of the tree are left out:
/// they follow from the rest.
fn diff(before: &[(String, String)], after: &[(String, String)]) -> String {
    let find = |tree: &[(String, String)], path: &str| {
        let text = tree.iter().find(|(name, _)| name == path).map(|(_, text)| text.clone());
        let keep = |line: &&str| !line.contains("--hash=") && !line.starts_with("digest = ");
        text.map(|text| text.split_inclusive('\n').filter(keep).collect::<String>())
    };
    let mut paths: Vec<&String> = before.iter().chain(after).map(|(path, _)| path).collect();
    paths.sort();
    paths.dedup();
    let mut text = String::new();
    for path in paths {
        let (old, new) = (find(before, path), find(after, path));
        if old == new {
            continue;
        }
        let name = |side: &Option<String>, prefix: &str| {
            side.as_ref().map_or_else(|| "/dev/null".to_owned(), |_| format!("{prefix}/{path}"))
        };
        let (old_text, new_text) =
            (old.clone().unwrap_or_default(), new.clone().unwrap_or_default());
        let hunks = unified(&old_text, &new_text, if is_lock(path) { 0 } else { 2 });
        let (old, new) = (name(&old, "a"), name(&new, "b"));
        text.extend(["--- ", &old, "\n+++ ", &new, "\n", &hunks]);
    }
    text
}

/// Returns a folder of snapshots; empty before it is rewritten, so that nothing old stays.
fn folder(name: &str) -> PathBuf {
    let folder = manifest("snapshots").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::remove_dir_all(&folder).expect("removed");
        std::fs::create_dir(&folder).expect("made");
    }
    folder
}

#[test]
fn the_default_repository_is_its_snapshot() {
    let tree = generated(&[]);
    let folder = folder("default");

    for (path, text) in &tree {
        compare(&folder.join(path), text);
    }
    let sandbox = Sandbox::new();
    std::os::unix::fs::symlink(folder, sandbox.join("default")).expect("linked");
    let names =
        |tree: &[(String, String)]| tree.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&sandbox.tree("default")), names(&tree));
    assert!(tree.len() < 60, "{} files", tree.len());
}

#[test]
fn every_option_changes_what_its_snapshot_says() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let default = generated(&[]);
    let folder = folder("options");
    let mut expected = Vec::new();

    for flags in options(&pack) {
        let name = format!("{}.diff", flags[0].trim_start_matches('-').replace('=', "-"));
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        compare(&folder.join(&name), &diff(&default, &generated(&flags)));
        expected.push(name);
    }

    let found = std::fs::read_dir(folder).expect("the folder");
    let mut found: Vec<String> = found
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("a name"))
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
