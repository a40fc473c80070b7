//! What happens to the wizard, and what it wants done.

use crossterm::event::{KeyEvent, MouseEvent};

use super::place::Place;
use super::state::known::Planned;
use crate::answer::Answers;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// Several letters were typed where letters are text.
    Typed(String),
    /// Ctrl-C was pressed.
    Interrupt,
    /// A text was pasted.
    Paste(String),
    /// The mouse did something.
    Mouse(MouseEvent),
    /// The terminal has these columns and rows now.
    Resize(u16, u16),
    /// A directory is this.
    Looked(Place),
    /// An upgrade to answers comes to this.
    Planned(Box<Answers>, Planned),
    /// The answers are kept, or why not.
    Kept(Result<(), String>),
    /// The answers were written to a file, or why not.
    Saved(String, Result<(), String>),
    /// There is no shell that could say otherwise.
    NotSuspended,
}

/// One thing that has to be known before it can be shown, and is told by a message.
#[derive(Clone, Debug)]
pub enum Query {
    /// What this directory is.
    Place(String),
    /// What an upgrade to these answers comes to.
    Plan(Box<Answers>),
}

/// One thing that is wanted from the world around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The answers changed: keep them.
    Draft,
    /// Put this text into the clipboard.
    Copy(String),
    /// Write the answers to this file.
    Save(String, Box<Answers>),
    /// Stop until the shell says otherwise.
    Suspend,
    /// Draw all again.
    Redraw,
    /// Take the mouse, or leave it to the terminal.
    Mouse(bool),
    /// Write the project.
    Create,
    /// End, and write nothing.
    Cancel,
    /// Go on in prompts.
    Prompts,
}
