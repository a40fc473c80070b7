//! Projects on disk: reads what is there and applies plans. The only module that writes.
//!
//! Decides nothing about contents; that is `merge`'s. Every write is whole or not at all: a new
//! project grows in a temporary folder beside its target, everything else is a transaction.

mod apply;
mod create;
mod disk;
mod failure;
#[cfg(test)]
mod fault;
mod files;
mod input;
mod interrupt;
mod journal;
mod lock;
mod repository;
mod state;
mod store;
mod temporary;
mod transaction;

pub use create::{Created, Creation, Git, create, plan_creation};
pub use input::{Overwrite, read_file, read_folder, write_file};
pub use interrupt::Interrupt;
pub use state::State;
