//! The command that gives the same answers again, as a person would type it.

use std::path::Path;

use crate::answer::{Answers, flag};
use crate::pack::{Kind, Pack};

/// Returns the shortest `fastwright new` that gives the same answers; `name` is the folder's.
#[must_use]
pub fn command(pack: &Pack, answers: &Answers, directory: &Path, name: Option<&str>) -> String {
    let mut words = vec![
        "fastwright".to_owned(),
        "new".to_owned(),
        quote(&directory.to_string_lossy()),
        "--yes".to_owned(),
    ];
    for (key, value) in answers.minimal(pack, name) {
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
