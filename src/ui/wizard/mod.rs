//! The full-screen wizard: sections, questions, explanations and every file before it exists.
//!
//! A pure model: `update` takes a message, `view` draws, `resolve` alone judges and the caller's
//! render alone makes files. This module runs them on a terminal: it does what the model wants done,
//! and what it finds out there goes back as a message.

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
mod state;
mod terminal;
mod theme;
mod view;
mod world;

use std::path::Path;
use std::rc::Rc;

pub use keeping::{Keep, Keeping};
pub use keymap::{BINDINGS, Binding, table};
pub use message::{Effect, Message, Query};
pub use model::{Start, Wizard};
pub use place::{Place, Standing};
pub use preview::{Mark, Preview};
pub use state::cursor::{Focus, Target};
pub use state::dialog::{Choice, Dialog};
pub use state::panes::{Page, Pane};
pub use theme::{Glyphs, LINES, Theme};
pub use view::{Hit, Screen};
pub(super) use view::{around_caret, width, wrap};
pub use world::{Extent, Files, Planning, Recreate, World};

use super::{Signals, Ui};
use crate::answer::{Answers, Format, Layer, Layers, Progress, write};
use crate::error::{Error, Result};
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
    pub start: Progress,
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
    session: &Session<'_>,
) -> Result<Outcome> {
    let world = World {
        title: session.title,
        pack,
        layers,
        files: session.plan.map_or(Files::Rendered(session.render), |_| Files::Planned),
        command: session.command,
        theme: if ui.color { session.theme } else { Theme::Mono },
        glyphs: session.glyphs,
    };
    let mut terminal = Terminal::enter(signals, session.mouse, ui.color)?;
    let start = Start {
        place: (session.place)(&session.directory),
        draft: session.start.clone(),
        offer: session.offer.clone(),
        keeps: session.draft.is_some(),
        git: session.git,
        mouse: session.mouse,
        size: terminal.size(),
    };
    let mut wizard = Wizard::start(world, start);
    loop {
        match turn(&mut terminal, &mut wizard, session) {
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
    session: &Session<'_>,
) -> Result<Option<Outcome>> {
    inform(wizard, session);
    terminal.draw(|buffer| wizard.draw(buffer).cursor)?;
    let message = match terminal.message(wizard.takes_text())? {
        Ok(message) => message,
        Err(signal) => return Ok(Some(cancelled(wizard, signal))),
    };
    for effect in wizard.update(message) {
        if let Some(outcome) = perform(terminal, wizard, session, effect)? {
            return Ok(Some(outcome));
        }
    }
    Ok(None)
}

/// Tells the wizard what it has to know.
fn inform(wizard: &mut Wizard<'_>, session: &Session<'_>) {
    while let Some(query) = wizard.query() {
        let message = match (query, session.plan) {
            (Query::Place(text), _) => Message::Looked((session.place)(&text)),
            (Query::Plan(answers), Some(plan)) => {
                let planned = plan(&answers).map(Rc::new).map_err(|error| reason(&error));
                Message::Planned(answers, planned)
            }
            // There is nothing to ask of a new project.
            (Query::Plan(_), None) => return,
        };
        wizard.update(message);
    }
}

/// Does what is wanted, and tells the wizard what came of it; returns how it ended, if it did.
fn perform(
    terminal: &mut Terminal,
    wizard: &mut Wizard<'_>,
    session: &Session<'_>,
    effect: Effect,
) -> Result<Option<Outcome>> {
    let told = match effect {
        Effect::Draft => session.draft.map(|keep| {
            let kept = keep(&wizard.form().progress());
            Message::Kept(kept.map_err(|error| reason(&error)))
        }),
        Effect::Save(path, answers) => {
            let text = write(wizard.world().pack, &answers, Format::of(&path, b""));
            let saved = (session.save_answers)(Path::new(&path), &text);
            Some(Message::Saved(path, saved.map_err(|error| reason(&error))))
        }
        Effect::Suspend => Some(terminal.suspend()?.unwrap_or(Message::NotSuspended)),
        Effect::Copy(text) => {
            Terminal::copy(&text)?;
            None
        }
        Effect::Redraw => {
            terminal.redraw()?;
            None
        }
        Effect::Mouse(wanted) => {
            terminal.mouse(wanted)?;
            None
        }
        Effect::Create => {
            return Ok(Some(Outcome::Create {
                asked: wizard.facts().layer.clone(),
                git: wizard.form().git(),
                directory: wizard.form().place().text.clone(),
            }));
        }
        Effect::Cancel => return Ok(Some(cancelled(wizard, SIGINT))),
        Effect::Prompts => {
            return Ok(Some(Outcome::TooSmall { asked: wizard.facts().layer.clone() }));
        }
    };
    // What is told in return wants nothing done.
    if let Some(message) = told {
        wizard.update(message);
    }
    Ok(None)
}

fn reason(error: &Error) -> String {
    error.problems()[0].message.clone()
}

/// The signal that Ctrl-C stands for.
const SIGINT: u8 = 2;

fn cancelled(wizard: &Wizard<'_>, signal: u8) -> Outcome {
    Outcome::Cancelled { signal, command: wizard.status().copied().map(str::to_owned) }
}
