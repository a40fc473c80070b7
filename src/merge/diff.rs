//! One path's change as a patch that `git apply` takes.

use std::fmt::Write;
use std::path::Path;

use git2::{DiffLineType, DiffOptions, Patch};

use super::plan::Edit;
use crate::tree::{Blob, RelPath};

/// Returns an edit as a unified diff; text that is not UTF-8 is told, not shown.
#[must_use]
pub fn patch(edit: &Edit) -> String {
    let Edit { path, before, after } = edit;
    if before == after {
        return String::new();
    }
    let mut text = format!("diff --git a/{path} b/{path}\n");
    match (before, after) {
        (None, Some(after)) => line(&mut text, &format!("new file mode {}", after.mode)),
        (Some(before), None) => line(&mut text, &format!("deleted file mode {}", before.mode)),
        (Some(before), Some(after)) if before.mode != after.mode => {
            line(&mut text, &format!("old mode {}\nnew mode {}", before.mode, after.mode));
        }
        (Some(_) | None, Some(_) | None) => {}
    }
    let bytes = |side: &Option<Blob>| side.as_ref().map_or(Vec::new(), |blob| blob.bytes.clone());
    let (old, new) = (bytes(before), bytes(after));
    if old == new {
        return text;
    }
    let name = |side: &Option<Blob>, prefix: char| {
        side.as_ref().map_or_else(|| "/dev/null".to_owned(), |_| format!("{prefix}/{path}"))
    };
    let (from, to) = (name(before, 'a'), name(after, 'b'));
    match hunks(path, &old, &new) {
        Some(hunks) => text + &format!("--- {from}\n+++ {to}\n{hunks}"),
        None => text + &format!("Binary files {from} and {to} differ\n"),
    }
}

/// Returns how many lines an edit adds and how many it removes; `None` where they do not count.
#[must_use]
pub fn count(edit: &Edit) -> Option<(usize, usize)> {
    let bytes = |side: &Option<Blob>| side.as_ref().map_or(Vec::new(), |blob| blob.bytes.clone());
    let (old, new) = (bytes(&edit.before), bytes(&edit.after));
    let (_, added, removed) = made(&edit.path, &old, &new)?.line_stats().ok()?;
    Some((added, removed))
}

/// One line of two sides laid over each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// On which side it stands.
    pub side: Side,
    /// Its number on that side, from 1; a line of both has the number of the new side.
    pub number: usize,
    /// The line without its end.
    pub text: String,
}

/// On which side a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Both have it.
    Both,
    /// Only the old one has it.
    Old,
    /// Only the new one has it.
    New,
}

/// Returns all lines of both sides, each once; `None` where one is no text.
#[must_use]
pub fn lines(path: &RelPath, old: &[u8], new: &[u8]) -> Option<Vec<Line>> {
    let all = |bytes, side| {
        let line =
            |(index, text): (usize, &str)| Line { side, number: index + 1, text: text.to_owned() };
        Some(std::str::from_utf8(bytes).ok()?.lines().enumerate().map(line).collect())
    };
    if old.contains(&0) || new.contains(&0) {
        return None;
    }
    match (old.is_empty(), new.is_empty()) {
        _ if old == new => return all(new, Side::Both),
        (true, _) => return all(new, Side::New),
        (_, true) => return all(old, Side::Old),
        (false, false) => {}
    }
    let mut options = DiffOptions::new();
    options.force_text(true).context_lines(u32::try_from(new.len()).unwrap_or(u32::MAX) + 1);
    let path: &Path = path.as_ref();
    let made = Patch::from_buffers(old, Some(path), new, Some(path), Some(&mut options)).ok()?;
    let mut found = Vec::new();
    for number in 0..made.num_hunks() {
        for index in 0..made.num_lines_in_hunk(number).ok()? {
            let line = made.line_in_hunk(number, index).ok()?;
            let (side, number) = match line.origin_value() {
                DiffLineType::Context => (Side::Both, line.new_lineno()),
                DiffLineType::Addition => (Side::New, line.new_lineno()),
                DiffLineType::Deletion => (Side::Old, line.old_lineno()),
                DiffLineType::ContextEOFNL
                | DiffLineType::AddEOFNL
                | DiffLineType::DeleteEOFNL
                | DiffLineType::FileHeader
                | DiffLineType::HunkHeader
                | DiffLineType::Binary => continue,
            };
            let text = std::str::from_utf8(line.content()).ok()?;
            let text = text.strip_suffix('\n').unwrap_or(text);
            let text = text.strip_suffix('\r').unwrap_or(text).to_owned();
            found.push(Line { side, number: number.map_or(0, |number| number as usize), text });
        }
    }
    Some(found)
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn made<'a>(path: &'a RelPath, old: &'a [u8], new: &'a [u8]) -> Option<Patch<'a>> {
    if std::str::from_utf8(old).is_err() || std::str::from_utf8(new).is_err() {
        return None;
    }
    if old.contains(&0) || new.contains(&0) {
        return None;
    }
    let path: &Path = path.as_ref();
    let mut options = DiffOptions::new();
    options.force_text(true);
    Patch::from_buffers(old, Some(path), new, Some(path), Some(&mut options)).ok()
}

