//! The state file `.fastwright.toml`: which template, version and answers a project came from.
//!
//! People edit and merge it, so it is read strictly and every problem is told with its line.

use std::fmt::Write;
use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use crate::error::{Error, Problem, Result};
use crate::exit::Exit;
use crate::tree::{Blob, RelPath};

const SCHEMA: &str = "1";
const TEXTS: [&str; 4] = ["program", "pack", "version", "digest"];
const TABLES: [&str; 2] = ["answers", "applied"];

/// What a project remembers of how it was made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// The version of the program that wrote the file last.
    pub program: String,
    /// The name of the pack.
    pub pack: String,
    /// The version of the pack.
    pub version: String,
    /// The digest of the tree as it was rendered.
    pub digest: String,
    /// The answers that the project is meant to have.
    pub answers: Table,
    /// The answers that it was rendered with.
    pub applied: Table,
}

/// Returns the path of the state file.
pub(super) fn path() -> RelPath {
    RelPath::parse(State::PATH).expect("it is a plain name")
}

impl State {
    /// The path of the state file in a project.
    pub const PATH: &str = ".fastwright.toml";

    /// Reads a state file.
    ///
    /// # Errors
    /// Tells every key that is unknown, missing or of a wrong type, and conflict markers, each
    /// with its line.
    pub fn parse(text: &str) -> Result<Self> {
        if let Some(number) = text.lines().position(is_marker) {
            return Err(Error::failed(format!("`{}` holds conflict markers", Self::PATH))
                .because(format!("the first is in line {}", number + 1))
                .hint("keep the lines of one side, remove the markers, then run it again"));
        }
        let parsed = DeTable::parse(text).map_err(|cause| {
            let line = cause.span().map_or(1, |span| line(text, &span));
            Error::failed(format!("`{}` is not valid TOML in line {line}", Self::PATH))
                .because(cause.message())
        })?;
        let mut reader = Reader { text, state: Self::default(), problems: Vec::new() };
        reader.read(parsed.get_ref());
        if reader.problems.is_empty() {
            Ok(reader.state)
        } else {
            Err(Error::many(Exit::Failed, reader.problems))
        }
    }

    /// Returns the file as it is written: keys sorted, one a line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { program, pack, version, digest, answers, applied } = self;
        let mut text = format!("schema = {SCHEMA}\n");
        for (key, value) in TEXTS.iter().zip([program, pack, version, digest]) {
            let _ = writeln!(text, "{key} = {}", quoted(value));
        }
        text += "\n# Edit these, then run `fastwright upgrade`.\n";
        text += &table("answers", answers);
        text += "\n# What the files came from; `fastwright upgrade` writes it.\n";
        text += &table("applied", applied);
        text
    }

    /// Returns the file as a blob.
    #[must_use]
    pub fn to_blob(&self) -> Blob {
        Blob::regular(self.to_text())
    }
}

/// Reads the parts of a file and collects what is wrong with them.
struct Reader<'a> {
    text: &'a str,
    state: State,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn read(&mut self, parsed: &DeTable<'_>) {
        match parsed.get("schema") {
            Some(schema) if is_schema(schema.get_ref()) => {}
            Some(schema) => {
                let message = format!("`schema` is not {SCHEMA}");
                let problem = self.problem(&schema.span(), &message);
                self.problems.push(problem.hint("use the newer fastwright that wrote it"));
                // Another schema may have any keys.
                return;
            }
            None => self.missing("schema"),
        }
        for (key, value) in parsed {
            let name = key.get_ref().as_ref();
            match (value.get_ref(), name) {
                (_, "schema") => {}
                (DeValue::String(text), _) if TEXTS.contains(&name) => {
                    *self.text_field(name) = text.to_string();
                }
                (DeValue::Table(table), _) if TABLES.contains(&name) => self.table(name, table),
                (_, _) if TEXTS.contains(&name) => self.wrong(&value.span(), name, "a text"),
                (_, _) if TABLES.contains(&name) => self.wrong(&value.span(), name, "a table"),
                (_, _) => {
                    let problem =
                        self.problem(&key.span(), &format!("`{name}` is no key of a state file"));
                    self.problems.push(problem.hint("remove it; answers belong below `[answers]`"));
                }
            }
        }
        for name in TEXTS.iter().chain(&TABLES).filter(|name| parsed.get(**name).is_none()) {
            self.missing(name);
        }
    }

    fn text_field(&mut self, name: &str) -> &mut String {
        match name {
            "program" => &mut self.state.program,
            "pack" => &mut self.state.pack,
            "version" => &mut self.state.version,
            _ => &mut self.state.digest,
        }
    }

    fn table(&mut self, name: &str, table: &DeTable<'_>) {
        let mut answers = Table::new();
        for (key, value) in table {
            if let Some(value) = to_value(value.get_ref()) {
                answers.insert(key.get_ref().to_string(), value);
            } else {
                let wanted = "a text, a whole number, true, false or a list of texts";
                self.wrong(&value.span(), &format!("{name}.{}", key.get_ref()), wanted);
            }
        }
        match name {
            "answers" => self.state.answers = answers,
            _ => self.state.applied = answers,
        }
    }

    fn wrong(&mut self, span: &Range<usize>, key: &str, wanted: &str) {
        let problem = self.problem(span, &format!("`{key}` is not {wanted}"));
        self.problems.push(problem);
    }

    fn missing(&mut self, key: &str) {
        let problem = Problem::new(format!("`{}` has no `{key}`", State::PATH))
            .hint("take the line back from the history of the file");
        self.problems.push(problem);
    }

    fn problem(&self, span: &Range<usize>, message: &str) -> Problem {
        let line = line(self.text, span);
        Problem::new(message).because(format!("`{}` has it in line {line}", State::PATH))
    }
}

