//! The command line: reads arguments and environment, and runs one command.

mod args;
mod args_project;
mod ask;
mod command;
mod course;
mod diff;
mod documents;
mod explain;
mod face;
mod flags;
mod list;
mod new;
mod report;
mod sources;
mod status;
mod upgrade;
mod usage;
mod wizard;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::limits;
use crate::pack::{Catalog, Pack, Version, lint};
use crate::project;
use crate::ui::{Color, Ui, Verbosity};

/// Runs the program with its arguments, the program's own name first, and tells how it ended.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Until the options are read, errors look as they do by default.
    let mut ui = Ui::new(Color::Auto, Verbosity::Normal, variable);
    match dispatch(&arguments, &mut ui) {
        Ok(exit) => exit,
        Err(error) => {
            ui.error(&error);
            error.exit()
        }
    }
}

fn dispatch(arguments: &[OsString], ui: &mut Ui) -> Result<Exit> {
    if let Some(folder) = early(arguments, "-C") {
        std::env::set_current_dir(&folder).map_err(|error| {
            Error::usage(format!("cannot work in `{}`", folder.display())).because(error)
        })?;
    }
    let catalog = catalog(arguments)?;
    let target = if arguments.iter().any(|argument| argument == "upgrade") { "--to" } else { "" };
    let option = ["--pack-version", target].into_iter().find(|o| early(arguments, o).is_some());
    let version = option.and_then(|option| early(arguments, option));
    let version = version.map(|text| text.to_string_lossy().parse::<Version>());
    let version = version.transpose().map_err(|reason| {
        Error::usage(reason).because(format!("it came from {}", option.unwrap_or_default()))
    })?;
    let (catalog, pack) = match early(arguments, "--pack") {
        Some(folder) => {
            let what = format!("reading the pack in `{}`", folder.display());
            limits::within(&what, move |_| linted(catalog, version))??
        }
        None => catalog.load(version).map(|pack| (catalog, pack))?,
    };
    let mut command = args::command(&pack)?;
    let matches = match command.try_get_matches_from_mut(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            return match usage::error(&command, &error) {
                Some(error) => Err(error),
                None if error.use_stderr() => {
                    ui.tell(error);
                    Ok(Exit::Usage)
                }
                None => ui.data(error).map(|()| Exit::Done),
            };
        }
    };
    *ui = Ui::new(color(&matches), verbosity(&matches), variable);
    run_command(*ui, &catalog, &pack, command, &matches)
}

fn run_command(
    ui: Ui,
    catalog: &Catalog,
    pack: &Pack,
    command: clap::Command,
    matches: &ArgMatches,
) -> Result<Exit> {
    let done = |()| Exit::Done;
    let text = |matches: &ArgMatches, name: &str| {
        matches.get_one::<String>(name).cloned().unwrap_or_default()
    };
    match matches.subcommand() {
        Some(("new", matches)) => new::run(ui, pack, matches),
        Some(("upgrade", matches)) => upgrade::run(ui, catalog, pack, matches),
        Some(("diff", matches)) => diff::run(ui, catalog, matches),
        Some(("status", matches)) => status::run(ui, catalog, pack, matches),
        Some(("list", matches)) => {
            list::run(ui, catalog, pack, &text(matches, "what"), matches.get_flag("json")).map(done)
        }
        Some(("explain", matches)) => {
            explain::run(ui, pack, &text(matches, "topic"), matches.get_flag("json")).map(done)
        }
        Some(("schema", _)) => documents::schema(ui, pack).map(done),
        Some(("completions", matches)) => documents::completions(ui, command, matches).map(done),
        Some(("man", matches)) => {
            let out = matches.get_one::<String>("out").map(PathBuf::from);
            documents::man(ui, command, out.as_deref()).map(done)
        }
        Some((name, _)) => Err(Error::usage(format!("there is no command `{name}`"))),
        None => Err(Error::usage("no command is given")),
    }
}

/// Returns the pack that `--pack` names, or the embedded one.
fn catalog(arguments: &[OsString]) -> Result<Catalog> {
    match early(arguments, "--pack") {
        Some(folder) => Catalog::from_tree(project::read_folder(Path::new(&folder))?),
        None => Catalog::embedded(),
    }
}

/// Loads a version of a pack that may be anybody's.
fn linted(catalog: Catalog, version: Option<Version>) -> Result<(Catalog, Pack)> {
    let pack = catalog.load(version)?;
    let findings = lint(&pack);
    if findings.is_empty() { Ok((catalog, pack)) } else { Err(Error::many(Exit::Failed, findings)) }
}

/// Finds an option before clap does: the flags depend on the pack that it names.
fn early(arguments: &[OsString], option: &str) -> Option<PathBuf> {
    if option.is_empty() {
        return None;
    }
    let mut rest = arguments.iter().skip(1).take_while(|argument| *argument != "--");
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        if text == option {
            return rest.next().map(PathBuf::from);
        }
        let joined = if option.starts_with("--") {
            text.strip_prefix(option).and_then(|text| text.strip_prefix('='))
        } else {
            text.strip_prefix(option)
        };
        if let Some(value) = joined {
            return Some(PathBuf::from(value));
        }
    }
    None
}

fn color(matches: &ArgMatches) -> Color {
    let face = matches.get_one::<String>("ui").map(String::as_str);
    match matches.get_one::<String>("color").map(String::as_str) {
        Some("always") => Color::Always,
        Some("never") => Color::Never,
        // Plain lines are plain to their end.
        Some(_) | None if face == Some("plain") => Color::Never,
        Some(_) | None => Color::Auto,
    }
}

fn verbosity(matches: &ArgMatches) -> Verbosity {
    match (matches.get_flag("quiet"), matches.get_flag("verbose")) {
        (true, _) => Verbosity::Quiet,
        (false, true) => Verbosity::Verbose,
        (false, false) => Verbosity::Normal,
    }
}

/// Returns an environment variable that is text.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
