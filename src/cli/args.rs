//! The command line as clap sees it, built from a pack's questions.

use clap::{Arg, ArgAction, Command, ValueHint};

use super::args_project::{self as project, upgrade};
use super::flags;
use super::options::{global, json, looks, switch};
use crate::error::Result;
use crate::pack::Pack;

/// Builds the whole command line, or all of it but for the questions of a pack.
///
/// # Errors
/// Fails if the pack's questions and the program's own flags do not fit together.
pub fn command(pack: Option<&Pack>) -> Result<Command> {
    Ok(Command::new("fastwright")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Write complete, production-grade FastAPI repositories")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .args(global())
        .subcommand(new(pack)?)
        .subcommand(upgrade(pack)?)
        .subcommand(project::diff())
        .subcommand(project::status())
        .subcommand(
            Command::new("list")
                .about("List questions, choices or versions of the pack")
                .arg(
                    Arg::new("what")
                        .value_parser(["questions", "choices", "versions"])
                        .default_value("questions")
                        .help("What to list"),
                )
                .arg(json()),
        )
        .subcommand(
            Command::new("explain")
                .about("Explain a question, or one of its choices")
                .arg(
                    Arg::new("topic")
                        .value_name("QUESTION[=CHOICE]")
                        .required(true)
                        .help("What to explain"),
                )
                .arg(json()),
        )
        .subcommand(Command::new("schema").about("Print the JSON Schema of answers files"))
        .subcommand(
            Command::new("completions").about("Print completions for a shell").arg(
                Arg::new("shell")
                    .value_name("SHELL")
                    .required(true)
                    .value_parser(clap::value_parser!(clap_complete::Shell))
                    .help("The shell"),
            ),
        )
        .subcommand(
            Command::new("man").about("Print the manual page, or write all pages to a folder").arg(
                Arg::new("out")
                    .long("out")
                    .value_name("DIR")
                    .value_hint(ValueHint::DirPath)
                    .help("Write one page for each command there"),
            ),
        ))
}

fn new(pack: Option<&Pack>) -> Result<Command> {
    let command = Command::new("new")
        .about("Write a new repository")
        .after_help(
            "Answers come, the strongest first, from flags, --set, --answers, FASTWRIGHT_<KEY> \
             variables and defaults.\nFiles that are there already are never changed: where one \
             differs, the new one is written beside it as <name>.fastwright-new, and the exit \
             status is 3.",
        )
        .arg(
            Arg::new("directory")
                .value_name("DIR")
                .value_hint(ValueHint::DirPath)
                .required(true)
                .help("Folder to write; its name is the default of --name"),
        )
        .arg(
            Arg::new("answers")
                .long("answers")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("Read answers from a TOML or JSON file, `-` for standard input"),
        )
        .arg(
            Arg::new("set")
                .long("set")
                .value_name("KEY=VALUE")
                .action(ArgAction::Append)
                .help("Give one answer by its key"),
        )
        .arg(switch("yes", "Take the defaults for all other questions").short('y'))
        .arg(switch("no-input", "Never ask, also on a terminal"))
        .arg(
            switch("resume", "Go on with the answers of a run that was not finished")
                .conflicts_with("no-draft"),
        )
        .arg(switch(
            "no-draft",
            "Neither keep answers while asking nor offer those of earlier runs",
        ))
        .arg(switch("dry-run", "Show the files with their sizes, and write nothing"))
        .arg(switch("diff", "Show what would be written as a diff, and write nothing"))
        .arg(json())
        .arg(switch("no-git", "Make no repository and no first commit"))
        .arg(
            Arg::new("save-answers")
                .long("save-answers")
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("Write all answers to a file, TOML or by its name JSON"),
        );
    flags::add(command.args(looks()), pack, flags::Without::Default)
}
