//! Questions as flags: `--proxy nginx`, `--metrics`, `--no-metrics`.

use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::answer::{Given, Layer, Source};
use crate::error::{Error, Result};
use crate::pack::{Default, Kind, Pack, Question};

/// What a question takes where its flag is not given, as help tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// The question's default.
    Default,
    /// What the project recorded, which help cannot know.
    Recorded,
}

/// Adds every question of the pack to a command, under its section's heading.
///
/// # Errors
/// Fails if a question's flag is one that the command has already.
pub fn add(mut command: Command, pack: Option<&Pack>, without: Without) -> Result<Command> {
    let Some(pack) = pack else { return Ok(command) };
    let global = super::options::global();
    for question in &pack.questions {
        let flag = question.key.flag();
        let taken = |flag: &str| {
            let is_flag = |arg: &Arg| arg.get_long() == Some(flag);
            flag == "help" || command.get_arguments().chain(&global).any(is_flag)
        };
        if taken(&flag) || taken(&format!("no-{flag}")) {
            return Err(Error::failed(format!("pack `{}` cannot be used", pack.name))
                .because(format_args!(
                    "its question `{}` has the name of another flag",
                    question.key
                ))
                .hint("call the question otherwise in `pack.toml`"));
        }
        let section = pack.sections.iter().find(|section| section.key == question.section);
        let heading = section.map_or_else(|| "Answers".to_owned(), |section| section.label.clone());
        let arg = Arg::new(id(&flag)).long(flag.clone()).help_heading(heading.clone());
        let help = match without {
            Without::Default => help(question),
            Without::Recorded => question.help.clone(),
        };
        if matches!(question.kind, Kind::Bool) {
            let no = format!("no-{flag}");
            command =
                command.arg(arg.action(ArgAction::SetTrue).help(help).overrides_with(id(&no))).arg(
                    Arg::new(id(&no))
                        .long(no)
                        .action(ArgAction::SetTrue)
                        .help(format!("Answer no to --{flag}"))
                        .help_heading(heading)
                        .overrides_with(id(&flag)),
                );
        } else {
            let parser = Loose(
                question
                    .choices()
                    .iter()
                    .map(|choice| (choice.value.clone(), choice.help.clone()))
                    .collect(),
            );
            command =
                command.arg(arg.value_name(question.placeholder()).value_parser(parser).help(help));
        }
    }
    Ok(command)
}

/// Returns the name under which clap knows the flag of a question: none of the program's own.
fn id(flag: &str) -> String {
    format!("answer {flag}")
}

/// Returns the answers that were given as flags.
#[must_use]
pub fn layer(matches: &ArgMatches, pack: &Pack) -> Layer {
    let mut layer = Layer::new();
    for question in &pack.questions {
        let (key, flag) = (question.key.as_str(), question.key.flag());
        if matches!(question.kind, Kind::Bool) {
            if matches.get_flag(&id(&flag)) {
                layer.insert(
                    key,
                    Given::Text("true".to_owned()),
                    Source::Flag(format!("--{flag}")),
                );
            } else if matches.get_flag(&id(&format!("no-{flag}"))) {
                layer.insert(
                    key,
                    Given::Text("false".to_owned()),
                    Source::Flag(format!("--no-{flag}")),
                );
            }
        } else if let Some(text) = matches.get_one::<String>(&id(&flag)) {
            layer.insert(key, Given::Text(text.clone()), Source::Flag(format!("--{flag}")));
        }
    }
    layer
}

fn help(question: &Question) -> String {
    let default = match (&question.default, question.default_text()) {
        (None, _) => String::new(),
        (Some(Default::Value(_)), text) => format!(" [default: {text}]"),
        (Some(Default::Cases(_)), text) => format!(" [default: {text}, or by other answers]"),
    };
    format!("{}{default}", question.help)
}

/// Shows the possible values in help and completions, and takes any text: answers are judged
/// together, later, so that all that is wrong is told at once.
#[derive(Clone)]
struct Loose(Vec<(String, String)>);

impl TypedValueParser for Loose {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        clap::builder::StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        if self.0.is_empty() {
            return None;
        }
        Some(Box::new(self.0.iter().map(|(value, help)| PossibleValue::new(value).help(help))))
    }
}
