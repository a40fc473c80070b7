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

#[test]
fn the_pack_that_its_page_shows_gives_what_the_page_says() {
    let page = std::fs::read_to_string(manifest("templates/README.md")).expect("the page");
    let block = |path: &str| {
        let (_, behind) = page.split_once(&format!("\n`{path}`\n```")).expect("a block");
        let (_, text) = behind.split_once('\n').expect("a language");
        text.split_once("```\n").expect("its end").0.to_owned()
    };
    let sandbox = Sandbox::new();
    for path in ["pack.toml", "base/README.md.tera"] {
        sandbox.write(&format!("note/{path}"), block(path));
    }
    let (_, command) = page.split_once("With these, `fastwright ").expect("a command");
    let command: Vec<&str> = command.split_once('`').expect("its end").0.split(' ').collect();

    let output = sandbox.run(&command);

    assert_eq!(output.status, Some(0), "{}", output.stderr);
    assert_eq!(sandbox.read("shop/README.md"), block("README.md"));
}

#[test]
fn every_key_and_filter_of_the_format_is_on_its_page() {
    let page = std::fs::read_to_string(manifest("templates/README.md")).expect("the page");
    let filters = std::fs::read_to_string(manifest("src/render/filters.rs")).expect("a source");
    let filters = filters.split("register_filter(\"").skip(1);
    let mut words: Vec<String> =
        filters.filter_map(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned()).collect();
    assert!(words.len() > 10);
    // Whoever writes a key that is not there is told those that are.
    let component = "label = 'x'\nhelp = 'x'\n";
    let tables = [
        ("pack.toml", ""),
        ("pack.toml", "[[section]]\n"),
        ("pack.toml", "[[question]]\n"),
        ("pack.toml", "[[conflict]]\n"),
        ("pack.toml", "[[fact]]\n"),
        ("pack.toml", "[[contract]]\n"),
        ("pack.toml", "[[anchor]]\n"),
        ("pack.toml", "[[overlay]]\n"),
        ("pack.toml", "[[overlay]]\nfolder = 'x'\nwhen = {}\n[overlay.adds]\n"),
        ("pack.toml", "[[release]]\n"),
        ("pack.toml", "[[environment]]\n"),
        ("pack.toml", "[dependencies]\n"),
        ("components/a/x/component.toml", component),
        ("components/a/x/component.toml", "label = 'x'\nhelp = 'x'\n[[services]]\n"),
    ];
    for (path, table) in tables {
        let sandbox = Sandbox::new();
        let pack = "name = 'p'\nversion = '1.0.0'\n";
        let question = "[[section]]\nkey = 's'\nlabel = 's'\n[[question]]\nkey = 'a'\nkind = 'one'\n\
             section = 's'\nlabel = 'A'\n";
        let text = format!("{table}surely_no_key = 1\n");
        if path == "pack.toml" {
            sandbox.write(
                "pack/pack.toml",
                &if table.is_empty() { text + pack } else { pack.to_owned() + &text },
            );
        } else {
            sandbox.write("pack/pack.toml", format!("{pack}{question}"));
            sandbox.write(&format!("pack/{path}"), &text);
        }

        let output = sandbox.run(&["--pack", "pack", "list"]);

        let (_, told) = output
            .stderr
            .split_once("expected one of ")
            .or_else(|| output.stderr.split_once("expected "))
            .expect("the keys");
        let keys = told.lines().next().expect("a line").split('`').skip(1).step_by(2);
        words.extend(keys.map(str::to_owned));
    }

    assert!(words.len() > 60, "{words:?}");
    for word in words {
        let is_told = [format!("`{word}"), format!("[{word}]"), format!(" {word}")];
        assert!(is_told.iter().any(|told| page.contains(told)), "{word} is not on the page");
    }
}
