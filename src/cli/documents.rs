//! What is derived from the command line and the questions: schema, completions, manual pages.

use std::path::Path;

use clap::{ArgMatches, Command};
use clap_complete::Shell;

use crate::answer;
use crate::error::{Error, Result};
use crate::pack::Pack;
use crate::project::{self, Overwrite};
use crate::ui::Ui;

/// Prints the JSON Schema of answers files.
///
/// # Errors
/// Fails if stdout cannot take it.
pub fn schema(ui: Ui, pack: &Pack) -> Result<()> {
    ui.data(format_args!("{:#}\n", answer::schema(pack)))
}

/// Prints the completions for one shell.
///
/// # Errors
/// Fails if stdout cannot take it.
pub fn completions(ui: Ui, mut command: Command, matches: &ArgMatches) -> Result<()> {
    let Some(shell) = matches.get_one::<Shell>("shell") else {
        return Err(Error::usage("`SHELL` is missing"));
    };
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut command, "fastwright", &mut script);
    ui.data(String::from_utf8_lossy(&script))
}

/// Prints the manual page of the program, or writes one for each command to a folder.
///
/// # Errors
/// Fails if stdout or the folder cannot take it.
pub fn man(ui: Ui, mut command: Command, out: Option<&Path>) -> Result<()> {
    command.build();
    let Some(out) = out else {
        return ui.data(page(command.clone(), "fastwright")?);
    };
    let mut pages = vec![("fastwright".to_owned(), command.clone())];
    pages.extend(
        command
            .get_subcommands()
            .map(|one| (format!("fastwright-{}", one.get_name()), one.clone())),
    );
    for (name, command) in pages {
        let path = out.join(format!("{name}.1"));
        project::write_file(&path, page(command, &name)?.as_bytes(), Overwrite::Allowed)?;
        ui.tell(format_args!("wrote {}", path.display()));
    }
    Ok(())
}

fn page(command: Command, name: &str) -> Result<String> {
    let mut text = Vec::new();
    // A command keeps its `&'static str` name for life, and there are seven pages at most.
    let command = command.name(name.to_owned()).display_name(name.to_owned());
    clap_mangen::Man::new(command)
        .render(&mut text)
        .map_err(|error| Error::failed("cannot make the manual page").because(error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
