//! Which source file imports which, read from the sources themselves.

use std::collections::{BTreeMap, BTreeSet};

/// Modules by their paths from the root of the crate, each with its file and code.
pub struct Sources {
    modules: BTreeMap<Vec<String>, (String, String)>,
    /// What each module calls by a name, and whether others see it there.
    names: BTreeMap<Vec<String>, Vec<Import>>,
}

/// One name of a `use`.
struct Import {
    path: Vec<String>,
    name: String,
    is_handed_on: bool,
}

impl Sources {
    /// Reads files, each by its path below `src`, with its code.
    pub fn of(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let module = |file: &str| -> Vec<String> {
            let path = file.trim_end_matches(".rs");
            let path = path.strip_suffix("/mod").unwrap_or(path);
            path.split('/').filter(|part| *part != "lib").map(str::to_owned).collect()
        };
        let modules: BTreeMap<_, _> = files
            .into_iter()
            .map(|(file, code)| {
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                (module(&file), (file.clone(), lines.collect::<Vec<_>>().join("\n")))
            })
            .collect();
        let names = modules.iter().map(|(path, (_, code))| (path.clone(), imports(code))).collect();
        Self { modules, names }
    }

    /// Returns the groups of files that import each other in a circle.
    pub fn circles(&self) -> Vec<Vec<String>> {
        let all: Vec<(&str, BTreeSet<String>)> = self
            .modules
            .iter()
            .map(|(module, (file, code))| (file.as_str(), self.imported(module, file, code)))
            .collect();
        let next: BTreeMap<&str, &BTreeSet<String>> =
            all.iter().map(|(file, to)| (*file, to)).collect();
        let reached = |from: &str| {
            let (mut seen, mut todo) = (BTreeSet::new(), vec![from.to_owned()]);
            while let Some(file) = todo.pop() {
                for to in next.get(file.as_str()).into_iter().copied().flatten() {
                    if seen.insert(to.clone()) {
                        todo.push(to.clone());
                    }
                }
            }
            seen
        };
        let reached: BTreeMap<&str, BTreeSet<String>> =
            all.iter().map(|(file, _)| (*file, reached(file))).collect();
        let circle = |file: &&str| -> Vec<String> {
            let back = |other: &&String| reached[other.as_str()].contains(*file);
            reached[*file].iter().filter(back).cloned().collect()
        };
        let circles: BTreeSet<Vec<String>> = reached.keys().map(circle).collect();
        circles.into_iter().filter(|circle| circle.len() > 1).collect()
    }

    /// Returns the other files whose names a file takes.
    fn imported(&self, module: &[String], file: &str, code: &str) -> BTreeSet<String> {
        let used = self.names[module].iter().filter(|import| !import.is_handed_on);
        let used = used.map(|import| import.path.clone());
        let found = used.chain(inline(code)).filter_map(|path| self.file(module, &path, 0));
        found.filter(|other| other != file).collect()
    }

    /// Returns the file that a path leads to, through what others hand on.
    fn file(&self, from: &[String], path: &[String], depth: usize) -> Option<String> {
        let mut at: Vec<String> = match path.first()?.as_str() {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => from.split_last()?.1.to_vec(),
            first => {
                let inner = [from, &[first.to_owned()]].concat();
                if !self.modules.contains_key(&inner) {
                    return None;
                }
                inner
            }
        };
        let mut rest = &path[1..];
        while let Some((first, others)) = rest.split_first() {
            let inner = [at.as_slice(), std::slice::from_ref(first)].concat();
            if first == "super" {
                at.pop();
            } else if self.modules.contains_key(&inner) {
                at = inner;
            } else {
                break;
            }
            rest = others;
        }
        let named = rest.first().and_then(|name| {
            self.names.get(&at)?.iter().find(|import| import.name == *name && depth < 8)
        });
        let further = named.and_then(|import| self.file(&at, &import.path, depth + 1));
        further.or_else(|| self.modules.get(&at).map(|(file, _)| file.clone()))
    }
}

/// Returns every name of every `use`.
fn imports(code: &str) -> Vec<Import> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let line = code[..at].rsplit('\n').next().unwrap_or_default().trim_start();
        let is_handed_on = line.starts_with("pub");
        if !(line.is_empty()
            || is_handed_on && !line.contains(['{', '('])
            || line.starts_with("pub(") && line.ends_with(") "))
        {
            continue;
        }
        let text = code[at + 4..].split(';').next().unwrap_or_default();
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut paths = Vec::new();
        expand("", &text, &mut paths);
        for path in paths {
            let (path, alias) = path.split_once(" as ").unwrap_or((&path, ""));
            let path: Vec<String> = path.split("::").map(|part| part.trim().to_owned()).collect();
            let path: Vec<String> = match path.split_last() {
                Some((last, head)) if last == "self" || last == "*" => head.to_vec(),
                _ => path,
            };
            let last = path.last().cloned().unwrap_or_default();
            let name = if alias.is_empty() { last } else { alias.to_owned() };
            found.push(Import { path, name, is_handed_on });
        }
    }
    found
}

/// Takes the braces of a `use` apart.
fn expand(head: &str, text: &str, paths: &mut Vec<String>) {
    let Some((before, inner)) = text.split_once('{') else {
        paths.extend((!text.trim().is_empty()).then(|| format!("{head}{}", text.trim())));
        return;
    };
    let inner = inner.rsplit_once('}').map_or(inner, |(inner, _)| inner);
    let head = format!("{head}{}", before.trim());
    let (mut depth, mut start) = (0, 0);
    for (at, character) in inner.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                expand(&head, &inner[start..at], paths);
                start = at + 1;
            }
            _ => {}
        }
    }
    expand(&head, &inner[start..], paths);
}

/// Returns the paths that stand in the code itself.
fn inline(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let is_first = !code[..at].ends_with(|c: char| c == ':' || c.is_alphanumeric());
            let is_use = code[..at].rsplit('\n').next().unwrap_or_default().contains("use ");
            if is_first && !is_use {
                let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
                let path: String = code[at..].chars().take_while(|c| word(*c)).collect();
                let parts = path.split("::").filter(|part| !part.is_empty());
                found.push(parts.map(str::to_owned).collect());
            }
        }
    }
    found
}
