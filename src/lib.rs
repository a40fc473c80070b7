//! Asks, renders, merges and writes `FastAPI` repositories.
//!
//! One direction: sources of answers become [`answer`]s; a [`pack`] and answers [`render`] to a
//! [`tree`]; merging base, ours and theirs gives a plan; only applying a plan writes. Rendering
//! and merging are pure: no clock, no environment, no randomness, no disk, no terminal. What a
//! command does is an [`action`] with typed arguments; [`cli`] reads the command line, calls it and
//! prints what came of it.
//!
//! # Words
//! - *Pack*: a template with questions, in versions. *Question*, *choice*, *answer*; *component*: what
//!   a choice adds; *anchor* and *fragment*: a place in a shared file, and what fills it.
//! - *Layer*: the answers of one source, such as flags; *resolution*: what all layers come to.
//! - *Base*, *ours*, *theirs*: what the project was rendered from, what stands there now, what the
//!   template gives now. *Plan*: what becomes of each file. *Survey*: a plan beside what git knows.
//! - *Transition*: from the version and the answers that a project recorded to others.
//! - *Face*: one of the three ways to ask: wizard, prompts, plain lines. *Interview*: the rules that
//!   all of them follow. *Progress*: how far somebody has come, as a *draft* keeps it.
//! - Of the wizard: *world*, what it is given and does not change; *facts*, what follows from its
//!   state; *place*, a directory, with its *standing*: what is in it; *effect*, what the model wants
//!   done, and *message*, what happened. *Extent*: whether a command names all answers or those that
//!   are not the default. Of prompts: *outlook*, what will be written and the command for the same.

pub mod action;
pub mod answer;
pub mod cli;
pub mod error;
pub mod exit;
pub mod limits;
pub mod merge;
pub mod pack;
pub mod project;
pub mod render;
pub mod tree;
pub mod ui;
