//! The options that say where to work and which pack to read, and so which flags there are.
//!
//! They are parsed before the questions are known, by the same declarations as all else. Flags that
//! are not declared yet are taken for questions' flags, which have a value or none. Which of both
//! makes no difference here: a value begins with no dash, so that what does is an option either way.

use std::ffi::{OsStr, OsString};

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::{args, options, usage};
use crate::answer::Word;
use crate::error::{Error, Result};
use crate::pack::Version;

/// What the command line says of the place and the pack, as it says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Globals {
    /// The folder to work in.
    pub directory: Option<String>,
    /// The folder of the pack.
    pub pack: Option<String>,
    /// The version of the pack, and the option that names it.
    pub version: Option<(&'static str, String)>,
    /// Whether all is to be told, which `--version` must know, where the other parse ends.
    pub is_verbose: bool,
}

impl Globals {
    /// Reads them from the arguments, the program's own name first.
    ///
    /// # Errors
    /// Fails where no pack could make the arguments good.
    pub fn parse(arguments: &[OsString]) -> Result<Self> {
        let mut command = command(arguments)?;
        match command.try_get_matches_from_mut(arguments) {
            Ok(matches) => Self::of(&matches),
            Err(error) => Err(usage::error(&command, &error)
                .expect("help and version are plain switches here, which end no parse")),
        }
    }

    fn of(matches: &ArgMatches) -> Result<Self> {
        let inner = matches.subcommand().map(|(_, matches)| matches);
        let levels = || std::iter::once(matches).chain(inner);
        let option = |id: &'static str| {
            levels().filter_map(move |matches| matches.try_get_one::<String>(id).ok().flatten())
        };
        let once = |id, shown: &str| {
            let mut values = option(id);
            match (values.next(), values.next()) {
                (Some(_), Some(_)) => Err(usage::twice(shown)),
                (value, _) => Ok(value.cloned()),
            }
        };
        let version = once("pack-version", "--pack-version <VERSION>")?;
        let version = version.map(|text| ("--pack-version", text));
        let target = option("to").next().map(|text| ("--to", text.clone()));
        Ok(Self {
            directory: once("chdir", "-C <DIR>")?,
            pack: once("pack", "--pack <DIR>")?,
            version: version.or(target),
            is_verbose: levels().any(|matches| matches.get_flag("verbose")),
        })
    }

    /// Returns the words that say the same.
    pub fn words(&self) -> Vec<Word> {
        let options = [
            self.directory.as_ref().map(|folder| ("-C", folder)),
            self.pack.as_ref().map(|folder| ("--pack", folder)),
            self.version.as_ref().map(|(option, text)| (*option, text)),
        ];
        options.into_iter().flatten().map(|(option, text)| Word::valued(option, text)).collect()
    }

    /// Returns the version of the pack that is wanted, if one is named.
    ///
    /// # Errors
    /// Fails where it is no version.
    pub fn version(&self) -> Result<Option<Version>> {
        let Some((option, text)) = &self.version else { return Ok(None) };
        let version = text.parse::<Version>().map(Some);
        version
            .map_err(|reason| Error::usage(reason).because(format_args!("it came from {option}")))
    }
}

/// Returns the command line without questions, on which only what no pack could mend is wrong.
fn command(arguments: &[OsString]) -> Result<Command> {
    let switch = |name, short| Arg::new(name).long(name).short(short).action(ArgAction::Count);
    let command = args::command(None)?
        .disable_help_flag(true)
        .disable_version_flag(true)
        .subcommand_required(false)
        .arg_required_else_help(false)
        // What is given before a command and again behind it would be seen only once.
        .mut_args(|arg| arg.global(false))
        .args([switch("help", 'h'), switch("version", 'V')]);
    Ok(command.mut_subcommands(|inner| {
        let inner = inner
            .disable_help_flag(true)
            .args(options::global().map(|arg| arg.global(false)))
            .arg(switch("help", 'h'))
            .mut_args(|arg| arg.required(false));
        let made_up = made_up(&inner, arguments);
        inner.args(made_up)
    }))
}

/// Returns flags for all arguments that look like one which the command lacks.
fn made_up(command: &Command, arguments: &[OsString]) -> Vec<Arg> {
    let mut names: Vec<&str> = arguments.iter().filter_map(|argument| long(argument)).collect();
    names.sort_unstable();
    names.dedup();
    names.retain(|name| command.get_arguments().all(|arg| arg.get_long() != Some(name)));
    let arg = |name: &str| {
        let arg = Arg::new(format!("--{name}")).long(name.to_owned());
        arg.num_args(0..=1).action(ArgAction::Append)
    };
    names.into_iter().map(arg).collect()
}

