//! The command that gives the same answers again, as a person would type it.

use std::path::Path;

use super::globals::Globals;
use super::sources::STANDARD_INPUT;
use crate::answer::{Answers, CommandLine, Given, Layer, Layers, Source, Word};
use crate::pack::{Key, Kind, Pack, Value};

/// The command that writes a project; it takes defaults for the rest.
const NEW: &str = "new";

/// What all commands that are told to people name: the pack, and the options that led to it.
#[derive(Clone, Copy)]
pub struct Recipe<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// What named the place and the pack.
    pub globals: &'a Globals,
}

impl Recipe<'_> {
    /// Returns the shortest `fastwright new` that gives the same answers; `name` is the folder's.
    #[must_use]
    pub fn short(&self, answers: &Answers, directory: &Path, name: Option<&str>) -> CommandLine {
        self.line(NEW, directory, answers.minimal(self.pack, name).into_iter())
    }

    /// Returns the `fastwright new` that gives every answer by its flag.
    #[must_use]
    pub fn full(&self, answers: &Answers, directory: &Path) -> CommandLine {
        let asked = self.pack.questions.iter().filter(|question| {
            !matches!(answers.source(&question.key), Some(Source::NotAsked) | None)
        });
        let all =
            asked.filter_map(|question| Some((&question.key, answers.get(question.key.as_str())?)));
        self.line(NEW, directory, all)
    }

    /// Returns a command with answers by their flags.
    pub fn line<'a>(
        &self,
        verb: &str,
        directory: &Path,
        answers: impl Iterator<Item = (&'a Key, &'a Value)>,
    ) -> CommandLine {
        let mut line = CommandLine::of(verb);
        line.add(Word::folder(directory));
        line.extend((verb == NEW).then(|| Word::Plain("--yes".to_owned())));
        line.extend(answers.map(|(key, value)| Word::answer(key, value)));
        line.extend(self.globals.words());
        line
    }

    /// Returns the command that goes on with answers that are kept. Those of the command line are
    /// kept nowhere, and are given again.
    #[must_use]
    pub fn resume(&self, directory: &Path, given: &Layers) -> CommandLine {
        let mut line = CommandLine::of(NEW);
        line.extend([Word::folder(directory), Word::Plain("--resume".to_owned())]);
        for (key, given, source) in given.layers.iter().flat_map(Layer::iter) {
            let question = self.pack.question(key);
            let is_switch = question.is_some_and(|question| matches!(question.kind, Kind::Bool));
            let text = match given {
                Given::Text(text) => text.clone(),
                Given::Value(value) => value.to_string(),
                Given::Foreign(_) => String::new(),
            };
            let word = match source {
                Source::Flag(flag) if is_switch => Word::Plain(flag.clone()),
                Source::Flag(flag) => Word::valued(flag, text),
                Source::Set => Word::valued("--set", format!("{key}={text}")),
                Source::File { name, .. } if name != STANDARD_INPUT => {
                    Word::valued("--answers", name)
                }
                // The environment is still there; the rest is nothing that somebody typed.
                Source::File { .. }
                | Source::Environment(_)
                | Source::Asked
                | Source::Recorded
                | Source::Default
                | Source::NotAsked => continue,
            };
            line.add(word);
        }
        line.extend(self.globals.words());
        line
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use proptest::prelude::*;

    use super::super::{args, sources};
    use super::Recipe;
    use crate::answer::{Answers, Given, Layer, Layers, Source, Unanswered, resolve};
    use crate::cli::globals::Globals;
    use crate::pack::{Catalog, Kind, Pack, Question, Value};

    #[test]
    fn what_the_command_line_answered_is_given_again_to_go_on() {
        let pack = Catalog::embedded().and_then(|catalog| catalog.load(None)).expect("a pack");
        let line = "fastwright new my-app --description 'a b' --no-metrics --set tls=acme";
        let matches = args::command(Some(&pack)).expect("a command line");
        let matches = matches.try_get_matches_from(words(line)).expect("good");
        let (_, matches) = matches.subcommand().expect("new");
        let layers = Layers {
            layers: sources::given(matches, &pack).expect("layers"),
            directory: None,
            unanswered: Unanswered::Missing,
        };

        let globals = Globals {
            directory: Some("-odd".to_owned()),
            pack: Some("my packs/one".to_owned()),
            version: Some(("--pack-version", "1.0.0".to_owned())),
            is_verbose: false,
        };
        let recipe = Recipe { pack: &pack, globals: &globals };
        let again = recipe.resume(Path::new("my-app"), &layers);

        let expected = "fastwright new my-app --resume --description 'a b' --no-metrics \
                        --set tls=acme -C=-odd --pack 'my packs/one' --pack-version 1.0.0";
        assert_eq!(again.to_string(), expected);
    }

    /// Any answer to a question, or none; texts are as odd as the question allows.
    fn answer(question: &Question) -> BoxedStrategy<Option<Value>> {
        let values = match &question.kind {
            Kind::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
            Kind::Integer { min, max } => (*min..=*max).prop_map(Value::Integer).boxed(),
            Kind::One(choices) => {
                let values: Vec<Value> =
                    choices.iter().map(|choice| Value::from(&*choice.value)).collect();
                proptest::sample::select(values).boxed()
            }
            Kind::Many(choices) => {
                let values: Vec<String> = choices.iter().map(|one| one.value.clone()).collect();
                let count = values.len();
                proptest::sample::subsequence(values, 0..=count).prop_map(Value::Many).boxed()
            }
            Kind::Text(_) => {
                let odd = "[-=$`'\"\\\\!*~#&;|<>(){}?\\[\\] a-zé]{1,20}";
                prop_oneof![odd, "[a-z][a-z0-9-]{0,8}[a-z0-9]"].prop_map(Value::Text).boxed()
            }
        };
        proptest::option::weighted(0.4, values).boxed()
    }

    /// Answers that are good; those to texts are left out where they are not.
    fn answers(pack: &Pack, values: Vec<Option<Value>>) -> Option<Answers> {
        let mut layer = Layer::new();
        for (question, value) in pack.questions.iter().zip(values) {
            if let Some(value) = value {
                layer.insert(question.key.as_str(), Given::Value(value), Source::Asked);
            }
        }
        loop {
            let layers = Layers {
                layers: vec![layer.clone()],
                directory: Some("shop-api".to_owned()),
                unanswered: Unanswered::Default,
            };
            let resolution = resolve(pack, &layers);
            let mut wrong = resolution.problems.iter().filter_map(|problem| problem.key.as_ref());
            match wrong.find(|key| layer.get(key.as_str()).is_some()).cloned() {
                Some(key) => layer.remove(key.as_str()),
                None => return resolution.complete(pack).ok(),
            };
        }
    }

    /// Returns what bash makes of a command.
    fn words(command: &str) -> Vec<String> {
        let script = format!("set -- {command}; printf '%s\\0' \"$@\"");
        let output = Command::new("bash").args(["-c", &script]).output().expect("bash");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        text.split_terminator('\0').map(str::to_owned).collect()
    }

    fn round(pack: &Pack, answers: &Answers) {
        let recipe = Recipe { pack, globals: &Globals::default() };
        let command = recipe.short(answers, Path::new("shop-api"), Some("shop-api"));
        let line = args::command(Some(pack)).expect("a command line");

        let matches =
            line.try_get_matches_from(words(&command.to_string())).expect("a good command");

        let (_, matches) = matches.subcommand().expect("new");
        let layers = Layers {
            layers: sources::given(matches, pack).expect("layers"),
            directory: Some("shop-api".to_owned()),
            unanswered: Unanswered::Default,
        };
        let again = resolve(pack, &layers).complete(pack).expect("good answers");
        let values = |answers: &Answers| -> Vec<(String, Value)> {
            answers.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
        };
        assert_eq!(values(&again), values(answers), "{command}");
    }

    #[test]
    fn the_command_gives_the_same_answers_through_a_shell() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/evolving");
        let fixture = crate::project::read_folder(&folder).and_then(Catalog::from_tree);
        for catalog in [fixture, Catalog::embedded()] {
            let pack = catalog.and_then(|catalog| catalog.load(None)).expect("a pack");
            let values: Vec<_> = pack.questions.iter().map(answer).collect();
            let config = ProptestConfig { failure_persistence: None, cases: 64, ..<_>::default() };
            proptest!(config, |(values in values.clone())| {
                if let Some(answers) = answers(&pack, values) {
                    round(&pack, &answers);
                }
            });
        }
    }
}
