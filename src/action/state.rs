//! What a project remembers, made of what it is made of.

use std::collections::BTreeMap;
use std::path::Path;

use crate::answer::Answers;
use crate::error::{Error, Result};
use crate::pack::Pack;
use crate::project::State;
use crate::tree::{RelPath, Tree};

/// Returns the name of the folder, also of `.` and the like.
#[must_use]
pub fn name_of(directory: &Path) -> Option<String> {
    let whole = std::path::absolute(directory).ok()?;
    let real = whole.canonicalize().unwrap_or(whole);
    real.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// Adds the state file to a rendered tree.
///
/// # Errors
/// Fails if the answers cannot be recorded.
pub fn with_state(pack: &Pack, answers: &Answers, mut tree: Tree) -> Result<Tree> {
    let state = state(pack, answers, tree.digest())?;
    let path = RelPath::parse(State::PATH)
        .map_err(|reason| Error::failed("the name of the state file is wrong").because(reason))?;
    tree.insert(path, state.to_blob());
    Ok(tree)
}

/// Returns what a project remembers of a pack, answers and the digest of what they render to.
///
/// # Errors
/// Fails if the answers cannot be recorded.
pub fn state(pack: &Pack, answers: &Answers, digest: String) -> Result<State> {
    let table = toml::Table::try_from(answers.iter().collect::<BTreeMap<_, _>>());
    let table = table.map_err(|error| Error::failed("cannot record the answers").because(error))?;
    Ok(State {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        pack: pack.name.clone(),
        version: pack.version.to_string(),
        digest,
        answers: table.clone(),
        applied: table,
    })
}
