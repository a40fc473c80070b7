//! What the wizard is handed: the directory, the files, the command, the environment's wishes.

use std::cell::RefCell;
use std::path::Path;

use clap::ArgMatches;

use super::command::Recipe;
use super::variable;
use crate::action::{Transition, name_of, with_state};
use crate::answer::{Answers, Layer, Layers, Progress, resolve};
use crate::error::{Error, Result};
use crate::limits;
use crate::merge::Plan;
use crate::pack::Pack;
use crate::project::{self, Overwrite};
use crate::render::Renderer;
use crate::tree::Tree;
use crate::ui::wizard::{Extent, Glyphs, Keep, Outcome, Place, Session, Standing, Theme, run};
use crate::ui::{Signals, Ui};

/// What a new project is asked for with.
pub(super) struct Ask<'a> {
    pub ui: Ui,
    pub signals: &'a Signals,
    pub recipe: Recipe<'a>,
    pub layers: &'a Layers,
    pub directory: &'a Path,
    pub matches: &'a ArgMatches,
    /// Whether a repository is to be started.
    pub git: bool,
    /// Answers of an earlier run.
    pub start: Progress,
    /// They are offered in these words, not taken as they are.
    pub offer: Option<String>,
    /// Keeps the answers, if that is wanted.
    pub save: Option<&'a Keep<'a>>,
}

/// Asks in the full-screen wizard.
///
/// # Errors
/// Fails if the terminal cannot be used.
pub(super) fn ask(ask: &Ask<'_>) -> Result<Outcome> {
    let Ask { ui, recipe, layers, directory, .. } = *ask;
    let pack = recipe.pack;
    let renderer = Renderer::new(pack);
    let failure = RefCell::default();
    let session = Session {
        title: "new",
        directory: directory.to_string_lossy().into_owned(),
        place: &place,
        theme: theme(ask.matches),
        glyphs: glyphs(ask.matches),
        mouse: !ask.matches.get_flag("no-mouse"),
        git: ask.git,
        start: ask.start.clone(),
        offer: ask.offer.clone(),
        draft: ask.save,
        render: &|answers| heed(&failure, files(pack, &renderer, answers)),
        command: &|answers, directory, extent| {
            let directory = Path::new(directory);
            match extent {
                Extent::Minimal => recipe.short(answers, directory, name_of(directory).as_deref()),
                Extent::Full => recipe.full(answers, directory),
            }
        },
        save_answers: &save,
        plan: None,
    };
    let outcome = run(ui, ask.signals, pack, layers, &session);
    failure.take().map_or(outcome, Err)
}

/// Ends the wizard where rendering was given up, and notes why: all else that is wrong is shown.
fn heed<T>(failure: &RefCell<Option<Error>>, made: Result<T>) -> Result<T> {
    made.map_err(|error| {
        if !limits::was_given_up() {
            return error;
        }
        let short = Error::failed(error.problems()[0].message.clone());
        failure.borrow_mut().get_or_insert(error);
        limits::end();
        short
    })
}

/// Makes what is written for answers, to be shown.
fn files(pack: &Pack, renderer: &Renderer<'_>, answers: &Answers) -> Result<Tree> {
    // A test looks at what a panic leaves behind, and at what work without an end does.
    #[cfg(debug_assertions)]
    match variable("TEST_FASTWRIGHT").as_deref() {
        Some("panic") => panic!("a panic was wanted"),
        Some("work") => loop {
            std::thread::park();
        },
        Some(_) | None => {}
    }
    with_state(pack, answers, renderer.render(answers)?)
}

