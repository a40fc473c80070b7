//! From what a project recorded to where an upgrade leads: versions, answers and both trees.

use super::state::state;
use crate::answer::{Answers, Given, Layer, Layers, Step, Unanswered, migrate, recorded, resolve};
use crate::error::{Error, Result};
use crate::merge::Labels;
use crate::pack::{Catalog, Key, Pack, Value, Version, interpolate};
use crate::project::{Project, State};
use crate::render::render;
use crate::tree::Tree;

/// The way of a project from one version and its answers to others.
pub struct Transition<'a> {
    project: &'a Project,
    old: Pack,
    new: &'a Pack,
    applied: Answers,
    /// The answers to go to.
    pub answers: Answers,
    /// What became of recorded answers on the way.
    pub steps: Vec<Step>,
    /// Answers that are not what the files came from.
    pub changed: Vec<Changed>,
}

/// An answer that is not what the files came from.
pub struct Changed {
    /// The question.
    pub key: Key,
    /// The answer that the files came from; `None` for a new question.
    pub from: Option<Value>,
    /// The answer to go to.
    pub to: Value,
}

/// Returns the version of its pack that a project recorded.
///
/// # Errors
/// Fails where the project is of another pack, or of a version that the catalog lacks.
pub fn recorded_pack(catalog: &Catalog, project: &Project) -> Result<Pack> {
    let State { pack, version, .. } = project.state();
    let newest = catalog.load(None)?;
    if *pack != newest.name {
        return Err(Error::usage(format!(
            "the project is of pack `{pack}`, and this is `{}`",
            newest.name
        ))
        .hint("name the folder of its pack with `--pack DIR`"));
    }
    let wrong =
        |reason: String| Error::failed(reason).because(format!("`{}` records it", State::PATH));
    let version: Version = version.parse().map_err(wrong)?;
    if version > newest.version {
        return Err(wrong(format!("version `{version}` of pack `{pack}` is not known"))
            .because(format!("the newest here is `{}`", newest.version))
            .hint("use the newer fastwright that wrote it"));
    }
    let unknown = |error: Error| error.because(format!("`{}` records it", State::PATH));
    catalog.load(Some(version)).map_err(unknown)
}

/// Returns the answers that a project's files came from.
///
/// # Errors
/// Tells what is wrong with what is recorded.
pub fn applied(pack: &Pack, project: &Project) -> Result<Answers> {
    let layers = layers(vec![recorded(&project.state().applied)], project);
    let unfit = |error: Error| {
        error.hint(format!("take `[applied]` back from the history of `{}`", State::PATH))
    };
    resolve(pack, &layers).complete(pack).map_err(unfit)
}

fn layers(layers: Vec<Layer>, project: &Project) -> Layers {
    let directory = project.root().file_name().map(|name| name.to_string_lossy().into_owned());
    Layers { layers, directory, unanswered: Unanswered::Default }
}

impl<'a> Transition<'a> {
    /// Finds the way to a version of a pack, with answers that are stronger than recorded ones.
    ///
    /// # Errors
    /// Fails on the way back to an older version, and where answers do not fit.
    pub fn new(
        catalog: &Catalog,
        new: &'a Pack,
        project: &'a Project,
        mut given: Vec<Layer>,
    ) -> Result<Self> {
        let old = recorded_pack(catalog, project)?;
        if new.version < old.version {
            return Err(Error::usage(format!(
                "version `{}` is older than the project's",
                new.version
            ))
            .because(format!("the project is at `{}`, and no upgrade leads back", old.version))
            .hint("`fastwright upgrade --undo` takes the last upgrade back"));
        }
        let applied = applied(&old, project)?;
        let migrated = migrate(recorded(&project.state().answers), &old, new);
        let had = migrate(recorded(&project.state().applied), &old, new).layer;
        given.push(migrated.layer);
        let answers = resolve(new, &layers(given, project)).complete(new)?;
        let changed = new.questions.iter().filter_map(|question| {
            let key = &question.key;
            let to = answers.get(key.as_str())?.clone();
            let from = had.get(key.as_str()).and_then(|(given, _)| match given {
                Given::Value(value) => Some(value.clone()),
                Given::Text(_) | Given::Foreign(_) => None,
            });
            (from.as_ref() != Some(&to)).then(|| Changed { key: key.clone(), from, to })
        });
        let changed = changed.collect();
        Ok(Self { project, old, new, applied, answers, steps: migrated.steps, changed })
    }

