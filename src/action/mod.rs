//! What the program does, without its command line: each action takes typed arguments and returns what
//! came of it. Nothing here reads an argument, asks, or prints.

mod differences;
mod new;
mod state;
mod status;
mod transition;
mod upgrade;

pub use differences::{Differences, differences};
pub use new::{New, Start};
pub use state::{name_of, with_state};
pub use status::{Status, status};
pub use transition::{Changed, Transition};
pub use upgrade::{Base, Outcomes, Prepared};
