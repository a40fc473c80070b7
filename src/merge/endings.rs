//! Line ends: a checkout may turn all of a file's into CR LF, which is no edit of the user's.
//!
//! Such a file is merged in the template's line ends and written in the user's.

use super::plan::{Change, Conflict, Outcome};
use crate::tree::Blob;

/// Tells whether a file is the template's, in whatever line endings it was checked out.
#[must_use]
pub fn is_same(ours: &Blob, template: &Blob) -> bool {
    ours == template || as_template(ours, [Some(template)]).is_some_and(|blob| blob == *template)
}

/// Returns a file whose line ends are all CR LF as it is with those of the template.
pub(super) fn as_template<const N: usize>(
    ours: &Blob,
    template: [Option<&Blob>; N],
) -> Option<Blob> {
    let differs = template.into_iter().flatten().any(|blob| !blob.is_crlf() && !blob.is_binary());
    let is_text = !ours.is_binary() && ours.is_crlf();
    (is_text && differs).then(|| Blob { bytes: to_lf(&ours.bytes), mode: ours.mode })
}

/// Gives what was merged in LF the line endings of the user, whose file is `ours`.
pub(super) fn in_crlf(change: Change, ours: &Blob) -> Change {
    let crlf = |blob: Blob| Blob { bytes: to_crlf(&blob.bytes), mode: blob.mode };
    let ours = ours.clone();
    match change {
        Change::Update { theirs, .. } => {
            Change::Merge { ours, merged: crlf(theirs.clone()), theirs }
        }
        Change::Merge { theirs, merged, .. } => {
            Change::Merge { ours, theirs, merged: crlf(merged) }
        }
        Change::Delete { .. } => Change::Delete { ours },
        Change::Conflict(conflict) => Change::Conflict(Conflict {
            ours: Some(ours),
            outcome: match conflict.outcome {
                Outcome::Markers(blob) => Outcome::Markers(crlf(blob)),
                other @ (Outcome::Untouched | Outcome::Aside(_) | Outcome::AlreadyAside(_)) => {
                    other
                }
            },
            ..conflict
        }),
        Change::Create { .. } | Change::Keep(_) => change,
    }
}

/// Returns the bytes with a line feed for each line end.
pub(super) fn to_lf(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(index + 1) != Some(&b'\n') {
            result.push(*byte);
        }
    }
    result
}

/// Returns the bytes with a carriage return before each line feed.
pub(super) fn to_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len() + bytes.len() / 16);
    for byte in bytes {
        if *byte == b'\n' {
            result.push(b'\r');
        }
        result.push(*byte);
    }
    result
}
