//! The files of a pack as they were read, before anything is made of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;

use crate::error::Error;

/// The files of one version of a pack, by their paths in the pack's folder.
pub type Sources = BTreeMap<String, Cow<'static, [u8]>>;

/// Returns the error for a pack file that is wrong.
pub(super) fn broken(path: &str, cause: impl Display) -> Error {
    Error::failed(format!("pack file `{path}` is wrong")).because(cause)
}
