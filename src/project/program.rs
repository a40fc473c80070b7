//! A repository as the `git` program shows it, for those that libgit2 cannot open: with SHA-256,
//! reference tables, split or sparse indexes, or extensions that it does not know.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::failure::failure;
use super::folder::Folder;
use super::index::{Attributes, Becomes, Listed, Listing, Staging, Watch};
use super::patience::output;
use super::readable::check_named;
use crate::error::{Error, Result};
use crate::merge::Driver;
use crate::tree::{Blob, Mode, RelPath};

/// The program, and where in the repository the project is.
pub(super) struct Program {
    root: PathBuf,
    git: PathBuf,
    prefix: String,
    /// The name of nothing, as long as this repository's names are.
    nothing: String,
}

impl Program {
    /// Asks the program whether it can open what libgit2, by this cause, could not.
    pub(super) fn open(root: &Path, folder: &Folder, cause: &str) -> Result<Self> {
        let git = folder.path();
        let refused = |second: &str| {
            let error =
                Error::failed(format!("cannot open the repository around `{}`", root.display()))
                    .because(cause);
            match second.lines().next() {
                Some(line) if line.contains("dubious ownership") => error.because(line).hint(
                    "if you trust its owner, `git config --global --add safe.directory` with its path",
                ),
                _ => error
                    .because(second.trim_end())
                    .hint("make it readable for git, or install git where that is missing"),
            }
        };
        let mut program = Self {
            root: root.to_owned(),
            git: PathBuf::new(),
            prefix: String::new(),
            nothing: String::new(),
        };
        let asked = [
            "rev-parse",
            "--absolute-git-dir",
            "--show-object-format",
            "--show-toplevel",
            "--show-prefix",
        ];
        let output = output(root, &mut program.command(&asked), b"")?;
        let output = output.map_err(|cause| refused(&cause.to_string()))?;
        if !output.status.success() {
            return Err(refused(&String::from_utf8_lossy(&output.stderr)));
        }
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines = text.lines();
        program.git = lines.next().unwrap_or_default().into();
        if !program
            .git
            .canonicalize()
            .is_ok_and(|found| git.canonicalize().is_ok_and(|it| it == found))
        {
            return Err(refused(&format!("git takes `{}` for its folder", program.git.display())));
        }
        let length = if lines.next() == Some("sha256") { 64 } else { 40 };
        program.nothing = "0".repeat(length);
        // Settings of the repository may name any folder as that of its files.
        let top = lines.next().unwrap_or_default();
        if !Path::new(top).canonicalize().is_ok_and(|top| root.starts_with(top)) {
            return Err(refused(&format!("its files are in `{top}`")));
        }
        lines.next().unwrap_or_default().clone_into(&mut program.prefix);
        check_named(folder, &program.named()?)?;
        Ok(program)
    }

    /// Returns what settings name that git reads besides, where they stand now.
    fn named(&self) -> Result<Vec<(String, PathBuf)>> {
        let keys = "^core\\.(attributesfile|excludesfile)$";
        let mut command = self.command(&["config", "-z", "--type=path", "--get-regexp", keys]);
        // It fails where there is none, too.
        let output = output(&self.root, &mut command, b"")?.map(|output| output.stdout);
        let text = String::from_utf8_lossy(&output.unwrap_or_default()).into_owned();
        let named = |(key, path): (&str, &str)| (key.to_owned(), self.root.join(path));
        Ok(text.split('\0').filter_map(|line| line.split_once('\n').map(named)).collect())
    }

    /// Tells whether a reference is there that files do not show.
    pub(super) fn has_reference(&self, name: &str) -> bool {
        self.run(&["rev-parse", "--quiet", "--verify", name], b"").is_ok()
    }

    pub(super) fn list(&self, is_wanted: &dyn Fn(&RelPath) -> bool) -> Result<Listing> {
        let output = self.run(&["ls-files", "-z", "-v", "--stage"], b"")?;
        let mut listing = Listing::default();
        for (line, path) in entries(&output) {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap_or_default();
            let (tag, mode, id, stage) = (word(), word(), word(), word());
            if stage != "0" {
                listing.unmerged.insert(path);
            } else if mode == "160000" {
                listing.modules.insert(path);
            } else if is_wanted(&path) {
                let watch = match tag {
                    "S" | "s" => Watch::Skipped,
                    tag if tag.starts_with(|c: char| c.is_ascii_lowercase()) => Watch::Assumed,
                    _ => Watch::Watched,
                };
                let mode = u32::from_str_radix(mode, 8).unwrap_or_default();
                listing.tracked.insert(path, Listed { id: id.to_owned(), mode, watch });
            }
        }
        Ok(listing)
    }

