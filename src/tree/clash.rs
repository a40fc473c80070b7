//! Paths of one tree that cannot stand beside each other on every system.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use unicode_normalization::UnicodeNormalization;

use super::{RelPath, Tree};

/// Two paths that cannot both be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// They are one where capital letters, or ways to write an accent, make no difference.
    Twins(String, String),
    /// The first is a file or a link, and the second lies below it.
    Below(String, String),
}

impl Tree {
    /// Checks that all files can stand beside each other on every system.
    ///
    /// # Errors
    /// Names the first two that cannot.
    pub fn check_clashes(&self) -> Result<(), Clash> {
        let mut seen = BTreeMap::<String, &str>::new();
        let mut places = BTreeSet::new();
        let files: BTreeSet<&str> = self.paths().map(RelPath::as_str).collect();
        for path in self.paths() {
            for place in path.parents().chain([path.as_str()]) {
                if !places.insert(place) {
                    continue;
                }
                let other = *seen.entry(folded(place)).or_insert(place);
                if other != place {
                    return Err(Clash::Twins(other.to_owned(), place.to_owned()));
                }
            }
            if let Some(above) = path.parents().find(|parent| files.contains(parent)) {
                return Err(Clash::Below(above.to_owned(), path.to_string()));
            }
        }
        Ok(())
    }
}

/// Returns a text that is the same for all that some system takes for the same name.
fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Capital letters in between, for those that have two small forms.
    text.nfd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfd().collect()
}

impl fmt::Display for Clash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twins(one, other) => {
                write!(formatter, "`{one}` and `{other}` are one name to some systems")
            }
            Self::Below(above, path) => {
                write!(formatter, "`{path}` lies below `{above}`, which is no folder")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tree;
    use crate::tree::{Blob, RelPath};

    fn told(paths: &[&str]) -> Option<String> {
        let blob = |text: &&str| (RelPath::parse(text).expect("a path"), Blob::regular("x"));
        let tree: Tree = paths.iter().map(blob).collect();
        tree.check_clashes().err().map(|clash| clash.to_string())
    }

    #[test]
    fn names_that_some_system_takes_for_one_are_told_together() {
        let cases = [
            (["A/x", "a/y"], "`A` and `a`"),
            (["straße", "STRASSE"], "`STRASSE` and `straße`"),
            (["caf\u{e9}", "cafe\u{301}"], "`cafe\u{301}` and `caf\u{e9}`"),
            (["\u{3c3}", "\u{3c2}"], "`\u{3c2}` and `\u{3c3}`"),
            (["a", "a/b"], "`a/b` lies below `a`"),
        ];

        for (paths, words) in cases {
            let told = told(&paths).unwrap_or_default();
            assert!(told.starts_with(words), "{told}");
        }
        assert_eq!(told(&["a/x", "a/y", "a.x", "ab/x"]), None);
    }
}
