//! Symbolic links of a template: they lead to something in the same tree, or they are refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{Blob, Mode, RelPath, Tree};

/// The most links on one way, as systems have it.
const MAX_LINKS: usize = 40;

/// Names that git refuses to follow, or to check out, as links.
const OF_GIT: [&str; 4] = [".gitmodules", ".gitattributes", ".gitignore", ".mailmap"];

/// Why a link may not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLink {
    /// Its target is empty or absolute.
    Absolute,
    /// It leads out of the project.
    Outside,
    /// It leads to a folder that it is in.
    Above,
    /// It leads back to itself, or over too many others.
    Circle,
    /// It is a file that git does not read through a link.
    OfGit,
}

impl Tree {
    /// Adds those links that lead to something in the tree, also by way of each other.
    ///
    /// # Errors
    /// Names a link that may not be written, whether or not it leads to something.
    pub fn add_links(
        &mut self,
        links: &BTreeMap<RelPath, String>,
    ) -> Result<(), (RelPath, BadLink)> {
        let way = Way {
            files: self.paths().map(RelPath::as_str).collect(),
            links: links.iter().map(|(path, target)| (path.as_str(), (path, &**target))).collect(),
        };
        let mut kept = Vec::new();
        for (path, target) in links {
            match way.end(path, target, &mut 0) {
                Ok(Some(_)) => kept.push((path.clone(), target.clone())),
                Ok(None) => {}
                Err(reason) => return Err((path.clone(), reason)),
            }
        }
        self.0.extend(
            kept.into_iter().map(|(path, target)| {
                (path, Blob { bytes: target.into_bytes(), mode: Mode::Link })
            }),
        );
        Ok(())
    }
}

/// Checks what can be told of a link without the files beside it.
///
/// # Errors
/// Tells the first rule that it breaks.
pub fn check_link(path: &RelPath, target: &str) -> Result<(), BadLink> {
    Way::default().end(path, target, &mut 0).map(drop)
}

/// Where links lead among files and other links.
#[derive(Default)]
struct Way<'a> {
    files: BTreeSet<&'a str>,
    links: BTreeMap<&'a str, (&'a RelPath, &'a str)>,
}

impl Way<'_> {
    fn is_folder(&self, path: &str) -> bool {
        let below = format!("{path}/");
        let next = self.files.range(below.as_str()..).next();
        path.is_empty() || next.is_some_and(|next| next.starts_with(&below))
    }

    /// Follows a link as a system does, and returns where it ends if something is there. `passed`
    /// counts the links on the way.
    fn end(
        &self,
        path: &RelPath,
        target: &str,
        passed: &mut usize,
    ) -> Result<Option<Vec<String>>, BadLink> {
        if OF_GIT.contains(&path.name().to_lowercase().as_str()) {
            return Err(BadLink::OfGit);
        }
        if target.is_empty() || target.starts_with('/') {
            return Err(BadLink::Absolute);
        }
        *passed += 1;
        if *passed > MAX_LINKS {
            return Err(BadLink::Circle);
        }
        let mut place: Vec<String> = path.parts().map(str::to_owned).collect();
        place.pop();
        let mut leads_on = true;
        for part in target.split('/') {
            let folder = place.join("/");
            // The folder of the link is there because the link is.
            leads_on &= self.is_folder(&folder) || path.parents().any(|parent| parent == folder);
            match part {
                "" | "." => continue,
                ".." => place.pop().map(drop).ok_or(BadLink::Outside)?,
                name => place.push(name.to_owned()),
            }
            if let Some((other, target)) = self.links.get(place.join("/").as_str()) {
                match self.end(other, target, passed)? {
                    Some(end) => place = end,
                    None => return Ok(None),
                }
            }
        }
        let end = place.join("/");
        if place.is_empty() || path.parents().any(|parent| parent == end) {
            return Err(BadLink::Above);
        }
        let is_there = self.files.contains(end.as_str()) || self.is_folder(&end);
        Ok((leads_on && is_there).then_some(place))
    }
}

impl fmt::Display for BadLink {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Absolute => "the target of a link is relative, and not empty",
            Self::Outside => "it leads out of the project",
            Self::Above => "it leads to a folder that it is in",
            Self::Circle => "it leads back to itself, or over more than 40 other links",
            Self::OfGit => "git does not read this file through a link",
        })
    }
}
