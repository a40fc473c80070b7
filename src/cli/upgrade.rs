//! `fastwright upgrade`: read what was recorded, render both sides, survey, and only then write.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde_json::{Value as Json, json};

use super::course::Course;
use super::sources::given;
use crate::error::Result;
use crate::exit::Exit;
use crate::merge::Plan;
use crate::pack::{Catalog, Pack};
use crate::project::{Access, Conflicts, Dirty, Interrupt, Project, Survey, Undo, Undone, Upgrade};
use crate::ui::{self, Ui};

/// Carries a project to a newer version or to other answers, or shows what that would do.
///
/// # Errors
/// Fails where it is refused or the disk does; then nothing was changed.
pub fn run(ui: Ui, catalog: &Catalog, pack: &Pack, matches: &ArgMatches) -> Result<Exit> {
    let interrupt = Interrupt::listen()?;
    let directory = directory(matches);
    if let Some(end) = ending(matches) {
        return end_upgrade(ui, &directory, end, &interrupt, matches.get_flag("json"));
    }
    let only_shows = ["check", "dry-run", "diff"].iter().any(|option| matches.get_flag(option));
    let access = if only_shows { Access::Read } else { Access::Write };
    let project = Project::open(&directory, access)?;
    let course = Course::plot(catalog, pack, &project, given(matches, pack)?)?;
    let run = Run { ui, project: &project, course: &course, json: matches.get_flag("json") };
    if matches.get_flag("check") {
        return run.check();
    }
    if course.is_current() {
        project.unresolved(&course.rendered()?)?.refuse()?;
        return run.current();
    }
    let base = if matches.get_flag("base-from-git") {
        project.base_from_git(&course.rendered()?)?
    } else {
        course.base()?
    };
    let (theirs, state) = course.theirs()?;
    let (renames, labels) = (course.renames(), course.labels());
    let (base, theirs, renames, labels) = (&base, &theirs, renames.as_slice(), &labels);
    let upgrade = Upgrade { base, theirs, renames, labels, conflicts: conflicts(matches) };
    let survey = project.survey(&upgrade)?;
    if only_shows {
        return run.show(&survey, matches.get_flag("diff"));
    }
    project.upgrade(&upgrade, &survey, &state, dirty(matches), &interrupt)?;
    run.report(&survey)
}

