//! Gives the terminal back where a signal ends the program in the middle of a question.
//!
//! Prompts block while they wait for a key and cannot look at flags, so a thread waits for the
//! signal instead. It ends the program as the signal would have: whoever waits for a key on a
//! terminal that has gone would wait for ever.

use std::io::{Read, Write, stdin};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::SigId;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::{emulate_default_handler, pipe, unregister};

use crate::error::{Error, Result};

/// Ends bracketed paste and shows the cursor: all that a prompt changes beside the line mode.
const RESTORE: &str = "\x1b[?2004l\x1b[?25h";

/// The signal that came, or nothing.
static CAUGHT: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// How long a prompt that begins is waited for, so that what it sets is undone.
const BEGINS: Duration = Duration::from_millis(50);

/// Lets no prompt begin once a signal ends the program: nobody would undo what it sets.
pub(super) fn may_begin() {
    while CAUGHT.load(Ordering::SeqCst) != 0 {
        thread::park();
    }
}

/// Watches for signals as long as it lives.
#[derive(Debug)]
pub struct Rescue(Vec<SigId>);

impl Rescue {
    /// Starts to watch; what `farewell` returns is told before a signal ends the program.
    ///
    /// # Errors
    /// Fails where the system refuses a handler or a thread.
    pub fn watch(farewell: impl Fn() -> String + Send + 'static) -> Result<Self> {
        let wrong = |cause| Error::failed("cannot listen for signals").because(cause);
        let (mut waiting, waking) = UnixStream::pair().map_err(wrong)?;
        let before = tcgetattr(stdin()).ok();
        let mut rescue = Self(Vec::new());
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or_default();
            let flag = signal_hook::flag::register_usize(signal, Arc::clone(&CAUGHT), number);
            rescue.0.push(flag.map_err(wrong)?);
            let waker = waking.try_clone().map_err(wrong)?;
            rescue.0.push(pipe::register(signal, waker).map_err(wrong)?);
        }
        let wait = move || {
            // The other end closes when nobody watches any more.
            if waiting.read_exact(&mut [0]).is_ok() {
                thread::sleep(BEGINS);
                before.iter().for_each(restore);
                super::stderr(format_args!("\n{}", farewell()));
                let signal = i32::try_from(CAUGHT.load(Ordering::SeqCst)).unwrap_or(SIGTERM);
                let _ = emulate_default_handler(signal);
            }
        };
        thread::Builder::new().spawn(wait).map_err(wrong)?;
        Ok(rescue)
    }
}

/// Waits for the signal that ends the program where the terminal has gone: whoever reads from one
/// learns of it at the same time as the signal comes.
fn await_hang_up() {
    if tcgetattr(stdin()).is_err_and(|error| error == rustix::io::Errno::IO) {
        thread::sleep(Duration::from_secs(1));
    }
}

impl Drop for Rescue {
    fn drop(&mut self) {
        await_hang_up();
        self.0.drain(..).for_each(|id| {
            unregister(id);
        });
    }
}

/// Undoes what a prompt changed; where nothing was, nothing is written.
fn restore(before: &Termios) {
    let is_raw = tcgetattr(stdin()).is_ok_and(|now| now.local_modes != before.local_modes);
    if is_raw {
        let _ = tcsetattr(stdin(), OptionalActions::Now, before);
        let _ = std::io::stderr().write_all(RESTORE.as_bytes());
    }
}
