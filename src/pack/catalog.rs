//! Where packs come from: embedded in the program, or a folder; and their versions.
//!
//! The newest version stands whole; `history/<version>/` holds what an older one had
//! otherwise, laid over the next newer one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use flate2::read::ZlibDecoder;
use include_dir::{Dir, DirEntry, include_dir};

use super::manifest::{History, Manifest};
use super::sources::{Sources, broken};
use super::{Pack, Version};
use crate::error::{Error, Result};
use crate::tree::{self, Tree};

/// The newest version of the embedded pack, and the older ones as the build script packs them.
static EMBEDDED: Dir<'static> = include_dir!("$OUT_DIR/newest");
/// The pinned packages, with their hashes as numbers.
const EMBEDDED_PINS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/pins"));
const EMBEDDED_HISTORY: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/history.rs"));

/// The largest TOML file of a pack, and the most versions before the newest.
const MAX_TOML: usize = 1 << 20;
const MAX_VERSIONS: usize = 100;

/// Where a pack comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program carries it.
    Embedded,
    /// It stood in a folder: anybody may have written it.
    Folder,
}

/// All versions of one pack.
pub struct Catalog {
    origin: Origin,
    newest: Arc<Sources>,
    history: BTreeMap<Version, Older>,
}

/// What an older version had otherwise.
enum Older {
    Read(Sources),
    /// As the program carries it: few runs need it.
    Packed(&'static [u8]),
}

impl Older {
    fn sources(&self) -> Result<Cow<'_, Sources>> {
        match self {
            Self::Read(sources) => Ok(Cow::Borrowed(sources)),
            Self::Packed(bytes) => unpack(bytes)
                .map(Cow::Owned)
                .ok_or_else(|| Error::failed("the program is damaged").hint("install it again")),
        }
    }
}

impl Catalog {
    /// Returns the pack that the program carries.
    ///
    /// # Errors
    /// Fails as [`Catalog::from_tree`] does.
    pub fn embedded() -> Result<Self> {
        let mut files = Sources::new();
        collect(&EMBEDDED, &mut files);
        files.insert("locks/pins.txt".to_owned(), spelled_out(EMBEDDED_PINS).into());
        let mut catalog = Self::from_files(Origin::Embedded, files)?;
        for (name, bytes) in EMBEDDED_HISTORY {
            let version = name.parse().map_err(|reason| broken(name, reason))?;
            catalog.history.insert(version, Older::Packed(bytes));
        }
        Ok(catalog)
    }

    /// Returns the pack that stands in a folder.
    ///
    /// # Errors
    /// Fails if a folder of `history/` is not named after a version.
    pub fn from_tree(tree: Tree) -> Result<Self> {
        let files = tree.into_iter().map(|(path, blob)| (path.to_string(), blob.bytes.into()));
        Self::from_files(Origin::Folder, files.collect())
    }

    fn from_files(origin: Origin, files: Sources) -> Result<Self> {
        let mut newest = Sources::new();
        let mut history = BTreeMap::<Version, Sources>::new();
        for (path, bytes) in files {
            let Some(rest) = path.strip_prefix("history/") else {
                newest.insert(path, bytes);
                continue;
            };
            let (name, inner) = rest.split_once('/').unwrap_or((rest, ""));
            let version = name.parse().map_err(|reason| broken(&path, reason))?;
            history.entry(version).or_default().insert(inner.to_owned(), bytes);
        }
        if history.len() > MAX_VERSIONS {
            let most = format!("a pack has at most {MAX_VERSIONS} versions in it");
            return Err(broken("history/", most));
        }
        let history = history.into_iter().map(|(version, files)| (version, Older::Read(files)));
        Ok(Self { origin, newest: Arc::new(newest), history: history.collect() })
    }

    /// Returns all versions, the newest first.
    ///
    /// # Errors
    /// Fails if `pack.toml` cannot be read.
    pub fn versions(&self) -> Result<Vec<Version>> {
        let newest = manifest(&self.newest)?.version;
        Ok(std::iter::once(newest).chain(self.history.keys().rev().copied()).collect())
    }

    /// Returns one version, or the newest.
    ///
    /// # Errors
    /// Fails if there is no such version, a file of the pack is wrong, or a released version
    /// is not what its digest says.
    pub fn load(&self, version: Option<Version>) -> Result<Pack> {
        if let Some(version) = version.filter(|version| self.history.contains_key(version)) {
            return Pack::read(self.origin, Arc::new(self.resolve(version)?));
        }
        let newest = Pack::read(self.origin, self.newest.clone())?;
        match version {
            Some(version) if version != newest.version => {
                let known: Vec<String> =
                    self.versions()?.iter().map(|version| format!("`{version}`")).collect();
                Err(Error::usage(format!("pack `{}` has no version `{version}`", newest.name))
                    .hint(format!("choose one of {}", known.join(", "))))
            }
            Some(_) | None => Ok(newest),
        }
    }

