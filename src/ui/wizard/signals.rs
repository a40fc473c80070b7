//! The signals that come while the wizard has the terminal.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::unistd::{getppid, getsid};
use rustix::process::{Signal, kill_current_process_group};
use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::{emulate_default_handler, unregister};

use super::mode::leave;

/// How long a signal waits at most until it is seen.
pub(super) const WAIT: Duration = Duration::from_millis(100);

/// Signals that are taken from the system.
pub(super) struct Caught {
    ending: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    resume: Arc<AtomicBool>,
    /// Signals do again what they do by default.
    released: Arc<AtomicBool>,
    flags: Vec<SigId>,
    watch: Option<(Handle, JoinHandle<()>)>,
}

impl Caught {
    /// Takes them until this is dropped.
    ///
    /// # Errors
    /// Fails where the system refuses a handler or a thread.
    pub(super) fn catch() -> io::Result<Self> {
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

    /// Returns the signal that ends the wizard, if one came.
    pub(super) fn ending(&self) -> Option<u8> {
        u8::try_from(self.ending.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    /// Returns the signal that ends the wizard, if one comes soon.
    pub(super) fn ending_soon(&self) -> Option<u8> {
        for _ in 0..10 {
            if let Some(signal) = self.ending() {
                return Some(signal);
            }
            thread::sleep(WAIT / 2);
        }
        None
    }

    /// Tells whether somebody asked to stop; without a shell the system takes no notice either.
    pub(super) fn takes_stop(&self) -> bool {
        self.stop.swap(false, Ordering::SeqCst) && has_shell()
    }

    /// Tells whether somebody let the program go on.
    pub(super) fn takes_resume(&self) -> bool {
        self.resume.swap(false, Ordering::SeqCst)
    }

    /// Stops the whole job, as the terminal does where nobody catches Ctrl-Z, until the shell lets
    /// it go on.
    pub(super) fn stop_job(&self) -> io::Result<()> {
        // Stopping later than the others, it would miss that the shell lets them go on.
        self.released.store(true, Ordering::SeqCst);
        let sent = kill_current_process_group(Signal::TSTP);
        // Another thread may have been given the signal.
        for _ in 0..100 {
            if self.stop.swap(false, Ordering::SeqCst) {
                break;
            }
            thread::sleep(WAIT / 100);
        }
        self.released.store(false, Ordering::SeqCst);
        sent?;
        self.resume.store(false, Ordering::SeqCst);
        Ok(())
    }

    /// Stops this program alone.
    pub(super) fn stop_alone(&self) -> io::Result<()> {
        emulate_default_handler(SIGTSTP)?;
        self.resume.store(false, Ordering::SeqCst);
        Ok(())
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
pub(super) fn has_shell() -> bool {
    // In a container the parent or the leader of a session may be outside, and is 0 then.
    let parent = Some(getppid()).filter(|parent| parent.as_raw() != 0);
    parent.is_some_and(|parent| getsid(Some(parent)).is_ok_and(|leader| getsid(None) == Ok(leader)))
}
