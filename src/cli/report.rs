//! What `fastwright upgrade` says of an upgrade, as text or JSON, and how the run then ends.

use serde_json::{Value as Json, json};

use super::exit;
use crate::action::Transition;
use crate::answer::CommandLine;
use crate::error::Result;
use crate::exit::Exit;
use crate::project::{Project, Survey};
use crate::tree::RelPath;
use crate::ui::{self, Ui};

/// What all reports need.
pub(super) struct Report<'a> {
    pub(super) ui: Ui,
    pub(super) project: &'a Project,
    pub(super) transition: &'a Transition<'a>,
    pub(super) json: bool,
    /// The command for the same project.
    pub(super) again: CommandLine,
}

impl Report<'_> {
    /// Tells whether there is something to do.
    pub(super) fn check(&self) -> Result<Exit> {
        let current = self.transition.is_current();
        if self.json {
            self.ui.json(&self.head())?;
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

    /// Tells that there is nothing to do.
    pub(super) fn current(&self) -> Result<Exit> {
        if self.json {
            self.ui.json(&self.head())?;
        }
        self.ui.tell(self.up_to_date());
        Ok(Exit::Done)
    }

    /// Shows what would be done.
    pub(super) fn show(&self, survey: &Survey, as_diff: bool) -> Result<Exit> {
        if self.json {
            self.ui.json(&self.whole(survey))?;
        } else if as_diff {
            self.ui.patch(&ui::patches(&survey.plan.edits()))?;
        } else {
            self.ui.tell(format_args!("would upgrade {}: {}", self.name(), self.way()));
            self.ui.data(ui::changes(&survey.plan, self.ui.verbosity))?;
            self.tell_answers();
            self.tell_notes();
        }
        if !survey.dirty.is_empty() {
            self.ui.tell("\nit would be refused: these files hold uncommitted edits");
            for path in &survey.dirty {
                self.ui.tell(format_args!("  `{path}`"));
            }
        }
        Ok(exit(&survey.plan))
    }

    /// Tells what was done.
    pub(super) fn done(&self, survey: &Survey) -> Result<Exit> {
        let Self { ui, project, again, .. } = self;
        if self.json {
            ui.json_of_done(&self.whole(survey))?;
        }
        ui.tell(format_args!("upgraded {}: {}", self.name(), self.way()));
        ui.tell(ui::changes(&survey.plan, ui.verbosity).trim_end());
        self.tell_answers();
        self.tell_notes();
        ui.tell(format_args!("\nnext:\n{}", ui::next(&survey.plan, project.has_git(), again)));
        Ok(exit(&survey.plan))
    }

    /// Tells what is not what the files came from.
    fn tell_answers(&self) {
        let Transition { steps, changed, .. } = self.transition;
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

    /// Tells what the pack says of the versions on the way.
    fn tell_notes(&self) {
        for notes in self.transition.notes() {
            let text = notes.text.replace('\n', "\n  ");
            self.ui.tell(format_args!("\nnotes of {}:\n  {text}", notes.version));
        }
    }

    fn name(&self) -> String {
        let name = self.project.root().file_name();
        name.map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    fn way(&self) -> String {
        let (pack, from, to) =
            (self.transition.pack(), self.transition.from(), self.transition.to());
        if from == to {
            format!("{pack} {to}, other answers")
        } else {
            format!("{pack} {from} to {to}")
        }
    }

    fn up_to_date(&self) -> String {
        format!(
            "{} is up to date: {} {}",
            self.name(),
            self.transition.pack(),
            self.transition.to()
        )
    }

    fn head(&self) -> Json {
        let Transition { steps, changed, answers, .. } = self.transition;
        let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
        let changed =
            changed.iter().map(|one| json!({"key": one.key, "from": one.from, "to": one.to}));
        let answers: serde_json::Map<String, Json> =
            answers.iter().map(|(key, value)| (key.to_string(), json!(value))).collect();
        json!({
            "directory": self.project.root().to_string_lossy(),
            "pack": self.transition.pack(),
            "from": self.transition.from().to_string(),
            "to": self.transition.to().to_string(),
            "current": self.transition.is_current(),
            "answers": answers,
            "changed_answers": changed.collect::<Vec<_>>(),
            "migrations": steps,
        })
    }

    fn whole(&self, survey: &Survey) -> Json {
        let mut whole = self.head();
        let texts =
            |paths: &[RelPath]| -> Vec<String> { paths.iter().map(ToString::to_string).collect() };
        whole["changes"] = ui::changes_json(&survey.plan);
        whole["conflicts"] = json!(survey.plan.conflicts().count());
        whole["dirty"] = json!(texts(&survey.dirty));
        let notes = self.transition.notes().into_iter();
        let notes = notes.map(|one| json!({"version": one.version.to_string(), "text": one.text}));
        whole["notes"] = json!(notes.collect::<Vec<_>>());
        whole
    }
}
