//! The terminal while the wizard has it: set once, put back however it ends, and its messages.
//!
//! Draws on stderr; stdout stays for data. Undoes exactly what it set.

use std::io::{self, BufWriter, Stderr, Write};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossterm::event::{
    self, DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture,
    Event, MouseButton, MouseEventKind,
};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute, style};
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::{TerminalOptions, Viewport};
use rustix::process::{Signal, getppid, getsid, kill_current_process_group};
use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::{emulate_default_handler, unregister};

use super::message::Message;
use crate::error::{Error, Result};

/// What was set and has to be undone, one bit each. The panic hook reads it too.
static SET: AtomicU8 = AtomicU8::new(0);
const RAW: u8 = 1;
const SCREEN: u8 = 2;
const PASTE: u8 = 4;
const MOUSE: u8 = 8;

/// How long a signal waits at most until it is seen.
const WAIT: Duration = Duration::from_millis(100);

type Hook = Box<dyn Fn(&panic::PanicHookInfo<'_>) + Sync + Send>;

/// The terminal, taken until this is dropped.
pub struct Terminal {
    /// Columns and rows.
    pub size: (u16, u16),
    screen: ratatui::Terminal<CrosstermBackend<BufWriter<Stderr>>>,
    mouse: bool,
    caught: Caught,
    hook: Arc<Hook>,
}

/// Signals that are taken from the system.
struct Caught {
    ending: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    resume: Arc<AtomicBool>,
    /// Signals do again what they do by default.
    released: Arc<AtomicBool>,
    flags: Vec<SigId>,
    watch: Option<(Handle, JoinHandle<()>)>,
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
                let _ = writeln!(io::stderr(), "{kept}");
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
        for _ in 0..10 {
            if let Some(signal) = self.caught.signal() {
                return Some(signal);
            }
            thread::sleep(WAIT / 2);
        }
        None
    }

    /// Waits for messages and returns all that are there, or the signal that ends the wizard.
    ///
    /// # Errors
    /// Fails if the terminal cannot be read.
    pub fn messages(&mut self) -> Result<Result<Vec<Message>, u8>> {
        loop {
            if let Some(signal) = self.caught.signal() {
                return Ok(Err(signal));
            }
            // Without a shell the system takes no notice of it either.
            if self.caught.stop.swap(false, Ordering::SeqCst) && has_shell() {
                return Ok(Ok(vec![self.stop()?]));
            }
            if self.caught.resume.swap(false, Ordering::SeqCst) {
                return Ok(Ok(vec![self.resume()?]));
            }
            // Of a change that comes with a key crossterm tells nothing.
            let size = size()?;
            if size != self.size {
                return Ok(Ok(vec![self.resize(size)?]));
            }
            let mut messages = Vec::new();
            let mut wait = WAIT;
            while event::poll(wait).map_err(unusable)? {
                messages.extend(message(event::read().map_err(unusable)?));
                wait = Duration::ZERO;
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
        // Stopping later than the others, it would miss that the shell lets them go on.
        self.caught.released.store(true, Ordering::SeqCst);
        let sent = kill_current_process_group(Signal::TSTP);
        // Another thread may have been given the signal.
        for _ in 0..100 {
            if self.caught.stop.swap(false, Ordering::SeqCst) {
                break;
            }
            thread::sleep(WAIT / 100);
        }
        self.caught.released.store(false, Ordering::SeqCst);
        sent.map_err(unusable)?;
        self.caught.resume.store(false, Ordering::SeqCst);
        self.resume().map(Some)
    }

    /// Stops this program alone, with the terminal as the shell wants it.
    fn stop(&mut self) -> Result<Message> {
        leave();
        emulate_default_handler(SIGTSTP).map_err(unusable)?;
        self.caught.resume.store(false, Ordering::SeqCst);
        self.resume()
    }

    fn resume(&mut self) -> Result<Message> {
        // A shell may have changed the mode behind our back: what is set is set again.
        leave();
        set(self.mouse).map_err(unusable)?;
        self.resize(size()?)
    }

    /// Draws everything again the next time.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn redraw(&mut self) -> Result<()> {
        // Clearing would ask the terminal where the cursor is, which not every one answers.
        self.resize(self.size).map(drop)
    }

    /// Asks the terminal to put a text into the clipboard.
    ///
    /// # Errors
    /// Fails if the terminal cannot be written to.
    pub fn copy(text: &str) -> Result<()> {
        let mut stderr = io::stderr();
        write!(stderr, "\x1b]52;c;{}\x07", base64(text.as_bytes()))
            .and_then(|()| stderr.flush())
            .map_err(unusable)
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

impl Caught {
    fn catch() -> io::Result<Self> {
        use signal_hook::flag::{register, register_conditional_default, register_usize};

        let mut caught = Self {
            ending: Arc::default(),
            stop: Arc::default(),
            resume: Arc::default(),
            released: Arc::default(),
            flags: Vec::new(),
            watch: None,
        };
        let ending = [SIGINT, SIGTERM, SIGHUP];
        // Nobody else catches these: behind the wizard they do what they do by default.
        for signal in [SIGQUIT, SIGTSTP] {
            register_conditional_default(signal, Arc::clone(&caught.released))?;
        }
        for signal in ending.into_iter().chain([SIGQUIT]) {
            let number = usize::try_from(signal).unwrap_or_default();
            caught.flags.push(register_usize(signal, Arc::clone(&caught.ending), number)?);
        }
        caught.flags.push(register(SIGTSTP, Arc::clone(&caught.stop))?);
        caught.flags.push(register(SIGCONT, Arc::clone(&caught.resume))?);
        caught.watch = Some(watch()?);
        Ok(caught)
    }
}

impl Caught {
    /// Returns the signal that ends the wizard, if one came.
    fn signal(&self) -> Option<u8> {
        u8::try_from(self.ending.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }
}

/// Ends the program if it does not end by itself: a terminal that has gone may be waited for.
fn watch() -> io::Result<(Handle, JoinHandle<()>)> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGQUIT])?;
    let handle = signals.handle();
    let closed = handle.clone();
    let thread = thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            for _ in 0..20 {
                thread::sleep(WAIT / 2);
                if closed.is_closed() {
                    return;
                }
            }
            leave();
            let _ = emulate_default_handler(signal);
        }
    })?;
    Ok((handle, thread))
}

