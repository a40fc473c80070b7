//! Colours for code, line by line: comments, texts, words and numbers of what is written here.

use super::super::theme::Role;
use super::canvas::Span;

/// How a kind of file is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// Python: words of the language.
    Python,
    /// Keys before `=` or `:`, headings in brackets.
    Keys,
    /// Comments and texts alone.
    Script,
    /// Markdown.
    Prose,
}

/// Words of Python that are shown as such.
const WORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

fn language(name: &str) -> Language {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("py") => Language::Python,
        Some("toml" | "yaml" | "yml" | "json" | "ini" | "cfg" | "env" | "example") => {
            Language::Keys
        }
        Some("md") => Language::Prose,
        Some(_) | None => Language::Script,
    }
}

/// Splits a line into pieces with their roles.
pub fn lex(name: &str, line: &str) -> Vec<Span> {
    let language = language(name);
    if language == Language::Prose {
        let role = if line.starts_with('#') { Role::Word } else { Role::Text };
        return vec![(line.to_owned(), role)];
    }
    let mut spans: Vec<Span> = Vec::new();
    let mut rest = line;
    if language == Language::Keys
        && let Some(key) = key(line)
    {
        spans.push((line[..key].to_owned(), Role::Word));
        rest = &line[key..];
    }
    let mut before = ' ';
    while let Some(first) = rest.chars().next() {
        let (end, role) = piece(language, before, first, rest);
        let (piece, more) = rest.split_at(end);
        before = piece.chars().next_back().unwrap_or(' ');
        match spans.last_mut() {
            Some(last) if last.1 == role => last.0.push_str(piece),
            _ => spans.push((piece.to_owned(), role)),
        }
        rest = more;
    }
    spans
}

/// Returns the length and role of the first piece of a text.
fn piece(language: Language, before: char, first: char, rest: &str) -> (usize, Role) {
    let until = |wanted: fn(char) -> bool| rest.find(|c| !wanted(c)).unwrap_or(rest.len());
    match first {
        '#' if before.is_whitespace() => (rest.len(), Role::Comment),
        '"' | '\'' if language != Language::Script || !before.is_alphanumeric() => {
            (quoted(rest, first), Role::Quoted)
        }
        _ if first.is_ascii_digit() => {
            (until(|c| c.is_ascii_alphanumeric() || c == '.' || c == '_'), Role::Number)
        }
        _ if first.is_alphanumeric() || first == '_' => {
            let end = until(|c| c.is_alphanumeric() || c == '_' || c == '-');
            let word = &rest[..end];
            let known = language == Language::Python && WORDS.binary_search(&word).is_ok();
            let end = if language == Language::Python {
                until(|c| c.is_alphanumeric() || c == '_')
            } else {
                end
            };
            (end, if known { Role::Word } else { Role::Text })
        }
        _ => (first.len_utf8(), Role::Text),
    }
}

/// Returns where a quoted text ends.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Returns where the key of a line ends, or the heading that it is.
fn key(line: &str) -> Option<usize> {
    let trimmed = line.trim_start();
    if trimmed.starts_with('[') && trimmed.ends_with(']') && !trimmed.contains('"') {
        return Some(line.len());
    }
    let start = trimmed.trim_start_matches("- ");
    let offset = line.len() - start.len();
    let end = start.find(|c: char| !(c.is_alphanumeric() || "_-./\"".contains(c)))?;
    let after = start[end..].trim_start();
    (end > 0 && (after.starts_with('=') || after.starts_with(':'))).then_some(offset + end)
}

#[cfg(test)]
mod tests {
    use super::super::super::theme::Role;
    use super::{WORDS, lex};

    fn roles(name: &str, line: &str) -> Vec<(String, Role)> {
        lex(name, line).into_iter().filter(|(text, _)| !text.trim().is_empty()).collect()
    }

    #[test]
    fn lines_of_each_language_have_their_roles() {
        let piece = |text: &str, role| (text.to_owned(), role);

        assert_eq!(
            roles("a.py", "def f2(x=\"#\"):  # no"),
            [
                piece("def", Role::Word),
                piece(" f2(x=", Role::Text),
                piece("\"#\"", Role::Quoted),
                piece("):  ", Role::Text),
                piece("# no", Role::Comment),
            ]
        );
        assert_eq!(
            roles("a.yaml", "  - port: 80"),
            [piece("  - port", Role::Word), piece(": ", Role::Text), piece("80", Role::Number)]
        );
        assert_eq!(roles("Dockerfile", "RUN a#b"), [piece("RUN a#b", Role::Text)]);
    }

    #[test]
    fn no_character_is_lost() {
        for line in ["'unclosed \\", "é = ü # ö", "\"\\\"\"", "", "[a]", "- : ="] {
            for name in ["a.py", "a.toml", "a.md", "run"] {
                let text: String = lex(name, line).into_iter().map(|(text, _)| text).collect();
                assert_eq!(text, line);
            }
        }
    }

    #[test]
    fn words_are_in_order() {
        assert!(WORDS.is_sorted());
    }
}
