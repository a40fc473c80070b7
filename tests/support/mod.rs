//! What tests share: packs of fixtures, answers, and a sandbox to run the program in.

mod cover;
mod extremes;
pub mod imports;
mod pty;
mod sandbox;
mod story;
pub mod wizard;

use std::path::PathBuf;
use std::sync::OnceLock;

use fastwright::answer::{Answers, Given, Layer, Layers, Source, Unanswered, Word, resolve};
use fastwright::error::{Error, Result};
use fastwright::pack::{Catalog, Key, Pack, Value};
use fastwright::render::Renderer;
use fastwright::tree::Tree;

pub use cover::{Strength, cover};
pub use extremes::extremes;
pub use pty::{Terminal, script, shell};
pub use sandbox::{Output, Sandbox};
pub use story::{Story, Version};

/// Returns a path of the project.
pub fn manifest(path: &str) -> PathBuf {
    // Of the run first: a test binary also judges another checkout than its own.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR");
    folder.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from).join(path)
}

/// Returns every file below a folder with its contents.
pub fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let tree = fastwright::project::read_folder(folder).expect("readable");
    tree.into_iter().map(|(path, blob)| (path.to_string(), blob.bytes)).collect()
}

/// Returns the catalog of a pack among the fixtures.
pub fn catalog(name: &str) -> Catalog {
    let folder = manifest("tests/fixtures").join(name);
    Catalog::from_tree(fastwright::project::read_folder(&folder).expect("readable"))
        .expect("a pack")
}

/// Returns the newest version of a pack among the fixtures.
pub fn pack(name: &str) -> Pack {
    catalog(name).load(None).expect("a good pack")
}

/// Returns repositories in which every two choices meet that may, with their flags.
pub fn every_two_choices() -> &'static [(Vec<String>, Tree)] {
    static ALL: OnceLock<Vec<(Vec<String>, Tree)>> = OnceLock::new();
    ALL.get_or_init(|| {
        let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
        let renderer = Renderer::new(&pack);
        let tree_of = |flags: Vec<String>| {
            let given = given(&flags);
            let words: Vec<_> = given.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let full = answers(&pack, &words).expect("accepted");
            let tree = renderer.render(&full).unwrap_or_else(|error| panic!("{flags:?}: {error}"));
            (flags, tree)
        };
        cover(&pack, Strength::Pairs).into_iter().map(tree_of).collect()
    })
}

/// Returns flags, such as those of a covering set, as keys and values.
pub fn given(flags: &[String]) -> Vec<(String, String)> {
    let pair = |flag: &String| {
        let flag = flag.trim_start_matches("--");
        match (flag.split_once('='), flag.strip_prefix("no-")) {
            (Some((key, value)), _) => (key.replace('-', "_"), value.to_owned()),
            (None, Some(key)) => (key.replace('-', "_"), "no".to_owned()),
            (None, None) => (flag.replace('-', "_"), "yes".to_owned()),
        }
    };
    flags.iter().map(pair).collect()
}

/// Returns layers with these flags and the defaults for the rest.
pub fn layers(flags: &[(&str, &str)]) -> Layers {
    let mut layer = Layer::new();
    for (key, value) in flags {
        let source = Source::Flag(format!("--{}", key.replace('_', "-")));
        layer.insert(*key, Given::Text((*value).to_owned()), source);
    }
    Layers {
        layers: vec![layer],
        directory: Some("demo".to_owned()),
        unanswered: Unanswered::Default,
    }
}

/// Returns the flag that gives an answer as one argument, which no shell reads.
pub fn argument(key: &Key, value: &Value) -> String {
    match Word::answer(key, value) {
        Word::Plain(word) | Word::Folder(word) => word,
        Word::Valued(flag, value) => format!("{flag}={value}"),
    }
}

/// Resolves these flags, with the defaults for the rest.
pub fn answers(pack: &Pack, flags: &[(&str, &str)]) -> Result<Answers> {
    resolve(pack, &layers(flags)).complete(pack)
}

/// Returns what the flags are refused with.
pub fn refusal(pack: &Pack, flags: &[(&str, &str)]) -> String {
    answers(pack, flags).err().as_ref().map_or_else(String::new, Error::to_string)
}
