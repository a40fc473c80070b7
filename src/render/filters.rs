//! Filters for templates. They are only ever added to: released packs rely on their meaning.

use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::lock::{self, Request};
use super::universe::Universe;
use crate::error::{Error, Result};
use crate::pack::{Sources, snake};

/// The most blanks before a line.
const MAX_INDENT: usize = 1000;

/// Registers all filters.
pub(super) fn register(engine: &mut Tera, sources: &Sources) -> Result<()> {
    engine.register_filter("snake", |text: &str, _: Kwargs, _: &State| snake(text));
    engine.register_filter("indent", indent);
    engine.register_filter("sort_lines", |text: &str, _: Kwargs, _: &State| sort_lines(text));
    engine.register_filter("toml_string", |text: &str, _: Kwargs, _: &State| json_string(text));
    engine.register_filter("yaml_string", |text: &str, _: Kwargs, _: &State| json_string(text));
    engine.register_filter("json_string", |text: &str, _: Kwargs, _: &State| json_string(text));
    engine.register_filter("yaml", |text: &str, _: Kwargs, _: &State| yaml(text));
    engine.register_filter("markdown", |text: &str, _: Kwargs, _: &State| markdown(text));
    engine.register_filter("python_string", |text: &str, _: Kwargs, _: &State| python_string(text));
    engine.register_filter("shell_string", |text: &str, _: Kwargs, _: &State| shell_string(text));
    engine.register_filter("docker_string", |text: &str, _: Kwargs, _: &State| {
        json_string(text).replace('$', "\\$")
    });
    let universe = universe(sources)?;
    engine.register_filter("requirements", move |direct: &Value, arguments: Kwargs, _: &State| {
        requirements(universe.as_ref(), direct, &arguments)
    });
    Ok(())
}

/// Returns the pack's pinned universe, if it has one.
fn universe(sources: &Sources) -> Result<Option<Universe>> {
    let text = |path: &str| {
        let text = sources.get(path).map(|bytes| std::str::from_utf8(bytes)).transpose();
        text.map_err(|error| Error::failed(format!("pack file `{path}` is no text")).because(error))
    };
    match (text("locks/universe.toml")?, text("locks/pins.txt")?) {
        (Some(graph), Some(pins)) => Universe::parse(graph, pins).map(Some),
        _ => Ok(None),
    }
}

/// Returns the lines of a requirements file for a list of direct requirements: those that run
/// the project, or, with `runtime=` those, the ones that develop it.
fn requirements(
    universe: Option<&Universe>,
    direct: &Value,
    arguments: &Kwargs,
) -> TeraResult<String> {
    let universe =
        universe.ok_or_else(|| tera::Error::message("the pack has no `locks/universe.toml`"))?;
    let direct = texts(direct)?;
    let project = arguments.must_get::<&str>("project")?;
    let runtime = arguments.get::<&Value>("runtime")?.map(texts).transpose()?;
    let request = match &runtime {
        Some(runtime) => Request { project, runtime, development: Some(&direct) },
        None => Request { project, runtime: &direct, development: None },
    };
    let mut text = lock::requirements(universe, &request).map_err(tera::Error::message)?;
    // The template ends the last line, as it does after any other value.
    text.truncate(text.trim_end().len());
    Ok(text)
}

/// Indents every line that is not blank, the first included.
#[expect(clippy::needless_pass_by_value, reason = "tera hands arguments over")]
fn indent(text: &str, arguments: Kwargs, _: &State) -> TeraResult<String> {
    let width = arguments.must_get::<usize>("width")?;
    if width > MAX_INDENT {
        return Err(tera::Error::message(format!("`width` is at most {MAX_INDENT}")));
    }
    let blanks = " ".repeat(width);
    let line = |line: &str| {
        if line.trim().is_empty() { line.to_owned() } else { format!("{blanks}{line}") }
    };
    Ok(text.split_inclusive('\n').map(line).collect())
}

/// Sorts lines and drops those that stand twice.
fn sort_lines(text: &str) -> String {
    text.split_inclusive('\n').collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// Quotes a text so that JSON, TOML and YAML read it alike.
fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}

