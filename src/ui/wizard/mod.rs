//! The full-screen wizard: sections, questions, explanations and every file before it exists.
//!
//! A pure model: `update` takes a message, `view` draws, `resolve` alone judges and the caller's
//! render alone makes files. This module runs them on a terminal.

mod facts;
mod jump;
mod keeping;
mod keymap;
mod message;
mod model;
mod options;
mod place;
mod preview;
mod review;
mod terminal;
mod theme;
mod tree;
mod update;
mod view;
mod world;

use std::path::Path;

pub use keeping::{Keep, Keeping};
pub use keymap::{BINDINGS, Binding, table};
pub use message::{Effect, Message};
pub use model::{Dialog, Focus, Model, Page, Pane, Target, Wizard};
pub use place::{Place, Standing};
pub use preview::{Mark, Preview};
pub use theme::{Glyphs, LINES, Theme};
pub use view::{Hit, Screen};
pub(super) use view::{around_caret, width, wrap};
pub use world::{Extent, Planning, Recreate, World};

use super::{Signals, Ui};
use crate::answer::{Answers, Format, Layer, Layers, write};
use crate::error::Result;
use crate::pack::Pack;
use crate::tree::Tree;
use terminal::Terminal;

/// What the wizard may not look up itself.
pub struct Session<'a> {
    /// The command that runs, such as `new`, for the heading.
    pub title: &'a str,
    /// The directory as given.
    pub directory: String,
    /// Tells what a directory is called and what stands there.
    pub place: &'a dyn Fn(&str) -> Place,
    /// Colours.
    pub theme: Theme,
    /// Characters for lines.
    pub glyphs: Glyphs,
    /// Whether the mouse is taken from the terminal.
    pub mouse: bool,
    /// Whether a repository is to be started.
    pub git: bool,
    /// Answers of a draft.
    pub start: Layer,
    /// They are offered in these words; without, they are taken.
    pub offer: Option<String>,
    /// Takes all answers so far, after each one, if somebody keeps them.
    pub draft: Option<&'a Keep<'a>>,
    /// Makes exactly the files that are written for answers.
    pub render: &'a dyn Fn(&Answers) -> Result<Tree>,
    /// The command that gives answers again, for a directory.
    pub command: &'a Recreate<'a>,
    /// Writes a file of answers.
    pub save_answers: &'a dyn Fn(&Path, &str) -> Result<()>,
    /// What an upgrade to answers comes to; absent for a new project.
    pub plan: Option<&'a Planning<'a>>,
}

/// How the wizard ended.
pub enum Outcome {
    /// Everything is answered, and is to be written.
    Create {
        /// The answers that were given.
        asked: Layer,
        /// Whether a repository is to be started.
        git: bool,
        /// The directory, which may be another one by now.
        directory: String,
    },
    /// Somebody left, or a signal came; nothing is to be written.
    Cancelled {
        /// The signal, 2 for keys.
        signal: u8,
        /// The command for the answers so far, if it was copied.
        command: Option<String>,
    },
    /// The terminal is too small and somebody wants to go on in prompts.
    TooSmall {
        /// The answers so far.
        asked: Layer,
    },
}

/// Asks on the whole terminal.
///
/// # Errors
/// Fails if the terminal cannot be used.
pub fn run(
    ui: Ui,
    signals: &Signals,
    pack: &Pack,
    layers: &Layers,
    session: Session<'_>,
) -> Result<Outcome> {
    let world = World {
        title: session.title,
        pack,
        layers,
        render: session.render,
        command: session.command,
        plan: session.plan,
        place: session.place,
        theme: if ui.color { session.theme } else { Theme::Mono },
        glyphs: session.glyphs,
    };
    let Session { directory, start, git, mouse, draft, .. } = session;
    let mut terminal = Terminal::enter(signals, mouse, ui.color)?;
    let size = terminal.size();
    let mut wizard = Wizard::start(world, &directory, start, git, mouse, size);
    if draft.is_some() {
        wizard.keep_answers();
    }
    wizard.tell_place();
    wizard.model.dialog = session.offer.map(|what| Dialog::Resume { what, button: 0 });
    loop {
        match turn(&mut terminal, &mut wizard, draft, session.save_answers) {
            Ok(None) => {}
            Ok(Some(outcome)) => return Ok(outcome),
            // Of a terminal that has gone the signal tells more than the failure.
            Err(error) => {
                let cancelled = |signal| Outcome::Cancelled { signal, command: None };
                return terminal.gone().map(cancelled).ok_or(error);
            }
        }
    }
}

/// Draws, waits for a message and does what comes of it; tells how it ended, if it did.
fn turn(
    terminal: &mut Terminal,
    wizard: &mut Wizard<'_>,
    draft: Option<&Keep<'_>>,
    save_answers: &dyn Fn(&Path, &str) -> Result<()>,
) -> Result<Option<Outcome>> {
    terminal.draw(|buffer| wizard.draw(buffer).cursor)?;
    let message = match terminal.message(wizard.takes_text())? {
        Ok(message) => message,
        Err(signal) => return Ok(Some(cancelled(wizard, signal))),
    };
    for effect in wizard.update(message) {
        match effect {
            Effect::Draft => {
                if let Some(draft) = draft {
                    wizard.keep(draft);
                }
            }
            Effect::Copy(text) => Terminal::copy(&text)?,
            Effect::Save(path) => {
                wizard.model.notice = Some(match save(wizard, &path, save_answers) {
                    Ok(()) => format!("saved the answers to {path}"),
                    Err(error) => error.problems()[0].message.clone(),
                });
            }
            Effect::Suspend => match terminal.suspend()? {
                Some(message) => drop(wizard.update(message)),
                None => {
                    wizard.model.notice = Some("there is no shell to go back to".to_owned());
                }
            },
            Effect::Redraw => drop(terminal.redraw()?),
            Effect::Mouse(wanted) => terminal.mouse(wanted)?,
            Effect::Create => {
                return Ok(Some(Outcome::Create {
                    asked: wizard.facts.layer.clone(),
                    git: wizard.model.git,
                    directory: wizard.model.place.text.clone(),
                }));
            }
            Effect::Cancel => return Ok(Some(cancelled(wizard, SIGINT))),
            Effect::Prompts => {
                return Ok(Some(Outcome::TooSmall { asked: wizard.facts.layer.clone() }));
            }
        }
    }
    Ok(None)
}

/// The signal that Ctrl-C stands for.
const SIGINT: u8 = 2;

fn cancelled(wizard: &Wizard<'_>, signal: u8) -> Outcome {
    Outcome::Cancelled { signal, command: wizard.model.copied.clone() }
}

fn save(wizard: &Wizard<'_>, path: &str, file: &dyn Fn(&Path, &str) -> Result<()>) -> Result<()> {
    let pack = wizard.world.pack;
    let answers = wizard.facts.now.clone().complete(pack)?;
    file(Path::new(path), &write(pack, &answers, Format::of(path, b"")))
}