/// Returns the folder that a command for a project names.
pub(super) fn directory(matches: &ArgMatches) -> PathBuf {
    matches.get_one::<String>("directory").map(PathBuf::from).unwrap_or_default()
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

fn exit(plan: &Plan) -> Exit {
    if plan.has_conflicts() { Exit::Differences } else { Exit::Done }
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

fn end_upgrade(
    ui: Ui,
    directory: &Path,
    end: End,
    interrupt: &Interrupt,
    json: bool,
) -> Result<Exit> {
    let project = Project::open(directory, Access::Write)?;
    let (name, paths, changed) = match end {
        End::Continue => ("resolved", project.finish()?, Vec::new()),
        End::Back(undo) => {
            let Undone { paths, changed } = project.undo(undo, interrupt)?;
            ("restored", paths, changed)
        }
    };
    if json {
        let texts = |paths: &[crate::tree::RelPath]| -> Vec<String> {
            paths.iter().map(ToString::to_string).collect()
        };
        ui.data(format_args!("{:#}\n", json!({name: texts(&paths), "changed": texts(&changed)})))?;
    }
    match end {
        End::Continue => {
            ui.tell(format_args!("all {} conflicts are resolved", paths.len()));
            ui.tell("\nnext:\n  look at `git diff`, then commit");
        }
        End::Back(_) => {
            ui.tell(format_args!("put {} files back as they were", paths.len()));
            for path in &changed {
                ui.tell(format_args!("  `{path}` had changed since"));
            }
            ui.tell("\n`fastwright upgrade --undo` again brings back what was there until now");
        }
    }
    Ok(Exit::Done)
}

/// What all reports need.
struct Run<'a> {
    ui: Ui,
    project: &'a Project,
    course: &'a Course<'a>,
    json: bool,
}

impl Run<'_> {
    fn check(&self) -> Result<Exit> {
        let current = self.course.is_current();
        if self.json {
            self.ui.data(format_args!("{:#}\n", self.head()))?;
        }
        self.ui.tell(if current {
            self.up_to_date()
        } else {
            format!("{} is behind: {}", self.name(), self.way())
        });
        if !current {
            self.tell_answers();
        }
        Ok(if current { Exit::Done } else { Exit::Differences })
    }

    fn current(&self) -> Result<Exit> {
        if self.json {
            self.ui.data(format_args!("{:#}\n", self.head()))?;
        }
        self.ui.tell(self.up_to_date());
        Ok(Exit::Done)
    }

    fn show(&self, survey: &Survey, as_diff: bool) -> Result<Exit> {
        if self.json {
            self.ui.data(format_args!("{:#}\n", self.whole(survey)))?;
        } else if as_diff {
            self.ui.data(ui::patches(&survey.plan.edits()))?;
        } else {
            self.ui.tell(format_args!("would upgrade {}: {}", self.name(), self.way()));
            self.ui.data(ui::changes(&survey.plan, self.ui.verbosity))?;
            self.tell_answers();
        }
        if !survey.dirty.is_empty() {
            self.ui.tell("\nit would be refused: these files hold uncommitted edits");
            for path in &survey.dirty {
                self.ui.tell(format_args!("  `{path}`"));
            }
        }
        Ok(exit(&survey.plan))
    }

    fn report(&self, survey: &Survey) -> Result<Exit> {
        let Self { ui, project, .. } = self;
        if self.json {
            ui.data(format_args!("{:#}\n", self.whole(survey)))?;
        }
        ui.tell(format_args!("upgraded {}: {}", self.name(), self.way()));
        ui.tell(ui::changes(&survey.plan, ui.verbosity).trim_end());
        self.tell_answers();
        for notes in self.course.notes() {
            ui.tell(format_args!(
                "\nnotes of {}:\n  {}",
                notes.version,
                notes.text.replace('\n', "\n  ")
            ));
        }
        ui.tell(format_args!("\nnext:\n{}", ui::next(&survey.plan, project.has_git())));
        Ok(exit(&survey.plan))
    }

    /// Tells what is not what the files came from.
    fn tell_answers(&self) {
        let Course { steps, changed, .. } = self.course;
        if steps.is_empty() && changed.is_empty() {
            return;
        }
        self.ui.tell("\nanswers:");
        for step in steps {
            self.ui.tell(format_args!("  {step}"));
        }
        for change in changed {
            let key = &change.key;
            self.ui.tell(match &change.from {
                Some(from) => format!("  `{key}` was `{from}` and is `{}`", change.to),
                None => format!("  `{key}` is new: `{}`; `--{}` changes it", change.to, key.flag()),
            });
        }
    }

    fn name(&self) -> String {
        let name = self.project.root().file_name();
        name.map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    fn way(&self) -> String {
        let (pack, from, to) = (self.course.pack(), self.course.from(), self.course.to());
        if from == to {
            format!("{pack} {to}, other answers")
        } else {
            format!("{pack} {from} to {to}")
        }
    }

    fn up_to_date(&self) -> String {
        format!("{} is up to date: {} {}", self.name(), self.course.pack(), self.course.to())
    }

    fn head(&self) -> Json {
        let Course { steps, changed, answers, .. } = self.course;
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        let changed =
            changed.iter().map(|one| json!({"key": one.key, "from": one.from, "to": one.to}));
        let answers: serde_json::Map<String, Json> =
            answers.iter().map(|(key, value)| (key.to_string(), json!(value))).collect();
        json!({
            "directory": self.project.root().to_string_lossy(),
            "pack": self.course.pack(),
            "from": self.course.from().to_string(),
            "to": self.course.to().to_string(),
            "current": self.course.is_current(),
            "answers": answers,
            "changed_answers": changed.collect::<Vec<_>>(),
            "migrations": steps,
        })
    }

    fn whole(&self, survey: &Survey) -> Json {
        let mut whole = self.head();
        let texts = |paths: &[crate::tree::RelPath]| -> Vec<String> {
            paths.iter().map(ToString::to_string).collect()
        };
        whole["changes"] = ui::changes_json(&survey.plan);
        whole["conflicts"] = json!(survey.plan.conflicts().count());
        whole["dirty"] = json!(texts(&survey.dirty));
        let notes = self.course.notes().into_iter();
        let notes = notes.map(|one| json!({"version": one.version.to_string(), "text": one.text}));
        whole["notes"] = json!(notes.collect::<Vec<_>>());
        whole
    }
}
