//! The terminal while the wizard has it: its screen and its messages.
//!
//! Draws on stderr; stdout stays for data.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::time::{Duration, Instant};

use crossterm::Command;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{KeyCode, KeyEvent};
use crossterm::style;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::{TerminalOptions, Viewport};

use super::message::Message;
use crate::error::{Error, Result};
use crate::ui::tty::{self, Event, Input, Mode, Signals, Tty};

/// While more waits to be read a frame is drawn so often.
const FRAME: Duration = Duration::from_millis(50);

/// The terminal, taken until this is dropped.
pub struct Terminal {
    tty: Tty,
    screen: ratatui::Terminal<CrosstermBackend<Bytes>>,
    /// What is to be written.
    bytes: Bytes,
    drawn: Option<Instant>,
}

impl Terminal {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Fails if it cannot be used; then it is as it was.
    pub fn enter(signals: &Signals, mouse: bool, color: bool) -> Result<Self> {
        style::force_color_output(color);
        let tty = Tty::enter(signals, Mode::Screen { mouse })?;
        let bytes = Bytes::default();
        let options = TerminalOptions { viewport: Viewport::Fixed(area(tty.size)) };
        let screen = ratatui::Terminal::with_options(CrosstermBackend::new(bytes.clone()), options);
        Ok(Self { screen: screen.map_err(unusable)?, tty, bytes, drawn: None })
    }

    /// Returns columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        self.tty.size
    }

    /// Draws, and puts the caret where the drawing says; not for each of many messages.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn draw(&mut self, view: impl FnOnce(&mut Buffer) -> Option<Position>) -> Result<()> {
        if self.tty.has_more() && self.drawn.is_some_and(|drawn| drawn.elapsed() < FRAME) {
            return Ok(());
        }
        let draw = self.screen.draw(|frame| {
            if let Some(position) = view(frame.buffer_mut()) {
                frame.set_cursor_position(position);
            }
        });
        draw.map_err(unusable)?;
        self.drawn = Some(Instant::now());
        self.flush()
    }

    fn flush(&mut self) -> Result<()> {
        let bytes = std::mem::take(&mut *self.bytes.0.borrow_mut());
        Tty::write(&String::from_utf8_lossy(&bytes))
    }

    /// Returns the signal that tells why the terminal cannot be used, if one comes soon.
    #[must_use]
    pub fn gone(&self) -> Option<u8> {
        self.tty.gone()
    }

    /// Waits for a message, or the signal that ends the wizard; letters that are text come as one
    /// where many were typed ahead.
    ///
    /// # Errors
    /// Fails if the terminal cannot be used.
    pub fn message(&mut self, takes_text: bool) -> Result<std::result::Result<Message, u8>> {
        Ok(match self.tty.next()? {
            Event::End(signal) => Err(signal),
            Event::Resized | Event::Resumed => Ok(self.redraw()?),
            Event::Input(input) => Ok(match input {
                Input::Key(KeyEvent { code: KeyCode::Char(letter), .. })
                    if takes_text && tty::is_letter(&input) =>
                {
                    Message::Typed(format!("{letter}{}", self.tty.letters()))
                }
                Input::Key(key) => Message::Key(key),
                Input::Paste(text) => Message::Paste(text),
                Input::Mouse(mouse) => Message::Mouse(mouse),
                Input::Interrupt => Message::Interrupt,
            }),
        })
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn mouse(&mut self, wanted: bool) -> Result<()> {
        self.tty.mouse(wanted)
    }

    /// Stops the whole job, as the terminal does where nobody catches Ctrl-Z, until the shell lets
    /// it go on; without a shell nothing is stopped.
    ///
    /// # Errors
    /// Fails if the terminal cannot be taken again.
    pub fn suspend(&mut self) -> Result<Option<Message>> {
        let Some(_) = self.tty.suspend()? else { return Ok(None) };
        self.redraw().map(Some)
    }

    /// Asks the terminal to put a text into the clipboard.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn copy(text: &str) -> Result<()> {
        let mut command = String::new();
        CopyToClipboard::to_clipboard_from(text).write_ansi(&mut command).map_err(unusable)?;
        Tty::write(&command)
    }

    /// Draws everything again the next time, at the size that the terminal has.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn redraw(&mut self) -> Result<Message> {
        // Clearing would ask the terminal where the cursor is, which not every one answers.
        self.screen.resize(area(self.tty.size)).map_err(unusable)?;
        self.drawn = None;
        self.flush()?;
        Ok(Message::Resize(self.tty.size.0, self.tty.size.1))
    }
}

/// What a frame writes, until it is whole: whoever draws is never in the middle of a write that
/// fails, or that nobody takes.
#[derive(Clone, Default)]
struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn area((columns, rows): (u16, u16)) -> Rect {
    Rect::new(0, 0, columns, rows)
}

fn unusable(error: impl std::fmt::Display) -> Error {
    Error::failed("cannot use this terminal").because(error)
}
