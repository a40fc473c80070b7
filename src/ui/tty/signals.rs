//! The signals that come while somebody is asked, from the first question to the hand-over.
//!
//! A thread waits for them, so that they count whatever the rest of the program does: it wakes who
//! waits for keys, and ends a program that does not end by itself soon, as one that writes to a
//! terminal that takes nothing.

use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use filedescriptor::{POLLIN, poll, pollfd};
use nix::unistd::{getppid, getsid};
use rustix::process::{Signal, kill_current_process_group};
use signal_hook::SigId;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
use signal_hook::flag::{register, register_conditional_default, register_usize};
use signal_hook::low_level::{emulate_default_handler, pipe, unregister};

use super::mode;
use super::queue::Queue;
use crate::error::{Error, Result};

/// Tells what became of everything.
pub(super) type Farewell = Arc<dyn Fn() -> String + Send + Sync>;

/// How long the program may take to end by itself.
const SOON: Duration = Duration::from_secs(2);

/// Signals that are taken from the system until this is dropped; then they do again what they do
/// by default.
pub struct Signals {
    pub(super) state: Arc<State>,
    /// The last words of a program that cannot end by itself.
    pub(super) farewell: Farewell,
    ids: Vec<SigId>,
    /// The watch ends once this is closed.
    watch: Option<(UnixStream, JoinHandle<()>)>,
}

/// What came, and who waits for it.
pub(super) struct State {
    ending: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    resume: Arc<AtomicBool>,
    /// Signals that end the program do what they do by default.
    released: Arc<AtomicBool>,
    /// So do those that only matter to whoever has taken the terminal.
    untaken: Arc<AtomicBool>,
    /// Somebody took it once.
    is_used: AtomicBool,
    /// What was typed.
    pub(super) queue: Queue,
    /// Wakes the watch.
    waker: UnixStream,
    /// Is woken with the watch, for whoever waits for something else.
    waiting: UnixStream,
}

impl Signals {
    /// Takes them; what `farewell` returns is told where the program cannot end by itself.
    ///
    /// # Errors
    /// Fails where the system refuses a handler or a thread.
    pub fn catch(farewell: impl Fn() -> String + Send + Sync + 'static) -> Result<Self> {
        Self::take(Arc::new(farewell))
            .map_err(|cause| Error::failed("cannot listen for signals").because(cause))
    }

    fn take(farewell: Farewell) -> io::Result<Self> {
        let (watched, waker) = UnixStream::pair()?;
        let (waiting, other) = UnixStream::pair()?;
        let (stopped, stop) = UnixStream::pair()?;
        for end in [&watched, &waker, &waiting, &other] {
            end.set_nonblocking(true)?;
        }
        let state = Arc::new(State {
            ending: Arc::default(),
            stop: Arc::default(),
            resume: Arc::default(),
            released: Arc::default(),
            untaken: Arc::new(AtomicBool::new(true)),
            is_used: AtomicBool::new(false),
            queue: Queue::default(),
            waker,
            waiting,
        });
        let words = Arc::clone(&farewell);
        let mut signals =
            Self { state: Arc::clone(&state), farewell, ids: Vec::new(), watch: None };
        let ids = &mut signals.ids;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            ids.push(register_conditional_default(signal, Arc::clone(&state.released))?);
        }
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            ids.push(state.ends(signal)?);
            ids.push(pipe::register(signal, state.waker.try_clone()?)?);
            ids.push(pipe::register(signal, other.try_clone()?)?);
        }
        let watch = move || watch(&state, &watched, &stopped, &*words);
        let thread = thread::Builder::new().name("signals".to_owned()).spawn(watch)?;
        signals.watch = Some((stop, thread));
        Ok(signals)
    }

    /// Returns the signal that ends the program, if one came.
    #[must_use]
    pub fn ending(&self) -> Option<u8> {
        self.state.ending()
    }

    /// Leaves the signals that end the program to others, who listen to them already, and returns
    /// the one that came before.
    #[must_use]
    pub fn hand_over(mut self) -> Option<u8> {
        self.ids.drain(..).for_each(|id| {
            unregister(id);
        });
        self.state.ending()
    }

    /// Waits until something can be read from stdin; tells whether it can, or a signal ends the
    /// program.
    pub(crate) fn await_input(&self) -> bool {
        loop {
            if self.ending().is_some() {
                return false;
            }
            let mut ready = [readable(&io::stdin()), readable(&self.state.waiting)];
            if poll(&mut ready, None).is_err() {
                continue;
            }
            drain(&self.state.waiting);
            if ready[0].revents != 0 && self.ending().is_none() {
                return true;
            }
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.state.released.store(true, Ordering::SeqCst);
        let Some((stop, thread)) = self.watch.take() else { return };
        if self.state.ending().is_some() || self.state.queue.is_interrupted() {
            // Who is to end is watched until the end.
            std::mem::forget(stop);
        } else {
            drop(stop);
            let _ = thread.join();
        }
    }
}

