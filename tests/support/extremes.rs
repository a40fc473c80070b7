//! Answers at their ends: the shortest, the longest and the oddest that questions take, and those that
//! look like what is reserved; from the pack's own rules, a few of each question in one answer set.

use std::collections::BTreeSet;

use fastwright::answer::{Unanswered, resolve};
use fastwright::pack::{Key, Kind, Pack, Question, TextRules, Value, regex};

use super::{answers, argument, layers};

/// What one language or another reads as something else than a text, or as the beginning of something.
const ODD: &[&str] = &[
    "null",
    "true",
    "no",
    "y",
    "1.e5",
    "e5",
    "0x1f",
    "~",
    "- [x] a",
    "# a",
    "> a",
    "```sh",
    "~~~",
    "1. a",
    "<!-- a",
    "</div><script>",
    "<a@b.c>",
    "[a](b) ![c](d)",
    "a | b",
    "*a* _b_ __c__",
    "a\\",
    "\\",
    "\\n\\u0041\\",
    "\"",
    "'",
    "'''\"\"\"",
    "$HOME ${A} $(id) `id`",
    "${{ secrets.A }} {{ a }}",
    "{% a %} {= a =} {~ a ~}",
    "%s %(here)s %i",
    "a: b #c",
    "@a",
    "&a *b !c",
    "|",
    "--a",
    "=1",
    "EOF",
    "*/ //",
    ";",
    "é 日本 🎉",
    "a\u{a0}b",
];

/// What longer texts are made of.
const LETTERS: &str = "aA ";
const JOINTS: &str = "-_./:";

/// Returns accepted answer sets in which every extreme of every question stands once, as flags.
pub fn extremes(pack: &Pack) -> Vec<Vec<String>> {
    let all: Vec<(&Key, Vec<Value>)> =
        pack.questions.iter().map(|question| (&question.key, values(pack, question))).collect();
    let is_choice = |key: &Key| {
        let kind = pack.question(key.as_str()).map(|question| &question.kind);
        !matches!(kind, Some(Kind::Text(_) | Kind::Integer { .. }))
    };
    // Choices first: they decide what the texts stand in.
    let (choices, ends): (Vec<_>, Vec<_>) = all.iter().partition(|(key, _)| is_choice(key));
    let mut unused: BTreeSet<(&Key, &Value)> = ends
        .iter()
        .flat_map(|(key, values)| values.iter().map(move |value| (*key, value)))
        .collect();
    let mut sets = Vec::new();
    for round in 0.. {
        let before = unused.len();
        let mut set: Vec<(&Key, &Value)> = Vec::new();
        for (place, (key, values)) in choices.iter().enumerate() {
            let turn = round + place + round / 2 * place;
            let mut turned = (0..values.len()).map(|at| &values[(at + turn) % values.len()]);
            set.extend(
                turned
                    .find(|value| is_accepted(pack, &set, (key, value)))
                    .map(|value| (*key, value)),
            );
        }
        for (key, values) in &ends {
            let fresh = values.iter().filter(|value| unused.contains(&(*key, *value)));
            let turned = (0..values.len()).map(|at| &values[(at + round) % values.len()]);
            let mut ordered = fresh.chain(turned);
            let found = ordered.find(|value| is_accepted(pack, &set, (key, value)));
            set.extend(found.map(|value| (*key, value)));
        }
        for one in &set {
            unused.remove(one);
        }
        let flag = |(key, value): &(&Key, &Value)| argument(key, value);
        sets.push(set.iter().map(flag).collect());
        // What no round of choices takes, such as a number that only goes with another end, is left.
        if unused.is_empty() || (round > 12 && unused.len() == before) {
            break;
        }
    }
    sets
}

fn is_accepted(pack: &Pack, set: &[(&Key, &Value)], more: (&Key, &Value)) -> bool {
    let texts: Vec<(&str, String)> =
        set.iter().chain([&more]).map(|(key, value)| (key.as_str(), value.to_string())).collect();
    let flags: Vec<(&str, &str)> = texts.iter().map(|(key, text)| (*key, text.as_str())).collect();
    answers(pack, &flags).is_ok()
}

