//! The command that gives the same answers again, as a person would type it.

use std::path::Path;

use crate::answer::{Answers, Source, flag};
use crate::pack::{Key, Kind, Pack, Value};

/// The command that writes a project; it takes defaults for the rest.
const NEW: &str = "new";

/// Returns the shortest `fastwright new` that gives the same answers; `name` is the folder's.
#[must_use]
pub fn command(pack: &Pack, answers: &Answers, directory: &Path, name: Option<&str>) -> String {
    words(NEW, pack, directory, answers.minimal(pack, name).into_iter())
}

/// Returns the `fastwright new` that gives every answer by its flag.
#[must_use]
pub fn full(pack: &Pack, answers: &Answers, directory: &Path) -> String {
    let asked = pack
        .questions
        .iter()
        .filter(|question| !matches!(answers.source(&question.key), Some(Source::NotAsked) | None));
    let all =
        asked.filter_map(|question| Some((&question.key, answers.get(question.key.as_str())?)));
    words(NEW, pack, directory, all)
}

/// Returns a command with answers by their flags.
pub fn words<'a>(
    verb: &str,
    pack: &Pack,
    directory: &Path,
    answers: impl Iterator<Item = (&'a Key, &'a Value)>,
) -> String {
    let mut words =
        vec!["fastwright".to_owned(), verb.to_owned(), quote(&directory.to_string_lossy())];
    words.extend((verb == NEW).then(|| "--yes".to_owned()));
    for (key, value) in answers {
        let question = pack.question(key.as_str());
        match question.map(|question| &question.kind) {
            Some(Kind::Bool) => words.push(flag(key, value)),
            // A value with a dash in front would be taken for a flag.
            _ if value.to_string().starts_with('-') => {
                words.push(format!("--{}={}", key.flag(), quote(&value.to_string())));
            }
            _ => words.extend([format!("--{}", key.flag()), quote(&value.to_string())]),
        }
    }
    words.join(" ")
}

/// Quotes a word for a POSIX shell if it needs it.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        let cases =
            [("plain-1.0", "plain-1.0"), ("a b", "'a b'"), ("", "''"), ("it's", r"'it'\''s'")];

        for (word, expected) in cases {
            assert_eq!(quote(word), expected);
        }
    }
}
