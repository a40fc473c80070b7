//! Asks, renders, merges and writes `FastAPI` repositories.
//!
//! One direction: sources of answers become [`answer`]s; a [`pack`] and answers [`render`] to a
//! [`tree`]; merging base, ours and theirs gives a plan; only applying a plan writes. Rendering
//! and merging are pure: no clock, no environment, no randomness, no disk, no terminal.

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