fn long(argument: &OsStr) -> Option<&str> {
    let name = argument.to_str()?.strip_prefix("--")?.split('=').next()?;
    (!name.is_empty() && !name.starts_with('-')).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::path::Path;

    use clap::ArgMatches;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::Globals;
    use crate::cli::args;
    use crate::pack::{Catalog, Pack};

    /// What means something on a command line: of the program, of the pack, and of nobody.
    const WORDS: &str = "new upgrade status list a b - -- -C -Cin -C=in -C-in -qCin -vC -yC -qyC -qyC=in -Cq \
        -Cin= -h -hC -V -qy -y --pack --pack=p --pack= --pack-version --pack-version=1.0.0 \
        --to --to=1.1.0 --ui --ui=plain --yes --set --set=style=fancy --answers --style \
        --style=fancy --style=-C --notes --no-notes --notes=x --copies --undo --nobody \
        --nobody=-C ---odd --=odd --help";

    fn pack() -> Pack {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/evolving");
        let catalog = crate::project::read_folder(&folder).and_then(Catalog::from_tree);
        catalog.and_then(|catalog| catalog.load(None)).expect("a pack")
    }

    fn arguments(words: &[&str]) -> Vec<OsString> {
        std::iter::once("fastwright").chain(words.iter().copied()).map(OsString::from).collect()
    }

    /// Returns what the one that knows the questions says.
    fn said(matches: &ArgMatches) -> Globals {
        let (_, inner) = matches.subcommand().expect("a command");
        let option = |id| inner.try_get_one::<String>(id).ok().flatten().cloned();
        let version = option("pack-version").map(|text| ("--pack-version", text));
        Globals {
            directory: option("chdir"),
            pack: option("pack"),
            version: version.or(option("to").map(|text| ("--to", text))),
            is_verbose: inner.get_flag("verbose"),
        }
    }

    #[test]
    fn place_and_pack_are_what_the_whole_command_line_says() {
        let command = args::command(Some(&pack())).expect("a command line");
        let words: Vec<&str> = WORDS.split(' ').collect();
        let (commands, words) = (select(words[..4].to_vec()), select(words));
        let line = (vec(words.clone(), 0..2), commands, vec(words, 0..7))
            .prop_map(|(before, command, after)| [before, vec![command], after].concat());
        let config = ProptestConfig { failure_persistence: None, cases: 6000, ..<_>::default() };
        let good = std::cell::Cell::new(0);
        proptest!(config, |(words in line)| {
            let arguments = arguments(&words);
            let whole = command.clone().try_get_matches_from(&arguments);
            match (Globals::parse(&arguments), whole) {
                (Ok(globals), Ok(matches)) => {
                    good.set(good.get() + 1);
                    prop_assert_eq!(globals, said(&matches));
                }
                // Help wins over what is wrong behind it; and clap sees only one of two.
                (Err(error), Ok(_)) => {
                    let text = error.to_string();
                    prop_assert!(text.contains("is given twice"), "{}", text);
                }
                (Ok(_) | Err(_), Err(_)) => {}
            }
        });
        assert!(good.get() > 200, "{} command lines were good", good.get());
    }

    #[test]
    fn an_option_is_found_where_clap_finds_it_and_nowhere_else() {
        let none = Globals::default;
        let inside = |text: &str| Globals { directory: Some(text.to_owned()), ..none() };
        let cases: [(&[&str], Globals); 9] = [
            (&["new", "a", "-qyC", "inner"], inside("inner")),
            (&["upgrade", "-vC", "../p2"], Globals { is_verbose: true, ..inside("../p2") }),
            (&["upgrade", "-C=x"], inside("x")),
            (&["-C", "new", "new", "a"], inside("new")),
            (&["new", "a", "--nobody", "-C", "x"], inside("x")),
            (&["new", "a", "--help", "-C", "x"], inside("x")),
            (&["new", "--", "-C"], none()),
            (&["new", "a", "--set", "name=-C"], none()),
            (&["new", "a", "--style=-Cx"], none()),
        ];

        for (words, expected) in cases {
            assert_eq!(Globals::parse(&arguments(words)), Ok(expected), "{words:?}");
        }
        for words in [&["-C", "a", "new", "x", "-C", "b"][..], &["new", "x", "-Ca", "-Ca"]] {
            let error = Globals::parse(&arguments(words)).expect_err("twice").to_string();
            assert!(error.starts_with("error: `-C <DIR>` is given twice"), "{error}");
        }
    }
}