/// Asks for the answers to upgrade to, with what becomes of each file of the project.
///
/// # Errors
/// Fails if somebody leaves, or the terminal cannot be used.
pub(super) fn ask_upgrade(
    ui: Ui,
    recipe: Recipe<'_>,
    layers: &Layers,
    transition: &Transition<'_>,
    plan: &dyn Fn(&Answers) -> Result<Plan>,
    matches: &ArgMatches,
) -> Result<(Layer, Signals)> {
    let pack = recipe.pack;
    let recorded = resolve(pack, &transition.recorded()).answers;
    let recreate = |answers: &Answers, directory: &str, extent| {
        let asked = answers.iter().filter(|(key, value)| {
            let before = recorded.get(*key).map(|answer| &answer.value);
            extent == Extent::Full || before != Some(*value)
        });
        recipe.line("upgrade", Path::new(directory), asked)
    };
    let name = layers.directory.clone();
    let place = |text: &str| Place {
        text: text.to_owned(),
        name: name.clone(),
        standing: Standing::Project,
        free: None,
    };
    let failure = RefCell::default();
    let plan = |answers: &Answers| heed(&failure, plan(answers));
    let session = Session {
        title: "upgrade",
        directory: super::directory(matches)?.to_string_lossy().into_owned(),
        place: &place,
        theme: theme(matches),
        glyphs: glyphs(matches),
        mouse: !matches.get_flag("no-mouse"),
        git: false,
        start: Progress::default(),
        offer: None,
        draft: None,
        render: &|answers| crate::render::render(pack, answers),
        command: &recreate,
        save_answers: &save,
        plan: Some(&plan),
    };
    let signals = Signals::catch(|| "cancelled; nothing was changed".to_owned())?;
    let outcome = run(ui, &signals, pack, layers, &session);
    match failure.take().map_or(outcome, Err)? {
        Outcome::Create { asked, .. } => Ok((asked, signals)),
        Outcome::Cancelled { signal, command } => {
            if let Some(command) = command {
                ui.tell(command);
            }
            Err(Error::interrupted(signal, "cancelled; nothing was changed"))
        }
        Outcome::TooSmall { .. } => Err(Error::failed("the terminal is too small for the wizard")
            .hint("enlarge it, or name the answers as flags")),
    }
}

fn save(path: &Path, text: &str) -> Result<()> {
    project::write_file(path, text.as_bytes(), Overwrite::Refused)
}

/// Tells what a directory is called and what stands there.
pub(super) fn place(text: &str) -> Place {
    let directory = Path::new(text);
    let standing = standing(directory);
    let free = match standing {
        Standing::Files(_) | Standing::Unusable(_) => free(directory).map(Box::new),
        Standing::Free | Standing::Empty | Standing::Project => None,
    };
    Place { text: text.to_owned(), name: name_of(directory), standing, free }
}

fn standing(directory: &Path) -> Standing {
    match project::plan_creation(directory, &Tree::new()) {
        Err(error) => Standing::Unusable(error.problems()[0].message.clone()),
        Ok(_) => match project::entries(directory) {
            None => Standing::Free,
            Some(0) => Standing::Empty,
            Some(count) => Standing::Files(count),
        },
    }
}

/// Returns the first of `shop-2`, `shop-3` and so on where nothing stands; `.` has no such names.
fn free(directory: &Path) -> Option<Place> {
    let name = directory.file_name()?.to_str()?;
    let numbered = (2..100).map(|number| directory.with_file_name(format!("{name}-{number}")));
    let mut free = numbered.filter(|other| standing(other) == Standing::Free);
    let directory = free.next()?;
    let text = directory.to_str()?.to_owned();
    Some(Place { text, name: name_of(&directory), standing: Standing::Free, free: None })
}

fn theme(matches: &ArgMatches) -> Theme {
    match matches.get_one::<String>("theme").map(String::as_str) {
        Some("high-contrast") => Theme::HighContrast,
        Some("mono") => Theme::Mono,
        Some(_) | None => Theme::Auto,
    }
}

