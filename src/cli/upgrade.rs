//! `fastwright upgrade`: read what was recorded, render both sides, survey, and only then write.

use std::io::IsTerminal;
use std::path::Path;

use clap::ArgMatches;
use serde_json::json;

use super::ask::state_directory;
use super::command::Recipe;
use super::directory;
use super::face::{self, Face};
use super::globals::Globals;
use super::report::Report;
use super::sources::given;
use super::wizard;
use crate::action::{Base, Outcomes, Prepared, Transition};
use crate::answer::{Answers, CommandLine, Layer, Word};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::pack::Catalog;
use crate::project::{Access, Conflicts, Dirty, Interrupt, Project, Undo, Undone};
use crate::ui::{Signals, Ui};

/// Carries a project to a newer version or to other answers, or shows what that would do.
///
/// # Errors
/// Fails where it is refused or the disk does; then nothing was changed.
pub fn run(ui: Ui, catalog: &Catalog, recipe: Recipe<'_>, matches: &ArgMatches) -> Result<Exit> {
    let pack = recipe.pack;
    let directory = directory(matches)?;
    let mut given = given(matches, pack)?;
    if let Some(end) = ending(matches) {
        refuse_answers(&given)?;
        let again = again(recipe.globals, &directory);
        return end_upgrade(ui, &directory, end, matches.get_flag("json"), &again);
    }
    let only_shows = ["check", "dry-run", "diff"].iter().any(|option| matches.get_flag(option));
    let access = if only_shows { Access::Read } else { Access::Write };
    let project = Project::open(&directory, access, state_directory().as_deref())?;
    let mut signals = None;
    if asks(matches)? {
        let (asked, caught) = ask(ui, catalog, recipe, &project, &given, matches)?;
        given.insert(0, asked);
        signals = Some(caught);
    }
    // While rendering a signal ends the program at once, from the first write on between two.
    let interrupt = Interrupt::listen()?;
    if let Some(signal) = signals.and_then(Signals::hand_over) {
        interrupt.raise(signal);
    }
    let transition = Transition::new(catalog, pack, &project, given)?;
    let json = matches.get_flag("json");
    let again = again(recipe.globals, &directory);
    let report = Report { ui, project: &project, transition: &transition, json, again };
    if matches.get_flag("check") {
        return report.check();
    }
    let prepared = Prepared::new(&project, &transition, base(matches), conflicts(matches))?;
    let Some(prepared) = prepared else { return report.current() };
    let survey = prepared.survey()?;
    if only_shows {
        return report.show(&survey, matches.get_flag("diff"));
    }
    interrupt.hold();
    prepared.write(&survey, dirty(matches), &interrupt)?;
    report.done(&survey)
}

/// Tells whether the wizard is wanted, which needs a terminal.
fn asks(matches: &ArgMatches) -> Result<bool> {
    if matches.get_one::<String>("ui").is_none_or(|face| face != "wizard") {
        return Ok(false);
    }
    let terminals = (std::io::stdin().is_terminal(), std::io::stderr().is_terminal());
    face::choose(&face::Facts { wanted: Some(Face::Wizard), terminals, ..face::Facts::default() })
        .map(|face| face == Face::Wizard)
}

/// Shows the recorded answers and what becomes of the files with others, and returns those given.
fn ask(
    ui: Ui,
    catalog: &Catalog,
    recipe: Recipe<'_>,
    project: &Project,
    given: &[Layer],
    matches: &ArgMatches,
) -> Result<(Layer, Signals)> {
    let pack = recipe.pack;
    let transition = Transition::new(catalog, pack, project, given.to_vec())?;
    let outcomes = Outcomes::new(project, pack, &transition, base(matches), conflicts(matches))?;
    let plan = |answers: &Answers| outcomes.plan(answers);
    let mut layers = transition.recorded();
    layers.layers.splice(0..0, given.iter().cloned());
    wizard::ask_upgrade(ui, recipe, &layers, &transition, &plan, matches)
}

/// Returns the command for this project, to which what ends the upgrade is added.
fn again(globals: &Globals, directory: &Path) -> CommandLine {
    let mut line = CommandLine::of("upgrade");
    line.extend((directory != Path::new(".")).then(|| Word::folder(directory)));
    line.extend(Globals { directory: globals.directory.clone(), ..Globals::default() }.words());
    line
}

fn base(matches: &ArgMatches) -> Base {
    if matches.get_flag("base-from-git") { Base::Commit } else { Base::Recorded }
}

fn conflicts(matches: &ArgMatches) -> Conflicts {
    match matches.get_one::<String>("conflicts").map(String::as_str) {
        Some("sidecar") => Conflicts::Sidecar,
        Some("fail") => Conflicts::Fail,
        Some(_) | None => Conflicts::Markers,
    }
}

fn dirty(matches: &ArgMatches) -> Dirty {
    if matches.get_flag("allow-dirty") { Dirty::Allowed } else { Dirty::Refused }
}

/// What ends an upgrade that was made.
#[derive(Clone, Copy)]
enum End {
    Continue,
    Back(Undo),
}

fn ending(matches: &ArgMatches) -> Option<End> {
    let ends = [
        ("continue", End::Continue),
        ("abort", End::Back(Undo::Unfinished)),
        ("undo", End::Back(Undo::Last(dirty(matches)))),
    ];
    ends.into_iter().find(|(option, _)| matches.get_flag(option)).map(|(_, end)| end)
}

fn refuse_answers(given: &[Layer]) -> Result<()> {
    match given.iter().flat_map(Layer::iter).next() {
        Some((_, _, source)) => {
            Err(Error::usage(format!("`{source}` has no effect on an upgrade that was made"))
                .hint("leave it out, or start another upgrade with it"))
        }
        None => Ok(()),
    }
}

fn end_upgrade(
    ui: Ui,
    directory: &Path,
    end: End,
    json: bool,
    again: &CommandLine,
) -> Result<Exit> {
    let interrupt = Interrupt::listen()?;
    interrupt.hold();
    let project = Project::open(directory, Access::Write, state_directory().as_deref())?;
    let (name, paths, changed) = match end {
        End::Continue => ("resolved", project.finish()?, Vec::new()),
        End::Back(undo) => {
            let Undone { paths, changed } = project.undo(undo, &interrupt)?;
            ("restored", paths, changed)
        }
    };
    if json {
        let texts = |paths: &[crate::tree::RelPath]| -> Vec<String> {
            paths.iter().map(ToString::to_string).collect()
        };
        ui.json_of_done(&json!({name: texts(&paths), "changed": texts(&changed)}))?;
    }
    match end {
        End::Continue => {
            ui.tell(format_args!("all {} conflicts are resolved", paths.len()));
            ui.tell("\nnext:\n  look at `git status` and `git diff`, then commit");
        }
        End::Back(_) => {
            ui.tell(format_args!("put {} files back as they were", paths.len()));
            for path in &changed {
                ui.tell(format_args!("  `{path}` had changed since"));
            }
            ui.tell(format_args!(
                "\n`{}` again brings back what was there until now",
                again.with("--undo")
            ));
        }
    }
    Ok(Exit::Done)
}
