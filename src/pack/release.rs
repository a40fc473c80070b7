//! What a pack must keep to before a version of it is released, beside the one before.

use std::collections::BTreeMap;

use super::Pack;
use crate::error::Problem;

/// Names each file that `new` lacks and seems to have under another name, without an entry in
/// `renames`: an upgrade would leave the user's edits behind in the old one.
#[must_use]
pub fn lint_release(old: &Pack, new: &Pack) -> Vec<Problem> {
    let [before, since] = [old, new].map(|pack| pack.templates().collect::<BTreeMap<_, _>>());
    let added = || since.iter().filter(|(path, _)| !before.contains_key(*path));
    let renamed = |path: &str| {
        new.releases
            .iter()
            .filter(|release| release.version > old.version)
            .flat_map(|release| &release.renames)
            .any(|rename| rename.from == path)
    };
    let mut problems = Vec::new();
    for (path, bytes) in &before {
        if since.contains_key(path) || renamed(path) {
            continue;
        }
        if let Some((other, _)) = added().find(|(_, other)| are_similar(bytes, other)) {
            let reason = format!("`{path}` of {} is nearly equal to `{other}`", old.version);
            let entry = format!("{{ from = \"{path}\", to = \"{other}\" }}");
            problems.push(
                Problem::new("pack file `pack.toml` is wrong")
                    .because(reason)
                    .hint(format!("add `{entry}` to the `renames` of release {}", new.version)),
            );
        }
    }
    problems
}

/// Tells whether three quarters of the lines of two texts are the same.
fn are_similar(left: &[u8], right: &[u8]) -> bool {
    let mut lines = BTreeMap::<&[u8], usize>::new();
    for line in left.split_inclusive(|byte| *byte == b'\n') {
        *lines.entry(line).or_default() += 1;
    }
    let (mut total, mut same) = (lines.values().sum::<usize>(), 0);
    for line in right.split_inclusive(|byte| *byte == b'\n') {
        total += 1;
        if let Some(left) = lines.get_mut(line).filter(|left| **left > 0) {
            *left -= 1;
            same += 2;
        }
    }
    same * 4 > total * 3
}
