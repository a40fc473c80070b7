//! Signals: the end of the run until it writes, then a value that is asked between two writes, so
//! that a stopped run can clean up.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::error::{Error, Result};

/// Tells whether the user asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// The signal that came, or nothing.
    came: Arc<AtomicUsize>,
    /// A signal ends the process at once.
    ends: Arc<AtomicBool>,
}

impl Interrupt {
    /// Catches SIGINT, SIGTERM and SIGHUP from now on. They end the process as they do by default,
    /// also where somebody else caught them before, until [`Interrupt::hold`].
    ///
    /// # Errors
    /// Fails where the system refuses a handler.
    pub fn listen() -> Result<Self> {
        use signal_hook::flag::{register_conditional_default, register_usize};

        let interrupt = Self::default();
        interrupt.ends.store(true, Ordering::SeqCst);
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or_default();
            register_conditional_default(signal, Arc::clone(&interrupt.ends))
                .and_then(|_| register_usize(signal, Arc::clone(&interrupt.came), number))
                .map_err(|cause| Error::failed("cannot listen for signals").because(cause))?;
        }
        Ok(interrupt)
    }

    /// Lets signals wait for the next [`Interrupt::check`]: writing begins, and has to be undone.
    pub fn hold(&self) {
        self.ends.store(false, Ordering::SeqCst);
    }

    /// Asks to stop, as `signal` would.
    pub fn raise(&self, signal: u8) {
        self.came.store(signal.into(), Ordering::SeqCst);
    }

    /// Fails when a signal came.
    ///
    /// # Errors
    /// Returns an error whose exit status is that of the signal.
    pub fn check(&self) -> Result<()> {
        match u8::try_from(self.came.load(Ordering::SeqCst)) {
            Ok(0) | Err(_) => Ok(()),
            Ok(signal) => Err(Error::interrupted(signal, "interrupted, nothing was changed")),
        }
    }
}

#[cfg(test)]
mod tests {
    use signal_hook::consts::SIGHUP;

    use super::Interrupt;
    use crate::exit::Exit;

    #[test]
    fn check_fails_with_the_status_of_the_signal_that_came() {
        let interrupt = Interrupt::listen().expect("signals can be caught");
        interrupt.hold();
        assert_eq!(interrupt.check(), Ok(()));

        signal_hook::low_level::raise(SIGHUP).expect("a signal can be raised");

        let error = interrupt.check().expect_err("stopped");
        assert_eq!((error.exit(), error.exit().status()), (Exit::Signal(1), 129));
    }
}
