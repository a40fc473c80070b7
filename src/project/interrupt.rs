//! Signals as a value that is asked between two writes, so that a stopped run can clean up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::error::{Error, Result};

/// Tells whether the user asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicUsize>);

impl Interrupt {
    /// Catches SIGINT, SIGTERM and SIGHUP from now on; they no longer end the process themselves.
    ///
    /// # Errors
    /// Fails where the system refuses a handler.
    pub fn listen() -> Result<Self> {
        let interrupt = Self::default();
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let number = usize::try_from(signal).unwrap_or_default();
            signal_hook::flag::register_usize(signal, Arc::clone(&interrupt.0), number)
                .map_err(|cause| Error::failed("cannot listen for signals").because(cause))?;
        }
        Ok(interrupt)
    }

    /// Asks to stop, as `signal` would.
    pub fn raise(&self, signal: u8) {
        self.0.store(signal.into(), Ordering::SeqCst);
    }

    /// Fails when a signal came.
    ///
    /// # Errors
    /// Returns an error whose exit status is that of the signal.
    pub fn check(&self) -> Result<()> {
        match u8::try_from(self.0.load(Ordering::SeqCst)) {
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
        assert_eq!(interrupt.check(), Ok(()));

        signal_hook::low_level::raise(SIGHUP).expect("a signal can be raised");

        let error = interrupt.check().expect_err("stopped");
        assert_eq!((error.exit(), error.exit().status()), (Exit::Signal(1), 129));
    }
}
