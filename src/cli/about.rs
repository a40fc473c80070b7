//! What `--version` tells: the program, its pack and its build; with `--verbose` also what is linked
//! in, under which licenses.

use crate::pack::Pack;

/// Written by `.ci/licenses`; a test compares it with what is linked.
const LICENSES: &str = include_str!("../licenses.txt");

/// Returns the version in a few lines, or with all licenses.
#[must_use]
pub fn version(pack: &Pack, is_verbose: bool) -> String {
    let (program, build) = (env!("CARGO_PKG_VERSION"), env!("BUILD"));
    let short =
        format!("fastwright {program}\npack {} {}\nbuild {build}\n", pack.name, pack.version);
    if is_verbose { format!("{short}\n{LICENSES}") } else { short }
}
