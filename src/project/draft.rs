//! Answers of a `new` that is not done yet, kept in the state directory, one file for each target.
//!
//! Whatever is wrong with such a file is a reason to start afresh, and never one to stop.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::state::{bare, line, quoted};
use super::{Overwrite, read_file, write_file};
use crate::answer::{Given, Layer, MAX_SIZE, Progress, Source};
use crate::error::{Error, Result};
use crate::tree;

const SCHEMA: i64 = 1;

/// Where the draft of one target is kept.
#[derive(Clone, Debug)]
pub struct Draft {
    path: PathBuf,
    /// The target, as the file names it.
    target: String,
}

/// What a draft holds.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The version of the pack that was asked from.
    pub version: String,
    /// The answers.
    pub progress: Progress,
}

#[derive(Deserialize)]
struct Written {
    schema: i64,
    directory: String,
    pack: String,
    version: String,
    #[serde(default)]
    defaults: Vec<String>,
    answers: BTreeMap<String, String>,
}

impl Draft {
    /// Returns the place for the draft of `target` below the state directory of the user.
    #[must_use]
    pub fn of(state: &Path, target: &Path) -> Self {
        let target = real(target);
        let text = target.to_string_lossy().into_owned();
        let digest = tree::digest(std::iter::once((text.clone(), &[][..])));
        let digest = digest.rsplit(':').next().unwrap_or_default();
        let name = target.file_name().unwrap_or_default().to_string_lossy();
        let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
        let name: String = name.chars().filter(is_plain).take(40).collect();
        let file = format!("{name}-{}.toml", digest.get(..16).unwrap_or(digest));
        Self { path: state.join("fastwright/drafts").join(file), target: text }
    }

