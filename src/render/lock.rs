//! The requirements files of a project: the closure of its direct requirements in the pinned universe.
//!
//! The text is what `uv pip compile --universal --generate-hashes` writes, byte for byte, but without a network. The header
//! with uv's command is left to the template.

use std::collections::{BTreeMap, BTreeSet};

use super::universe::{Cells, Requirement, Universe};
use crate::error::{Error, Result};

/// What a requirements file is made for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The name of the project, as in its `pyproject.toml`.
    pub project: &'a str,
    /// The direct requirements of the project, each `name` or `name[extra,extra]`, either followed by ` ; marker`.
    pub runtime: &'a [String],
    /// Those of its group `dev`, for `requirements-dev.txt`; none for `requirements.txt`.
    pub development: Option<&'a [String]>,
}

/// Who needs a package, in the order in which uv lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source<'a> {
    Constraint,
    Runtime,
    Development,
    Package(&'a str),
}

/// Where a package is needed, and who needs it.
#[derive(Debug, Default)]
struct Need<'a> {
    cells: Cells,
    via: BTreeSet<Source<'a>>,
}

#[derive(Default)]
struct Closure<'a> {
    needs: BTreeMap<&'a str, Need<'a>>,
    seen: BTreeMap<&'a str, Cells>,
}

/// Returns the text of a requirements file, without uv's header.
///
/// # Errors
/// Fails if a requirement names a package, extra or marker that the universe does not have, or if no marker in it says
/// where a package is needed.
pub fn requirements(universe: &Universe, request: &Request) -> Result<String> {
    let direct = |texts: &[String]| {
        texts
            .iter()
            .map(|text| universe.requirement(text, request.project))
            .collect::<Result<Vec<_>>>()
    };
    let runtime = direct(request.runtime)?;
    let development = request.development.map(direct).transpose()?;
    let mut closure = Closure::default();
    closure.add(universe, Source::Runtime, &runtime);
    if let Some(development) = &development {
        closure.constrain();
        closure.add(universe, Source::Development, development);
    }
    write(universe, &closure, &normalise(request.project))
}

impl<'a> Closure<'a> {
    /// Adds what `direct` leads to. An edge is followed once for each environment, so a cycle ends.
    fn add(&mut self, universe: &'a Universe, source: Source<'a>, direct: &'a [Requirement]) {
        let mut todo: Vec<_> =
            direct.iter().map(|requirement| (source, requirement, Cells::MAX)).collect();
        while let Some((source, requirement, cells)) = todo.pop() {
            let cells = cells & requirement.cells;
            if cells == 0 {
                continue;
            }
            let name = requirement.nodes[0].as_str();
            let need = self.needs.entry(name).or_default();
            need.cells |= cells;
            need.via.insert(source);
            for node in &requirement.nodes {
                let seen = self.seen.entry(node).or_default();
                if cells & !*seen != 0 {
                    *seen |= cells;
                    todo.extend(
                        universe
                            .requires(node)
                            .iter()
                            .map(|edge| (Source::Package(name), edge, cells)),
                    );
                }
            }
        }
    }

    /// Notes that `requirements.txt` constrains all packages so far.
    fn constrain(&mut self) {
        for need in self.needs.values_mut() {
            need.via.insert(Source::Constraint);
        }
    }
}

fn write(universe: &Universe, closure: &Closure, project: &str) -> Result<String> {
    let mut text = String::new();
    for (name, need) in &closure.needs {
        let marker = universe.marker(need.cells).ok_or_else(|| {
            Error::failed(format!("no marker of the pinned universe says where `{name}` is needed"))
                .because(format!(
                    "`{project}` needs it through requirements that the universe was not made for"
                ))
                .hint(
                    "add them to `requirements` in `locks/universe.toml`, then run `.ci/universe`",
                )
        })?;
        let pin = universe.pin(name).expect("a requirement of the universe has a pin");
        let gap = if marker.is_empty() { "" } else { " ; " };
        text.extend([name, "==", &pin.version, gap, marker, " \\\n", &pin.hashes]);
        let (first, each) =
            if need.via.len() == 1 { ("    # via ", "") } else { ("    # via\n", "    #   ") };
        text.push_str(first);
        for source in &need.via {
            match source {
                Source::Constraint => text.extend([each, "-c requirements.txt\n"]),
                Source::Runtime => text.extend([each, project, " (pyproject.toml)\n"]),
                Source::Development => text.extend([each, project, " (pyproject.toml:dev)\n"]),
                Source::Package(package) => text.extend([each, package, "\n"]),
            }
        }
    }
    Ok(text)
}

