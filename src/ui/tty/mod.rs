//! The terminal while a face has it: what comes from it, what is written to it, and giving it back.
//!
//! Whoever reads keys reads them here. A thread reads them at any time, so that Ctrl-C is seen while
//! the rest of the program is at work; it never waits in a read, and never for the rest of a sequence.

mod decode;
mod keys;
mod mode;
mod queue;
mod signals;

use std::io::{self, stdin};
use std::os::unix::net::UnixStream;
use std::panic;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use filedescriptor::{POLLERR, POLLHUP, poll};
use rustix::io::Errno;

use decode::Decoder;
pub use decode::Input;
pub use mode::Mode;
pub use signals::Signals;

use super::window;
use crate::error::{Error, Result};
use signals::{State, has_shell, readable};

/// The signal that a terminal sends that has gone.
const SIGHUP: usize = 1;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody did something.
    Input(Input),
    /// The terminal has another size.
    Resized,
    /// The program was stopped and goes on: all is to be drawn again.
    Resumed,
    /// This signal ends the program.
    End(u8),
}

/// The terminal, taken until this is dropped.
pub struct Tty {
    /// Columns and rows.
    pub size: (u16, u16),
    /// Written before the terminal is given back for a while.
    pub parting: String,
    mode: Mode,
    state: Arc<State>,
    reader: Option<(UnixStream, JoinHandle<()>)>,
    /// What a panic did before.
    hook: Arc<Hook>,
}

type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Sync + Send>;

impl Tty {
    /// Takes the terminal; a panic gives it back and tells what became of everything.
    ///
    /// # Errors
    /// Fails if it cannot be used; then it is as it was.
    pub fn enter(signals: &Signals, mode: Mode) -> Result<Self> {
        let state = Arc::clone(&signals.state);
        let previous: Arc<Hook> = Arc::new(panic::take_hook());
        let (hook, farewell) = (Arc::clone(&previous), Arc::clone(&signals.farewell));
        panic::set_hook(Box::new(move |info| {
            mode::leave();
            previous(info);
            let _ = mode::put(&format!("{}\n", farewell()));
        }));
        let mut tty =
            Self { size: size(), parting: String::new(), mode, state, reader: None, hook };
        tty.state.taken().map_err(unusable)?;
        // Who is to end takes nothing any more.
        if signals.ending().is_none() {
            mode::set(mode).map_err(unusable)?;
            tty.reader = Some(read(&tty.state).map_err(unusable)?);
        }
        Ok(tty)
    }

    /// Waits for what happens next.
    ///
    /// # Errors
    /// Fails if the terminal cannot be taken again after a stop.
    pub fn next(&mut self) -> Result<Event> {
        loop {
            if let Some(signal) = self.state.ending() {
                return Ok(Event::End(signal));
            }
            if self.state.takes_stop() {
                self.part();
                self.state.stop_alone().map_err(unusable)?;
                return self.resume();
            }
            if self.state.takes_resume() {
                return self.resume();
            }
            let size = size();
            if size != self.size {
                self.size = size;
                return Ok(Event::Resized);
            }
            if let Some(input) = self.state.queue.wait() {
                return Ok(Event::Input(input));
            }
        }
    }

