//! Projects on disk: reads what is there and applies plans. The only module that writes.
//!
//! Decides nothing about contents; that is `merge`'s. Every write is whole or not at all: a new
//! project grows in a temporary folder beside its target, everything else is a transaction.

mod apply;
mod checkout;
mod create;
mod disk;
mod draft;
mod entry;
mod failure;
#[cfg(test)]
mod fault;
mod folder;
mod guard;
mod history;
mod index;
mod input;
mod interrupt;
mod journal;
mod library;
mod links;
mod lock;
mod open;
mod ours;
mod packfile;
mod patience;
mod program;
mod readable;
mod repository;
mod rewrite;
mod similar;
mod state;
mod store;
mod survey;
mod temporary;
mod transaction;
mod undo;
mod unresolved;
mod upgrade;
mod work;

pub use create::{Created, Creation, Git, create, plan_creation};
pub use draft::{Draft, Kept};
pub use input::{Overwrite, entries, read_file, read_file_or_pipe, read_folder, write_file};
pub use interrupt::Interrupt;
pub use open::{Access, Project};
pub use state::State;
pub use survey::{Conflicts, Survey, Upgrade};
pub use undo::{Undo, Undone};
pub use unresolved::Unresolved;
pub use upgrade::Dirty;
