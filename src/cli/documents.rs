//! What is derived from the command line and the questions: schema, completions, manual pages.

use std::path::Path;

use clap::builder::{PossibleValue, PossibleValuesParser, StyledStr};
use clap::{Arg, ArgMatches, Command};
use clap_complete::Shell;

use crate::answer;
use crate::error::{Error, Result};
use crate::pack::Pack;
use crate::project::{self, Overwrite};
use crate::ui::{Ui, visible};

/// Prints the JSON Schema of answers files.
///
/// # Errors
/// Fails if stdout cannot take it.
pub fn schema(ui: Ui, pack: &Pack) -> Result<()> {
    ui.json(&answer::schema(pack))
}

/// Prints the completions for one shell.
///
/// # Errors
/// Fails if stdout cannot take it.
pub fn completions(ui: Ui, command: Command, matches: &ArgMatches) -> Result<()> {
    let Some(shell) = matches.get_one::<Shell>("shell") else {
        return Err(Error::usage("`SHELL` is missing"));
    };
    let mut command = command.mut_subcommands(|inner| inner.mut_args(harmless));
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut command, "fastwright", &mut script);
    ui.data(String::from_utf8_lossy(&script))
}

/// Leaves nothing in the texts of an option that means something to a shell.
///
/// Completions are programs that people run. They hold texts of a pack, quoted in several ways in each
/// of five shells, and some evaluated once more when Tab is pressed: no way to quote is right in all.
fn harmless(arg: Arg) -> Arg {
    let is_word = |c: char| c.is_alphanumeric() || "-_./:=,+@%".contains(c);
    let is_text = |c: char| is_word(c) || " ()<>[];".contains(c);
    let text = |text: &str| text.replace(|c| !is_text(c), " ");
    with_texts(arg, text, |value| value.chars().all(is_word).then(|| value.to_owned()))
}

/// Prints the manual page of the program, or writes one for each command to a folder.
///
/// # Errors
/// Fails if stdout or the folder cannot take it.
pub fn man(ui: Ui, command: Command, out: Option<&Path>) -> Result<()> {
    let mut command = command.mut_subcommands(|inner| inner.mut_args(typeset));
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

/// Makes the texts of an option such as can be typeset: what is hidden is shown, and headings, which
/// become arguments of a macro as they are, hold nothing but words.
fn typeset(arg: Arg) -> Arg {
    let means = |c: char| ['\\', '"'].contains(&c) || c.is_control();
    let heading = arg.get_help_heading().map(|heading| visible(heading).replace(means, " "));
    let text = |text: &str| visible(text).into_owned();
    let arg = with_texts(arg, text, |value| Some(text(value)));
    if let Some(heading) = heading { arg.help_heading(heading) } else { arg }
}

/// Changes the help of an option and of its values, of which some may go.
fn with_texts(
    arg: Arg,
    text: impl Fn(&str) -> String,
    value: impl Fn(&str) -> Option<String>,
) -> Arg {
    let help = |help: Option<&StyledStr>| text(&help.map(StyledStr::to_string).unwrap_or_default());
    let values = arg.get_possible_values().into_iter().filter_map(|one| {
        let changed = PossibleValue::new(value(one.get_name())?);
        Some(if one.get_help().is_some() { changed.help(help(one.get_help())) } else { changed })
    });
    let values: Vec<PossibleValue> = values.collect();
    let own = help(arg.get_help());
    let has_values = arg.get_action().takes_values() && !arg.get_possible_values().is_empty();
    let arg = arg.help(own);
    match (has_values, values.is_empty()) {
        (false, _) => arg,
        (true, false) => arg.value_parser(PossibleValuesParser::new(values)),
        (true, true) => arg.value_parser(clap::value_parser!(String)),
    }
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

#[cfg(test)]
mod tests {
    use clap::Arg;
    use clap::builder::PossibleValue;

    use super::harmless;

    #[test]
    fn completions_offer_plain_values_alone() {
        let offered = |values: &[&'static str]| -> Vec<String> {
            let values = values.iter().map(|value| PossibleValue::new(*value).help("`a` $(b)"));
            let arg = harmless(Arg::new("x").value_parser(values.collect::<Vec<_>>()));
            let values = arg.get_possible_values();
            let shown = |value: &PossibleValue| {
                let help = value.get_help().map(ToString::to_string).unwrap_or_default();
                format!("{} {help}", value.get_name())
            };
            values.iter().map(shown).collect()
        };

        assert_eq!(offered(&["3.13", "$(b)", "a b", "~"]), ["3.13  a   (b)"]);
        assert_eq!(offered(&["$(b)", "`b`"]), [""; 0]);
    }
}