/// Returns the answers to a question that are tried, the most telling first.
fn values(pack: &Pack, question: &Question) -> Vec<Value> {
    match &question.kind {
        Kind::Bool => vec![Value::Bool(true), Value::Bool(false)],
        Kind::One(choices) => choices.iter().map(|choice| Value::from(&*choice.value)).collect(),
        Kind::Many(_) => Vec::new(),
        Kind::Integer { min, max } => vec![Value::Integer(*max), Value::Integer(*min)],
        Kind::Text(rules) => texts(pack, question, rules).into_iter().map(Value::Text).collect(),
    }
}

fn texts(pack: &Pack, question: &Question, rules: &TextRules) -> Vec<String> {
    let pattern = rules.pattern.as_deref().unwrap_or(".*");
    let pattern = regex(&format!("^(?:{pattern})$")).expect("a pattern");
    let fits = |text: &str| pattern.is_match(text) && text.chars().count() <= rules.max_length;
    let mut given = layers(&[]);
    given.unanswered = Unanswered::Default;
    let usual = resolve(pack, &given).answers.remove(&question.key).map(|answer| answer.value);
    let usual = usual.and_then(|value| value.as_text().map(str::to_owned)).unwrap_or_default();
    let longest = longest(&usual, &fits);
    let near = pack.reserved.iter().filter(|reserved| reserved.question == question.key).flat_map(
        |reserved| {
            let values = reserved.values.first().into_iter().chain(reserved.values.last());
            // As it is, where what has the name is not chosen, and with a letter more.
            values.flat_map(|value| [value.clone(), format!("{value}x")])
        },
    );
    let mut all = vec![oddest(&longest, &fits), longest, shortest(&usual, &fits)];
    all.extend(ODD.iter().map(|text| (*text).to_owned()).chain(near));
    let mut seen = BTreeSet::new();
    all.retain(|text| fits(text) && seen.insert(text.clone()));
    // What is reserved whatever else is answered is no answer.
    all.retain(|text| {
        let taken = |r: &fastwright::pack::Reserved| {
            r.question == question.key && r.when.is_empty() && r.values.contains(text)
        };
        !pack.reserved.iter().any(taken)
    });
    all
}

/// Leaves out characters as long as what is left is an answer.
fn shortest(text: &str, fits: &impl Fn(&str) -> bool) -> String {
    let mut best = text.to_owned();
    let mut at = 0;
    while let Some(character) = best[at..].chars().next() {
        let shorter = format!("{}{}", &best[..at], &best[at + character.len_utf8()..]);
        if fits(&shorter) && !shorter.is_empty() {
            best = shorter;
        } else {
            at += character.len_utf8();
        }
    }
    best
}

/// Puts letters in, and parts with a joint behind, as long as the whole is an answer.
fn longest(text: &str, fits: &impl Fn(&str) -> bool) -> String {
    let mut best = shortest(text, fits);
    loop {
        let before = best.len();
        for at in (0..=best.len()).rev() {
            for letter in LETTERS.chars() {
                loop {
                    let longer = format!("{}{letter}{}", &best[..at], &best[at..]);
                    if !fits(&longer) {
                        break;
                    }
                    best = longer;
                }
            }
        }
        let parts = JOINTS.chars().flat_map(|joint| [format!("a{joint}"), format!("{joint}a")]);
        let mut longer = parts.flat_map(|part| [format!("{part}{best}"), format!("{best}{part}")]);
        match longer.find(|longer| fits(longer)) {
            Some(longer) => best = longer,
            None if best.len() == before => return best,
            None => {}
        }
    }
}

/// Replaces letters by what is none, as long as the whole is an answer.
fn oddest(text: &str, fits: &impl Fn(&str) -> bool) -> String {
    let mut best: Vec<char> = text.chars().collect();
    let odd: Vec<char> = format!("{JOINTS}9'").chars().rev().collect();
    for at in 0..best.len() {
        for turn in 0..odd.len() {
            let before = std::mem::replace(&mut best[at], odd[(at + turn) % odd.len()]);
            if fits(&best.iter().collect::<String>()) {
                break;
            }
            best[at] = before;
        }
    }
    best.into_iter().collect()
}
