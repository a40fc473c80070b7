//! The one test binary; each file beside this one is declared here.

mod actions;
mod answers;
mod architecture;
mod bounds;
mod cli;
mod docs;
mod drafts;
mod extremes;
mod faces;
mod folders;
mod fuzz;
mod generated;
mod hostile;
mod interview;
mod keys;
mod laws;
mod licenses;
mod merge;
mod names;
mod packs;
mod project;
mod render;
mod repositories;
mod screens;
mod shells;
mod snapshots;
mod storm;
mod support;
mod terminal;
mod traces;
mod upgrade;
mod wizard;
mod written;

/// A file that is not declared would never run.
#[test]
fn every_test_file_is_declared() {
    let declared = include_str!("main.rs");

    for entry in std::fs::read_dir(support::manifest("tests")).expect("the folder of tests") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        if let Some(module) = name.strip_suffix(".rs").filter(|module| *module != "main") {
            let line = format!("mod {module};");
            assert!(declared.contains(&line), "tests/main.rs lacks `{line}`");
        }
    }
}
