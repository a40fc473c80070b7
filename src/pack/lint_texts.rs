//! How templates print what somebody typed: through a filter of the language that they write.
//!
//! What the pattern of a question admits decides: a text of letters, digits and `._/:-` means the same
//! inside a longer text of any language, but a whole YAML scalar such as `null` or `1.5` does not.

use super::{Anchor, Kind, Pack, Question, placeholders};
use crate::error::Problem;

/// What files of a language are called, and the filters that write a text in it.
const LANGUAGES: [(&[&str], &[&str]); 8] = [
    (&[".yaml", ".yml"], &["yaml", "yaml_string"]),
    (&[".toml"], &["toml_string"]),
    (&[".json"], &["json_string"]),
    (&[".py"], &["python_string"]),
    (&[".sh"], &["shell_string"]),
    (&[".md"], &["markdown"]),
    (&["Dockerfile"], &["docker_string"]),
    // Languages without one.
    (&[".conf", ".service", ".socket", ".env", "justfile"], &[]),
];

/// Returns every place that prints a text as it was typed where that could mean something else.
///
/// For the newest version alone: what was released before stays as it is.
#[must_use]
pub fn lint_texts(pack: &Pack) -> Vec<Problem> {
    let mut problems = Vec::new();
    let texts: Vec<Text<'_>> = pack.questions.iter().filter_map(Text::of).collect();
    for (path, bytes) in pack.files("") {
        let Some(template) = path.strip_suffix(".tera") else { continue };
        let written = written(&pack.anchors, template);
        for (number, line) in String::from_utf8_lossy(bytes).lines().enumerate() {
            for (text, reason) in findings(&texts, written, line) {
                problems.push(
                    Problem::new(format!("pack file `{path}` is wrong")).because(format_args!(
                        "line {} prints `{}` {reason}",
                        number + 1,
                        text.key
                    )),
                );
            }
        }
    }
    let contributions = pack.components().map(|component| &component.adds).chain([&pack.base]);
    for variable in contributions.flat_map(|adds| &adds.environment) {
        let printed = placeholders(&variable.example);
        for text in
            texts.iter().filter(|text| !text.is_inert && printed.iter().any(|key| key == text.key))
        {
            problems.push(Problem::new("a file of the pack is wrong").because(format_args!(
                "the example of `{}` holds `{}`, which may be anything",
                variable.name, text.key
            )));
        }
    }
    problems
}

/// A question that takes a text.
struct Text<'a> {
    key: &'a str,
    is_inert: bool,
}

impl<'a> Text<'a> {
    fn of(question: &'a Question) -> Option<Self> {
        let Kind::Text(rules) = &question.kind else { return None };
        let is_inert = rules.pattern.as_deref().is_some_and(is_inert);
        Some(Self { key: question.key.as_str(), is_inert })
    }
}

/// Returns the file that a template writes, or whose anchor a fragment fills.
fn written<'a>(anchors: &'a [Anchor], path: &'a str) -> &'a str {
    let fragment = path.split_once("/fragments/").map(|(_, anchor)| anchor);
    let anchor = anchors.iter().find(|anchor| Some(anchor.key.as_str()) == fragment);
    anchor.map_or(path, |anchor| &anchor.file)
}

/// Returns the texts that a line prints, or keeps to be printed, wrongly, and why.
fn findings<'a>(texts: &'a [Text<'a>], file: &str, line: &str) -> Vec<(&'a Text<'a>, String)> {
    let language = LANGUAGES.iter().find(|(ends, _)| ends.iter().any(|end| file.ends_with(end)));
    // Plain text means nothing but itself.
    let Some((_, filters)) = language else { return Vec::new() };
    let is_yaml = filters.contains(&"yaml");
    let mut found = Vec::new();
    let (mut before, mut rest) = (String::new(), line);
    while let Some((ahead, tag)) = rest.split_once("{=") {
        let Some((expression, behind)) = tag.split_once("=}") else { break };
        before.push_str(ahead);
        let last = expression.rsplit('|').next().unwrap_or_default();
        let last = last.split('(').next().unwrap_or_default().trim();
        let is_whole = is_yaml && is_whole(&before, behind);
        for text in texts.iter().filter(|text| names(expression, text.key)) {
            if filters.contains(&last) || (text.is_inert && !is_whole) {
                continue;
            }
            let ways = filters.iter().map(|filter| format!("`{filter}`")).collect::<Vec<_>>();
            let reason = match (ways.is_empty(), text.is_inert) {
                (true, _) => "bare, and there is no filter for such a file".to_owned(),
                (false, true) => format!("as a whole value; end it in {}", ways.join(" or ")),
                (false, false) => format!("bare; end it in {}", ways.join(" or ")),
            };
            found.push((text, reason));
        }
        before.push('x');
        rest = behind;
    }
    for tag in line.split("{%").skip(1).filter_map(|rest| rest.split_once("%}")) {
        let words = tag.0.trim_matches(['-', ' ']);
        let kept = words.strip_prefix("set ").and_then(|words| words.split_once('='));
        let kept = kept.map_or("", |(_, expression)| expression);
        let kept = texts.iter().filter(|text| !text.is_inert && names(kept, text.key));
        found.extend(kept.map(|text| (text, "under another name, which hides it".to_owned())));
    }
    found
}

