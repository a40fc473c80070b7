//! Puts new values into a state file as the user left it: comments, order and blank lines stay.
//!
//! `toml` tells where a value stands, which is all that this takes; its sibling `toml_edit` is not linked
//! in for anything else.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table};

use super::state::{State, bare, inline, quoted, to_value};
use crate::error::{Error, Result};

impl State {
    /// Returns the text of a state file with the values of this state.
    ///
    /// # Errors
    /// Fails where the text is laid out in a way that a value cannot be put into.
    pub fn rewrite(&self, text: &str) -> Result<String> {
        let mut rewriter = Rewriter { text, changes: BTreeMap::new() };
        let rewritten = rewriter.rewrite(self).map(|()| rewriter.finish());
        match rewritten {
            Some(rewritten) if Self::parse(&rewritten).as_ref() == Ok(self) => Ok(rewritten),
            Some(_) | None => Err(Error::failed(format!("cannot rewrite `{}`", Self::PATH))
                .because("its answers do not stand one a line below `[answers]` and `[applied]`")
                .hint("write each as `key = value` on a line of its own, then run it again")),
        }
    }
}

/// Changes of a text by the place where they begin; at one place in the order of the lines.
struct Rewriter<'a> {
    text: &'a str,
    changes: BTreeMap<usize, (usize, String)>,
}

impl Rewriter<'_> {
    fn rewrite(&mut self, state: &State) -> Option<()> {
        let parsed = DeTable::parse(self.text).ok()?;
        let State { program, pack, version, digest, answers, applied } = state;
        let texts =
            [("program", program), ("pack", pack), ("version", version), ("digest", digest)];
        for (key, new) in texts {
            let old = parsed.get_ref().get(key)?;
            if old.get_ref().as_str() != Some(new) {
                self.replace(old.span(), quoted(new));
            }
        }
        for (name, new) in [("answers", answers), ("applied", applied)] {
            let (key, old) = parsed.get_ref().get_key_value(name)?;
            let DeValue::Table(old) = old.get_ref() else { return None };
            self.table(key, old, new)?;
        }
        Some(())
    }

    fn table(
        &mut self,
        header: &Spanned<std::borrow::Cow<'_, str>>,
        old: &DeTable<'_>,
        new: &Table,
    ) -> Option<()> {
        for (key, value) in old {
            match new.get(key.get_ref().as_ref()) {
                None => {
                    let line = self.line(key.span().start..value.span().end)?;
                    self.replace(line, String::new());
                }
                Some(new) if to_value(value.get_ref()).as_ref() != Some(new) => {
                    self.replace(value.span(), inline(new));
                }
                Some(_) => {}
            }
        }
        let mut added: Vec<_> =
            new.iter().filter(|(key, _)| old.get(key.as_str()).is_none()).collect();
        added.sort_by_key(|(key, _)| key.as_str());
        for (key, value) in added {
            let before = old.iter().filter(|(other, _)| other.get_ref().as_ref() < key.as_str());
            let last = before.max_by_key(|(_, value)| value.span().end);
            let end = last.map_or(header.span().end, |(_, value)| value.span().end);
            self.insert(end, &format!("{} = {}", bare(key), inline(value)));
        }
        Some(())
    }

    fn replace(&mut self, range: Range<usize>, new: String) {
        self.changes.insert(range.start, (range.end, new));
    }

    /// Puts a line behind the one that holds `place`.
    fn insert(&mut self, place: usize, line: &str) {
        let ending = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let end = self.text[place..].find('\n').map(|length| place + length + 1);
        let (end, line) = match end {
            Some(end) => (end, format!("{line}{ending}")),
            None => (self.text.len(), format!("{ending}{line}")),
        };
        match self.changes.get_mut(&end) {
            // A line that goes or another new one begins there.
            Some((_, new)) => new.push_str(&line),
            None => self.replace(end..end, line),
        }
    }

    /// Returns the whole line of an answer that stands on one alone, but for a comment.
    fn line(&self, range: Range<usize>) -> Option<Range<usize>> {
        let start = self.text[..range.start].rfind('\n').map_or(0, |end| end + 1);
        let end = self.text[range.end..].find('\n').map_or(self.text.len(), |n| range.end + n + 1);
        let behind = self.text[range.end..end].trim();
        let is_alone = self.text[start..range.start].trim().is_empty()
            && (behind.is_empty() || behind.starts_with('#'));
        is_alone.then_some(start..end)
    }

    fn finish(&self) -> String {
        let (mut result, mut done) = (String::new(), 0);
        for (start, (end, new)) in &self.changes {
            result.push_str(self.text.get(done..*start).unwrap_or_default());
            result.push_str(new);
            done = *end;
        }
        result.push_str(self.text.get(done..).unwrap_or_default());
        result
    }
}

#[cfg(test)]
mod tests {
    use crate::project::State;

    const TEXT: &str = "# ours\nschema = 1\nprogram = \"0.1.0\"\npack = \"p\" # the pack\n\
        version = \"1.0.0\"\ndigest = \"sha256:00\"\n\n[answers] # edit\n# we like it\n\
        b = 'x' # because\nd = true\n\n# files\n[applied]\nb = \"x\"\nd = true";

    fn state() -> State {
        State::parse(TEXT).expect("a state")
    }

    #[test]
    fn rewrite_changes_values_and_nothing_else() {
        let mut state = state();
        state.version = "2.0.0".into();
        state.answers.insert("b".into(), "y".into());
        state.applied.insert("b".into(), "y".into());

        let text = state.rewrite(TEXT).expect("rewritten");

        let expected = TEXT
            .replace("1.0.0", "2.0.0")
            .replace("b = 'x' # because", "b = \"y\" # because")
            .replace("b = \"x\"", "b = \"y\"");
        assert_eq!(text, expected);
    }

    #[test]
    fn rewrite_adds_and_removes_lines_in_the_order_of_the_keys() {
        let mut state = state();
        for table in [&mut state.answers, &mut state.applied] {
            table.remove("b");
            table.insert("a".into(), 1.into());
            table.insert("c".into(), vec!["x", "y"].into());
            table.insert("e".into(), false.into());
        }

        let text = state.rewrite(TEXT).expect("rewritten");

        assert!(
            text.contains("[answers] # edit\na = 1\n# we like it\nc = [\"x\", \"y\"]\nd = true\ne = false\n\n# files\n"),
            "{text}"
        );
        assert!(
            text.ends_with("[applied]\na = 1\nc = [\"x\", \"y\"]\nd = true\ne = false"),
            "{text}"
        );
    }

    #[test]
    fn rewrite_keeps_line_ends() {
        let text = TEXT.replace('\n', "\r\n");
        let mut state = state();
        state.answers.insert("c".into(), 1.into());

        let text = state.rewrite(&text).expect("rewritten");

        assert!(text.contains("b = 'x' # because\r\nc = 1\r\nd = true\r\n"), "{text:?}");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
    }

    #[test]
    fn rewrite_refuses_a_layout_that_it_would_spoil() {
        let text = TEXT
            .replace("[answers] # edit\n# we like it\nb = 'x' # because\nd = true\n", "")
            .replace("schema = 1", "schema = 1\nanswers = { b = 'x', d = true }");
        let mut state = State::parse(&text).expect("a state");
        state.answers.remove("b");

        let error = state.rewrite(&text).expect_err("refused").to_string();

        assert!(error.starts_with("error: cannot rewrite `.fastwright.toml`\n"), "{error}");
    }
}