/// Takes ASCII if it is wanted, or where the terminal's locale or kind has no more.
fn glyphs(matches: &ArgMatches) -> Glyphs {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    let is_wide = locale.contains("utf-8") || locale.contains("utf8");
    if matches.get_flag("ascii") || !is_wide || set("TERM").as_deref() == Some("linux") {
        Glyphs::Ascii
    } else {
        Glyphs::Unicode
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use super::files;
    use crate::answer::{Given, Layer, Layers, Source, Unanswered, resolve};
    use crate::pack::{Catalog, Kind, Pack};
    use crate::render::Renderer;
    use crate::tree::Mode;

    /// Returns every file below a folder with its mode and contents.
    fn written(folder: &Path, inside: &str, found: &mut BTreeMap<String, (String, Vec<u8>)>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            let name = format!("{inside}{}", entry.file_name().to_string_lossy());
            let kind = entry.file_type().expect("a kind");
            if kind.is_dir() {
                written(&entry.path(), &format!("{name}/"), found);
            } else if kind.is_symlink() {
                let target = std::fs::read_link(entry.path()).expect("a target");
                let target = target.to_string_lossy().into_owned().into_bytes();
                found.insert(name, (Mode::Link.to_string(), target));
            } else {
                let mode = entry.metadata().expect("a mode").permissions().mode() & 0o111;
                let mode = if mode == 0 { Mode::Regular } else { Mode::Executable };
                let bytes = std::fs::read(entry.path()).expect("readable");
                found.insert(name, (mode.to_string(), bytes));
            }
        }
    }

    /// Returns flags that differ from the defaults: of each question one choice that stands alone.
    fn samples(pack: &Pack) -> Vec<Option<(String, String)>> {
        let alone = |key: &str, value: &str| {
            let mut layer = Layer::new();
            layer.insert(key, Given::Text(value.to_owned()), Source::Asked);
            let layers = Layers {
                layers: vec![layer],
                directory: Some("shop".to_owned()),
                unanswered: Unanswered::Default,
            };
            resolve(pack, &layers).problems.is_empty()
        };
        let other = pack.questions.iter().filter_map(|question| match &question.kind {
            Kind::One(choices) => {
                let default = question.default_text();
                let mut others = choices.iter().filter(|choice| choice.value != default);
                let other = others.find(|choice| alone(question.key.as_str(), &choice.value))?;
                Some((question.key.to_string(), other.value.clone()))
            }
            Kind::Text(_) | Kind::Bool | Kind::Integer { .. } | Kind::Many(_) => None,
        });
        std::iter::once(None).chain(other.map(Some)).collect()
    }

    #[test]
    fn what_is_shown_is_what_is_written_byte_for_byte() {
        let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("the pack");
        // One renderer for all, as in the wizard.
        let renderer = Renderer::new(&pack);

        for sample in samples(&pack) {
            let folder = tempfile::TempDir::new().expect("a folder");
            let target = folder.path().join("shop");
            let mut layer = Layer::new();
            let mut arguments = vec!["fastwright".into(), "new".into(), target.clone().into()];
            arguments.extend(["--yes", "--no-git", "--quiet"].map(Into::into));
            if let Some((key, value)) = &sample {
                layer.insert(key.as_str(), Given::Text(value.clone()), Source::Asked);
                arguments.extend([format!("--set={key}={value}").into()]);
            }
            let layers = Layers {
                layers: vec![layer],
                directory: Some("shop".to_owned()),
                unanswered: Unanswered::Default,
            };
            let answers = resolve(&pack, &layers).complete(&pack).expect("good answers");

            let shown = files(&pack, &renderer, &answers).expect("files");
            let exit = crate::cli::run(arguments);

            assert_eq!(exit.status(), 0, "{sample:?}");
            let mut found = BTreeMap::new();
            written(&target, "", &mut found);
            let shown: BTreeMap<String, (String, Vec<u8>)> = shown
                .into_iter()
                .map(|(path, blob)| (path.to_string(), (blob.mode.to_string(), blob.bytes)))
                .collect();
            assert!(shown == found, "{sample:?}");
        }
    }
}
