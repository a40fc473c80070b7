//! The pinned universe: all packages that any choice of a pack can need, resolved together, with hashes.
//!
//! Two texts hold it, both written by `.ci/universe`: `universe.toml` the graph, `pins.txt` versions and hashes as uv prints
//! them. Which environments a marker means is data: nothing here evaluates a marker or chooses a version.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::{Error, Result};

/// Packages by name with versions, hashes and what they require.
#[derive(Debug)]
pub struct Universe {
    pins: BTreeMap<String, Pin>,
    requires: BTreeMap<String, Vec<Requirement>>,
    markers: BTreeMap<String, Cells>,
}

/// Environments as a set: one bit for each class of them that no marker of the universe tells apart.
pub type Cells = u64;

/// A package at its one version.
#[derive(Debug)]
pub struct Pin {
    /// The version, as in `name==version`.
    pub version: String,
    /// The lines of its hashes, as they stand in a requirements file.
    pub hashes: String,
}

/// What a requirement leads to.
#[derive(Debug)]
pub struct Requirement {
    /// The package, then each extra as `name[extra]`.
    pub nodes: Vec<String>,
    /// The environments in which the requirement holds.
    pub cells: Cells,
}

#[derive(Deserialize)]
struct Graph {
    markers: BTreeMap<String, Cells>,
    requires: BTreeMap<String, Vec<String>>,
}

impl Universe {
    /// Reads the universe from the texts of `universe.toml` and `pins.txt`.
    ///
    /// # Errors
    /// Fails if a text is malformed, or if the graph names a package, extra or marker that is not there.
    pub fn parse(graph: &str, pins: &str) -> Result<Self> {
        let graph: Graph = toml::from_str(graph)
            .map_err(|error| Error::failed("`universe.toml` is malformed").because(error))?;
        let mut universe =
            Self { pins: parse_pins(pins)?, requires: BTreeMap::new(), markers: graph.markers };
        // An edge may lead to any extra: know all of them before reading the first edge.
        universe.requires.extend(graph.requires.keys().map(|node| (node.clone(), Vec::new())));
        for (node, edges) in graph.requires {
            let edges = edges
                .iter()
                .map(|edge| universe.requirement(edge, &node))
                .collect::<Result<_>>()?;
            universe.requires.insert(node, edges);
        }
        Ok(universe)
    }

    /// Returns a package at its one version.
    #[must_use]
    pub fn pin(&self, package: &str) -> Option<&Pin> {
        self.pins.get(package)
    }

    /// Returns what a node, `name` or `name[extra]`, requires.
    #[must_use]
    pub fn requires(&self, node: &str) -> &[Requirement] {
        self.requires.get(node).map_or(&[], Vec::as_slice)
    }

    /// Returns the marker that holds in exactly these environments; it is empty for all of them.
    #[must_use]
    pub fn marker(&self, cells: Cells) -> Option<&str> {
        self.markers.iter().find(|(_, known)| **known == cells).map(|(text, _)| text.as_str())
    }

    /// Reads `name` or `name[extra,extra]`, either followed by ` ; marker`, that `dependent` requires.
    ///
    /// # Errors
    /// Fails if the universe does not have the package, the extra or the marker.
    pub fn requirement(&self, text: &str, dependent: &str) -> Result<Requirement> {
        let unknown = |kind: &str, what: &str| {
            Error::failed(format!("{kind} `{what}` is not in the pinned universe"))
                .because(format!("`{dependent}` requires `{text}`"))
                .hint("add it to `requirements` in `locks/universe.toml`, then run `.ci/universe`")
        };
        let (wanted, marker) = text.split_once(" ; ").unwrap_or((text, ""));
        let (name, extras) = wanted.split_once('[').unwrap_or((wanted, "]"));
        let known = self.pins.contains_key(name);
        let extras =
            extras.strip_suffix(']').filter(|_| known).ok_or_else(|| unknown("package", wanted))?;
        let mut nodes = vec![name.to_owned()];
        for extra in extras.split(',').filter(|extra| !extra.is_empty()) {
            let node = format!("{name}[{extra}]");
            if !self.requires.contains_key(&node) {
                return Err(unknown("extra", &node));
            }
            nodes.push(node);
        }
        let cells = *self.markers.get(marker).ok_or_else(|| unknown("marker", marker))?;
        Ok(Requirement { nodes, cells })
    }
}