fn hunks(path: &RelPath, old: &[u8], new: &[u8]) -> Option<String> {
    let made = made(path, old, new)?;
    let mut text = String::new();
    for number in 0..made.num_hunks() {
        let (hunk, lines) = made.hunk(number).ok()?;
        text.push_str(std::str::from_utf8(hunk.header()).ok()?);
        for index in 0..lines {
            let line = made.line_in_hunk(number, index).ok()?;
            let content = std::str::from_utf8(line.content()).ok()?;
            match line.origin_value() {
                DiffLineType::Context | DiffLineType::Addition | DiffLineType::Deletion => {
                    // Writing to a text cannot fail.
                    let _ = write!(text, "{}{content}", line.origin());
                }
                DiffLineType::ContextEOFNL
                | DiffLineType::AddEOFNL
                | DiffLineType::DeleteEOFNL
                | DiffLineType::FileHeader
                | DiffLineType::HunkHeader
                | DiffLineType::Binary => text.push_str(content),
            }
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{Side, count, lines, patch};
    use crate::merge::Edit;
    use crate::tree::{Blob, Mode, RelPath};

    fn edit(before: Option<&str>, after: Option<&str>) -> Edit {
        let blob = |text: Option<&str>| text.map(Blob::regular);
        let path = RelPath::parse("a").expect("legal");
        Edit { path, before: blob(before), after: blob(after) }
    }

    #[test]
    fn patch_reads_as_git_writes_it() {
        let cases = [
            (
                edit(Some("a\nb\n"), Some("a\nc\n")),
                "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n",
            ),
            (
                edit(None, Some("x")),
                "diff --git a/a b/a\nnew file mode 100644\n--- /dev/null\n+++ b/a\n\
                 @@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n",
            ),
            (
                edit(Some("x\n"), None),
                "diff --git a/a b/a\ndeleted file mode 100644\n--- a/a\n+++ /dev/null\n\
                 @@ -1 +0,0 @@\n-x\n",
            ),
            (edit(None, Some("")), "diff --git a/a b/a\nnew file mode 100644\n"),
            (
                edit(Some("a\0"), Some("b\0")),
                "diff --git a/a b/a\nBinary files a/a and b/a differ\n",
            ),
        ];

        for (edit, expected) in cases {
            assert_eq!(patch(&edit), expected);
        }
        assert_eq!(count(&edit(Some("a\nb\n"), Some("a\nc\nd\n"))), Some((2, 1)));
    }

    #[test]
    fn lines_holds_every_line_of_both_sides_once() {
        let path = RelPath::parse("a").expect("legal");
        let shown = |old: &str, new: &str| {
            let lines = lines(&path, old.as_bytes(), new.as_bytes()).expect("text");
            let sign = |side| match side {
                Side::Both => ' ',
                Side::Old => '-',
                Side::New => '+',
            };
            let line =
                |line: super::Line| format!("{}{}{}", sign(line.side), line.number, line.text);
            lines.into_iter().map(line).collect::<Vec<_>>()
        };
        let long = "x\n".repeat(40);

        assert_eq!(shown("a\nb\nc\n", "a\nd\nc"), [" 1a", "-2b", "-3c", "+2d", "+3c"]);
        assert_eq!(shown("", "a\nb\n"), ["+1a", "+2b"]);
        assert_eq!(shown("a\n", ""), ["-1a"]);
        assert_eq!(shown("a\n", "a\n"), [" 1a"]);
        assert_eq!(shown(&format!("a\n{long}"), &format!("b\n{long}")).len(), 42);
        assert_eq!(lines(&path, b"a\0", b"b"), None);
    }

    #[test]
    fn patch_shows_modes() {
        let plain = edit(Some("x\n"), Some("x\n"));
        let after = plain.after.clone().map(|blob| Blob { mode: Mode::Executable, ..blob });

        let text = patch(&Edit { after, ..plain });

        assert_eq!(text, "diff --git a/a b/a\nold mode 100644\nnew mode 100755\n");
    }
}
