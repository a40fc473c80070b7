//! Makes visible what a terminal would obey, or would hide, in text that others wrote.
//!
//! Everything that is printed goes through here: packs, projects, file names, arguments and variables
//! may hold anything. Colours of ours are put around such text, never searched for in it.

use std::borrow::Cow;
use std::fmt::Write;

pub use crate::pack::is_hidden;

/// Returns a text with each such character as its number, such as `\u{1b}`.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |shown, character| shown.extend(character.escape_unicode()))
}

/// Returns JSON that says the same, with each such character as JSON escapes it.
#[must_use]
pub fn visible_json(text: &str) -> Cow<'_, str> {
    escaped(text, |shown, character| {
        for unit in character.encode_utf16(&mut [0; 2]) {
            let _ = write!(shown, "\\u{unit:04x}");
        }
    })
}

fn escaped(text: &str, escape: impl Fn(&mut String, char)) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if is_hidden(character) {
            escape(&mut shown, character);
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{is_hidden, visible, visible_json};

    #[test]
    fn what_steers_a_terminal_is_shown_as_its_number() {
        let cases = [
            ("plain\n\ttext, é, 日本, ❤️", "plain\n\ttext, é, 日本, ❤️"),
            ("\u{1b}]0;x\u{7}", "\\u{1b}]0;x\\u{7}"),
            ("a\rb\u{8}\u{7f}", "a\\u{d}b\\u{8}\\u{7f}"),
            ("\u{9b}2J\u{202e}", "\\u{9b}2J\\u{202e}"),
            ("\u{2028}\u{feff}\u{e0041}", "\\u{2028}\\u{feff}\\u{e0041}"),
        ];

        for (text, expected) in cases {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn json_says_the_same_without_what_is_hidden() {
        let config = ProptestConfig { failure_persistence: None, ..<_>::default() };
        let texts = proptest::collection::vec(
            prop_oneof![
                any::<char>(),
                "[\u{80}-\u{9f}\u{200b}-\u{206f}\u{e0000}-\u{e007f}]"
                    .prop_map(|text| text.chars().next().unwrap_or('x'))
            ],
            0..20,
        );
        proptest!(config, |(text in texts.prop_map(String::from_iter))| {
            let json = serde_json::json!({ &text: [&text] });
            let printed = format!("{json:#}");
            let shown = visible_json(&printed);

            prop_assert!(!shown.contains(is_hidden));
            prop_assert!(!visible(&text).contains(is_hidden));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).ok(), Some(json));
        });
    }
}