impl Drop for Caught {
    fn drop(&mut self) {
        self.released.store(true, Ordering::SeqCst);
        if let Some((handle, thread)) = self.watch.take() {
            handle.close();
            let _ = thread.join();
        }
        for id in self.flags.drain(..) {
            unregister(id);
        }
    }
}

/// Tells whether somebody started this as a job and can take it up again.
fn has_shell() -> bool {
    let parent = getppid().and_then(|parent| getsid(Some(parent)).ok());
    parent.is_some() && parent == getsid(None).ok()
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

fn set(mouse: bool) -> io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    SET.fetch_or(RAW, Ordering::SeqCst);
    SET.fetch_or(SCREEN, Ordering::SeqCst);
    execute!(io::stderr(), EnterAlternateScreen, cursor::Hide)?;
    SET.fetch_or(PASTE, Ordering::SeqCst);
    execute!(io::stderr(), EnableBracketedPaste)?;
    if mouse { take_mouse() } else { Ok(()) }
}

fn take_mouse() -> io::Result<()> {
    SET.fetch_or(MOUSE, Ordering::SeqCst);
    execute!(io::stderr(), EnableMouseCapture)
}

fn leave_mouse() -> io::Result<()> {
    SET.fetch_and(!MOUSE, Ordering::SeqCst);
    execute!(io::stderr(), DisableMouseCapture)
}

/// Undoes all that is set, in reverse. What fails cannot be helped.
fn leave() {
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

fn unusable(error: impl std::fmt::Display) -> Error {
    Error::failed("cannot use this terminal")
        .because(error)
        .hint("`--ui prompt` asks line by line; or answer by flags, with `--yes` for the defaults")
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn text_is_encoded_as_clipboards_read_it() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];

        for (text, expected) in cases {
            assert_eq!(base64(text.as_bytes()), expected);
        }
    }
}
