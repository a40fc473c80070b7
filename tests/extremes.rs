//! Answers at their ends, without other tools: whatever the questions take renders, and means what it
//! says in the languages that the files are written in. `tests/generated.rs` has real tools judge it.

use std::collections::BTreeMap;

use fastwright::pack::{Catalog, Pack};
use fastwright::render::Renderer;
use fastwright::tree::Tree;
use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::support::{answers, extremes, given};

fn embedded() -> Pack {
    Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack")
}

/// Returns each plain scalar of YAML with how often it stands in a tree.
fn plain_scalars(flags: &[String], tree: &Tree) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for (path, blob) in tree
        .iter()
        .filter(|(path, _)| [".yaml", ".yml"].iter().any(|end| path.as_str().ends_with(end)))
    {
        let text = std::str::from_utf8(&blob.bytes).expect("a text");
        for event in Parser::new_from_str(text) {
            let (event, _) = event.unwrap_or_else(|error| panic!("{flags:?} {path}: {error}"));
            if let Event::Scalar(text, ScalarStyle::Plain, ..) = event {
                *count.entry(text.into_owned()).or_default() += 1;
            }
        }
    }
    count
}

#[test]
fn every_extreme_answer_renders_and_means_what_it_says() {
    let pack = embedded();
    let renderer = Renderer::new(&pack);
    for flags in extremes(&pack) {
        let all = given(&flags);
        let flat: Vec<(&str, &str)> = all.iter().map(|(k, v)| (&**k, &**v)).collect();
        let texts = |key: &str| {
            matches!(pack.question(key).map(|one| &one.kind), Some(fastwright::pack::Kind::Text(_)))
        };
        let tame: Vec<(&str, &str)> = flat.iter().filter(|(key, _)| !texts(key)).copied().collect();
        let full = answers(&pack, &flat).expect("accepted");
        let tree = renderer.render(&full).unwrap_or_else(|error| panic!("{flags:?}: {error}"));

        for (path, blob) in tree.iter() {
            let text = String::from_utf8_lossy(&blob.bytes);
            let extension = path.as_str().rsplit_once('.').map(|(_, extension)| extension);
            if extension == Some("toml") {
                let table = text.parse::<toml::Table>();
                let table = table.unwrap_or_else(|error| panic!("{flags:?} {path}: {error}"));
                let said = table.get("project").map(|project| &project["description"]);
                let meant = full.get("description").map(ToString::to_string);
                assert!(
                    said.is_none_or(|said| said.as_str() == meant.as_deref()),
                    "{said:?} {meant:?}"
                );
            } else if extension == Some("json") {
                serde_json::from_str::<serde_json::Value>(&text)
                    .unwrap_or_else(|error| panic!("{flags:?} {path}: {error}"));
            }
        }
        // No text became a null, a truth or a number: of those there are as many as without it.
        let usual = renderer.render(&answers(&pack, &tame).expect("accepted")).expect("a tree");
        let (scalars, usual) = (plain_scalars(&flags, &tree), plain_scalars(&flags, &usual));
        for (key, value) in all.iter().filter(|(key, _)| texts(key)) {
            let is_word = ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "~"];
            let is_typed = is_word.contains(&value.as_str()) || value.parse::<f64>().is_ok();
            if is_typed {
                let [now, then] = [&scalars, &usual].map(|of| of.get(value).copied().unwrap_or(0));
                assert!(now <= then, "`{key}` = `{value}` is a plain scalar: {flags:?}");
            }
        }
    }
}

#[test]
fn extremes_are_the_ends_of_what_each_question_takes() {
    let pack = embedded();

    let sets = extremes(&pack);

    for question in &pack.questions {
        let fastwright::pack::Kind::Text(rules) = &question.kind else { continue };
        let prefix = format!("--{}=", question.key.flag());
        let given = sets.iter().flatten().filter_map(|flag| flag.strip_prefix(&prefix));
        let lengths: Vec<usize> = given.map(|text| text.chars().count()).collect();
        assert_eq!(lengths.iter().max(), Some(&rules.max_length), "{}", question.key);
        assert!(lengths.len() > 2, "{}: {lengths:?}", question.key);
    }
}
