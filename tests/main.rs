//! The one test binary: linking once is most of the time that tests take to build.

mod merge;
