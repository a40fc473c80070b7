//! What a run takes at most of time and memory, and who watches over it.
//!
//! Packs come from strangers, and what is in them is a program: no count of tags tells how long a
//! template goes on. So such work is done beside the thread that waits for it, and is given up
//! when it takes too much. Where that happens, all that the program still does is tell it and end.

use std::cell::Cell;
use std::fmt::Write as _;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::error::{Error, Result};

/// What one piece of work takes at most.
#[derive(Clone, Copy, Debug)]
struct Limits {
    /// Of the processor's time, so that a slow or stopped machine changes nothing.
    time: Duration,
    /// More bytes than the program had before.
    memory: u64,
}

/// A hundred times what any rendering of the embedded pack takes.
const LIMITS: Limits = Limits { time: Duration::from_secs(3), memory: 512 << 20 };

/// Room for values that are nested as deep as the memory reaches: going down into them must end
/// by a limit, not by a crash. Only what is used of it counts. Where a system does not give as
/// much, less has to do.
const STACKS: [usize; 2] = [1 << 30, 64 << 20];

/// How often the work is looked at.
const EVERY: Duration = Duration::from_millis(2);

thread_local! {
    /// Some work that this thread waited for was given up, and still goes on.
    static GIVEN_UP: Cell<bool> = const { Cell::new(false) };
}

/// Where the work is, for the message about one that was given up.
#[derive(Clone, Debug, Default)]
pub struct Place(Arc<Mutex<String>>);

impl Place {
    /// Tells what is worked on now, such as a file.
    pub fn set(&self, text: &str) {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        place.clear();
        place.push_str(text);
    }

    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Does work with a stranger's data; `what` names it, such as "rendering the pack `x`".
///
/// # Errors
/// Fails if it takes more time or memory than it may.
pub fn within<T: Send + 'static>(
    what: &str,
    work: impl FnOnce(&Place) -> T + Send + 'static,
) -> Result<T> {
    watch(LIMITS, what, work)
}

/// Tells whether work was given up: it goes on until the program ends, which should be soon.
#[must_use]
pub fn was_given_up() -> bool {
    GIVEN_UP.get()
}

/// Ends the program as SIGTERM does, wherever somebody asks and gives the terminal back first.
pub fn end() {
    let _ = signal_hook::low_level::raise(signal_hook::consts::SIGTERM);
}

fn watch<T: Send + 'static>(
    limits: Limits,
    what: &str,
    work: impl FnOnce(&Place) -> T + Send + 'static,
) -> Result<T> {
    if was_given_up() {
        return Err(Error::failed(format!("{what} does not begin: other work was given up")));
    }
    let place = Place::default();
    let (sender, receiver) = sync_channel(1);
    let here = place.clone();
    // Nobody listens any more where it was given up.
    let thread = spawn(move || drop(sender.send(work(&here))));
    let thread =
        thread.map_err(|cause| Error::failed(format!("cannot start {what}")).because(cause))?;
    let start = Used::now();
    loop {
        let over = match receiver.recv_timeout(EVERY) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Timeout) => Used::now().over(&start, limits),
            Err(RecvTimeoutError::Disconnected) => {
                let panic = thread.join().err().unwrap_or_else(|| Box::new("no result"));
                std::panic::resume_unwind(panic)
            }
        };
        if let Some(over) = over {
            GIVEN_UP.set(true);
            let place = place.get();
            let mut message = format!("{what} was given up");
            if !place.is_empty() {
                let _ = write!(message, " at `{place}`");
            }
            return Err(Error::failed(message)
                .because(over)
                .hint("use a pack that you trust, or look for what goes on without an end in it"));
        }
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> std::io::Result<JoinHandle<()>> {
    // A thread that does not start takes what it was handed along.
    let work = Arc::new(Mutex::new(Some(work)));
    let mut spawned = None;
    for stack in STACKS {
        let work = Arc::clone(&work);
        let run = move || {
            let work = work.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(work) = work {
                work();
            }
        };
        match thread::Builder::new().stack_size(stack).spawn(run) {
            Ok(thread) => return Ok(thread),
            Err(error) => spawned = Some(error),
        }
    }
    Err(spawned.expect("there is a size to try"))
}

/// What the program has used so far.
struct Used {
    time: Duration,
    /// Unknown on some systems.
    memory: Option<u64>,
}

impl Used {
    fn now() -> Self {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
        let nanoseconds = u32::try_from(time.tv_nsec).unwrap_or_default();
        let pages = std::fs::read_to_string("/proc/self/statm").ok();
        let pages = pages.and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
        Self {
            time: Duration::new(seconds, nanoseconds),
            memory: pages.map(|pages| pages * rustix::param::page_size() as u64),
        }
    }

    /// Tells the limit that is passed, if one is.
    fn over(&self, start: &Self, limits: Limits) -> Option<String> {
        if self.time.saturating_sub(start.time) > limits.time {
            let seconds = limits.time.as_secs();
            return Some(format!("it took more than {seconds} s of the processor's time"));
        }
        let more = self.memory?.saturating_sub(start.memory?);
        (more > limits.memory)
            .then(|| format!("it took more than {} MiB of memory", limits.memory >> 20))
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    /// More than other tests of this process use meanwhile.
    const LARGE: u64 = 1 << 40;

    #[test]
    fn work_that_ends_hands_over_what_it_made() {
        assert_eq!(within("work", |_| 1), Ok(1));
    }

    #[test]
    fn work_without_an_end_is_given_up_at_its_place() {
        let goes_on = Arc::new(AtomicBool::new(true));
        let watched = Arc::clone(&goes_on);
        let limits = Limits { time: Duration::from_millis(1), memory: LARGE };

        let error = watch(limits, "the work", move |place| {
            place.set("a");
            while watched.load(Ordering::SeqCst) {}
        });

        goes_on.store(false, Ordering::SeqCst);
        let told = error.expect_err("given up").to_string();
        assert!(told.starts_with("error: the work was given up"), "{told}");
        assert!(told.contains("of the processor's time"), "{told}");
        assert!(was_given_up());
        let told = within("more", |_| ()).expect_err("nothing more").to_string();
        assert_eq!(told, "error: more does not begin: other work was given up");
    }

    #[test]
    fn work_that_takes_more_and_more_memory_is_given_up() {
        let goes_on = Arc::new(AtomicBool::new(true));
        let watched = Arc::clone(&goes_on);
        let limits = Limits { time: Duration::from_secs(1000), memory: 64 << 20 };

        let error = watch(limits, "the work", move |_| {
            let mut all = Vec::new();
            while watched.load(Ordering::SeqCst) && all.len() < 1000 {
                all.push(black_box(vec![1_u8; 1 << 20]));
            }
        });

        goes_on.store(false, Ordering::SeqCst);
        let told = error.expect_err("given up").to_string();
        assert!(told.contains("it took more than 64 MiB of memory"), "{told}");
    }

    #[test]
    fn a_panic_of_the_work_is_one_of_whoever_waits() {
        let result = std::panic::catch_unwind(|| within("work", |_| panic!("wanted")));

        assert!(result.is_err());
    }
}
