//! Every file that is written, in repositories in which every two choices meet: read by a parser of
//! its language. What differs is read once, however many repositories have it.

#![expect(clippy::print_stdout, reason = "it tells how much was read, and digests")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use fastwright::tree::{Mode, Tree};
use saphyr_parser::Parser;

use crate::support::every_two_choices;

/// A text, and where it stands in the first repository that has it.
type Files = BTreeMap<(Language, String), String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Language {
    Json,
    Python,
    Shell,
    Toml,
    Yaml,
}

impl Language {
    fn of(path: &str, text: &str) -> Option<Self> {
        let is_one_of = |ends: &[&str]| ends.iter().any(|end| path.ends_with(end));
        if is_one_of(&[".json"]) {
            Some(Self::Json)
        } else if is_one_of(&[".py"]) {
            Some(Self::Python)
        } else if is_one_of(&[".toml"]) {
            Some(Self::Toml)
        } else if is_one_of(&[".yaml", ".yml"]) {
            Some(Self::Yaml)
        } else if is_one_of(&[".sh"]) || text.starts_with("#!/bin/sh") {
            Some(Self::Shell)
        } else {
            None
        }
    }
}

fn files(trees: &[(Vec<String>, Tree)]) -> Files {
    let mut files = Files::new();
    for (flags, tree) in trees {
        for (path, blob) in tree.iter().filter(|(_, blob)| blob.mode != Mode::Link) {
            let text = String::from_utf8(blob.bytes.clone()).expect("a text");
            if let Some(language) = Language::of(path.as_str(), &text) {
                let place = || format!("{path} of {}", flags.join(" "));
                files.entry((language, text)).or_insert_with(place);
            }
        }
    }
    files
}

/// Gives a program a text, and returns what it says where it refuses it; `None` where it is not here.
fn refusal(program: &str, arguments: &[&str], text: &str) -> Option<Result<(), String>> {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().ok()?;
    // One that refuses a text may not read it to its end.
    let _ = child.stdin.take().expect("a pipe").write_all(text.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(if output.status.success() { Ok(()) } else { Err(said) })
}

/// Reads many texts of Python in one process, each a line of JSON; an older Python than they are
/// written for reads none.
const PYTHON: &str = "
import ast, json, sys
for line in sys.stdin.readlines() if sys.version_info >= (3, 12) else []:
    place, text = json.loads(line)
    try:
        ast.parse(text)
    except SyntaxError as error:
        sys.exit(f'{place}: {error}')
";

#[test]
fn every_written_file_is_one_of_its_language() {
    let trees = every_two_choices();
    let files = files(trees);
    let languages: BTreeSet<Language> = files.keys().map(|(language, _)| *language).collect();
    assert_eq!(languages.len(), 5, "{languages:?}");

    let mut python = String::new();
    for ((language, text), place) in &files {
        let read = match language {
            Language::Json => serde_json::from_str::<serde_json::Value>(text)
                .map(|_| ())
                .map_err(|error| error.to_string()),
            Language::Toml => {
                text.parse::<toml::Table>().map(|_| ()).map_err(|error| error.to_string())
            }
            Language::Yaml => Parser::new_from_str(text)
                .try_for_each(|event| event.map(|_| ()))
                .map_err(|error| error.to_string()),
            Language::Shell => refusal("sh", &["-n"], text).unwrap_or(Ok(())),
            Language::Python => {
                python += &serde_json::json!([place, text]).to_string();
                python.push('\n');
                Ok(())
            }
        };
        assert_eq!(read, Ok(()), "{place}");
    }
    let mut programs = ["python3.14", "python3.13", "python3.12", "python3"].into_iter();
    // What has the name may be no more than a hint how to install it.
    if let Some(program) = programs.find(|it| refusal(it, &["-c", "pass"], "") == Some(Ok(()))) {
        assert_eq!(refusal(program, &["-c", PYTHON], &python), Some(Ok(())));
    }
    println!(
        "{} files, {} texts",
        trees.iter().map(|(_, tree)| tree.len()).sum::<usize>(),
        files.len()
    );
}

/// What a change of structure must leave as it is: compare what this prints before and after.
#[test]
#[ignore = "prints a digest, and judges nothing"]
fn digest_of_every_written_file() {
    let trees = every_two_choices();
    let count: usize = trees.iter().map(|(_, tree)| tree.len()).sum();
    let digests: Vec<String> = trees
        .iter()
        .map(|(flags, tree)| format!("{} {}\n", tree.digest(), flags.join(" ")))
        .collect();
    println!("{}{count} files in {} repositories", digests.concat(), trees.len());
}
