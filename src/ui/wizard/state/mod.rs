//! The parts of the wizard's state. Each keeps its fields to itself and is changed by its methods
//! alone; none knows another part but through what it is handed.

pub mod cursor;
pub mod dialog;
pub mod field;
pub mod files;
pub mod form;
pub mod known;
pub mod panes;
pub mod status;
