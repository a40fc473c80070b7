//! Files that people write by hand, and break: state files and answers files. Those of
//! `fixtures/corpus` are changed at random; nothing may panic, and what is accepted is kept.
//!
//! Short by default; `FUZZ_SECONDS` goes on for longer.

use std::time::{Duration, Instant};

use fastwright::answer::{
    Answers, Format, Layer, Layers, Unanswered, read, recorded, resolve, write,
};
use fastwright::pack::{Catalog, Pack};
use fastwright::project::State;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{TestError, TestRunner};

use crate::support::{manifest, pack};

/// What means something in TOML, in JSON, or in a file of ours.
const WORDS: [&str; 30] = [
    "[answers]\n",
    "[[answers]]\n",
    "[applied]\n",
    "answers.c = 1\n",
    "applied = {}\n",
    "schema = 2\n",
    "<<<<<<< a\n",
    "=======\n",
    "\"\"\"",
    "'''",
    "\"",
    "'",
    "= { a = 1 }",
    "[",
    "]",
    "{",
    "}",
    ",",
    "#",
    "\r\n",
    "\r",
    "\0",
    "\u{feff}",
    "\u{e9}",
    "\\u0000",
    "\\ud800",
    "9223372036854775808",
    "-0x1",
    "1979-05-27T07:32:00Z",
    "null",
];

/// One change of a text; places are taken as far as they go.
#[derive(Clone, Debug)]
enum Change {
    Write(Index, usize, Vec<u8>),
    Repeat(Index, usize, Index),
    Flip(Index, u8),
    Nest(Index, &'static str),
}

fn change() -> impl Strategy<Value = Change> {
    let bytes = prop_oneof![
        4 => select(&WORDS[..]).prop_map(|word| word.as_bytes().to_vec()),
        1 => vec(any::<u8>(), 0..8),
        1 => Just(Vec::new()),
    ];
    prop_oneof![
        4 => (any::<Index>(), 0..12_usize, bytes).prop_map(|(at, length, bytes)| Change::Write(at, length, bytes)),
        2 => (any::<Index>(), 0..60_usize, any::<Index>()).prop_map(|(from, length, to)| Change::Repeat(from, length, to)),
        1 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        1 => (any::<Index>(), select(&["[", "{\"a\":", "{a=", "a."][..])).prop_map(|(at, word)| Change::Nest(at, word)),
    ]
}

fn apply(text: &mut Vec<u8>, change: &Change) {
    let place = |at: &Index, text: &[u8]| at.index(text.len() + 1);
    match change {
        Change::Write(at, length, bytes) => {
            let start = place(at, text);
            let end = (start + length).min(text.len());
            text.splice(start..end, bytes.iter().copied());
        }
        Change::Repeat(from, length, to) => {
            let start = place(from, text);
            let piece = text[start..(start + length).min(text.len())].to_vec();
            let to = place(to, text);
            text.splice(to..to, piece);
        }
        Change::Flip(at, bit) => {
            let at = place(at, text);
            if let Some(byte) = text.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
        Change::Nest(at, word) => {
            let at = place(at, text);
            text.splice(at..at, word.repeat(3000).into_bytes());
        }
    }
}

/// Returns texts of the corpus, changed, and some that were never good.
fn texts() -> impl Strategy<Value = Vec<u8>> {
    let folder = std::fs::read_dir(manifest("tests/fixtures/corpus")).expect("the corpus");
    let mut paths: Vec<_> = folder.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let corpus = paths.iter().map(|path| std::fs::read(path).expect("readable"));
    let good = select(corpus.collect::<Vec<_>>());
    let changed = (good, vec(change(), 0..6)).prop_map(|(mut text, changes)| {
        for change in &changes {
            apply(&mut text, change);
        }
        text
    });
    prop_oneof![9 => changed, 1 => vec(any::<u8>(), 0..200)]
}

/// Tries a law for as long as it was asked for.
fn fuzz(law: impl Fn(Vec<u8>) -> Result<(), TestCaseError>) {
    let seconds = std::env::var("FUZZ_SECONDS").map_or(0, |text| text.parse().expect("a number"));
    let begin = Instant::now();
    loop {
        let config =
            ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() };
        match TestRunner::new(config).run(&texts(), &law) {
            Ok(()) => {}
            Err(TestError::Fail(reason, text)) => {
                panic!("{reason}\n{:?}", String::from_utf8_lossy(&text));
            }
            Err(TestError::Abort(reason)) => panic!("{reason}"),
        }
        if begin.elapsed() > Duration::from_secs(seconds) {
            return;
        }
    }
}

fn complete(pack: &Pack, layer: Layer) -> Option<Answers> {
    let layers = Layers {
        layers: vec![layer],
        directory: Some("shop".to_owned()),
        unanswered: Unanswered::Default,
    };
    resolve(pack, &layers).complete(pack).ok()
}

/// What is written to a state file is in it, and nothing else in it changes.
#[test]
fn any_state_file_is_read_and_rewritten_or_refused() {
    let packs = packs();
    fuzz(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        let Ok(mut state) = State::parse(&text) else { return Ok(()) };
        prop_assert_eq!(state.rewrite(&text), Ok(text.clone().into_owned()), "nothing new");
        for pack in &packs {
            let _ = complete(pack, recorded(&state.answers));
        }
        state.answers.insert("zz".into(), 1.into());
        state.answers.remove("name");
        state.version = "2.0.0".into();
        if let Ok(rewritten) = state.rewrite(&text) {
            prop_assert_eq!(State::parse(&rewritten), Ok(state.clone()));
        }
        prop_assert_eq!(State::parse(&state.to_text()), Ok(state));
        Ok(())
    });
}

/// Answers that are accepted are the same when they were written and read again.
#[test]
fn any_answers_file_is_read_or_refused() {
    let packs = packs();
    fuzz(|bytes| {
        for name in ["answers.toml", "answers.json", "-"] {
            let Ok(layer) = read(name, &bytes) else { continue };
            for pack in &packs {
                let Some(answers) = complete(pack, layer.clone()) else { continue };
                for (name, format) in [("a.toml", Format::Toml), ("a.json", Format::Json)] {
                    let text = write(pack, &answers, format);
                    let again = read(name, text.as_bytes());
                    let again = again.ok().and_then(|layer| complete(pack, layer));
                    let values = |answers: &Answers| -> Vec<_> {
                        answers.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
                    };
                    prop_assert_eq!(again.as_ref().map(values), Some(values(&answers)), "{}", text);
                }
            }
        }
        Ok(())
    });
}

fn packs() -> [Pack; 2] {
    let embedded = Catalog::embedded().and_then(|catalog| catalog.load(None));
    [pack("evolving"), embedded.expect("the embedded pack")]
}
