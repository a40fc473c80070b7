//! Waits for what opens files that a repository names, and gives it up where nothing comes of it: whoever
//! opens a pipe waits for its other end, in a call of the system that no thread can end for another.
//!
//! So such work is done beside the thread that waits for it. Given up, it stays where it is until the
//! program ends. All that it may write is a new index in the store, before any record names it, and objects
//! that nothing names: it must be called before a transaction sets its mark, never after.

use std::io::{self, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use rustix::time::{ClockId, clock_gettime};

use crate::error::{Error, Result};

/// How long work may wait without using the processor.
const ROUND: Duration = Duration::from_secs(20);

/// What of the processor's time in a round tells that the work goes on.
const BUSY: Duration = Duration::from_millis(100);

/// Rounds of work that goes on: in a repository of many files it may take its time.
const ROUNDS: u32 = 15;

/// The room that the first thread of a program has.
const STACK: usize = 8 << 20;

/// Something that is used by one thread at a time, for as long as it comes back.
pub(super) struct Guarded<T> {
    root: PathBuf,
    inner: Arc<Mutex<T>>,
}

impl<T: Send + 'static> Guarded<T> {
    /// Guards what opens files for the project in a folder.
    pub(super) fn new(root: &Path, inner: T) -> Self {
        Self { root: root.to_owned(), inner: Arc::new(Mutex::new(inner)) }
    }

    /// Does work with it.
    pub(super) fn with<R: Send + 'static>(
        &self,
        work: impl FnOnce(&T) -> Result<R> + Send + 'static,
    ) -> Result<R> {
        let (root, inner) = (self.root.clone(), Arc::clone(&self.inner));
        let work = move || match inner.try_lock() {
            Ok(inner) => work(&inner),
            // Earlier work was given up with it.
            Err(_) => Err(given_up(&root, ROUND)),
        };
        wait(&self.root, ROUNDS, work)?
    }
}

/// Does work that reads little for the project in a folder.
pub(super) fn briefly<R: Send + 'static>(
    root: &Path,
    work: impl FnOnce() -> Result<R> + Send + 'static,
) -> Result<R> {
    wait(root, 1, work)?
}

/// Runs a program for the project in a folder, with this on its input.
pub(super) fn output(
    root: &Path,
    command: &mut Command,
    input: &[u8],
) -> Result<io::Result<Output>> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(cause) => return Ok(Err(cause)),
    };
    let (number, stdin, input) = (Pid::from_child(&child), child.stdin.take(), input.to_vec());
    // It may answer before it has read all.
    thread::spawn(move || stdin.map(|mut stdin| stdin.write_all(&input)));
    wait(root, 1, move || child.wait_with_output()).inspect_err(|_| {
        let _ = kill_process(number, Signal::KILL);
    })
}

fn wait<R: Send + 'static>(
    root: &Path,
    rounds: u32,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R> {
    let (sender, receiver) = sync_channel(1);
    // Nobody listens any more where it was given up.
    let work = move || drop(sender.send(work()));
    let thread = thread::Builder::new().stack_size(STACK).spawn(work);
    let thread = thread.map_err(|cause| Error::failed("cannot start a thread").because(cause))?;
    let (mut used, mut waited) = (used(), Duration::ZERO);
    for _ in 0..rounds {
        match receiver.recv_timeout(ROUND) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Timeout) => waited += ROUND,
            Err(RecvTimeoutError::Disconnected) => {
                resume_unwind(thread.join().err().unwrap_or_else(|| Box::new("no result")))
            }
        }
        let now = self::used();
        if now.saturating_sub(used) < BUSY {
            break;
        }
        used = now;
    }
    Err(given_up(root, waited))
}

/// Returns what the program used of the processor's time.
fn used() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn given_up(root: &Path, waited: Duration) -> Error {
    Error::failed(format!("the repository around `{}` cannot be read", root.display()))
        .because(format!("nothing came of it in {} s", waited.as_secs()))
        .because("a pipe in the place of a file does that, in it or where its settings lead")
        .hint("`find . -type p` names pipes; look where the folder comes from")
}
