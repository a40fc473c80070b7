//! A command line that gives answers, as words: it is quoted only where it is shown.

use std::fmt;
use std::path::Path;

use crate::pack::{Key, Value, is_hidden};

/// The words of a command, which begins with the program's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine(Vec<Word>);

/// A word of a command, or two that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A word of its own.
    Plain(String),
    /// A folder or a file, which is not to be taken for a flag.
    Folder(String),
    /// A flag with its value.
    Valued(String, String),
}

impl Word {
    /// Returns a folder.
    #[must_use]
    pub fn folder(folder: &Path) -> Self {
        Self::Folder(folder.to_string_lossy().into_owned())
    }

    /// Returns a flag with its value.
    pub fn valued(flag: impl Into<String>, value: impl Into<String>) -> Self {
        Self::Valued(flag.into(), value.into())
    }

    /// Returns the flag that gives an answer.
    #[must_use]
    pub fn answer(key: &Key, value: &Value) -> Self {
        match value {
            Value::Bool(true) => Self::Plain(format!("--{}", key.flag())),
            Value::Bool(false) => Self::Plain(format!("--no-{}", key.flag())),
            Value::Integer(_) | Value::Text(_) | Value::Many(_) => {
                Self::valued(format!("--{}", key.flag()), value.to_string())
            }
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(word) => formatter.write_str(&quoted(word)),
            Self::Folder(folder) => {
                let dot = if folder.starts_with('-') { "./" } else { "" };
                formatter.write_str(&quoted(&format!("{dot}{folder}")))
            }
            // One with a dash in front would be taken for a flag.
            Self::Valued(flag, value) => {
                let between = if value.starts_with('-') { '=' } else { ' ' };
                write!(formatter, "{flag}{between}{}", quoted(value))
            }
        }
    }
}

impl CommandLine {
    /// Starts one of the program's commands.
    pub fn of(verb: impl Into<String>) -> Self {
        Self(vec![Word::Plain("fastwright".to_owned()), Word::Plain(verb.into())])
    }

    /// Adds a word, unless it is there already.
    pub fn add(&mut self, word: Word) {
        if !self.0.contains(&word) {
            self.0.push(word);
        }
    }

    /// Returns the command with one more word.
    #[must_use]
    pub fn with(&self, word: &str) -> Self {
        let mut all = self.clone();
        all.0.push(Word::Plain(word.to_owned()));
        all
    }

    /// Breaks it before flags, into lines that a shell reads as one.
    #[must_use]
    pub fn lines(&self, width: usize) -> Vec<String> {
        // A part is a flag with what stays beside it.
        let mut parts: Vec<String> = Vec::new();
        for word in self.0.iter().map(ToString::to_string) {
            match parts.last_mut() {
                Some(part) if !word.starts_with("--") => part.extend([" ", &word]),
                Some(_) | None => parts.push(word),
            }
        }
        joined(parts, width)
    }
}

/// Puts parts onto lines as long as there is room.
fn joined(parts: Vec<String>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.chars().count() < width => {
                line.extend([" ", &part]);
            }
            Some(_) => lines.push(format!("  {part}")),
            None => lines.push(part),
        }
    }
    let last = lines.len().saturating_sub(1);
    for line in &mut lines[..last] {
        line.push_str(" \\");
    }
    lines
}

impl Extend<Word> for CommandLine {
    fn extend<I: IntoIterator<Item = Word>>(&mut self, words: I) {
        words.into_iter().for_each(|word| self.add(word));
    }
}

impl fmt::Display for CommandLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        formatter.write_str(&words.join(" "))
    }
}

/// Returns the flag that gives a value, as it is typed.
#[must_use]
pub fn flag(key: &Key, value: &Value) -> String {
    Word::answer(key, value).to_string()
}

/// Quotes a word for a POSIX shell if it needs it; what no terminal shows is written as numbers.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    if !word.contains(|c: char| c == '\n' || is_hidden(c)) {
        return format!("'{}'", word.replace('\'', r"'\''"));
    }
    let mut text = "$'".to_owned();
    for character in word.chars() {
        match character {
            '\'' | '\\' => text.extend(['\\', character]),
            _ if character == '\n' || is_hidden(character) => {
                let bytes = character.to_string().into_bytes();
                text.extend(bytes.iter().map(|byte| format!("\\{byte:03o}")));
            }
            _ => text.push(character),
        }
    }
    text + "'"
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{CommandLine, Word, quoted};

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        let cases = [
            ("plain-1.0", "plain-1.0"),
            ("a b", "'a b'"),
            ("", "''"),
            ("it's", r"'it'\''s'"),
            ("it's\\\u{1b}]0;\n", r"$'it\'s\\\033]0;\012'"),
            ("\u{202e}", r"$'\342\200\256'"),
        ];

        for (word, expected) in cases {
            assert_eq!(quoted(word), expected);
            assert_eq!(typed(&quoted(word)), [word]);
        }
    }

    #[test]
    fn a_long_command_breaks_before_flags_only_and_stays_the_same() {
        let mut command = CommandLine::of("new");
        command.add(Word::Folder("a --b".to_owned()));
        command.add(Word::Plain("--yes".to_owned()));
        // Quotes within quotes, with what looks like a flag.
        command.add(Word::valued("--one", "it's\u{1b} --two"));
        command.add(Word::valued("-C", "-odd"));

        let lines = command.lines(25);

        let expected =
            ["fastwright new 'a --b' \\", "  --yes \\", r"  --one $'it\'s\033 --two' -C=-odd"];
        assert_eq!(lines, expected);
        assert_eq!(typed(&lines.join("\n")), typed(&command.to_string()));
        assert_eq!(command.lines(200), [command.to_string()]);
    }

    /// Returns what bash makes of a command.
    fn typed(command: &str) -> Vec<String> {
        let script = format!("set -- {command}; printf '%s\\0' \"$@\"");
        let output = Command::new("bash").args(["-c", &script]).output().expect("bash");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.split_terminator('\0').map(str::to_owned).collect()
    }
}
