//! How much a pack may ask: answers are found again and again, and everything in a pack can need
//! everything else.

use std::collections::BTreeMap;

use regex_lite::{Error as RegexError, Regex, RegexBuilder};

use super::manifest::{Manifest, WrittenQuestion};
use super::sources::broken;
use super::{Default, When, placeholders};
use crate::error::Result;

/// The most components of a pack.
pub const MAX_COMPONENTS: usize = 1000;

/// The most questions, choices of one of them, sections, anchors, conflicts and so on.
const MAX_QUESTIONS: usize = 200;
const MAX_CHOICES: usize = 200;
const MAX_OTHERS: usize = 1000;

/// The most answers that are found one for the other.
const MAX_DEPTH: usize = 32;

/// The longest text that a question may take, in characters.
const MAX_LENGTH: usize = 1024;

/// The largest pattern, as the program that it is made to, in bytes. To match takes time by its size
/// and by the length of the text; so much of both, in every question, is still a second.
const MAX_PATTERN: usize = 32 << 10;

/// Makes a pattern of a question a regular expression.
///
/// # Errors
/// Fails where it is none, or too large a one.
pub fn regex(pattern: &str) -> Result<Regex, RegexError> {
    RegexBuilder::new(pattern).size_limit(MAX_PATTERN).build()
}

/// Checks that there is no more in a `pack.toml` than may be.
pub(super) fn check(manifest: &Manifest) -> Result<()> {
    let choices = manifest.questions.iter().filter_map(|question| question.choices.as_ref());
    let choices = choices.map(Vec::len);
    let counts = [
        ("choices", choices.sum(), MAX_OTHERS),
        ("questions", manifest.questions.len(), MAX_QUESTIONS),
        ("sections", manifest.sections.len(), MAX_QUESTIONS),
        ("facts", manifest.facts.len(), MAX_QUESTIONS),
        ("contracts", manifest.contracts.len(), MAX_QUESTIONS),
        ("anchors", manifest.anchors.len(), MAX_QUESTIONS),
        ("conflicts", manifest.conflicts.len(), MAX_OTHERS),
        ("lists of reserved texts", manifest.reserved.len(), MAX_OTHERS),
        ("links", manifest.links.len(), MAX_OTHERS),
        ("overlays", manifest.overlays.len(), MAX_OTHERS),
    ];
    for (what, count, most) in counts {
        if count > most {
            let reason = format!("it has {count} {what}, and a pack has at most {most}");
            return Err(broken("pack.toml", reason));
        }
    }
    for question in &manifest.questions {
        let key = &question.key;
        let wrong = |reason: String| broken("pack.toml", format!("question `{key}` {reason}"));
        if question.choices.as_ref().is_some_and(|choices| choices.len() > MAX_CHOICES) {
            return Err(wrong(format!("has more than {MAX_CHOICES} choices")));
        }
        if question.max_length.is_some_and(|length| length > MAX_LENGTH) {
            return Err(wrong(format!("takes more than {MAX_LENGTH} characters")));
        }
    }
    check_depth(&manifest.questions)
}

/// Checks that no answer waits for another one, that one for the next, and so on for too long.
fn check_depth(questions: &[WrittenQuestion]) -> Result<()> {
    let mut needed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for question in questions {
        let keys = needs(&question.when, question.default.as_ref());
        needed.entry(question.key.as_str()).or_default().extend(keys);
    }
    let mut depths = BTreeMap::new();
    for question in questions {
        if depth(&needed, question.key.as_str(), &mut depths, MAX_DEPTH).is_none() {
            let key = &question.key;
            return Err(broken(
                "pack.toml",
                format!(
                    "question `{key}` needs the answer to another one, that one another's, \
                     and so on for more than {MAX_DEPTH} times"
                ),
            ));
        }
    }
    Ok(())
}

/// Returns how many answers are found one for the other before that of a question, or nothing if
/// there are more than `room`.
fn depth<'a>(
    needed: &'a BTreeMap<&str, Vec<String>>,
    key: &'a str,
    depths: &mut BTreeMap<&'a str, usize>,
    room: usize,
) -> Option<usize> {
    if let Some(depth) = depths.get(key) {
        return (*depth <= room).then_some(*depth);
    }
    let room = room.checked_sub(1)?;
    // Going in a circle is told elsewhere, and ends here.
    depths.insert(key, 0);
    let mut deepest = 0;
    for other in needed.get(key).into_iter().flatten() {
        deepest = deepest.max(depth(needed, other, depths, room)? + 1);
    }
    depths.insert(key, deepest);
    Some(deepest)
}

/// Returns the keys of the answers that are found before that of a question.
pub(super) fn needs(when: &When, default: Option<&Default>) -> Vec<String> {
    let mut keys: Vec<String> = when.entries().map(|(key, _)| key.to_string()).collect();
    match default {
        Some(Default::Value(value)) => {
            keys.extend(value.as_text().map(placeholders).unwrap_or_default());
        }
        Some(Default::Cases(cases)) => {
            for case in cases {
                keys.extend(case.when.entries().map(|(key, _)| key.to_string()));
                keys.extend(case.value.as_text().map(placeholders).unwrap_or_default());
            }
        }
        None => {}
    }
    keys
}