/// Returns a project name as Python packaging compares it: lower case, each run of `-`, `_` and `.` one hyphen.
fn normalise(name: &str) -> String {
    name.to_lowercase()
        .split(['-', '_', '.'])
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four environments: Python 3.12 and newer, on Windows and elsewhere.
    const GRAPH: &str = r#"
        [markers]
        "" = 0b1111
        "old" = 0b0011
        "windows" = 0b0101
        "elsewhere" = 0b1010
        "old and windows" = 0b0001
        "old and elsewhere" = 0b0010
        "new and windows" = 0b0100
        "old or windows" = 0b0111
        "old or elsewhere" = 0b1011
        [requires]
        web = ["narrow ; old", "zip"]
        "web[fast]" = ["loop ; elsewhere"]
        "web[loud]" = []
        "web[safe]" = ["loop ; old and windows"]
        tool = ["narrow ; windows", "web"]
        wide = ["narrow"]
        posix = ["narrow ; elsewhere"]
        narrow = ["deep ; windows", "deeper ; elsewhere"]
        ring = ["ring", "stone"]
        stone = ["ring"]
    "#;

    fn universe() -> Universe {
        let names = "deep deeper loop narrow posix ring stone tool web wide zip";
        let pins = names.replace(' ', &pin("", "")) + &pin("", "");
        Universe::parse(GRAPH, &pins).expect("a universe")
    }

    fn pin(name: &str, marker: &str) -> String {
        format!("{name}==1{marker} \\\n    --hash=sha256:00\n")
    }

    /// Renders for requirements joined by commas.
    fn rendered(project: &str, runtime: &str, development: Option<&str>) -> Result<String> {
        let list = |text: &str| text.split_terminator(", ").map(str::to_owned).collect();
        let (runtime, development): (Vec<_>, Option<Vec<_>>) =
            (list(runtime), development.map(list));
        let development = development.as_deref();
        requirements(&universe(), &Request { project, runtime: &runtime, development })
    }

    #[test]
    fn a_file_lists_each_package_with_marker_hashes_and_sources() -> Result<()> {
        let text = rendered("demo", "posix, web[fast]", None)?;

        let direct = "    # via demo (pyproject.toml)\n";
        let expected = [
            &pin("deep", " ; old and windows"),
            "    # via narrow\n",
            &pin("deeper", " ; elsewhere"),
            "    # via narrow\n",
            &pin("loop", " ; elsewhere"),
            "    # via web\n",
            &pin("narrow", " ; old or elsewhere"),
            "    # via\n    #   posix\n    #   web\n",
            &pin("posix", ""),
            direct,
            &pin("web", ""),
            direct,
            &pin("zip", ""),
            "    # via web\n",
        ];
        assert_eq!(text, expected.concat());
        Ok(())
    }

    #[test]
    fn sources_stand_before_packages_in_a_file_for_development() -> Result<()> {
        let text = rendered("zip_Zag..1", "web ; elsewhere, zip", Some("zip, posix, loop"))?;

        let constraint = "    # via\n    #   -c requirements.txt\n";
        let direct = "    #   zip-zag-1 (pyproject.toml)\n";
        let development = "zip-zag-1 (pyproject.toml:dev)\n";
        let expected = [
            &pin("deeper", " ; elsewhere"),
            constraint,
            "    #   narrow\n",
            &pin("loop", ""),
            "    # via ",
            development,
            &pin("narrow", " ; elsewhere"),
            constraint,
            "    #   posix\n    #   web\n",
            &pin("posix", ""),
            "    # via ",
            development,
            &pin("web", " ; elsewhere"),
            constraint,
            direct,
            &pin("zip", ""),
            constraint,
            direct,
            "    #   ",
            development,
            "    #   web\n",
        ];
        assert_eq!(text, expected.concat());
        Ok(())
    }

    #[test]
    fn a_marker_is_the_union_over_all_ways_to_a_package() -> Result<()> {
        let cases = "\
            zip ; old => zip ; old
            web ; windows => deep ; old and windows, narrow ; old and windows, web ; windows, zip ; windows
            posix => deeper ; elsewhere, narrow ; elsewhere, posix
            tool => deep ; windows, deeper ; old and elsewhere, narrow ; old or windows, tool, web, zip
            web, wide => deep ; windows, deeper ; elsewhere, narrow, web, wide, zip
            loop ; windows, web[fast] ; old => deep ; old and windows, deeper ; old and elsewhere, \
                loop ; old or windows, narrow ; old, web ; old, zip ; old
            web[safe,fast,loud] ; old => deep ; old and windows, deeper ; old and elsewhere, \
                loop ; old, narrow ; old, web ; old, zip ; old
            ring => ring, stone";
        for (direct, expected) in cases.lines().filter_map(|line| line.trim().split_once(" => ")) {
            let text = rendered("demo", direct, None)?;

            let heads: Vec<_> = text.lines().filter(|line| !line.starts_with(' ')).collect();
            assert_eq!(
                heads.join(", ").replace("==1", "").replace(" \\", ""),
                expected,
                "{direct}"
            );
        }
        Ok(())
    }

    #[test]
    fn what_the_universe_lacks_is_named() {
        let cases = "\
            zip, zap => package `zap` is not in the pinned universe; `demo` requires `zap`
            web[slow] => extra `web[slow]` is not in the pinned universe; `demo` requires `web[slow]`
            zip ; new => marker `new` is not in the pinned universe; `demo` requires `zip ; new`
            zip ; new and windows, zip ; old and elsewhere => no marker of the pinned universe says where `zip` \
                is needed; `demo` needs it through requirements that the universe was not made for";
        for (direct, expected) in cases.lines().filter_map(|line| line.trim().split_once(" => ")) {
            let error = rendered("demo", direct, None).expect_err("not in the universe");

            let problem = &error.problems()[0];
            assert_eq!(format!("{}; {}", problem.message, problem.details().join(", ")), expected);
        }
    }
}