/// Cuts the text of `pins.txt` into packages: `name==version \`, then the lines of its hashes.
fn parse_pins(text: &str) -> Result<BTreeMap<String, Pin>> {
    let mut pins = BTreeMap::new();
    let mut rest = text;
    while !rest.is_empty() {
        let malformed = || {
            let line = text[..text.len() - rest.len()].matches('\n').count() + 1;
            Error::failed(format!(
                "`pins.txt` is malformed: line {line} does not begin a pin with hashes"
            ))
        };
        let (head, tail) = rest.split_once(" \\\n").ok_or_else(malformed)?;
        let (name, version) = head.split_once("==").ok_or_else(malformed)?;
        let next = tail.match_indices('\n').find(|(index, _)| !tail[index + 1..].starts_with(' '));
        let (hashes, following) = tail.split_at(next.map_or(tail.len(), |(index, _)| index + 1));
        if head.contains('\n')
            || !hashes.starts_with("    --hash=sha256:")
            || !hashes.ends_with('\n')
        {
            return Err(malformed());
        }
        pins.insert(
            name.to_owned(),
            Pin { version: version.to_owned(), hashes: hashes.to_owned() },
        );
        rest = following;
    }
    Ok(pins)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PIN: &str = "a==1 \\\n    --hash=sha256:00 \\\n    --hash=sha256:01\nb-c==2.0 \\\n    --hash=sha256:02\n";

    fn message(graph: &str, pins: &str) -> String {
        Universe::parse(graph, pins).map(drop).expect_err("malformed").to_string()
    }

    #[test]
    fn a_pin_keeps_its_hash_lines_verbatim() -> Result<()> {
        let universe = Universe::parse("markers = {}\nrequires = {}", PIN)?;

        let pins: Vec<_> = ["a", "b-c", "b"]
            .map(|name| universe.pin(name).map(|pin| (&*pin.version, &*pin.hashes)))
            .into();

        let a = ("1", "    --hash=sha256:00 \\\n    --hash=sha256:01\n");
        assert_eq!(pins, [Some(a), Some(("2.0", "    --hash=sha256:02\n")), None]);
        Ok(())
    }

    #[test]
    fn malformed_pins_name_the_line() {
        let cases = [
            ("a==1\n", 1),
            ("a==1 \\\nb==2 \\\n    --hash=sha256:00\n", 1),
            ("a==1 \\\n    --hash=sha256:00\nb=2 \\\n    --hash=sha256:00\n", 3),
            ("a==1 \\\n    --hash=sha256:00\n\nb==2 \\\n    --hash=sha256:00\n", 3),
            ("a==1 \\\n    --hash=sha256:00\nb==2 \\\n    --hash=md5:00\n", 3),
            ("a==1 \\\n    --hash=sha256:00", 1),
        ];
        for (pins, line) in cases {
            let message = message("markers = {}\nrequires = {}", pins);

            let expected = format!(
                "error: `pins.txt` is malformed: line {line} does not begin a pin with hashes"
            );
            assert_eq!(message, expected, "{pins}");
        }
    }

    #[test]
    fn an_edge_that_leads_nowhere_is_an_error_that_names_it() {
        let hint =
            "\n\nhint: add it to `requirements` in `locks/universe.toml`, then run `.ci/universe`";
        let cases = [
            ("x", "package `x`"),
            ("a>=1", "package `a>=1`"),
            ("a[e", "package `a[e`"),
            ("a[e]", "extra `a[e]`"),
            ("a ; os_name == 'nt'", "marker `os_name == 'nt'`"),
        ];
        for (edge, what) in cases {
            let message =
                message(&format!("[markers]\n\"\" = 1\n[requires]\nb-c = [\"{edge}\"]"), PIN);

            let expected = format!(
                "error: {what} is not in the pinned universe\n  `b-c` requires `{edge}`{hint}"
            );
            assert_eq!(message, expected);
        }
    }

    #[test]
    fn the_universe_of_the_pack_is_whole() -> Result<()> {
        #[derive(Deserialize)]
        struct Input {
            requirements: Vec<String>,
        }
        let graph = include_str!("../../templates/fastapi/locks/universe.toml");
        let pins = include_str!("../../templates/fastapi/locks/pins.txt");
        let input: Input = toml::from_str(graph).expect("a universe");

        let universe = Universe::parse(graph, pins)?;

        for requirement in &input.requirements {
            universe.requirement(requirement, "the pack")?;
        }
        assert!(!input.requirements.is_empty());
        assert!(![graph, pins].concat().contains("://"), "an address of an index");
        Ok(())
    }
}