impl State {
    /// Returns the signal that ends the program, if one came.
    pub(super) fn ending(&self) -> Option<u8> {
        u8::try_from(self.ending.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    /// Ends the program as a signal would.
    pub(super) fn end(&self, signal: usize) {
        let first = Ordering::SeqCst;
        let _ = self.ending.compare_exchange(0, signal, first, Ordering::SeqCst);
        self.wake();
    }

    /// Wakes the watch.
    pub(super) fn wake(&self) {
        let _ = (&self.waker).write(&[0]);
    }

    /// Lets a signal end the program.
    fn ends(&self, signal: i32) -> io::Result<SigId> {
        let number = usize::try_from(signal).unwrap_or_default();
        register_usize(signal, Arc::clone(&self.ending), number)
    }

    /// From now on somebody has the terminal, and all signals that a terminal sends matter.
    pub(super) fn taken(&self) -> io::Result<()> {
        self.untaken.store(false, Ordering::SeqCst);
        if self.is_used.swap(true, Ordering::SeqCst) {
            return Ok(());
        }
        // Kept: nobody else catches these.
        for signal in [SIGQUIT, SIGTSTP] {
            register_conditional_default(signal, Arc::clone(&self.untaken))?;
        }
        self.ends(SIGQUIT)?;
        register(SIGTSTP, Arc::clone(&self.stop))?;
        register(SIGCONT, Arc::clone(&self.resume))?;
        for signal in [SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH] {
            pipe::register(signal, self.waker.try_clone()?)?;
        }
        Ok(())
    }

    /// From now on nobody has it.
    pub(super) fn left(&self) {
        self.untaken.store(true, Ordering::SeqCst);
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
        self.resume.store(false, Ordering::SeqCst);
        kill_current_process_group(Signal::TSTP)?;
        // Another thread may have been given the signal, and on a busy machine it comes late: taken
        // for a new one, it would stop the program when that is to go on.
        for _ in 0..5000 {
            if self.stop.swap(false, Ordering::SeqCst) {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.stop_alone()
    }

    /// Stops this program alone. The others of its job may have stopped before, and been told to go
    /// on since: then it does not stop any more, for nobody would tell it again.
    pub(super) fn stop_alone(&self) -> io::Result<()> {
        if !self.takes_resume() {
            emulate_default_handler(SIGTSTP)?;
            self.resume.store(false, Ordering::SeqCst);
        }
        Ok(())
    }
}

/// Wakes who waits for keys, and ends the program if it does not end by itself.
fn watch(state: &State, watched: &UnixStream, stopped: &UnixStream, farewell: &dyn Fn() -> String) {
    let mut end: Option<Instant> = None;
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            break;
        }
        let mut ready = [readable(watched), readable(stopped)];
        let _ = poll(&mut ready, left);
        if ready[1].revents != 0 {
            return;
        }
        drain(watched);
        state.queue.wake();
        if end.is_none() && (state.ending().is_some() || state.queue.is_interrupted()) {
            end = Some(Instant::now() + SOON);
        }
    }
    mode::leave_soon(&format!("\n{}\n", farewell()));
    let signal = state.ending().map_or(SIGINT, i32::from);
    let _ = emulate_default_handler(signal);
}

pub(super) fn readable(file: &impl AsRawFd) -> pollfd {
    pollfd { fd: file.as_raw_fd(), events: POLLIN, revents: 0 }
}

fn drain(mut stream: &UnixStream) {
    while stream.read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
}

/// Tells whether somebody started this as a job and can take it up again.
pub(super) fn has_shell() -> bool {
    // In a container the parent or the leader of a session may be outside, and is 0 then.
    let parent = Some(getppid()).filter(|parent| parent.as_raw() != 0);
    parent.is_some_and(|parent| getsid(Some(parent)).is_ok_and(|leader| getsid(None) == Ok(leader)))
}
