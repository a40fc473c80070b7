//! Conflict markers that a merge of ours left in a file.

use super::text::Labels;

/// Returns the number of the first line, from 1, that is a marker of ours.
///
/// Markers of git itself, which name branches, are none: they are git's to tell.
#[must_use]
pub fn marker(bytes: &[u8], pack: &str) -> Option<usize> {
    let is_marker = |line: &[u8]| {
        if !line.starts_with(b"<<<<<<<") && !line.starts_with(b">>>>>>>") {
            return false;
        }
        let line = String::from_utf8_lossy(line);
        label(&line, '<') == Some(Labels::OURS)
            || label(&line, '>')
                .and_then(|label| label.strip_prefix(pack)?.strip_prefix(' '))
                .is_some_and(is_version)
    };
    bytes.split(|byte| *byte == b'\n').position(is_marker).map(|number| number + 1)
}

fn label(line: &str, sign: char) -> Option<&str> {
    let label = line.strip_prefix(sign)?.trim_start_matches(sign);
    label.strip_prefix(' ').map(str::trim_end)
}

fn is_version(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::marker;

    #[test]
    fn marker_finds_ours_and_no_others() {
        let cases = [
            ("a\n<<<<<<< your version\nb\n", Some(2)),
            ("a\r\n<<<<<<<<< your version\r\nb\r\n", Some(2)),
            ("a\n>>>>>>> shop 1.2.0\n", Some(2)),
            ("<<<<<<< HEAD\n=======\n>>>>>>> branch\n", None),
            (">>>>>>> shop keeper\n", None),
            ("<<<<<<< your version of it\n", None),
            ("<<<<<< your version\n", None),
        ];

        for (text, expected) in cases {
            assert_eq!(marker(text.as_bytes(), "shop"), expected, "{text}");
        }
    }
}