/// Writes a text as a scalar of YAML, with quotes where it would be read as anything else without.
fn yaml(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._/:-".contains(c);
    // Numbers of all kinds, times and dates have no letters but these.
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        || text.starts_with(|c: char| c.is_ascii_digit())
            && text
                .contains(|c: char| c.is_ascii_alphabetic() && !"abcdefoxABCDEFOXTZ".contains(c));
    let lower = text.to_ascii_lowercase();
    let means = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    if text.chars().all(is_plain) && is_word && !text.ends_with(':') && !means.contains(&&*lower) {
        text.to_owned()
    } else {
        json_string(text)
    }
}

/// Writes a text as one that Markdown shows as it is, wherever a line may begin.
fn markdown(text: &str) -> String {
    let mut result = String::new();
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    for (at, character) in text.char_indices() {
        let begins = match character {
            '#' | '>' | '+' | '-' | '=' => at == 0,
            // `1. x` and `1) x` begin a list.
            '.' | ')' => at > 0 && at + number.len() == text.len(),
            // Between letters it is one of them.
            '_' => {
                let around = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                !(around(text[..at].chars().next_back()) && around(text[at + 1..].chars().next()))
            }
            _ => "\\`*[]<&|~$".contains(character),
        };
        if begins {
            result.push('\\');
        }
        result.push(character);
    }
    result
}

/// Quotes a text as Python's formatters do: with the quotes that need fewer escapes.
fn python_string(text: &str) -> String {
    let quote = if text.contains('"') && !text.contains('\'') { '\'' } else { '"' };
    let mut result = String::from(quote);
    for character in text.chars() {
        match character {
            '\\' => result.push_str("\\\\"),
            c if c == quote => result.extend(['\\', c]),
            c => result.push(c),
        }
    }
    result.push(quote);
    result
}

/// Quotes a text for a POSIX shell.
fn shell_string(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Returns the texts of a list, or an error that names what else stands in it.
fn texts(value: &Value) -> TeraResult<Vec<String>> {
    let items = value.as_array().ok_or_else(|| tera::Error::message("expected a list of texts"))?;
    let text = |item: &Value| {
        let text = item.as_str().map(str::to_owned);
        text.ok_or_else(|| {
            tera::Error::message(format!("expected a text in the list, found {item}"))
        })
    };
    items.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::{json_string, markdown, python_string, shell_string, yaml};

    #[test]
    fn strings_are_quoted_as_their_languages_read_them() {
        let text = r#"Bob's "shop" \ $HOME"#;

        assert_eq!(json_string(text), r#""Bob's \"shop\" \\ $HOME""#);
        assert_eq!(python_string(text), r#""Bob's \"shop\" \\ $HOME""#);
        assert_eq!(python_string(r#"a "b""#), r#"'a "b"'"#);
        assert_eq!(shell_string(text), r#"'Bob'\''s "shop" \ $HOME'"#);
    }

    #[test]
    fn yaml_is_quoted_where_it_would_not_be_read_as_the_text() {
        let plain =
            ["shop-api", "api.example.com", "a:5000/b", "10x.example.com", "nullable", "/a"];
        let quoted = [
            "null",
            "True",
            "no",
            "y",
            "1.5",
            "1.e5",
            "0x1f",
            "2026-01-02",
            "12:30",
            "a:",
            "",
            "-",
        ];
        let special = ["a b", "#", "a: b", "\"x\"", "[a]", "é"];

        for text in &plain[..5] {
            assert_eq!(yaml(text), *text);
        }
        for text in plain[5..].iter().chain(&quoted).chain(&special) {
            assert_eq!(yaml(text), json_string(text));
        }
    }

    #[test]
    fn markdown_shows_a_text_as_it_is() {
        let cases = [
            ("The HTTP service shop-api", "The HTTP service shop-api"),
            ("- [x] a", r"\- \[x\] a"),
            ("# a #1", r"\# a #1"),
            ("10. a. b", r"10\. a. b"),
            ("```sh", r"\`\`\`sh"),
            ("<!-- & a_b _c_", r"\<!-- \& a_b \_c\_"),
            ("a\\", r"a\\"),
        ];

        for (text, expected) in cases {
            assert_eq!(markdown(text), expected);
        }
    }
}
