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

use std::collections::VecDeque;
use std::path::Path;
use std::rc::Rc;

pub use keeping::{Keep, Keeping};
pub use keymap::{BINDINGS, Binding, table};
pub use message::{Effect, Message};
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
    let mut effects = wizard.wanted();
    loop {
        let turn = perform(&mut terminal, &mut wizard, session, effects).and_then(|outcome| {
            Ok(match outcome {
                Some(outcome) => Next::End(outcome),
                None => next(&mut terminal, &mut wizard)?,
            })
        });
        match turn {
            Ok(Next::Effects(more)) => effects = more,
            Ok(Next::End(outcome)) => return Ok(outcome),
            // Of a terminal that has gone the signal tells more than the failure.
            Err(error) => {
                let cancelled = |signal| Outcome::Cancelled { signal, command: None };
                return terminal.gone().map(cancelled).ok_or(error);
            }
        }
    }
}

/// What comes next.
enum Next {
    Effects(Vec<Effect>),
    End(Outcome),
}

/// Draws, waits for a message, and returns what comes of it.
fn next(terminal: &mut Terminal, wizard: &mut Wizard<'_>) -> Result<Next> {
    terminal.draw(|buffer| wizard.draw(buffer).cursor)?;
    Ok(match terminal.message(wizard.takes_text())? {
        Ok(message) => Next::Effects(wizard.update(message)),
        Err(signal) => Next::End(cancelled(wizard, signal)),
    })
}

/// Does what is wanted, and tells the wizard what came of it; returns how it ended, if it did.
fn perform(
    terminal: &mut Terminal,
    wizard: &mut Wizard<'_>,
    session: &Session<'_>,
    effects: Vec<Effect>,
) -> Result<Option<Outcome>> {
    let mut effects = VecDeque::from(effects);
    while let Some(effect) = effects.pop_front() {
        let told = match effect {
            Effect::Look(text) => Some(Message::Looked((session.place)(&text))),
            Effect::Plan(answers) => session.plan.map(|plan| {
                let planned = plan(&answers).map(Rc::new).map_err(|error| reason(&error));
                Message::Planned(answers, planned)
            }),
            Effect::Draft => session.draft.map(|keep| {
                Message::Kept(keep(&wizard.form().progress()).map_err(|error| reason(&error)))
            }),
            Effect::Save(path, answers) => {
                let text = write(wizard.world().pack, &answers, Format::of(&path, b""));
                let saved =
                    (session.save_answers)(Path::new(&path), &text).map_err(|error| reason(&error));
                Some(Message::Saved(path, saved))
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
        for effect in told.into_iter().flat_map(|message| wizard.update(message)) {
            if !effects.contains(&effect) {
                effects.push_back(effect);
            }
        }
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