    /// Tells whether there is more already.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.state.queue.is_empty()
    }

    /// Takes letters that were typed already.
    #[must_use]
    pub fn letters(&self) -> String {
        let mut text = String::new();
        while let Some(Input::Key(key)) = self.state.queue.take_if(is_letter)
            && let KeyCode::Char(letter) = key.code
        {
            text.push(letter);
        }
        text
    }

    /// Writes to the terminal, as long as it is taken: nobody would undo what is set after that, or
    /// by a program that was to end before it took anything.
    ///
    /// # Errors
    /// Fails if it has gone.
    pub fn write(text: &str) -> Result<()> {
        if mode::is_held() { mode::put(text).map_err(unusable) } else { Ok(()) }
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn mouse(&mut self, wanted: bool) -> Result<()> {
        self.mode = Mode::Screen { mouse: wanted };
        mode::set_mouse(wanted).map_err(unusable)
    }

    /// Stops the whole job, as the terminal does where nobody catches Ctrl-Z, until the shell lets
    /// it go on; without a shell nothing is stopped.
    ///
    /// # Errors
    /// Fails if the terminal cannot be taken again.
    pub fn suspend(&mut self) -> Result<Option<Event>> {
        if !has_shell() {
            return Ok(None);
        }
        self.part();
        self.state.stop_job().map_err(unusable)?;
        self.resume().map(Some)
    }

    fn part(&self) {
        let _ = mode::put(&self.parting);
        mode::leave();
    }

    fn resume(&mut self) -> Result<Event> {
        // Taken in the background, it would be taken from the shell.
        while !mode::is_ours() && self.state.ending().is_none() {
            self.state.stop_alone().map_err(unusable)?;
        }
        if let Some(signal) = self.state.ending() {
            return Ok(Event::End(signal));
        }
        // A shell may have changed the mode behind our back: what is set is set again.
        mode::leave();
        mode::set(self.mode).map_err(unusable)?;
        self.size = size();
        Ok(Event::Resumed)
    }

    /// Returns the signal that tells why the terminal cannot be used, if that is the reason.
    #[must_use]
    pub fn gone(&self) -> Option<u8> {
        // Whoever writes to one that has gone learns of it at the same time as the signal comes.
        for _ in 0..20 {
            if let Some(signal) = self.state.ending() {
                return Some(signal);
            }
            thread::sleep(Duration::from_millis(25));
        }
        None
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.reader.take() {
            drop(stop);
            // Somebody else may have read what it saw coming: then it waits for what comes next.
            for _ in 0..100 {
                if thread.is_finished() {
                    break;
                }
                thread::sleep(Duration::from_millis(1));
            }
        }
        mode::leave();
        self.state.left();
        // Within a panic the hook cannot be changed, and is needed no more.
        if !thread::panicking() {
            drop(panic::take_hook());
            let hook = Arc::clone(&self.hook);
            panic::set_hook(Box::new(move |info| hook(info)));
        }
    }
}

/// Tells whether the terminal on stdin is there no more.
pub(super) fn has_gone() -> bool {
    mode::has_gone()
}

/// Reads keys until the returned stream is closed.
fn read(state: &Arc<State>) -> io::Result<(UnixStream, JoinHandle<()>)> {
    let (stopped, stop) = UnixStream::pair()?;
    let state = Arc::clone(state);
    let work = move || {
        let (mut decoder, mut found) = (Decoder::default(), Vec::new());
        let mut buffer = [0; 4096];
        loop {
            let mut ready = [readable(&stdin()), readable(&stopped)];
            let Ok(count) = poll(&mut ready, decoder.patience()) else { continue };
            if ready[1].revents != 0 {
                return;
            }
            if count == 0 {
                decoder.silence(&mut found);
            } else {
                match rustix::io::read(stdin(), &mut buffer) {
                    // Somebody else was faster, or nobody will write any more.
                    Ok(0) if ready[0].revents & (POLLHUP | POLLERR) == 0 => {}
                    Ok(length) if length > 0 => decoder.feed(&buffer[..length], &mut found),
                    Err(Errno::INTR | Errno::AGAIN) => {}
                    Ok(_) | Err(_) => return state.end(SIGHUP),
                }
            }
            if state.queue.push(&mut found) {
                state.wake();
            }
        }
    };
    let thread = thread::Builder::new().name("keys".to_owned()).spawn(work)?;
    Ok((stop, thread))
}

/// Tells whether a key is a letter that may be text.
pub(super) fn is_letter(input: &Input) -> bool {
    let Input::Key(KeyEvent { code: KeyCode::Char(_), modifiers, .. }) = input else {
        return false;
    };
    !modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT)
}

fn size() -> (u16, u16) {
    window().unwrap_or((80, 24))
}

fn unusable(error: impl std::fmt::Display) -> Error {
    Error::failed("cannot use this terminal")
        .because(error)
        .hint("`--ui prompt` asks line by line; or answer by flags, with `--yes` for the defaults")
}
