//! What a face sets on a terminal, and undoing exactly that: on return, after a panic, on a signal.
//!
//! Reads the line mode from stdin and draws on stderr, without the lock of the standard library:
//! whoever is stuck in a write to a terminal that takes nothing must not hold up the others.

use std::io::{self, stderr, stdin};
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::getpgrp;
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Termios, tcgetattr, tcgetpgrp, tcsetattr,
};

/// What a face takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Some lines below the cursor; what others write ends lines as usual.
    Lines,
    /// The whole screen, perhaps with the mouse.
    Screen {
        /// The mouse too.
        mouse: bool,
    },
}

/// What has to be undone. The panic hook and the watch read it too.
static HELD: Mutex<Option<Held>> = Mutex::new(None);

struct Held {
    before: Termios,
    mode: Mode,
}

/// The other screen, and no cursor until something is typed.
const SCREEN: &str = "\x1b[?1049h\x1b[?25l";
/// Pastes are marked as such.
const PASTE: &str = "\x1b[?2004h";
/// Buttons and the wheel, with places in digits. Movements are not asked for: they would only be
/// read to be dropped.
const MOUSE: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_BACK: &str = "\x1b[?1006l\x1b[?1000l";
const LINES_BACK: &str = "\x1b[?2004l\x1b[?25h";
const SCREEN_BACK: &str = "\x1b[?2004l\x1b[?25h\x1b[?1049l";
const MOUSE_AND_SCREEN_BACK: &str = "\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[?25h\x1b[?1049l";

/// How long a terminal may take for what gives it back, where nobody can wait.
const LAST: Duration = Duration::from_millis(300);

/// Sets all of it.
pub(super) fn set(mode: Mode) -> io::Result<()> {
    let before = tcgetattr(stdin())?;
    let mut raw = before.clone();
    raw.make_raw();
    if mode == Mode::Lines {
        raw.output_modes |= before.output_modes & (OutputModes::OPOST | OutputModes::ONLCR);
    }
    *HELD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Held { before, mode });
    tcsetattr(stdin(), OptionalActions::Now, &raw)?;
    let mouse = if mode == (Mode::Screen { mouse: true }) { MOUSE } else { "" };
    let screen = if mode == Mode::Lines { "" } else { SCREEN };
    put(&format!("{screen}{PASTE}{mouse}"))
}

/// Takes the mouse from the terminal, or leaves it.
pub(super) fn set_mouse(wanted: bool) -> io::Result<()> {
    if let Some(held) = &mut *HELD.lock().unwrap_or_else(PoisonError::into_inner) {
        held.mode = Mode::Screen { mouse: wanted };
    }
    put(if wanted { MOUSE } else { MOUSE_BACK })
}

/// Undoes all that is set, in reverse. What fails cannot be helped.
pub(super) fn leave() {
    let _ = put(undo());
}

/// Does the same and tells something, but gives up soon on a terminal that takes nothing.
pub(super) fn leave_soon(words: &str) {
    let text = format!("{}{words}", undo());
    let (told, done) = channel();
    let write = move || {
        let _ = put(&text);
        let _ = told.send(());
    };
    if thread::Builder::new().spawn(write).is_ok() {
        let _ = done.recv_timeout(LAST);
    }
}

/// Undoes the line mode, which never waits, and returns what undoes the rest.
fn undo() -> &'static str {
    let held = HELD.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(Held { before, mode }) = held else { return "" };
    // In the background the line mode is the shell's, and whoever sets it is stopped.
    if is_ours() {
        let _ = tcsetattr(stdin(), OptionalActions::Now, &before);
    } else if before.local_modes.contains(LocalModes::TOSTOP) {
        return "";
    }
    match mode {
        Mode::Lines => LINES_BACK,
        Mode::Screen { mouse: false } => SCREEN_BACK,
        Mode::Screen { mouse: true } => MOUSE_AND_SCREEN_BACK,
    }
}

/// Tells whether something is set that has to be undone.
pub(super) fn is_held() -> bool {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).is_some()
}

/// Tells whether the terminal is this job's, not that of another one or of the shell.
pub(super) fn is_ours() -> bool {
    tcgetpgrp(stdin()).map_or(true, |group| group == getpgrp())
}

/// Tells whether the terminal on stdin is there no more.
pub(super) fn has_gone() -> bool {
    tcgetattr(stdin()).is_err_and(|error| error == Errno::IO)
}

/// Writes a text to the terminal.
pub(super) fn put(text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(stderr(), rest) {
            Ok(length) => rest = rest.get(length..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}