    pub(super) fn attributes(&self, paths: &[RelPath]) -> Result<BTreeMap<RelPath, Attributes>> {
        let input = paths.iter().fold(String::new(), |input, path| input + path.as_str() + "\0");
        let arguments = ["check-attr", "-z", "--stdin", "merge", "filter"];
        let output = self.run(&arguments, input.as_bytes())?;
        let fields: Vec<&str> = output.split('\0').collect();
        let mut found = BTreeMap::<RelPath, Attributes>::new();
        for field in fields.chunks_exact(3) {
            let Ok(path) = RelPath::parse(field[0]) else { continue };
            let attributes = found.entry(path).or_default();
            match (field[1], field[2]) {
                ("filter", value) => {
                    attributes.is_filtered = !["unspecified", "unset"].contains(&value);
                }
                (_, "unset" | "binary") => attributes.driver = Driver::Binary,
                (_, "union") => attributes.driver = Driver::Union,
                (_, "unspecified" | "set" | "text") => {}
                (_, name) => {
                    let key = format!("merge.{name}.driver");
                    if self.run(&["config", "--get", &key], b"").is_ok() {
                        attributes.driver = Driver::Own;
                    }
                }
            }
        }
        Ok(found)
    }

    pub(super) fn changed(
        &self,
        files: &[(&RelPath, &Blob, &Listed)],
    ) -> Result<BTreeSet<RelPath>> {
        let mut changed = BTreeSet::new();
        for (path, blob, listed) in files {
            if blob.mode.number() != listed.mode || !self.is_listed(blob, listed)? {
                changed.insert((*path).clone());
            }
        }
        Ok(changed)
    }

    /// Tells whether the index has these bytes, or has them with other line ends. What else git
    /// might make of a file is not asked: a filter is a program that the repository names.
    fn is_listed(&self, blob: &Blob, listed: &Listed) -> Result<bool> {
        let is_named = |bytes: &[u8]| -> Result<bool> {
            let id = self.run(&["hash-object", "--stdin", "--no-filters"], bytes)?;
            Ok(id.trim_end() == listed.id)
        };
        let is_text = blob.mode != Mode::Link && blob.bytes.windows(2).any(|pair| pair == b"\r\n");
        if is_named(&blob.bytes)? {
            return Ok(true);
        }
        if !is_text {
            return Ok(false);
        }
        let lines: Vec<u8> =
            blob.bytes.split(|byte| *byte == b'\n').fold(Vec::new(), |mut all, line| {
                all.extend(line.strip_suffix(b"\r").unwrap_or(line));
                all.push(b'\n');
                all
            });
        is_named(lines.strip_suffix(b"\n").unwrap_or(&lines))
    }

    pub(super) fn is_ignored(&self, path: &RelPath) -> Result<bool> {
        let arguments = ["check-ignore", "-q", "--no-index", "--", path.as_str()];
        let output = output(&self.root, &mut self.command(&arguments), b"")?;
        Ok(output.map_err(|cause| self.failed(&cause.to_string()))?.status.success())
    }

    pub(super) fn read(&self, id: &str) -> Result<Vec<u8>> {
        self.raw(&mut self.command(&["cat-file", "blob", id]), b"")
    }

    pub(super) fn make_index(&self, to: &Path, stagings: &[Staging]) -> Result<()> {
        self.copy_index(to)?;
        let (mut lines, mut skipped) = (Vec::new(), Vec::new());
        for Staging { path, becomes } in stagings {
            let full = format!("{}{path}", self.prefix);
            lines.push(format!("0 {}\t{full}\0", self.nothing));
            let mut add = |blob: &Blob, stage: usize| -> Result<()> {
                let id = self.run(&["hash-object", "-w", "--stdin"], &blob.bytes)?;
                lines.push(format!("{:o} {} {stage}\t{full}\0", blob.mode.number(), id.trim_end()));
                Ok(())
            };
            match becomes {
                Becomes::Unmerged(sides) => {
                    for (stage, side) in (1..).zip(sides.iter()) {
                        side.as_ref().map_or(Ok(()), |blob| add(blob, stage))?;
                    }
                }
                Becomes::Replaced(blob) => {
                    add(blob, 0)?;
                    skipped.push(full);
                }
                Becomes::Absent => {}
            }
        }
        self.update_index(to, &lines.concat())?;
        if skipped.is_empty() {
            return Ok(());
        }
        let mut arguments = vec!["--skip-worktree", "--"];
        arguments.extend(skipped.iter().map(String::as_str));
        self.write_index(to, &arguments, b"")
    }

