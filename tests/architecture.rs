//! The import directions of the modules, and who owns what.

use std::path::Path;

use crate::support::manifest;

/// Each module with the modules that it may import; all may import `error`.
const MAY_IMPORT: [(&str, &[&str]); 12] = [
    ("error", &["exit"]),
    ("exit", &["error"]),
    ("limits", &[]),
    ("tree", &["exit"]),
    ("pack", &["tree", "exit"]),
    ("answer", &["pack", "exit"]),
    ("render", &["pack", "answer", "limits", "tree"]),
    ("merge", &["tree"]),
    ("project", &["answer", "merge", "tree", "exit"]),
    ("ui", &["pack", "answer", "merge", "tree", "exit"]),
    ("cli", &["answer", "exit", "limits", "merge", "pack", "project", "render", "tree", "ui"]),
    ("main", &["cli"]),
];

/// What only one module may name, and which.
const OWNED: [(&str, &[&str]); 10] = [
    ("std::fs", &["limits", "project"]),
    ("std::env", &["cli", "main"]),
    ("tera::", &["render"]),
    ("include_dir", &["pack"]),
    ("git2::", &["merge", "project"]),
    ("clap", &["cli"]),
    ("inquire", &["ui"]),
    ("ratatui", &["ui"]),
    ("crossterm", &["ui"]),
    ("println!", &[]),
];

/// Sources that are no part of the program: the build script, and faults for tests.
const NOT_IN_THE_PROGRAM: [&str; 3] = ["build.rs", "project/fault.rs", "fault/upgrade.rs"];

/// Returns each source file's module and its lines of code.
fn sources() -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    walk(&manifest("src"), &mut found);
    assert!(found.len() > 20, "the sources are there");
    found
}

fn walk(folder: &Path, found: &mut Vec<(String, String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            walk(&path, found);
        } else if !NOT_IN_THE_PROGRAM.iter().any(|name| path.ends_with(name)) {
            let inside = path.strip_prefix(manifest("src")).expect("inside");
            let first = inside.iter().next().expect("a part").to_string_lossy();
            let module = first.strip_suffix(".rs").unwrap_or(&first).to_owned();
            let text = std::fs::read_to_string(&path).expect("a source");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            found.push((module, inside.display().to_string(), code));
        }
    }
}

#[test]
fn modules_import_in_one_direction() {
    for (module, file, code) in sources() {
        if module == "lib" {
            continue;
        }
        let allowed = MAY_IMPORT.iter().find(|(name, _)| *name == module);
        let (_, allowed) = allowed.unwrap_or_else(|| panic!("{file}: unknown module `{module}`"));
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for rest in line.split("crate::").skip(1) {
                let name: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let good = name == module || name == "error" || allowed.contains(&name.as_str());
                assert!(good, "{file}: `{module}` may not import `{name}`: {line}");
            }
        }
    }
}

#[test]
fn what_one_module_owns_no_other_names() {
    for (module, file, code) in sources() {
        for (name, owners) in OWNED {
            let uses = code
                .lines()
                .any(|line| !line.trim_start().starts_with("//") && line.contains(name));
            assert!(
                !uses || owners.contains(&module.as_str()),
                "{file}: `{name}` belongs to {owners:?}"
            );
        }
    }
}

#[test]
fn files_stay_short() {
    for (_, file, code) in sources() {
        let lines = code.lines().count();
        assert!(lines <= 400, "{file} has {lines} lines");
    }
}

#[test]
fn rust_code_names_no_question_and_no_choice_of_the_pack() {
    let catalog = fastwright::pack::Catalog::embedded().expect("the pack");
    let pack = catalog.load(None).expect("the pack");
    let mut words: Vec<String> = Vec::new();
    for question in &pack.questions {
        words.push(format!("\"{}\"", question.key));
        words.extend(question.choices().iter().map(|choice| format!("\"{}\"", choice.value)));
    }
    // Also words of other things.
    let other_things = ["\"name\"", "\"none\"", "\"package\"", "\"description\"", "\"files\""];
    words.retain(|word| !other_things.contains(&word.as_str()));

    for (_, file, code) in sources() {
        for word in &words {
            let line = code.lines().find(|line| line.contains(word.as_str()));
            assert!(line.is_none(), "{file} names {word}: {line:?}");
        }
    }
}
