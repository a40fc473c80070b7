//! What was typed and not read yet: bounded, and Ctrl-C goes before the rest.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::decode::Input;

/// The most that is kept; who types ahead of it types for nobody.
const LONGEST: usize = 1 << 14;
/// What is done before a Ctrl-C that was typed behind it.
const BEFORE_INTERRUPT: usize = 32;

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    inputs: VecDeque<Input>,
    is_woken: bool,
    /// A Ctrl-C is the last in it; nothing comes behind.
    is_interrupted: bool,
}

impl Queue {
    /// Puts what was typed behind the rest; tells whether a Ctrl-C was in it.
    pub(super) fn push(&self, inputs: &mut Vec<Input>) -> bool {
        let mut waiting = self.lock();
        let was_interrupted = waiting.is_interrupted;
        for input in inputs.drain(..) {
            if waiting.is_interrupted {
                continue;
            }
            if input == Input::Interrupt {
                waiting.inputs.truncate(BEFORE_INTERRUPT);
                waiting.is_interrupted = true;
            }
            if waiting.inputs.len() < LONGEST {
                waiting.inputs.push_back(input);
            }
        }
        self.changed.notify_all();
        waiting.is_interrupted && !was_interrupted
    }

    /// Wakes who waits.
    pub(super) fn wake(&self) {
        self.lock().is_woken = true;
        self.changed.notify_all();
    }

    /// Waits for what was typed, or for nothing if somebody is woken.
    pub(super) fn wait(&self) -> Option<Input> {
        let waiting = self.lock();
        let idle = |waiting: &mut Waiting| waiting.inputs.is_empty() && !waiting.is_woken;
        let waiting = self.changed.wait_while(waiting, idle);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut waiting.is_woken) { None } else { waiting.inputs.pop_front() }
    }

    /// Takes what comes next, if it is as wanted.
    pub(super) fn take_if(&self, wanted: impl Fn(&Input) -> bool) -> Option<Input> {
        let mut waiting = self.lock();
        if waiting.inputs.front().is_some_and(wanted) { waiting.inputs.pop_front() } else { None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lock().inputs.is_empty()
    }

    /// Tells whether somebody wants to leave.
    pub(super) fn is_interrupted(&self) -> bool {
        self.lock().is_interrupted
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
