//! What a pack's `CHANGELOG.md` says of its versions, for people who upgrade.

use super::{Pack, Version};

/// What changed in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notes {
    /// The version.
    pub version: Version,
    /// Its section of the changelog, without the heading.
    pub text: String,
}

impl Pack {
    /// Returns what changed after a version up to this one, the oldest first.
    #[must_use]
    pub fn notes(&self, after: Version) -> Vec<Notes> {
        let changelog = self.source("CHANGELOG.md").unwrap_or_default();
        let changelog = String::from_utf8_lossy(changelog);
        let sections = changelog.split("\n## ").skip(1).filter_map(|section| {
            let (heading, text) = section.split_once('\n').unwrap_or((section, ""));
            let version = heading.trim_start_matches('[').split([' ', ']']).next()?;
            Some(Notes { version: version.parse().ok()?, text: text.trim().to_owned() })
        });
        let mut notes: Vec<Notes> = sections
            .filter(|notes| notes.version > after && notes.version <= self.version)
            .collect();
        notes.sort_by_key(|notes| notes.version);
        notes
    }
}
