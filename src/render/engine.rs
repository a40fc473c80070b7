//! The template engine: delimiters, strictness, and errors that name a pack's file and line.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::{self, Write};

use tera::{Context, Delimiters, ErrorKind, Tera};

use crate::error::{Error, Result};
use crate::pack::Sources;

/// The engine with the templates that it parsed so far.
pub(super) struct Engine {
    tera: Tera,
    parsed: BTreeSet<String>,
}

impl Engine {
    /// Returns an engine without templates.
    ///
    /// # Errors
    /// Fails if what filters need of the pack is wrong.
    pub fn new(sources: &Sources) -> Result<Self> {
        let mut tera = Tera::new();
        let delimiters = Delimiters {
            block_start: "{%".into(),
            block_end: "%}".into(),
            variable_start: "{=".into(),
            variable_end: "=}".into(),
            comment_start: "{~".into(),
            comment_end: "~}".into(),
        };
        tera.set_delimiters(delimiters).map_err(|error| wrong("", &error))?;
        tera.autoescape_on(Vec::<String>::new());
        super::filters::register(&mut tera, sources)?;
        Ok(Self { tera, parsed: BTreeSet::new() })
    }

    /// Parses those templates at `paths` of the pack that are not parsed yet.
    ///
    /// # Errors
    /// Names the file, line and column of each mistake.
    pub fn parse<'a>(
        &mut self,
        sources: &Sources,
        paths: impl Iterator<Item = &'a str>,
    ) -> Result<()> {
        let mut templates = Vec::new();
        for path in paths.filter(|path| !self.parsed.contains(*path)) {
            let bytes = sources.get(path).map(AsRef::as_ref).unwrap_or_default();
            let text = std::str::from_utf8(bytes).map_err(|error| {
                Error::failed(format!("template `{path}` is no text")).because(error)
            })?;
            templates.push((path, join_lone_tags(text)));
        }
        if templates.is_empty() {
            return Ok(());
        }
        let texts = templates.iter().map(|(path, text)| (*path, text.as_str()));
        self.tera.add_raw_templates(texts).map_err(|error| wrong("", &error))?;
        self.parsed.extend(templates.into_iter().map(|(path, _)| path.to_owned()));
        Ok(())
    }

    /// Renders one of the templates.
    ///
    /// # Errors
    /// Names the file, line and column of the mistake, or that there is no more room.
    pub fn render(&self, path: &str, context: &Context, room: &Room) -> Result<String> {
        let mut text = Text { bytes: Vec::new(), room };
        match self.tera.render_to(path, context, &mut text) {
            Ok(()) => String::from_utf8(text.bytes).map_err(|error| {
                Error::failed(format!("template `{path}` gives no text")).because(error)
            }),
            Err(_) if room.is_passed() => {
                Err(Error::failed(format!("template `{path}` gives too much"))
                    .because(format_args!("a pack gives at most {} MiB", MAX_OUTPUT >> 20))
                    .hint("look for a loop that prints more than it should"))
            }
            Err(error) => Err(wrong(path, &error)),
        }
    }
}

/// The most bytes that the templates of a pack give.
const MAX_OUTPUT: usize = 64 << 20;

/// How much all templates together may still give; nothing after they wanted more.
pub(super) struct Room(Cell<Option<usize>>);

impl Room {
    /// Returns the whole room.
    pub fn whole() -> Self {
        Self(Cell::new(Some(MAX_OUTPUT)))
    }

    fn is_passed(&self) -> bool {
        self.0.get().is_none()
    }
}

/// What a template gives, as far as there is room.
struct Text<'a> {
    bytes: Vec<u8>,
    room: &'a Room,
}

impl Write for Text<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.room.0.get().and_then(|left| left.checked_sub(bytes.len()));
        self.room.0.set(left);
        if left.is_none() {
            return Err(io::Error::other("there is no more room"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn wrong(path: &str, error: &tera::Error) -> Error {
    match error.kind() {
        ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) => {
            let span = report.span();
            let place = format!("{}:{}:{}", report.filename(), span.start_line, span.start_col + 1);
            Error::failed(format!("template {place} is wrong")).because(report.message())
        }
        _ if path.is_empty() => Error::failed("the pack's templates are wrong").because(error),
        _ => Error::failed(format!("template {path} is wrong")).because(error),
    }
}

/// Moves the line break behind a tag that has a line to itself into the tag, and the blanks
/// before it too, so that such a line leaves nothing behind and keeps its number. This goes for
/// blocks, comments and anchors; what a fragment gives ends in its own line break.
fn join_lone_tags(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match lone_tag(line) {
            Some((blanks, inner)) => {
                result.push_str(&inner[..2]);
                result.push_str(blanks);
                result.push_str(&inner[2..inner.len() - 2]);
                result.push('\n');
                result.push_str(&inner[inner.len() - 2..]);
            }
            None => result.push_str(line),
        }
    }
    result
}

/// Returns the blanks before, and the tag that is all else on the line.
fn lone_tag(line: &str) -> Option<(&str, &str)> {
    if !line.trim_start().starts_with('{') {
        return None;
    }
    let tag = line.trim();
    let closes = match tag.get(..2)? {
        "{%" => "%}",
        "{~" => "~}",
        "{=" if tag[2..].trim_start().starts_with("anchors.") => "=}",
        _ => return None,
    };
    let single = tag.len() >= 4 && tag.find(closes) == Some(tag.len() - 2) && !tag.contains("-%}");
    single.then(|| (&line[..line.len() - line.trim_start().len()], tag))
}

#[cfg(test)]
mod tests {
    use super::join_lone_tags;

    #[test]
    fn a_tag_with_a_line_to_itself_keeps_its_number_and_leaves_nothing() {
        let text = "a\n  {% if x %}\nb\n  {% endif %}\n{= anchors.z =}\n{= y =}\n{= a =}{= b =}\n";

        let joined = join_lone_tags(text);

        let expected =
            "a\n{%   if x \n%}b\n{%   endif \n%}{= anchors.z \n=}{= y =}\n{= a =}{= b =}\n";
        assert_eq!(joined, expected);
        assert_eq!(joined.lines().count(), text.lines().count());
    }
}
