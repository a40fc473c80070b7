//! The command line: reads arguments and environment, and runs one command.

mod about;
mod args;
mod args_project;
mod ask;
mod command;
mod diff;
mod documents;
mod explain;
mod face;
mod flags;
mod globals;
mod list;
mod new;
mod options;
mod report;
mod sources;
mod status;
mod upgrade;
mod usage;
mod wizard;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clap::error::ErrorKind;

use command::Recipe;
use globals::Globals;

use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::limits;
use crate::merge::Plan;
use crate::pack::{Catalog, Pack, Version, lint, lint_texts};
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
    if let Some(wrong) = arguments.iter().skip(1).find(|argument| argument.to_str().is_none()) {
        return Err(Error::usage(format!("argument `{}` is not UTF-8", wrong.to_string_lossy())));
    }
    let globals = Globals::parse(arguments)?;
    if let Some(folder) = &globals.directory {
        std::env::set_current_dir(folder)
            .map_err(|error| Error::usage(format!("cannot work in `{folder}`")).because(error))?;
    }
    let version = globals.version()?;
    let (catalog, pack) = if let Some(folder) = &globals.pack {
        let catalog = Catalog::from_tree(project::read_folder(Path::new(folder))?)?;
        let what = format!("reading the pack in `{folder}`");
        limits::within(&what, move |_| linted(catalog, version))??
    } else {
        let catalog = Catalog::embedded()?;
        catalog.load(version).map(|pack| (catalog, pack))?
    };
    let mut command = args::command(Some(&pack))?;
    let matches = match command.try_get_matches_from_mut(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            return match usage::error(&command, &error) {
                Some(error) => Err(error),
                None if error.kind() == ErrorKind::DisplayVersion => {
                    let text = about::version(&pack, globals.is_verbose);
                    ui.data(text).map(|()| Exit::Done)
                }
                None if error.use_stderr() => {
                    ui.tell(error);
                    Ok(Exit::Usage)
                }
                None => ui.data(error).map(|()| Exit::Done),
            };
        }
    };
    *ui = Ui::new(color(&matches), verbosity(&matches), variable);
    let recipe = Recipe { pack: &pack, globals: &globals };
    run_command(*ui, &catalog, recipe, command, &matches)
}

fn run_command(
    ui: Ui,
    catalog: &Catalog,
    recipe: Recipe<'_>,
    command: clap::Command,
    matches: &ArgMatches,
) -> Result<Exit> {
    let pack = recipe.pack;
    let done = |()| Exit::Done;
    let text = |matches: &ArgMatches, name: &str| {
        matches.get_one::<String>(name).cloned().unwrap_or_default()
    };
    match matches.subcommand() {
        Some(("new", matches)) => new::run(ui, recipe, matches),
        Some(("upgrade", matches)) => upgrade::run(ui, catalog, recipe, matches),
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

/// Loads a version of a pack that may be anybody's.
fn linted(catalog: Catalog, version: Option<Version>) -> Result<(Catalog, Pack)> {
    let pack = catalog.load(version)?;
    let mut findings = lint(&pack);
    if version.is_none() {
        findings.extend(lint_texts(&pack));
    }
    if findings.is_empty() { Ok((catalog, pack)) } else { Err(Error::many(Exit::Failed, findings)) }
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

/// Returns how a run ends that shows or wrote a plan.
fn exit(plan: &Plan) -> Exit {
    if plan.has_conflicts() { Exit::Differences } else { Exit::Done }
}

/// Returns the folder that a command names, which must be somewhere.
fn directory(matches: &ArgMatches) -> Result<PathBuf> {
    let directory = matches.get_one::<String>("directory").map(PathBuf::from).unwrap_or_default();
    if directory.as_os_str().is_empty() {
        return Err(Error::usage("`DIR` is empty").hint("name a folder; `.` is the one you are in"));
    }
    if directory.is_relative() {
        std::env::current_dir().map_err(|error| {
            Error::failed("the folder that the program works in cannot be used")
                .because(error)
                .hint("go to a folder that is there, or name one with `-C DIR`")
        })?;
    }
    Ok(directory)
}

/// Returns an environment variable that is text.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
