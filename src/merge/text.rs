//! Line-level merge of one file that both sides changed.
//!
//! Knows bytes and labels, no paths; whether a file may be merged by lines is `merge`'s to say.

use git2::{MergeFileInput, MergeFileOptions};

/// How the three sides are called in conflict markers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The user's file, such as `your version`.
    pub ours: String,
    /// What the template had, such as `fastapi 1.1.0 (recorded)`.
    pub base: String,
    /// What the template has, such as `fastapi 1.2.0`.
    pub theirs: String,
}

/// The three sides of a file.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// What the template had; `None` where both sides added the file.
    pub base: Option<&'a [u8]>,
    /// What the user has.
    pub ours: &'a [u8],
    /// What the template has.
    pub theirs: &'a [u8],
}

/// What the lines came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merged {
    /// No two changes touch.
    Clean(Vec<u8>),
    /// Changes that touch stand between markers.
    Marked(Vec<u8>),
    /// The file is too large or too strange to be merged.
    Refused,
}

/// Merges by lines, in the line endings that the user has.
#[must_use]
pub fn merge_lines(sides: Sides<'_>, labels: &Labels) -> Merged {
    if is_crlf(sides.ours) {
        // A file in which only the line endings differ would conflict as a whole.
        let (ours, theirs) = (to_lf(sides.ours), to_lf(sides.theirs));
        let base = sides.base.map(to_lf);
        let sides = Sides { base: base.as_deref(), ours: &ours, theirs: &theirs };
        return match merge_same_endings(sides, labels) {
            Merged::Clean(bytes) => Merged::Clean(to_crlf(&bytes)),
            Merged::Marked(bytes) => Merged::Marked(to_crlf(&bytes)),
            Merged::Refused => Merged::Refused,
        };
    }
    merge_same_endings(sides, labels)
}

fn merge_same_endings(sides: Sides<'_>, labels: &Labels) -> Merged {
    let Sides { base, ours, theirs } = sides;
    if base == Some(theirs) || ours == theirs {
        return Merged::Clean(ours.to_vec());
    }
    if base == Some(ours) {
        return Merged::Clean(theirs.to_vec());
    }
    // libgit2 fails without a word until its first value has been built; a buffer is the cheapest.
    let _initialised = git2::Buf::new();
    let (mut ancestor, mut left, mut right) =
        (MergeFileInput::new(), MergeFileInput::new(), MergeFileInput::new());
    ancestor.content(base.unwrap_or_default());
    left.content(ours);
    right.content(theirs);
    let mut options = MergeFileOptions::new();
    options
        .ancestor_label(labels.base.as_str())
        .our_label(labels.ours.as_str())
        .their_label(labels.theirs.as_str())
        // Without a base there is nothing to show in the middle.
        .style_diff3(base.is_some())
        .marker_size(marker_size(sides));
    match git2::merge_file(&ancestor, &left, &right, Some(&mut options)) {
        Ok(result) if result.is_automergeable() => Merged::Clean(result.content().to_vec()),
        Ok(result) => Merged::Marked(result.content().to_vec()),
        Err(_) => Merged::Refused,
    }
}

/// Returns a length that no line of the sides could be taken for.
fn marker_size(sides: Sides<'_>) -> u16 {
    let longest = [sides.base, Some(sides.ours), Some(sides.theirs)]
        .into_iter()
        .flatten()
        .flat_map(|side| side.split(|byte| *byte == b'\n'))
        .filter_map(|line| {
            let first = line.first().filter(|byte| b"<|=>".contains(byte))?;
            Some(line.iter().take_while(|byte| *byte == first).count())
        })
        .max()
        .unwrap_or(0);
    u16::try_from(longest + 1).unwrap_or(u16::MAX).max(7)
}

fn is_crlf(bytes: &[u8]) -> bool {
    bytes.contains(&b'\n')
        && bytes
            .split_inclusive(|byte| *byte == b'\n')
            .all(|line| line.ends_with(b"\r\n") || !line.ends_with(b"\n"))
}

fn to_lf(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(index + 1) != Some(&b'\n') {
            result.push(*byte);
        }
    }
    result
}

fn to_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    for byte in bytes {
        if *byte == b'\n' {
            result.push(b'\r');
        }
        result.push(*byte);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::{Labels, Merged, Sides, merge_lines};

    fn merge(base: impl Into<Option<&'static str>>, ours: &str, theirs: &str) -> Merged {
        let labels = Labels { ours: "mine".into(), base: "old".into(), theirs: "new".into() };
        let base = base.into().map(str::as_bytes);
        let sides = Sides { base, ours: ours.as_bytes(), theirs: theirs.as_bytes() };
        merge_lines(sides, &labels)
    }

    #[test]
    fn merge_lines_takes_changes_that_do_not_touch() {
        let merged = merge("a\nb\nc\nd\n", "A\nb\nc\nd\n", "a\nb\nc\nD\n");

        assert_eq!(merged, Merged::Clean(b"A\nb\nc\nD\n".to_vec()));
    }

    #[test]
    fn merge_lines_marks_changes_that_touch_with_all_three_sides() {
        let merged = merge("a\n", "b\n", "c\n");

        let expected = "<<<<<<< mine\nb\n||||||| old\na\n=======\nc\n>>>>>>> new\n";
        assert_eq!(merged, Merged::Marked(expected.into()));
    }

    #[test]
    fn merge_lines_marks_two_sides_where_there_is_no_base() {
        let merged = merge(None, "same\nb\n", "same\nc\n");

        let expected = "same\n<<<<<<< mine\nb\n=======\nc\n>>>>>>> new\n";
        assert_eq!(merged, Merged::Marked(expected.into()));
    }

    #[test]
    fn merge_lines_keeps_the_line_endings_of_the_user() {
        let merged = merge("a\nb\nc\nd\n", "A\r\nb\r\nc\r\nd\r\n", "a\nb\nc\nD\n");

        assert_eq!(merged, Merged::Clean(b"A\r\nb\r\nc\r\nD\r\n".to_vec()));
    }

    #[test]
    fn merge_lines_makes_markers_longer_than_those_in_the_file() {
        let merged = merge("=======\na\n", "=======\nb\n", "=======\nc\n");

        let Merged::Marked(bytes) = merged else { panic!("{merged:?}") };
        assert!(bytes.starts_with(b"=======\n<<<<<<<< mine\n"), "{bytes:?}");
    }
}
