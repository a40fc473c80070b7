//! Line-level merge of one file that both sides changed.
//!
//! Knows bytes and labels, no paths; whether a file may be merged by lines is `merge`'s to say.

use git2::{FileFavor, MergeFileInput, MergeFileOptions};

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

impl Labels {
    /// How the user's side is always called, so that markers of ours are known again.
    pub const OURS: &str = "your version";

    /// Returns the labels of an upgrade of a pack from one version to another.
    #[must_use]
    pub fn of_upgrade(pack: &str, from: &str, to: &str) -> Self {
        Self {
            ours: Self::OURS.to_owned(),
            base: format!("{pack} {from} (recorded)"),
            theirs: format!("{pack} {to}"),
        }
    }
}

/// What becomes of changes that touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touching {
    /// Both stand between markers.
    Marked,
    /// Both stand one after the other, as `merge=union` in `.gitattributes` asks for.
    Joined,
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

/// Merges by lines. Line endings are lines' business: `merge` makes them alike first.
#[must_use]
pub fn merge_lines(sides: Sides<'_>, labels: &Labels, touching: Touching) -> Merged {
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
    match touching {
        Touching::Marked => {}
        Touching::Joined => {
            options.favor(FileFavor::Union);
        }
    }
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

#[cfg(test)]
mod tests {
    use super::{Labels, Merged, Sides, Touching, merge_lines};

    fn merge(base: impl Into<Option<&'static str>>, ours: &str, theirs: &str) -> Merged {
        let labels = Labels { ours: "mine".into(), base: "old".into(), theirs: "new".into() };
        let base = base.into().map(str::as_bytes);
        let sides = Sides { base, ours: ours.as_bytes(), theirs: theirs.as_bytes() };
        merge_lines(sides, &labels, Touching::Marked)
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
    fn merge_lines_makes_markers_longer_than_those_in_the_file() {
        let merged = merge("=======\na\n", "=======\nb\n", "=======\nc\n");

        let Merged::Marked(bytes) = merged else { panic!("{merged:?}") };
        assert!(bytes.starts_with(b"=======\n<<<<<<<< mine\n"), "{bytes:?}");
    }

    #[test]
    fn merge_lines_joins_changes_that_touch_where_that_is_wanted() {
        let labels = Labels::of_upgrade("shop", "1.0.0", "1.1.0");
        let sides = Sides { base: Some(b"a\n"), ours: b"a\nb\n", theirs: b"a\nc\n" };

        let merged = merge_lines(sides, &labels, Touching::Joined);

        assert_eq!(merged, Merged::Clean(b"a\nb\nc\n".to_vec()));
    }
}
