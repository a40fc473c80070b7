//! What the wizard sets on a terminal, and undoing exactly that: on return, after a panic, on a signal.

use std::io;
use std::sync::atomic::{AtomicU8, Ordering};

use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute};

/// What was set and has to be undone, one bit each. The panic hook reads it too.
static SET: AtomicU8 = AtomicU8::new(0);
const RAW: u8 = 1;
const SCREEN: u8 = 2;
const PASTE: u8 = 4;
const MOUSE: u8 = 8;

/// Sets all of it.
pub(super) fn set(mouse: bool) -> io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    SET.fetch_or(RAW, Ordering::SeqCst);
    SET.fetch_or(SCREEN, Ordering::SeqCst);
    execute!(io::stderr(), EnterAlternateScreen, cursor::Hide)?;
    SET.fetch_or(PASTE, Ordering::SeqCst);
    execute!(io::stderr(), EnableBracketedPaste)?;
    if mouse { take_mouse() } else { Ok(()) }
}

/// Takes the mouse from the terminal.
pub(super) fn take_mouse() -> io::Result<()> {
    SET.fetch_or(MOUSE, Ordering::SeqCst);
    execute!(io::stderr(), EnableMouseCapture)
}

/// Leaves the mouse to the terminal.
pub(super) fn leave_mouse() -> io::Result<()> {
    SET.fetch_and(!MOUSE, Ordering::SeqCst);
    execute!(io::stderr(), DisableMouseCapture)
}

/// Undoes all that is set, in reverse. What fails cannot be helped.
pub(super) fn leave() {
    let set = SET.swap(0, Ordering::SeqCst);
    if set & MOUSE != 0 {
        let _ = execute!(io::stderr(), DisableMouseCapture);
    }
    if set & PASTE != 0 {
        let _ = execute!(io::stderr(), DisableBracketedPaste);
    }
    if set & SCREEN != 0 {
        let _ = execute!(io::stderr(), cursor::Show, LeaveAlternateScreen);
    }
    if set & RAW != 0 {
        let _ = crossterm::terminal::disable_raw_mode();
    }
}
