//! The import directions of the modules, and who owns what.

use std::path::Path;

use crate::support::imports::Sources;
use crate::support::manifest;

/// Each module with the modules that it may import; all may import `error`.
const MAY_IMPORT: [(&str, &[&str]); 13] = [
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
    ("action", &["answer", "merge", "pack", "project", "render", "tree", "exit"]),
    (
        "cli",
        &["action", "answer", "exit", "limits", "merge", "pack", "project", "render", "tree", "ui"],
    ),
    ("main", &["cli"]),
];

/// Files that import each other, each two with what they are two halves of.
const PAIRS: [(&[&str], &str); 5] = [
    (&["answer/relation.rs", "answer/resolve.rs"], "answers, and what they say of each other"),
    (&["project/apply.rs", "project/transaction.rs"], "one transaction"),
    (&["tree/path.rs", "tree/portable.rs"], "what a path may be"),
    (&["ui/tty/decode.rs", "ui/tty/keys.rs"], "what a terminal sends"),
    (&["ui/wizard/view/canvas.rs", "ui/wizard/view/mod.rs"], "a screen, and what draws it"),
];

/// What only one module may name, and which.
const OWNED: [(&str, &[&str]); 9] = [
    ("std::fs", &["limits", "project"]),
    ("std::env", &["cli", "main"]),
    ("tera::", &["render"]),
    ("include_dir", &["pack"]),
    ("git2::", &["merge", "project"]),
    ("clap", &["cli"]),
    ("ratatui", &["ui"]),
    ("crossterm", &["ui"]),
    ("println!", &[]),
];

/// Sources that are no part of the program: the build script, and faults for tests.
const NOT_IN_THE_PROGRAM: [&str; 4] =
    ["build.rs", "project/fault.rs", "fault/swap.rs", "fault/upgrade.rs"];

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
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !NOT_IN_THE_PROGRAM.iter().any(|name| path.ends_with(name))
        {
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
fn files_import_each_other_in_known_pairs_only() {
    let files = sources().into_iter().map(|(_, file, code)| (file, code));

    let circles = Sources::of(files).circles();

    assert_eq!(circles, PAIRS.map(|(pair, _)| pair.to_vec()));
    assert!(circles.iter().all(|circle| circle.len() == 2), "{circles:?}");
}

#[test]
fn the_state_of_the_wizard_is_changed_by_its_own_methods_only() {
    let parts =
        |file: &str| file.starts_with("ui/wizard/state/") || file == "ui/wizard/model/mod.rs";
    let state: Vec<_> = sources().into_iter().filter(|(_, file, _)| parts(file)).collect();
    assert!(state.len() > 5, "the state is there");
    for (_, file, code) in state {
        for part in code.split("pub struct ").skip(1) {
            let (name, fields) = part.split_once('{').expect("fields");
            let fields = fields.split("\n}").next().expect("an end");
            // What is handed over whole and is no state: what a wizard starts with, what a dialog is
            // about, what is shown of a file.
            let is_handed_over = ["Start", "Choice", "Row"].contains(&name.trim());
            assert!(is_handed_over || !fields.contains("pub "), "{file}: {name} has open fields");
        }
        let hands_out = code.lines().find(|line| line.contains("-> &mut "));
        assert!(hands_out.is_none(), "{file} hands out a part of itself: {hands_out:?}");
    }
}

#[test]
fn the_wizard_looks_at_no_disk() {
    let looks = ["crate::project", "std::path", "canonicalize", ".exists()"];
    for (_, file, code) in sources() {
        let is_model = file.starts_with("ui/wizard/") && file != "ui/wizard/mod.rs";
        let look = looks.iter().find(|look| is_model && code.contains(**look));
        assert!(look.is_none(), "{file} has {look:?}");
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

/// Words of the standard library, of `rustix` and of `git2` that change a disk.
const WRITES: [&str; 18] = [
    "fs::write",
    "fs::rename",
    "fs::copy",
    "fs::remove",
    "fs::create",
    "fs::hard_link",
    "fs::set_",
    "File::create",
    "File::options",
    "OpenOptions",
    "DirBuilder",
    "fs::symlink",
    "set_permissions",
    "set_modified",
    "chown",
    "openat",
    "init_opts",
    "Index::open",
];

/// The files that may use them, each with what they write.
const WRITERS: [(&str, &str); 7] = [
    ("project/folder.rs", "all that is below a project, through its handle"),
    ("project/store.rs", "the state directory of the user, if it is missing"),
    ("project/draft.rs", "the draft of answers in the state directory"),
    ("project/input.rs", "a file that the user names: saved answers, manual pages"),
    ("project/library.rs", "a new index, in the store"),
    ("project/program.rs", "a new index, in the store"),
    ("project/repository.rs", "a new repository, in the store or in a folder made for it"),
];

#[test]
fn nothing_is_written_but_through_the_handle_of_a_folder() {
    let mut seen = std::collections::BTreeSet::new();
    for (_, file, code) in sources() {
        for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
            let Some(word) = WRITES.iter().find(|word| line.contains(**word)) else { continue };
            let writer = WRITERS.iter().find(|(name, _)| *name == file);
            assert!(writer.is_some(), "{file} may not use `{word}`: {line}");
            seen.insert(file.clone());
        }
    }
    for (file, what) in WRITERS {
        assert!(seen.contains(file), "{file} does not write {what} any more");
    }
}

/// Who writes to the streams: `ui` itself, which makes all text visible first, and those that hand
/// a stream to what draws, or put the terminal back by sequences of ours.
const PRINTS: [&str; 3] = ["ui/lines.rs", "ui/mod.rs", "ui/tty/mode.rs"];

#[test]
fn what_is_printed_goes_through_one_place() {
    let mut found = std::collections::BTreeSet::new();
    for (_, file, code) in sources() {
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let streams = ["print!", "println!", "dbg!", "stdout()", "stderr()", "Stdout", "Stderr"];
        let asks = ["is_terminal()", "use_stderr()"];
        let prints = |line: &&str| streams.iter().any(|name| line.contains(name));
        if lines
            .filter(|line| asks.iter().all(|name| !line.contains(name)))
            .any(|line| prints(&line))
        {
            found.insert(file);
        }
    }

    assert!(found.iter().eq(PRINTS), "{found:?} print");
}

#[test]
fn keys_are_read_and_the_terminal_is_set_in_one_place() {
    let ways = ["event::read", "event::poll", "EventStream", "raw_mode", "make_raw", "tcsetattr"];
    for (_, file, code) in sources() {
        let way = ways.iter().find(|way| code.contains(*way));
        assert!(way.is_none() || file.starts_with("ui/tty/"), "{file} has {way:?}");
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