fn is_schema(value: &DeValue<'_>) -> bool {
    matches!(value, DeValue::Integer(number) if number.as_str() == SCHEMA)
}

pub(super) fn to_value(value: &DeValue<'_>) -> Option<Value> {
    match value {
        DeValue::String(text) => Some(Value::String(text.to_string())),
        DeValue::Boolean(boolean) => Some(Value::Boolean(*boolean)),
        DeValue::Integer(number) => {
            let number = i64::from_str_radix(number.as_str(), number.radix()).ok()?;
            Some(Value::Integer(number))
        }
        DeValue::Array(list) => {
            let texts = list.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Some(Value::String(text.to_string())),
                _ => None,
            });
            texts.collect::<Option<_>>().map(Value::Array)
        }
        DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Table(_) => None,
    }
}

fn is_marker(line: &str) -> bool {
    ["<<<<<<< ", "||||||| ", ">>>>>>> "].iter().any(|marker| line.starts_with(marker))
        || line.trim_end() == "======="
}

/// Returns the line, from 1, in which something stands.
pub(super) fn line(text: &str, span: &Range<usize>) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.matches('\n').count() + 1
}

fn table(name: &str, answers: &Table) -> String {
    let mut lines: Vec<String> =
        answers.iter().map(|(key, value)| format!("{} = {}\n", bare(key), inline(value))).collect();
    lines.sort();
    format!("[{name}]\n{}", lines.concat())
}

pub(super) fn bare(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if !key.is_empty() && key.bytes().all(is_bare) { key.to_owned() } else { quoted(key) }
}

pub(super) fn inline(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(list) => {
            format!("[{}]", list.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Integer(_)
        | Value::Boolean(_)
        | Value::Float(_)
        | Value::Datetime(_)
        | Value::Table(_) => value.to_string(),
    }
}

/// Quotes a text on one line, which the writer of `toml` does not promise.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\t' => quoted += "\\t",
            _ if character.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(character));
            }
            _ => quoted.push(character),
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::State;

    const TEXT: &str = r#"schema = 1
program = "0.4.2"
pack = "fastapi"
version = "1.2.0"
digest = "sha256:00"

# Edit these, then run `fastwright upgrade`.
[answers]
metrics = true
name = "A \"B\"\n"
proxy = "traefik"
workers = 4

# What the files came from; `fastwright upgrade` writes it.
[applied]
extras = ["a", "b"]
proxy = "nginx"
"#;

    fn state() -> State {
        let table = |entries: &[(&str, Value)]| -> Table {
            entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect()
        };
        State {
            program: "0.4.2".into(),
            pack: "fastapi".into(),
            version: "1.2.0".into(),
            digest: "sha256:00".into(),
            answers: table(&[
                ("workers", 4.into()),
                ("proxy", "traefik".into()),
                ("name", "A \"B\"\n".into()),
                ("metrics", true.into()),
            ]),
            applied: table(&[("proxy", "nginx".into()), ("extras", vec!["a", "b"].into())]),
        }
    }

    fn problems(text: &str) -> String {
        State::parse(text).expect_err("refused").to_string()
    }

    #[test]
    fn to_text_sorts_keys_one_a_line() {
        assert_eq!(state().to_text(), TEXT);
    }

    #[test]
    fn parse_reads_what_to_text_writes() {
        assert_eq!(State::parse(TEXT), Ok(state()));
    }

    #[test]
    fn parse_refuses_another_schema_and_says_no_more() {
        let text = TEXT.replace("schema = 1", "schema = 2\nfuture = 1");

        let expected = "error: `schema` is not 1\n  `.fastwright.toml` has it in line 1\n\n\
                        hint: use the newer fastwright that wrote it";
        assert_eq!(problems(&text), expected);
    }

    #[test]
    fn parse_tells_every_problem_with_its_line() {
        let text = TEXT
            .replace("pack = \"fastapi\"\n", "pakc = \"fastapi\"\n")
            .replace("workers = 4", "workers = 4.5")
            .replace("[\"a\", \"b\"]", "[1]");

        let expected = "\
error: `pakc` is no key of a state file
  `.fastwright.toml` has it in line 3

hint: remove it; answers belong below `[answers]`

error: `answers.workers` is not a text, a whole number, true, false or a list of texts
  `.fastwright.toml` has it in line 12

error: `applied.extras` is not a text, a whole number, true, false or a list of texts
  `.fastwright.toml` has it in line 16

error: `.fastwright.toml` has no `pack`

hint: take the line back from the history of the file";
        assert_eq!(problems(&text), expected);
    }

    #[test]
    fn parse_refuses_conflict_markers_and_duplicate_keys_with_their_line() {
        let marked = TEXT.replace("metrics = true\n", "<<<<<<< HEAD\nmetrics = true\n");
        let double = TEXT.replace("metrics = true\n", "metrics = true\nmetrics = true\n");

        let error = problems(&marked);
        assert!(
            error.starts_with(
                "error: `.fastwright.toml` holds conflict markers\n  the first is in line 9\n"
            ),
            "{error}"
        );
        let error = problems(&double);
        assert!(
            error.starts_with("error: `.fastwright.toml` is not valid TOML in line 10\n"),
            "{error}"
        );
    }
}
