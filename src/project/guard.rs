//! What may be half done in a repository, by the marks that git leaves in its folder.

use std::path::Path;

use crate::error::{Error, Result};

/// An operation of git that takes several commands: its marks, its name, how it ends.
struct Operation {
    marks: &'static [&'static str],
    name: &'static str,
    ends: &'static str,
}

const OPERATIONS: [Operation; 6] = [
    Operation {
        marks: &["rebase-merge", "rebase-apply/rebasing"],
        name: "a rebase",
        ends: "`git rebase --continue` or `git rebase --abort`",
    },
    Operation {
        marks: &["rebase-apply"],
        name: "`git am`",
        ends: "`git am --continue` or `git am --abort`",
    },
    Operation {
        marks: &["CHERRY_PICK_HEAD"],
        name: "a cherry-pick",
        ends: "`git cherry-pick --continue` or `git cherry-pick --abort`",
    },
    Operation {
        marks: &["REVERT_HEAD"],
        name: "a revert",
        ends: "`git revert --continue` or `git revert --abort`",
    },
    Operation {
        marks: &["MERGE_HEAD"],
        name: "a merge",
        ends: "`git merge --continue` or `git merge --abort`",
    },
    Operation { marks: &["BISECT_LOG"], name: "a bisection", ends: "`git bisect reset`" },
];

/// Refuses where an operation is under way; some repositories keep marks as references.
pub(super) fn check(git: &Path, has_reference: impl Fn(&str) -> bool) -> Result<()> {
    let is_marked =
        |mark: &str| git.join(mark).exists() || (mark.ends_with("_HEAD") && has_reference(mark));
    let found = OPERATIONS.iter().find(|operation| operation.marks.iter().copied().any(is_marked));
    let sequence = || git.join("sequencer").exists();
    match found {
        Some(operation) => Err(refused(operation.name, operation.ends)),
        None if sequence() => Err(refused(
            "a sequence of picks or reverts",
            "`git cherry-pick --continue` or `git cherry-pick --abort`",
        )),
        None => Ok(()),
    }
}

fn refused(name: &str, ends: &str) -> Error {
    Error::failed(format!("{name} is under way in this repository"))
        .because("an upgrade would mix with it")
        .hint(format!("end it with {ends}, then run it again"))
}