    pub(super) fn restore_index(&self, to: &Path, old: &Path, paths: &[RelPath]) -> Result<()> {
        self.copy_index(to)?;
        let mut list = self.command(&["ls-files", "-z", "--stage", "--full-name", "--"]);
        list.args(paths.iter().map(|path| format!(":(literal){path}")));
        let had = self.raw(list.env("GIT_INDEX_FILE", old), b"")?;
        let gone = paths.iter().map(|path| format!("0 {}\t{}{path}\0", self.nothing, self.prefix));
        let lines = gone.collect::<String>() + &String::from_utf8_lossy(&had);
        self.update_index(to, &lines)
    }

    fn copy_index(&self, to: &Path) -> Result<()> {
        let from = self.git.join("index");
        match fs::copy(&from, to) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                Err(failure("write", to, &cause))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn update_index(&self, index: &Path, lines: &str) -> Result<()> {
        self.write_index(index, &["-z", "--index-info"], lines.as_bytes())
    }

    /// Has git write an index as if no file were there: it would look into those that were written
    /// in the same moment as the index before, by the filters of the repository.
    fn write_index(&self, index: &Path, arguments: &[&str], input: &[u8]) -> Result<()> {
        let nowhere = index.with_extension("nowhere");
        fs::create_dir(&nowhere).map_err(|cause| failure("write", &nowhere, &cause))?;
        let mut command = self.command(&["update-index"]);
        command.args(arguments).current_dir(&nowhere);
        command
            .env("GIT_DIR", &self.git)
            .env("GIT_WORK_TREE", &nowhere)
            .env("GIT_INDEX_FILE", index);
        let written = self.raw(&mut command, input);
        fs::remove_dir(&nowhere).map_err(|cause| failure("remove", &nowhere, &cause))?;
        written?;
        // Those files must stay suspicious to git.
        let time = self.git.join("index").metadata().and_then(|found| found.modified());
        let Ok(time) = time else { return Ok(()) };
        let set = fs::File::options().write(true).open(index);
        set.and_then(|file| file.set_modified(time))
            .map_err(|cause| failure("write", index, &cause))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        command.current_dir(&self.root);
        // Neither programs of the user's nor writes that nobody asked for.
        command.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
        // What a partial clone lacks is not fetched, by whatever its settings name for that.
        command.env("GIT_ALLOW_PROTOCOL", "none").env("GIT_NO_LAZY_FETCH", "1");
        command.args(["-c", "safe.bareRepository=explicit"]);
        command.args(arguments).env("GIT_OPTIONAL_LOCKS", "0").env("LC_ALL", "C");
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        command
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Result<String> {
        let output = self.raw(&mut self.command(arguments), input)?;
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    fn raw(&self, command: &mut Command, input: &[u8]) -> Result<Vec<u8>> {
        let output = output(&self.root, command, input)?;
        let output = output.map_err(|cause| self.failed(&cause.to_string()))?;
        if output.status.success() {
            Ok(output.stdout)
        } else {
            Err(self.failed(&String::from_utf8_lossy(&output.stderr)))
        }
    }

    fn failed(&self, cause: &str) -> Error {
        Error::failed(format!("cannot use the repository `{}`", self.git.display()))
            .because(cause.trim_end())
            .hint("see what `git status` and `git fsck` say of it, then run it again")
    }
}

/// Splits lines of `head TAB path NUL`.
fn entries(output: &str) -> impl Iterator<Item = (&str, RelPath)> {
    output.split('\0').filter_map(|line| {
        let (head, path) = line.split_once('\t')?;
        Some((head, RelPath::parse(path).ok()?))
    })
}
