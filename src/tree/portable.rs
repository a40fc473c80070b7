//! Which names a template may write: those that every system stores as they are.
//!
//! Files of users may be called as their system lets them; `RelPath` refuses only what is unsafe
//! anywhere.

use std::fmt;

use unicode_normalization::is_nfc;

use super::RelPath;

/// The longest path, in bytes, and the most parts of one: enough for any repository, and little
/// enough for any system to open.
const MAX_LENGTH: usize = 1024;
const MAX_PARTS: usize = 64;

/// Characters that Windows keeps for itself.
const WINDOWS: &str = "<>:\"|?*";

/// Names of devices of Windows; those that have a number are below.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// Names of fastwright's own files in a project.
const OWN: [&str; 2] = [".fastwright", ".fastwright.toml"];

/// Characters that are drawn as nothing, as a blank, or that turn the text around them: Unicode's
/// categories `Cf`, `Zl`, `Zp` and `Zs`, what it calls ignorable by default, and blank Braille.
const HIDDEN: [(char, char); 34] = [
    ('\u{a0}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
    // Not characters at all: no two systems agree on them.
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{1fffe}', '\u{1ffff}'),
    ('\u{ffffe}', '\u{fffff}'),
    ('\u{10fffe}', '\u{10ffff}'),
];

/// Why a template may not write a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unportable {
    /// A part is the name of a device of Windows, whatever its extension.
    Device(String),
    /// A part ends in a dot or a blank, which Windows leaves out.
    End(String),
    /// A part looks like the short name that Windows gives to another file.
    Short(String),
    /// It holds a character that Windows keeps for itself, or that cannot be seen.
    Character(char),
    /// It is not in Unicode's normal form C, so that some systems store another name.
    Form(String),
    /// It is one of fastwright's own files.
    Own(String),
    /// It is longer, or nested deeper, than some systems take.
    Extent,
}

impl RelPath {
    /// Checks that every system stores the path as it is.
    ///
    /// # Errors
    /// Tells the first rule that the path breaks.
    pub fn check_portable(&self) -> Result<(), Unportable> {
        if self.as_str().len() > MAX_LENGTH || self.parts().count() > MAX_PARTS {
            return Err(Unportable::Extent);
        }
        let is_bad = |c: char| WINDOWS.contains(c) || is_hidden(c);
        if let Some(character) = self.as_str().chars().find(|c| is_bad(*c)) {
            return Err(Unportable::Character(character));
        }
        let first = self.parts().next().unwrap_or_default().to_lowercase();
        if OWN.contains(&first.as_str()) {
            return Err(Unportable::Own(first));
        }
        for part in self.parts() {
            let wrong = match part {
                _ if !part.is_ascii() && !is_nfc(part) => Unportable::Form,
                _ if part.ends_with(['.', ' ']) => Unportable::End,
                _ if is_device(part) => Unportable::Device,
                _ if is_short(part) => Unportable::Short,
                _ => continue,
            };
            return Err(wrong(part.to_owned()));
        }
        Ok(())
    }
}

/// Tells whether a character cannot be seen, or not told from a blank.
pub(super) fn is_hidden(character: char) -> bool {
    !character.is_ascii()
        && HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&character))
}

/// Windows opens a device whatever stands behind the first dot, and for numbers in superscript too.
fn is_device(part: &str) -> bool {
    let name = part.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = ["com", "lpt"].iter().find_map(|device| name.strip_prefix(device));
    let number = |text: &str| "0123456789¹²³".chars().any(|digit| text.chars().eq([digit]));
    DEVICES.contains(&name.as_str()) || numbered.is_some_and(number)
}

/// Tells whether a part looks as `PROGRA~1` or `GIT~1.TXT` do.
fn is_short(part: &str) -> bool {
    let (name, extension) = part.rsplit_once('.').unwrap_or((part, ""));
    let numbered = name.rsplit_once('~').is_some_and(|(_, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    numbered && name.chars().count() <= 8 && extension.chars().count() <= 3
}

impl fmt::Display for Unportable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(part) => write!(formatter, "Windows takes `{part}` for a device"),
            Self::End(part) => {
                write!(formatter, "`{part}` ends in a dot or a blank, which Windows leaves out")
            }
            Self::Short(part) => {
                write!(formatter, "`{part}` looks like the short name of another file on Windows")
            }
            Self::Character(c) if WINDOWS.contains(*c) => {
                write!(formatter, "a path cannot hold `{c}` on Windows")
            }
            Self::Character(c) => {
                let code = c.escape_unicode();
                write!(formatter, "a path cannot hold `{code}`, which cannot be seen")
            }
            Self::Form(part) => write!(
                formatter,
                "`{}` is not in Unicode's normal form C, and some systems store another name",
                part.escape_unicode()
            ),
            Self::Own(part) => write!(formatter, "`{part}` belongs to fastwright"),
            Self::Extent => {
                write!(formatter, "a path has at most {MAX_LENGTH} bytes and {MAX_PARTS} parts")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RelPath;

    #[test]
    fn names_that_some_system_stores_otherwise_are_refused() {
        let cases = [
            ("src/aux.py", "a device"),
            ("CON", "a device"),
            ("a/lpt¹.tar.gz", "a device"),
            ("nul .txt", "a device"),
            ("conin$", "a device"),
            ("a./b", "ends in a dot"),
            ("a /b", "ends in a dot or a blank"),
            ("GITMOD~1", "short name"),
            ("a:b", "cannot hold `:`"),
            ("what?", "cannot hold `?`"),
            ("a\u{202e}b", "`\\u{202e}`"),
            ("cafe\u{301}", "normal form C"),
            (".FastWright.toml", "belongs to fastwright"),
            (".fastwright/txn/plan", "belongs to fastwright"),
        ];

        for (text, reason) in cases {
            let path = RelPath::parse(text).expect("a path of somebody's own");
            let told = path.check_portable().expect_err(text).to_string();
            assert!(told.contains(reason), "{text}: {told}");
        }
        for text in [
            "src/auxiliary.py",
            "console",
            "com10",
            "docs/über.md",
            "ファイル",
            ".gitignore",
            "a~1b",
            "long-name~1.md",
            "x/.fastwright.toml",
        ] {
            let path = RelPath::parse(text).expect("a path");
            assert_eq!(path.check_portable(), Ok(()), "{text}");
        }
        let deep = RelPath::parse(&["a"; 65].join("/")).expect("a path");
        assert!(deep.check_portable().is_err());
    }
}
