//! Options that several commands have.

use clap::{Arg, ArgAction, ValueHint};

/// Options of all commands. Those that name a place or a pack are read by `globals`.
pub(super) fn global() -> [Arg; 7] {
    let global = |arg: Arg| arg.global(true).help_heading("Global options");
    [
        global(
            Arg::new("chdir")
                .short('C')
                .value_name("DIR")
                .value_hint(ValueHint::DirPath)
                .help("Work as if started in this folder"),
        ),
        global(
            Arg::new("pack")
                .long("pack")
                .value_name("DIR")
                .value_hint(ValueHint::DirPath)
                .help("Use the pack in this folder instead of the embedded one"),
        ),
        global(
            Arg::new("pack-version")
                .long("pack-version")
                .value_name("VERSION")
                .help("Use this version of the pack instead of the newest"),
        ),
        global(
            Arg::new("color")
                .long("color")
                .value_name("WHEN")
                .value_parser(["auto", "always", "never"])
                .default_value("auto")
                .help("Use colour"),
        ),
        global(
            Arg::new("ui")
                .long("ui")
                .value_name("FACE")
                .value_parser(["auto", "wizard", "prompt", "plain"])
                .default_value("auto")
                .help("How to ask: on the whole terminal, one prompt a question, or in plain lines, also through a pipe"),
        ),
        global(switch("quiet", "Tell nothing but errors").short('q')),
        global(switch("verbose", "Tell of every file").short('v').conflicts_with("quiet")),
    ]
}

/// How the full-screen wizard looks.
pub(super) fn looks() -> [Arg; 3] {
    let looks = |arg: Arg| arg.help_heading("Wizard");
    [
        looks(
            Arg::new("theme")
                .long("theme")
                .value_name("THEME")
                .value_parser(["auto", "high-contrast", "mono"])
                .default_value("auto")
                .help("Take these colours, all of them the terminal's own"),
        ),
        looks(switch("ascii", "Draw lines in ASCII")),
        looks(switch("no-mouse", "Leave the mouse to the terminal")),
    ]
}

pub(super) fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

pub(super) fn json() -> Arg {
    switch("json", "Print one JSON value instead of text")
}