/// Tells whether what is printed between the two is a whole scalar of YAML.
fn is_whole(before: &str, behind: &str) -> bool {
    let begins = [": ", "- ", "[", "{", ", "].iter().any(|end| before.ends_with(end));
    let behind = behind.trim_start();
    begins && (behind.is_empty() || behind.starts_with(['}', ']', ',', '#', '{']))
}

/// Tells whether an expression names an answer: neither in a text nor as a part or an argument.
fn names(expression: &str, key: &str) -> bool {
    let outside: String = expression.split('"').step_by(2).collect::<Vec<_>>().join("\"");
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    outside.match_indices(key).any(|(at, _)| {
        let (before, behind) = (&outside[..at], &outside[at + key.len()..]);
        let argument = behind.starts_with('=') && !behind.starts_with("==");
        !before.ends_with(|c: char| is_word(c) || c == '.')
            && !behind.starts_with(is_word)
            && !argument
    })
}

/// Tells whether a pattern admits nothing but letters, digits and `._/:-`.
fn is_inert(pattern: &str) -> bool {
    let inert = |c: char| c.is_ascii_alphanumeric() || "._/:-".contains(c);
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        let good = match character {
            '(' | ')' | '|' | '?' | '*' | '+' | '^' | '$' => true,
            '{' => rest.any(|c| c == '}'),
            '\\' => rest.next().is_some_and(|c| c == 'd' || (inert(c) && !c.is_alphanumeric())),
            '[' => {
                // What is between the ends of a range is of one kind where both ends are.
                let members: Vec<char> = rest.by_ref().take_while(|c| *c != ']').collect();
                let kind = |c: char| (c.is_ascii_digit(), c.is_ascii_lowercase());
                let ranges = members.windows(3).filter(|three| three[1] == '-');
                members.iter().all(|c| inert(*c))
                    && ranges.into_iter().all(|r| kind(r[0]) == kind(r[2]))
            }
            '.' => false,
            c => inert(c),
        };
        if !good {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{is_inert, is_whole, names};

    #[test]
    fn a_pattern_is_inert_if_it_admits_nothing_that_a_language_reads() {
        let cases = [
            ("[a-z]([a-z0-9-]{0,61}[a-z0-9])?", true),
            (r"\d+(:[0-9]+)?(/[a-z]+([._-]+[a-z]+)*)+", true),
            ("[^/]+", false),
            (r"\S(.*\S)?", false),
            ("a b", false),
            ("[a-z\"]+", false),
            ("[A-z]+", false),
            (r"a\.b", true),
            (r"a\$b", false),
            ("x.", false),
        ];

        for (pattern, expected) in cases {
            assert_eq!(is_inert(pattern), expected, "{pattern}");
        }
    }

    #[test]
    fn an_expression_names_an_answer_as_a_word_of_its_own() {
        let cases = [
            (" name ", true),
            (" name | upper ", true),
            (" \"/var/\" ~ name ", true),
            (" f(project=name) ", true),
            (" variable.name ", false),
            (" \"name\" ", false),
            (" names ", false),
            (" f(name=1) ", false),
        ];

        for (expression, expected) in cases {
            assert_eq!(names(expression, "name"), expected, "{expression}");
        }
        assert!(is_whole("a: [x, ", "]") && is_whole("- ", ""));
        assert!(!is_whole("a: b-", "") && !is_whole("a: ", "-tls"));
    }
}
