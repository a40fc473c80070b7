//! Projects on disk.
mod input;
pub use input::{Overwrite, read_file, read_folder, write_file};
