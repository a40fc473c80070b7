//! What the program does, without its command line: each action takes typed arguments and returns what
//! came of it. Nothing here reads an argument, asks, or prints.

mod state;

pub use state::{name_of, state, with_state};