    /// Lays the overlays over the newest files, one after another, down to a version.
    fn resolve(&self, version: Version) -> Result<Sources> {
        let mut sources = Sources::clone(&self.newest);
        for (step, overlay) in self.history.range(version..).rev() {
            let path = format!("history/{step}/history.toml");
            let overlay = overlay.sources()?;
            let bytes = overlay.get("history.toml");
            let bytes = bytes.ok_or_else(|| broken(&path, "the file is missing"))?;
            let history: History = parse(&path, bytes)?;
            if history.version != *step {
                return Err(broken(&path, format!("it says version `{}`", history.version)));
            }
            for absent in &history.absent {
                if sources.remove(absent).is_none() {
                    return Err(broken(
                        &path,
                        format!("`{absent}` is absent in the newer version too"),
                    ));
                }
            }
            let changed = overlay.iter().filter(|(name, _)| *name != "history.toml");
            sources.extend(changed.map(|(name, bytes)| (name.clone(), bytes.clone())));
            let actual = digest(&sources);
            if history.digest.is_some_and(|digest| digest != actual) {
                let of = history.revision.map(|revision| format!(" in revision `{revision}`"));
                return Err(broken(
                    &path,
                    format!("version `{step}` has changed: its digest is {actual}"),
                )
                .hint(format!(
                    "keep in `history/{step}/` each file that has changed since, as it was{}",
                    of.unwrap_or_default()
                )));
            }
        }
        Ok(sources)
    }
}

/// Returns `sha256:` and the digest of all files of a version.
#[must_use]
pub fn digest(sources: &Sources) -> String {
    tree::digest(
        sources.iter().map(|(path, bytes)| (format!("{path}\0{}\n", bytes.len()), bytes.as_ref())),
    )
}

/// Returns text with each hash that the build script made a number, the byte 1 and 32 bytes, in words.
fn spelled_out(mut bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = Vec::with_capacity(bytes.len() * 5 / 2);
    while let Some((first, rest)) = bytes.split_first() {
        match rest.split_at_checked(32) {
            Some((number, rest)) if *first == 1 => {
                let mut digits = [0; 64];
                for (pair, byte) in digits.chunks_exact_mut(2).zip(number) {
                    pair[0] = DIGITS[usize::from(byte >> 4)];
                    pair[1] = DIGITS[usize::from(byte & 15)];
                }
                text.extend_from_slice(b"    --hash=sha256:");
                text.extend_from_slice(&digits);
                bytes = rest;
            }
            _ => {
                text.push(*first);
                bytes = rest;
            }
        }
    }
    text
}

/// Reads files that the build script packed: name, length and bytes of each.
fn unpack(bytes: &[u8]) -> Option<Sources> {
    let mut all = Vec::new();
    ZlibDecoder::new(bytes).read_to_end(&mut all).ok()?;
    let (mut files, mut rest) = (Sources::new(), all.as_slice());
    while !rest.is_empty() {
        let mut line = || {
            let end = rest.iter().position(|byte| *byte == b'\n')?;
            let (line, more) = rest.split_at(end);
            rest = more.get(1..)?;
            std::str::from_utf8(line).ok()
        };
        let (name, length) = (line()?.to_owned(), line()?.parse().ok()?);
        let (content, more) = rest.split_at_checked(length)?;
        files.insert(name, Cow::Owned(content.to_vec()));
        rest = more;
    }
    Some(files)
}

fn collect(directory: &'static Dir<'static>, files: &mut Sources) {
    for entry in directory.entries() {
        match entry {
            DirEntry::Dir(directory) => collect(directory, files),
            DirEntry::File(file) => {
                let path = file.path().to_str().expect("templates have names in ASCII");
                files.insert(path.to_owned(), Cow::Borrowed(file.contents()));
            }
        }
    }
}

/// Reads what a version says of itself.
pub(super) fn manifest(sources: &Sources) -> Result<Manifest> {
    let bytes = sources.get("pack.toml");
    let bytes = bytes.ok_or_else(|| {
        broken("pack.toml", "the file is missing").hint("name the folder that holds `pack.toml`")
    })?;
    parse("pack.toml", bytes)
}

/// Reads a TOML file of a pack.
pub(super) fn parse<T: serde::de::DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T> {
    toml::from_str(text(path, bytes)?).map_err(|error| broken(path, error.to_string().trim_end()))
}

/// Returns the text of a TOML file of a pack.
pub(super) fn text<'a>(path: &str, bytes: &'a [u8]) -> Result<&'a str> {
    if bytes.len() > MAX_TOML {
        return Err(broken(path, format_args!("it has at most {} KiB", MAX_TOML >> 10)));
    }
    std::str::from_utf8(bytes).map_err(|error| broken(path, error))
}
