//! What happens to the wizard, and what it wants done.

use crossterm::event::{KeyEvent, MouseEvent};

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
}

/// One thing that is wanted from the world around.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The answers changed: keep them.
    Draft,
    /// Put this text into the clipboard.
    Copy(String),
    /// Write the answers to this file.
    Save(String),
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
