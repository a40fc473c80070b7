//! Clap's errors in the words of this program.

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::answer::nearest;
use crate::error::Error;

/// Returns what clap found wrong as an error, or nothing if it only wants help or a version shown.
#[must_use]
pub fn error(command: &Command, error: &clap::Error) -> Option<Error> {
    let text = |kind: ContextKind| match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    };
    let many = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::Strings(texts)) => quoted(texts),
        Some(ContextValue::String(text)) => quoted(std::slice::from_ref(text)),
        _ => String::new(),
    };
    let argument = || text(ContextKind::InvalidArg).unwrap_or_default();
    let value = || text(ContextKind::InvalidValue).unwrap_or_default();
    let found = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::UnknownArgument if argument().starts_with('-') => {
            Error::usage(format!("there is no flag `{}`", argument()))
        }
        ErrorKind::UnknownArgument => {
            Error::usage(format!("`{}` is one argument too many", argument()))
        }
        ErrorKind::InvalidSubcommand => Error::usage(format!(
            "there is no command `{}`",
            text(ContextKind::InvalidSubcommand).unwrap_or_default()
        )),
        ErrorKind::InvalidValue if value().is_empty() => {
            Error::usage(format!("`{}` needs a value", argument()))
        }
        ErrorKind::InvalidValue => Error::usage(format!(
            "`{}` is `{}`, and takes one of {}",
            argument(),
            value(),
            many(ContextKind::ValidValue)
        )),
        ErrorKind::MissingRequiredArgument => {
            Error::usage(format!("{} is missing", many(ContextKind::InvalidArg)))
        }
        ErrorKind::ArgumentConflict if many(ContextKind::PriorArg) == quoted(&[argument()]) => {
            return Some(twice(&argument()));
        }
        ErrorKind::ArgumentConflict => Error::usage(format!(
            "`{}` cannot be used with {}",
            argument(),
            many(ContextKind::PriorArg)
        )),
        ErrorKind::TooManyValues => {
            Error::usage(format!("`{}` takes no value, and has `{}`", argument(), value()))
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            Error::usage(first.trim_start_matches("error: "))
        }
    };
    let near = text(ContextKind::SuggestedArg)
        .or_else(|| {
            let names: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            nearest(&text(ContextKind::InvalidSubcommand)?, &names).map(str::to_owned)
        })
        .or_else(|| text(ContextKind::SuggestedValue));
    Some(match near {
        Some(near) => found.hint(format!("did you mean `{near}`?")),
        None => {
            found.hint("`fastwright --help` and `fastwright COMMAND --help` show what there is")
        }
    })
}

/// Returns the error for an option that may be given once.
pub fn twice(option: &str) -> Error {
    Error::usage(format!("`{option}` is given twice")).hint("leave one of them out")
}

fn quoted(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}
