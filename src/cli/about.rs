//! What `--version` tells: the program, its pack and its build; with `--verbose` also what is linked
//! in, under which licenses.

use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::pack::Pack;

/// `src/licenses.txt`, written by `.ci/licenses`, as the build script packs it; a test compares it
/// with what is linked.
const LICENSES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/licenses.z"));

/// Returns the version in a few lines, or with all licenses.
#[must_use]
pub fn version(pack: &Pack, is_verbose: bool) -> String {
    let (program, build) = (env!("CARGO_PKG_VERSION"), env!("BUILD"));
    let short =
        format!("fastwright {program}\npack {} {}\nbuild {build}\n", pack.name, pack.version);
    if !is_verbose {
        return short;
    }
    let mut licenses = String::new();
    // What was packed when the program was built can be unpacked.
    let _ = ZlibDecoder::new(LICENSES).read_to_string(&mut licenses);
    format!("{short}\n{licenses}")
}
