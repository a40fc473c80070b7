//! What the wizard is handed: the directory, the files, the command, the environment's wishes.

use std::path::Path;

use super::command::{command, full};
use super::new::{name_of, with_state};
use crate::answer::{Answers, Layer, Layers};
use crate::error::Result;
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
