//! `fastwright new`: answers, render, plan, and only then write.

use std::path::Path;

use clap::ArgMatches;
use serde_json::{Value as Json, json};

use super::ask::{Asked, ask, state_directory};
use super::command::Recipe;
use super::sources::layers;
use super::{directory, exit};
use crate::action::{New, Start, name_of};
use crate::answer::{CommandLine, Format, Layers, Word, write};
use crate::error::Result;
use crate::exit::Exit;
use crate::merge::Plan;
use crate::project::{self, Created, Git, Interrupt, Overwrite};
use crate::ui::{self, Ui, Verbosity};

/// Writes a new repository, or shows what would be written.
///
/// # Errors
/// Fails if answers are wrong or missing, or the folder cannot take the files; then nothing
/// was changed.
pub fn run(ui: Ui, recipe: Recipe<'_>, matches: &ArgMatches) -> Result<Exit> {
    let pack = recipe.pack;
    let mut directory = directory(matches)?;
    let mut layers = layers(matches, pack, name_of(&directory))?;
    let asked = ask(ui, recipe, &layers, &directory, matches)?;
    let mut starts_git = !matches.get_flag("no-git");
    if let Some(asked) = &asked {
        layers = asked.layers(&layers);
        directory.clone_from(&asked.directory);
        layers.directory = name_of(&directory);
        starts_git = asked.git;
    }
    // While asking and rendering a signal ends the program at once: neither a terminal that has
    // gone nor a template without an end is waited for.
    let interrupt = Interrupt::listen()?;
    let draft = asked.and_then(|asked: Asked| asked.finish(&interrupt));
    let new = New::render(pack, &layers, &directory)?;
    let run = Run { ui, recipe, layers: &layers, new: &new };

    if ["dry-run", "diff"].iter().any(|option| matches.get_flag(option)) {
        let plan = new.plan()?;
        if matches.get_flag("json") {
            ui.json(&run.json(&plan))?;
        } else if matches.get_flag("diff") {
            ui.patch(&ui::patches(&plan.edits()))?;
        } else {
            ui.data(ui::tree(&directory.to_string_lossy(), &plan))?;
        }
        return Ok(exit(&plan));
    }
    // From here on it stops between two writes.
    interrupt.hold();
    if let Some(file) = matches.get_one::<String>("save-answers") {
        let text = write(pack, &new.answers, Format::of(file, b""));
        project::write_file(Path::new(file), text.as_bytes(), Overwrite::Refused)?;
    }
    let start = if starts_git { Start::Repository } else { Start::Folder };
    let created = new.write(start, state_directory().as_deref(), &interrupt)?;
    if let Some(draft) = draft {
        draft.remove();
    }
    if matches.get_flag("json") {
        ui.json_of_done(&run.json(&created.plan))?;
    }
    run.report(&created);
    Ok(exit(&created.plan))
}

/// What all reports need.
struct Run<'a> {
    ui: Ui,
    recipe: Recipe<'a>,
    layers: &'a Layers,
    new: &'a New<'a>,
}

impl Run<'_> {
    fn report(&self, created: &Created) {
        let Self { ui, new: New { pack, directory, .. }, .. } = self;
        let shown = directory.display();
        let (count, bytes) = ui::created(&created.plan);
        let conflicts = ui::conflicts(&created.plan);
        if count == 0 && conflicts.is_empty() {
            return ui.tell(format_args!("{shown} is up to date: nothing was changed"));
        }
        let git = match &created.git {
            Git::Started(branch) => format!(", with a first commit on `{branch}`"),
            Git::Inside(_) => ", to be committed to the repository that it is in".to_owned(),
            Git::Unwanted => String::new(),
        };
        ui.tell(format_args!("wrote {count} files, {}, to {shown}{git}", ui::size(bytes)));
        if ui.verbosity == Verbosity::Verbose {
            ui.tell(ui::tree(&directory.to_string_lossy(), &created.plan).trim_end());
        }
        if !conflicts.is_empty() {
            ui.tell("");
            for line in &conflicts {
                ui.tell(line);
            }
            ui.tell("\nnothing that was there is changed; take over what you want, then remove the new files");
        }
        ui.tell("\nnext:");
        // Whoever reads this stands where the program was started.
        let from = Path::new(self.recipe.globals.directory.as_deref().unwrap_or_default());
        let way = if directory == Path::new(".") { from.to_owned() } else { from.join(directory) };
        if !way.as_os_str().is_empty() {
            ui.tell(format_args!("  cd {}", Word::folder(&way)));
        }
        pack.next.iter().for_each(|next| ui.tell(format_args!("  {next}")));
        ui.tell(format_args!("\nthe same again:\n  {}", self.command()));
    }

    fn command(&self) -> CommandLine {
        self.recipe.short(&self.new.answers, &self.new.directory, self.layers.directory.as_deref())
    }

    fn json(&self, plan: &Plan) -> Json {
        let New { pack, answers, directory, tree } = self.new;
        let answers: serde_json::Map<String, Json> =
            answers.iter().map(|(key, value)| (key.to_string(), json!(value))).collect();
        json!({
            "directory": directory.to_string_lossy(),
            "pack": pack.name,
            "version": pack.version.to_string(),
            "answers": answers,
            "files": tree.len(),
            "size": tree.size(),
            "changes": ui::json(plan),
            "command": self.command().to_string(),
        })
    }
}