    /// Returns the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what is kept for a pack, if anything is.
    ///
    /// # Errors
    /// Fails if the file is no draft, or one of another pack or target.
    pub fn read(&self, pack: &str) -> Result<Option<Kept>> {
        let wrong = || Error::failed(format!("the draft `{}` cannot be used", self.path.display()));
        // Whatever is no file could be waited for, for ever.
        match fs::metadata(&self.path) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Err(wrong().because("it is no file")),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(wrong().because(cause)),
        }
        self.check_folder().map_err(|cause| wrong().because(cause))?;
        let bytes = read_file(&self.path, MAX_SIZE)?;
        if bytes.len() > MAX_SIZE {
            return Err(wrong().because("it is too large"));
        }
        let text = String::from_utf8(bytes).map_err(|_| wrong().because("it is no text"))?;
        let written: Written = toml::from_str(&text).map_err(|cause| {
            let line = cause.span().map_or(1, |span| line(&text, &span));
            wrong().because(format_args!("line {line}: {}", cause.message()))
        })?;
        if written.schema != SCHEMA {
            return Err(wrong().because("another version of fastwright wrote it"));
        }
        if written.directory != self.target {
            return Err(wrong().because(format_args!("it is one of `{}`", written.directory)));
        }
        if written.pack != pack {
            return Err(wrong().because(format_args!("it is one of the pack `{}`", written.pack)));
        }
        let mut answers = Layer::new();
        for (key, text) in written.answers {
            answers.insert(key, Given::Text(text), Source::Asked);
        }
        let progress = Progress { answers, defaults: written.defaults };
        Ok(Some(Kept { version: written.version, progress }))
    }

    /// Writes all answers, in place of those that are kept.
    ///
    /// # Errors
    /// Fails if the disk does.
    pub fn write(&self, pack: &str, version: &str, progress: &Progress) -> Result<()> {
        let defaults: Vec<String> = progress.defaults.iter().map(|key| quoted(key)).collect();
        let mut text = format!(
            "# Answers of a `fastwright new` that is not done yet; the next one in this directory \
             offers them.\nschema = {SCHEMA}\ndirectory = {}\npack = {}\nversion = {}\n\
             defaults = [{}]\n\n[answers]\n",
            quoted(&self.target),
            quoted(pack),
            quoted(version),
            defaults.join(", ")
        );
        for (key, given, _) in progress.answers.iter() {
            let value = match given {
                Given::Text(text) => text.clone(),
                Given::Value(value) => value.to_string(),
                Given::Foreign(_) => continue,
            };
            text.extend([&bare(key), " = ", &quoted(&value), "\n"]);
        }
        if let Some(folder) = self.path.parent() {
            // Nobody else's business, as the XDG specification has it. That it is there already
            // is no failure, and others show when the file is written.
            let _ = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        }
        self.check_folder().map_err(|cause| {
            Error::failed(format!("cannot write `{}`", self.path.display())).because(cause)
        })?;
        write_file(&self.path, text.as_bytes(), Overwrite::Allowed)
    }

    /// Refuses a folder through which others decide what is read and written.
    fn check_folder(&self) -> std::result::Result<(), &'static str> {
        let folder = self.path.parent().and_then(|folder| folder.symlink_metadata().ok());
        let is_own = |found: &fs::Metadata| {
            let user = rustix::process::geteuid().as_raw();
            found.is_dir() && found.uid() == user && found.mode() & 0o022 == 0
        };
        match folder {
            Some(found) if !is_own(&found) => {
                Err("its folder belongs to another user, or others may write in it")
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Removes the file; one that resists is offered again, and does no harm.
    pub fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Returns the path of a target that may not be there yet, the same however it is written.
fn real(target: &Path) -> PathBuf {
    let whole = std::path::absolute(target).unwrap_or_else(|_| target.to_owned());
    let mut missing = Vec::new();
    let mut there = whole.as_path();
    loop {
        if let Ok(found) = there.canonicalize() {
            return missing.iter().rev().fold(found, |path, name| path.join(name));
        }
        let (Some(parent), Some(name)) = (there.parent(), there.file_name()) else { return whole };
        missing.push(name.to_owned());
        there = parent;
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Draft, Given, Layer, Progress, Source};
    use crate::pack::Value;

    fn layer(answers: &[(&str, Given)]) -> Layer {
        let mut layer = Layer::new();
        for (key, given) in answers {
            layer.insert(*key, given.clone(), Source::Asked);
        }
        layer
    }

    #[test]
    fn what_is_written_is_read_again_and_only_for_its_target_and_pack() {
        let folder = tempfile::tempdir().expect("a folder");
        let state = folder.path().join("state");
        let draft = Draft::of(&state, &folder.path().join("shop"));
        let many = Given::Value(Value::Many(vec!["a".into(), "b".into()]));
        let odd = Given::Text("it's \"odd\" \\ \u{1b}[1m".into());

        let answers = layer(&[("many", many), ("text", odd)]);
        let progress = Progress { answers, defaults: ["port".to_owned()].into() };
        draft.write("pack", "1.0.0", &progress).expect("written");

        let kept = draft.read("pack").expect("readable").expect("there");
        let answers: Vec<_> =
            kept.progress.answers.iter().map(|(key, given, _)| (key, given)).collect();
        let odd = Given::Text("it's \"odd\" \\ \u{1b}[1m".into());
        assert_eq!(answers, [("many", &Given::Text("a,b".into())), ("text", &odd)]);
        assert_eq!(kept.progress.defaults, progress.defaults);
        assert_eq!(kept.version, "1.0.0");
        assert!(draft.read("other").is_err());
        let other = Draft::of(&state, &folder.path().join("shop2"));
        assert!(other.read("pack").expect("readable").is_none());
        draft.remove();
        assert!(draft.read("pack").expect("readable").is_none());
    }

    #[test]
    fn a_target_has_one_draft_however_it_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("real")).expect("made");
        std::os::unix::fs::symlink("real", folder.path().join("link")).expect("linked");
        let of = |path: &str| Draft::of(Path::new("/state"), &folder.path().join(path)).path;

        assert_eq!(of("real/a/b"), of("link/./a/b"));
        assert_ne!(of("real/a"), of("real/b"));
    }

    #[test]
    fn whatever_is_wrong_with_the_file_is_an_error_and_no_panic() {
        let folder = tempfile::tempdir().expect("a folder");
        let draft = Draft::of(folder.path(), Path::new("/somewhere/shop"));
        fs::create_dir_all(draft.path.parent().expect("a parent")).expect("made");
        let head = "schema = 1\ndirectory = '/somewhere/shop'\npack = 'pack'\nversion = '1'\n";
        let huge = "#".repeat(super::MAX_SIZE + 1);
        let cases: [(&[u8], &str); 7] = [
            (b"", "line 1: missing field `schema`"),
            (b"schema = ", "line 1: "),
            (b"\xff\xfe", "it is no text"),
            (huge.as_bytes(), "it is too large"),
            (
                b"schema = 2\ndirectory = ''\npack = ''\nversion = ''\nanswers = {}",
                "another version",
            ),
            (
                b"schema = 1\ndirectory = ''\npack = ''\nversion = ''\nanswers = {}",
                "it is one of ``",
            ),
            (b"schema = 1\ndirectory = ''\npack = ''\nversion = ''\nanswers = {a = 1}", "line 5: "),
        ];

        for (bytes, cause) in cases {
            fs::write(&draft.path, bytes).expect("written");
            let error = draft.read("pack").expect_err("refused").to_string();
            assert!(error.contains(cause), "{error}");
        }
        fs::write(&draft.path, format!("{head}[answers]\nname = 'x'\n")).expect("written");
        assert!(draft.read("pack").expect("readable").is_some());
        fs::remove_file(&draft.path).expect("removed");
        fs::create_dir(&draft.path).expect("made");
        assert!(draft.read("pack").is_err());
    }
}
