//! Gathers answers from flags, `--set`, answers files and the environment, the strongest first.

use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

use clap::ArgMatches;

use super::flags;
use crate::answer::{Given, Layer, Layers, MAX_SIZE, Source, Unanswered, read};
use crate::error::{Error, Result};
use crate::pack::Pack;
use crate::project;

/// What answers that come through a pipe are said to come from.
pub(super) const STANDARD_INPUT: &str = "standard input";

/// Variables of the program that are no answers.
const OTHER_VARIABLES: [&str; 1] = ["FASTWRIGHT_UI"];

/// Returns all layers for a command that takes answers.
///
/// # Errors
/// Fails if `--set` has no value, or an answers file cannot be read.
pub fn layers(matches: &ArgMatches, pack: &Pack, directory: Option<String>) -> Result<Layers> {
    let unanswered =
        if matches.get_flag("yes") { Unanswered::Default } else { Unanswered::Missing };
    let mut layers = given(matches, pack)?;
    if let Some(name) = matches.get_one::<String>("answers") {
        layers.push(answers_file(name)?);
    }
    layers.push(environment(std::env::vars_os())?);
    Ok(Layers { layers, directory, unanswered })
}

/// Returns the answers on the command line itself.
///
/// # Errors
/// Fails if `--set` has no value.
pub fn given(matches: &ArgMatches, pack: &Pack) -> Result<Vec<Layer>> {
    Ok(vec![flags::layer(matches, pack), set(matches)?])
}

fn set(matches: &ArgMatches) -> Result<Layer> {
    let mut layer = Layer::new();
    for entry in matches.get_many::<String>("set").into_iter().flatten() {
        let (key, value) = entry.split_once('=').ok_or_else(|| {
            Error::usage(format!("`--set {entry}` has no value"))
                .hint(format!("write `--set {entry}=VALUE`"))
        })?;
        layer.insert(key, Given::Text(value.to_owned()), Source::Set);
    }
    Ok(layer)
}

fn answers_file(name: &str) -> Result<Layer> {
    if name != "-" {
        return read(name, &project::read_file_or_pipe(Path::new(name), MAX_SIZE)?);
    }
    let mut bytes = Vec::new();
    let input = std::io::stdin().lock().take(MAX_SIZE as u64 + 1).read_to_end(&mut bytes);
    input.map_err(|error| Error::usage("cannot read standard input").because(error))?;
    read(STANDARD_INPUT, &bytes)
}

/// Takes every `FASTWRIGHT_…` variable for an answer; an empty one is as good as none.
fn environment(variables: impl Iterator<Item = (OsString, OsString)>) -> Result<Layer> {
    let mut layer = Layer::new();
    for (name, value) in variables {
        let shown = name.to_string_lossy();
        let Some(key) = shown.strip_prefix("FASTWRIGHT_") else { continue };
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
            return Err(Error::usage(format!("the variable `{shown}` is not UTF-8"))
                .because(format!("its value is `{}`", value.to_string_lossy()))
                .hint("set it to text, or unset it"));
        };
        if !value.is_empty() && !OTHER_VARIABLES.contains(&name) {
            let source = Source::Environment(name.to_owned());
            layer.insert(key.to_ascii_lowercase(), Given::Text(value.to_owned()), source);
        }
    }
    Ok(layer)
}