    /// Returns the recorded version.
    #[must_use]
    pub fn from(&self) -> Version {
        self.old.version
    }

    /// Returns the version to go to.
    #[must_use]
    pub fn to(&self) -> Version {
        self.new.version
    }

    /// Tells whether the files came from this version and these answers already.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.from() == self.to() && self.applied.iter().eq(self.answers.iter())
    }

    /// Renders what the project came from, whether or not it is what was recorded.
    ///
    /// # Errors
    /// Fails as rendering does.
    pub fn rendered(&self) -> Result<Tree> {
        render(&self.old, &self.applied)
    }

    /// Renders what the project came from, and refuses anything else.
    ///
    /// # Errors
    /// Fails where that is not what was recorded.
    pub fn base(&self) -> Result<Tree> {
        let base = self.rendered()?;
        if is_recorded(self.project, &base) {
            return Ok(base);
        }
        let message =
            format!("`{}` {} no longer gives what was recorded", self.old.name, self.old.version);
        Err(Error::failed(message)
            .because(format!("the digest in `{}` is of other files", State::PATH))
            .because("somebody edited `[applied]`, or the pack is not the one that was used")
            .hint(format!("take `[applied]` back from the history of `{}`", State::PATH))
            .hint("or use `--base-from-git`, which reads the commit that wrote the file"))
    }

    /// Renders what the project goes to, with what it then remembers.
    ///
    /// # Errors
    /// Fails as rendering does.
    pub fn theirs(&self) -> Result<(Tree, State)> {
        let tree = render(self.new, &self.answers)?;
        let state = state(self.new, &self.answers, tree.digest())?;
        Ok((tree, state))
    }

    /// Returns the recorded answers as the version to go to takes them.
    #[must_use]
    pub fn recorded(&self) -> Layers {
        let layer = migrate(recorded(&self.project.state().answers), &self.old, self.new).layer;
        layers(vec![layer], self.project)
    }

    /// Returns what other answers and the versions on the way renamed, the oldest first.
    #[must_use]
    pub fn renames(&self) -> Vec<(String, String)> {
        self.renames_to(&self.answers)
    }

    /// Returns the same for answers that are not decided yet.
    #[must_use]
    pub fn renames_to(&self, answers: &Answers) -> Vec<(String, String)> {
        let mut renames = self.renamed_by_answers(answers);
        let mut releases: Vec<_> = self
            .new
            .releases
            .iter()
            .filter(|release| release.version > self.from() && release.version <= self.to())
            .collect();
        releases.sort_by_key(|release| release.version);
        let written = |path: &str| filled(path, answers).unwrap_or_else(|| path.to_owned());
        renames.extend(
            releases
                .into_iter()
                .flat_map(|release| &release.renames)
                .map(|rename| (written(&rename.from), written(&rename.to))),
        );
        renames
    }

    /// Returns the files whose names hold an answer that is another one now.
    fn renamed_by_answers(&self, answers: &Answers) -> Vec<(String, String)> {
        let paths = self.old.templates().map(|(path, _)| path).filter(|path| path.contains("{="));
        let rename = |path: &str| Some((filled(path, &self.applied)?, filled(path, answers)?));
        paths.filter_map(rename).filter(|(from, to)| from != to).collect()
    }

    /// Returns how the sides of the merge are called.
    #[must_use]
    pub fn labels(&self) -> Labels {
        Labels::of_upgrade(&self.new.name, &self.from().to_string(), &self.to().to_string())
    }

    /// Returns the name of the pack.
    #[must_use]
    pub fn pack(&self) -> &str {
        &self.new.name
    }

    /// Returns what the pack says of the versions on the way.
    #[must_use]
    pub fn notes(&self) -> Vec<crate::pack::Notes> {
        self.new.notes(self.from())
    }
}

/// Tells whether a tree is what the project recorded.
#[must_use]
pub fn is_recorded(project: &Project, base: &Tree) -> bool {
    base.digest() == project.state().digest
}

/// Fills the placeholders of a path, as rendering does.
fn filled(path: &str, answers: &Answers) -> Option<String> {
    interpolate(path, |key| answers.get(key).map(ToString::to_string)).ok()
}
