//! What the wizard is handed: the directory, the files, the command, the environment's wishes.

use std::path::Path;

use super::command::{command, full, words};
use super::course::Course;
use super::new::{name_of, with_state};
use crate::answer::{Answers, Layer, Layers, resolve};
use crate::error::{Error, Result};
use crate::merge::Plan;
use crate::pack::Pack;
use crate::project::{self, Overwrite};
use crate::render::Renderer;
use crate::tree::Tree;
use crate::ui::Ui;
use crate::ui::wizard::{Extent, Glyphs, Outcome, Place, Session, Standing, Theme, run};

/// Asks in the full-screen wizard.
///
/// # Errors
/// Fails if the terminal cannot be used.
pub(super) fn ask(
    ui: Ui,
    pack: &Pack,
    layers: &Layers,
    directory: &Path,
    git: bool,
) -> Result<Outcome> {
    let renderer = Renderer::new(pack);
    let render = |answers: &Answers| with_state(pack, answers, renderer.render(answers)?);
    let recreate = |answers: &Answers, directory: &str, extent| {
        let directory = Path::new(directory);
        match extent {
            Extent::Minimal => command(pack, answers, directory, name_of(directory).as_deref()),
            Extent::Full => full(pack, answers, directory),
        }
    };
    let save =
        |path: &Path, text: &str| project::write_file(path, text.as_bytes(), Overwrite::Refused);
    let session = Session {
        title: "new",
        directory: directory.to_string_lossy().into_owned(),
        place: &place,
        theme: Theme::Auto,
        glyphs: glyphs(),
        mouse: true,
        git,
        start: Layer::new(),
        draft: &mut |_| (),
        kept: None,
        render: &render,
        command: &recreate,
        save_answers: &save,
        plan: None,
    };
    run(ui, pack, layers, session)
}

/// Asks for the answers to upgrade to, with what becomes of each file of the project.
///
/// # Errors
/// Fails if somebody leaves, or the terminal cannot be used.
pub(super) fn ask_upgrade(
    ui: Ui,
    pack: &Pack,
    layers: &Layers,
    course: &Course<'_>,
    plan: &dyn Fn(&Answers) -> Result<Plan>,
    directory: &Path,
) -> Result<Layer> {
    let recorded = resolve(pack, &course.recorded()).answers;
    let recreate = |answers: &Answers, directory: &str, extent| {
        let asked = answers.iter().filter(|(key, value)| {
            let before = recorded.get(*key).map(|answer| &answer.value);
            extent == Extent::Full || before != Some(*value)
        });
        words("upgrade", pack, Path::new(directory), asked)
    };
    let name = layers.directory.clone();
    let place = |text: &str| Place {
        text: text.to_owned(),
        name: name.clone(),
        standing: Standing::Project,
    };
    let session = Session {
        title: "upgrade",
        directory: directory.to_string_lossy().into_owned(),
        place: &place,
        theme: Theme::Auto,
        glyphs: glyphs(),
        mouse: true,
        git: false,
        start: Layer::new(),
        draft: &mut |_| (),
        kept: None,
        render: &|answers| crate::render::render(pack, answers),
        command: &recreate,
        save_answers: &save,
        plan: Some(plan),
    };
    match run(ui, pack, layers, session)? {
        Outcome::Create { asked, .. } => Ok(asked),
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
    let standing = match project::plan_creation(directory, &Tree::new()) {
        Err(error) => Standing::Unusable(error.problems()[0].message.clone()),
        Ok(_) => match project::entries(directory) {
            None => Standing::Free,
            Some(0) => Standing::Empty,
            Some(count) => Standing::Files(count),
        },
    };
    Place { text: text.to_owned(), name: name_of(directory), standing }
}

/// Takes ASCII where the terminal's locale or kind has no more.
fn glyphs() -> Glyphs {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let utf8 = locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    if utf8 && set("TERM").as_deref() != Some("linux") { Glyphs::Unicode } else { Glyphs::Ascii }
}
