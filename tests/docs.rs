//! What documents say is what the program has: the README's table of options, and the help texts.

use fastwright::pack::{Catalog, Kind, Question};

use crate::snapshots::compare;
use crate::support::wizard::{LOOK, Look, drawn, press, text, with_wizard};
use crate::support::{Sandbox, manifest};

fn row(question: &Question) -> String {
    let flag = match question.kind {
        Kind::Bool => format!("`--{0}`, `--no-{0}`", question.key.flag()),
        _ => format!("`--{}`", question.key.flag()),
    };
    let values = match &question.kind {
        Kind::Text(_) => "text".to_owned(),
        Kind::Bool => String::new(),
        Kind::Integer { min, max } => format!("{min} to {max}"),
        Kind::One(choices) | Kind::Many(choices) => choices
            .iter()
            .map(|choice| format!("`{}`", choice.value))
            .collect::<Vec<_>>()
            .join(", "),
    };
    format!("| {flag} | {values} | `{}` | {} |\n", question.default_text(), question.help)
}

#[test]
fn the_readme_lists_every_option_and_key_and_shows_a_screen() {
    let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
    let rows: String = pack.questions.iter().map(row).collect();
    let options = format!("| flag | values | default | |\n|---|---|---|---|\n{rows}");
    let look = Look { size: (100, 30), ..LOOK };
    let screen = with_wizard(&pack, look, |wizard| {
        press(wizard, "Tab Tab Tab Tab Down");
        text(&drawn(wizard))
    });

    // One after another: each is written to the same file.
    part("options", &options);
    part("keys", &fastwright::ui::wizard::table());
    part("screen", &format!("```text\n{screen}```\n"));
}

/// Compares what stands between two lines of the README.
fn part(name: &str, text: &str) {
    let begin = format!("<!-- {name}: written by `BLESS=1 cargo test` -->\n");
    let end = format!("<!-- end of {name} -->\n");
    let readme = std::fs::read_to_string(manifest("README.md")).expect("the README");
    let (head, rest) = readme.split_once(&begin).expect("the beginning of the part");
    let (_, tail) = rest.split_once(&end).expect("the end of the part");

    compare(&manifest("README.md"), &format!("{head}{begin}{text}{end}{tail}"));
}

#[test]
fn every_help_text_is_its_snapshot() {
    let sandbox = Sandbox::new();
    let commands =
        ["", "new", "upgrade", "diff", "status", "list", "explain", "schema", "completions", "man"];

    for command in commands {
        let arguments: Vec<&str> =
            [command, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let output = sandbox.run(&arguments);
        assert_eq!((output.status, output.stderr.as_str()), (Some(0), ""), "{command}");
        let name = if command.is_empty() { "fastwright" } else { command };
        compare(&manifest("snapshots/cli").join(format!("{name}.txt")), &output.stdout);
    }
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let read = |path: String| std::fs::read_to_string(manifest(&path)).ok();
    let model = read(".github/SECURITY.md".to_owned()).expect("the threat model");
    let rows = model.lines().filter(|line| line.starts_with('|')).skip(2);
    let named = rows.filter_map(|row| row.trim_end_matches(" |").rsplit_once(" | "));
    let named: Vec<&str> = named.flat_map(|(_, tests)| tests.split(", ")).collect();

    assert!(named.len() > 15, "{named:?}");
    for test in named.iter().map(|test| test.trim_matches(['`', '…'])) {
        let path = test.replace("::", "/");
        let (around, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let modules = [format!("tests/{path}.rs"), format!("src/{path}.rs")];
        let function = [format!("tests/{around}.rs"), "tests/folders.rs".to_owned()]
            .into_iter()
            .filter_map(read)
            .any(|text| text.contains(&format!("fn {name}")));
        assert!(function || modules.into_iter().any(|path| read(path).is_some()), "no {test}");
    }
}
