//! The file-level table: what becomes of one path, from what the three sides have there.
//!
//! Looks at whole blobs only; lines are `text`'s, folders in the way are `merge`'s.

use crate::tree::Blob;

/// What becomes of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    /// The template's file is new here.
    Create(&'a Blob),
    /// The user, here first, has what the template had: take the template's.
    Update(&'a Blob, &'a Blob),
    /// The template dropped a file that the user never touched.
    Delete(&'a Blob),
    /// The user, here first, and the template changed it: go through its lines.
    Merge(&'a Blob, &'a Blob),
    /// The user, here first, and the template added it, differently.
    BothAdded(&'a Blob, &'a Blob),
    /// One side deleted what the other changed.
    Deleted(Kind),
    /// Leave the path as the user has it.
    Keep(Reason),
}

/// Why a path is left as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody changed it.
    Unchanged,
    /// The user changed it, the template did not.
    Edited,
    /// The user already has what the template has now.
    Same,
    /// The user deleted it, the template did not change it.
    Deleted,
    /// It is gone on both sides.
    Absent,
}

/// How two sides disagree about a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Both added it, differently.
    BothAdded,
    /// Both changed it, and the changes touch.
    BothChanged,
    /// The user deleted it, the template changed it.
    DeletedByUser,
    /// The user changed it, the template deleted it.
    DeletedByTemplate,
    /// Both changed it, and a merge driver of the user's own, which is not run here, merges it.
    OwnDriver,
    /// Something that is no file stands where the template's file goes.
    Obstructed,
}

/// Decides about one path.
#[must_use]
pub fn decide<'a>(
    base: Option<&'a Blob>,
    ours: Option<&'a Blob>,
    theirs: Option<&'a Blob>,
) -> Decision<'a> {
    match (base, ours, theirs) {
        (None | Some(_), None, None) => Decision::Keep(Reason::Absent),
        (None, Some(_), None) => Decision::Keep(Reason::Edited),
        (None, None, Some(theirs)) => Decision::Create(theirs),
        (None, Some(ours), Some(theirs)) if ours == theirs => Decision::Keep(Reason::Same),
        (None, Some(ours), Some(theirs)) => Decision::BothAdded(ours, theirs),
        (Some(base), None, Some(theirs)) if base == theirs => Decision::Keep(Reason::Deleted),
        (Some(_), None, Some(_)) => Decision::Deleted(Kind::DeletedByUser),
        (Some(base), Some(ours), None) if base == ours => Decision::Delete(ours),
        (Some(_), Some(_), None) => Decision::Deleted(Kind::DeletedByTemplate),
        (Some(base), Some(ours), Some(theirs)) => match (base == ours, base == theirs) {
            (true, true) => Decision::Keep(Reason::Unchanged),
            (true, false) => Decision::Update(ours, theirs),
            (false, true) => Decision::Keep(Reason::Edited),
            (false, false) if ours == theirs => Decision::Keep(Reason::Same),
            (false, false) => Decision::Merge(ours, theirs),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Decision, Kind, Reason, decide};
    use crate::tree::{Blob, Mode};

    #[test]
    fn decide_follows_the_table() {
        let (b, o, t) = (Blob::regular("b"), Blob::regular("o"), Blob::regular("t"));
        // Base, ours, theirs: `-` is absent, the same letter the same contents.
        let table = [
            ("---", Decision::Keep(Reason::Absent)),
            ("--t", Decision::Create(&t)),
            ("-o-", Decision::Keep(Reason::Edited)),
            ("-tt", Decision::Keep(Reason::Same)),
            ("-ot", Decision::BothAdded(&o, &t)),
            ("b--", Decision::Keep(Reason::Absent)),
            ("b-b", Decision::Keep(Reason::Deleted)),
            ("b-t", Decision::Deleted(Kind::DeletedByUser)),
            ("bb-", Decision::Delete(&b)),
            ("bo-", Decision::Deleted(Kind::DeletedByTemplate)),
            ("bbb", Decision::Keep(Reason::Unchanged)),
            ("bbt", Decision::Update(&b, &t)),
            ("bob", Decision::Keep(Reason::Edited)),
            ("btt", Decision::Keep(Reason::Same)),
            ("bot", Decision::Merge(&o, &t)),
        ];

        for (sides, expected) in table {
            let blobs: Vec<Option<&Blob>> = sides
                .chars()
                .map(|side| match side {
                    'b' => Some(&b),
                    'o' => Some(&o),
                    't' => Some(&t),
                    _ => None,
                })
                .collect();
            assert_eq!(decide(blobs[0], blobs[1], blobs[2]), expected, "{sides}");
        }
    }

    #[test]
    fn decide_takes_a_mode_for_a_change() {
        let plain = Blob::regular("run");
        let executable = Blob { mode: Mode::Executable, ..plain.clone() };

        let decision = decide(Some(&plain), Some(&plain), Some(&executable));

        assert_eq!(decision, Decision::Update(&plain, &executable));
    }
}
