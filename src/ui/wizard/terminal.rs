//! The terminal while the wizard has it: set once, put back however it ends, and its messages.
//!
//! Draws on stderr; stdout stays for data. Undoes exactly what it set.

use std::io::{self, BufWriter, Stderr};
use std::panic;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{self, Event, MouseButton, MouseEventKind};
use crossterm::{execute, style};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::{TerminalOptions, Viewport};

use super::message::Message;
use super::mode::{leave, leave_mouse, set, take_mouse};
use super::signals::{Caught, WAIT, has_shell};
use crate::error::{Error, Result};

type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Sync + Send>;

/// What is there already is read with this; with nothing at all crossterm does not look.
const ALREADY: Duration = Duration::from_millis(1);

/// The terminal, taken until this is dropped.
pub struct Terminal {
    /// Columns and rows.
    pub size: (u16, u16),
    screen: ratatui::Terminal<CrosstermBackend<BufWriter<Stderr>>>,
    mouse: bool,
    caught: Caught,
    hook: Arc<Hook>,
}

impl Terminal {
    /// Takes the terminal; after a panic `kept` is told.
    ///
    /// # Errors
    /// Fails if it cannot be used; then it is as it was.
    pub fn enter(mouse: bool, color: bool, kept: Option<String>) -> Result<Self> {
        let size = size()?;
        style::force_color_output(color);
        let caught = Caught::catch().map_err(unusable)?;
        let previous: Arc<Hook> = Arc::new(panic::take_hook());
        let hook = Arc::clone(&previous);
        panic::set_hook(Box::new(move |info| {
            leave();
            previous(info);
            if let Some(kept) = &kept {
                super::super::stderr(kept);
            }
        }));
        let backend = CrosstermBackend::new(BufWriter::new(io::stderr()));
        let options = TerminalOptions { viewport: Viewport::Fixed(area(size)) };
        let screen = ratatui::Terminal::with_options(backend, options).map_err(unusable)?;
        let terminal = Self { size, screen, mouse, caught, hook };
        set(mouse).map_err(unusable)?;
        Ok(terminal)
    }

    /// Draws, and puts the caret where the drawing says.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn draw(&mut self, view: impl FnOnce(&mut Buffer) -> Option<Position>) -> Result<()> {
        let draw = self.screen.draw(|frame| {
            if let Some(position) = view(frame.buffer_mut()) {
                frame.set_cursor_position(position);
            }
        });
        draw.map(drop).map_err(unusable)
    }

    /// Returns the signal that tells why the terminal cannot be used, if one comes soon.
    #[must_use]
    pub fn gone(&self) -> Option<u8> {
        self.caught.ending_soon()
    }

    /// Waits for messages and returns all that are there, or the signal that ends the wizard.
    ///
    /// # Errors
    /// Fails if the terminal cannot be read.
    pub fn messages(&mut self) -> Result<Result<Vec<Message>, u8>> {
        loop {
            if let Some(signal) = self.caught.ending() {
                return Ok(Err(signal));
            }
            if self.caught.takes_stop() {
                leave();
                self.caught.stop_alone().map_err(unusable)?;
                return Ok(Ok(vec![self.resume()?]));
            }
            if self.caught.takes_resume() {
                return Ok(Ok(vec![self.resume()?]));
            }
            let mut messages = Vec::new();
            let mut wait = WAIT;
            while event::poll(wait).map_err(unusable)? {
                messages.extend(message(event::read().map_err(unusable)?));
                wait = ALREADY;
            }
            // After the keys: they were typed before. crossterm may tell nothing of a change.
            let size = size()?;
            if size != self.size {
                messages.push(self.resize(size)?);
            }
            if !messages.is_empty() {
                return Ok(Ok(messages));
            }
        }
    }

    fn resize(&mut self, size: (u16, u16)) -> Result<Message> {
        self.size = size;
        self.screen.resize(area(size)).map_err(unusable)?;
        Ok(Message::Resize(size.0, size.1))
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn mouse(&mut self, wanted: bool) -> Result<()> {
        self.mouse = wanted;
        if wanted { take_mouse() } else { leave_mouse() }.map_err(unusable)
    }

    /// Stops the whole job, as the terminal does where nobody catches Ctrl-Z, until the shell lets
    /// it go on; without a shell nothing is stopped.
    ///
    /// # Errors
    /// Fails if the terminal cannot be taken again.
    pub fn suspend(&mut self) -> Result<Option<Message>> {
        if !has_shell() {
            return Ok(None);
        }
        leave();
        self.caught.stop_job().map_err(unusable)?;
        self.resume().map(Some)
    }

    fn resume(&mut self) -> Result<Message> {
        // A shell may have changed the mode behind our back: what is set is set again.
        leave();
        set(self.mouse).map_err(unusable)?;
        self.resize(size()?)
    }

    /// Asks the terminal to put a text into the clipboard.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn copy(text: &str) -> Result<()> {
        execute!(io::stderr(), CopyToClipboard::to_clipboard_from(text)).map_err(unusable)
    }

    /// Draws everything again the next time.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn redraw(&mut self) -> Result<()> {
        // Clearing would ask the terminal where the cursor is, which not every one answers.
        self.resize(self.size).map(drop)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        leave();
        // Within a panic the hook cannot be changed, and is needed no more.
        if !thread::panicking() {
            drop(panic::take_hook());
            let hook = Arc::clone(&self.hook);
            panic::set_hook(Box::new(move |info| hook(info)));
        }
    }
}

fn size() -> Result<(u16, u16)> {
    crossterm::terminal::size().map_err(unusable)
}

fn area((columns, rows): (u16, u16)) -> Rect {
    Rect::new(0, 0, columns, rows)
}

fn message(event: Event) -> Option<Message> {
    match event {
        Event::Key(key) => key.is_press().then_some(Message::Key(key)),
        Event::Paste(text) => Some(Message::Paste(text)),
        Event::Mouse(mouse) => acts(mouse.kind).then_some(Message::Mouse(mouse)),
        Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

/// Terminals tell each movement too, and an answer to each would come late.
fn acts(kind: MouseEventKind) -> bool {
    use MouseEventKind::{Down, ScrollDown, ScrollUp};
    matches!(kind, Down(MouseButton::Left) | ScrollUp | ScrollDown)
}

fn unusable(error: impl std::fmt::Display) -> Error {
    Error::failed("cannot use this terminal")
        .because(error)
        .hint("`--ui prompt` asks line by line; or answer by flags, with `--yes` for the defaults")
}
