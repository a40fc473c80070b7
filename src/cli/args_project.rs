//! The commands for a project that exists, as clap sees them.

use clap::{Arg, ArgAction, Command, ValueHint};

use super::flags;
use super::options::{json, looks, switch};
use crate::error::Result;
use crate::pack::Pack;

/// Options of `upgrade` that end or take back an upgrade that was made.
pub const ENDINGS: [&str; 3] = ["continue", "abort", "undo"];

/// Builds `upgrade`, with every question as a flag.
///
/// # Errors
/// Fails if a question has the name of one of its own flags.
pub fn upgrade(pack: Option<&Pack>) -> Result<Command> {
    let ending = |name: &'static str, help| {
        let others = ENDINGS.into_iter().filter(move |other| *other != name);
        let making = ["to", "set", "check", "dry-run", "diff", "conflicts", "base-from-git"];
        switch(name, help).conflicts_with_all(others.chain(making))
    };
    let command = Command::new("upgrade")
        .about("Carry a project to a newer version or to other answers")
        .after_help(
            "Your edits stay: what you and the template changed goes together line by line, and \
             where both changed the same lines you get both. Answers come from flags, --set and \
             `[answers]` in .fastwright.toml.\nThe exit status is 0 if all went together or \
             nothing was to do, 1 if it was refused, and 3 if conflicts were left or --check \
             found something to do.",
        )
        .arg(directory())
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("VERSION")
                .conflicts_with("pack-version")
                .help("Go to this version instead of the newest"),
        )
        .arg(
            Arg::new("set")
                .long("set")
                .value_name("KEY=VALUE")
                .action(ArgAction::Append)
                .help("Change one answer by its key"),
        )
        .arg(
            switch("check", "Tell by the exit status whether there is something to do")
                .conflicts_with_all(["dry-run", "diff"]),
        )
        .arg(switch("dry-run", "Show what would become of each file, and write nothing"))
        .arg(switch("diff", "Show what would be written as a diff, and write nothing"))
        .arg(json())
        .arg(
            Arg::new("conflicts")
                .long("conflicts")
                .value_name("WAY")
                .value_parser(["markers", "sidecar", "fail"])
                .default_value("markers")
                .help("Leave conflicts between markers, in files beside, or not at all"),
        )
        .arg(switch("allow-dirty", "Also write files with edits that git does not have"))
        .arg(switch(
            "base-from-git",
            "Take what the template had from the history, where it can no longer be rendered",
        ))
        .arg(ending("continue", "End an upgrade whose conflicts are resolved"))
        .arg(ending("abort", "Take back an upgrade that has open conflicts"))
        .arg(ending("undo", "Take back the last upgrade"));
    flags::add(command.args(looks()), pack, flags::Without::Recorded)
}

/// Builds `diff`.
#[must_use]
pub fn diff() -> Command {
    Command::new("diff")
        .about("Show what a project changed against its template")
        .arg(directory())
        .arg(switch("stat", "Show the number of lines for each file only"))
        .arg(json())
        .arg(switch("exit-code", "Exit with status 3 if there are differences"))
}

/// Builds `status`.
#[must_use]
pub fn status() -> Command {
    Command::new("status")
        .about("Show the version of a project, and which of its files were edited")
        .arg(directory())
        .arg(json())
}

fn directory() -> Arg {
    Arg::new("directory")
        .value_name("DIR")
        .value_hint(ValueHint::DirPath)
        .default_value(".")
        .help("The project, or a folder in it")
}
