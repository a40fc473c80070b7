//! One prompt a question, for terminals of any size.
//!
//! Only edits the layer that `resolve` reads, and shows what `resolve` says of it.

use inquire::{InquireError, MultiSelect, Select, Text};

use super::Ui;
use crate::answer::{Given, Layer, Layers, Resolution, Source, Unanswered, resolve};
use crate::error::{Error, Problem, Result};
use crate::exit::Exit;
use crate::pack::{Key, Kind, Pack, Question, Value};

/// What the last option of every list says.
const BACK: &str = "back";

enum Reply {
    Answer(Given),
    Back,
}

/// Asks every question that the layers leave open, and returns the answers.
///
/// # Errors
/// Fails if somebody cancels, or the terminal cannot be used.
pub fn ask(ui: Ui, pack: &Pack, layers: &Layers) -> Result<Layer> {
    let mut asked = Layer::new();
    let mut done: Vec<Key> = Vec::new();
    loop {
        let now = resolved(pack, layers, &asked);
        let open = |question: &&Question| {
            let key = &question.key;
            let answer = now.answers.get(key);
            let by_itself = answer.is_none_or(|answer| answer.source == Source::Default);
            // With one choice there is nothing to choose.
            let free = question.choices().len() != 1;
            by_itself && free && !done.contains(key) && !given(layers, key)
        };
        let Some(question) = pack.questions.iter().find(open) else { return Ok(asked) };
        match reply(question, &now)? {
            Reply::Answer(answer) => {
                asked.insert(question.key.as_str(), answer, Source::Asked);
                let then = resolved(pack, layers, &asked);
                match new_problem(&now, &then) {
                    Some(problem) => {
                        // Where the answer came from is plain to see.
                        let causes = problem.causes.into_iter().filter(|cause| !came_from(cause));
                        let told = Problem { causes: causes.collect(), ..problem };
                        ui.tell(Error::many(Exit::Usage, vec![told]));
                        asked.remove(question.key.as_str());
                    }
                    None => done.push(question.key.clone()),
                }
            }
            Reply::Back => {
                if let Some(key) = done.pop() {
                    asked.remove(key.as_str());
                }
            }
        }
    }
}

fn came_from(cause: &str) -> bool {
    cause.ends_with(&format!("came from {}", Source::Asked))
}

fn given(layers: &Layers, key: &Key) -> bool {
    layers.layers.iter().any(|layer| layer.get(key.as_str()).is_some())
}

fn resolved(pack: &Pack, layers: &Layers, asked: &Layer) -> Resolution {
    let mut all = layers.clone();
    all.unanswered = Unanswered::Default;
    all.layers.insert(0, asked.clone());
    resolve(pack, &all)
}

fn new_problem(before: &Resolution, after: &Resolution) -> Option<Problem> {
    let found = after.problems.iter().find(|problem| !before.problems.contains(problem));
    found.map(|found| found.problem.clone())
}

fn reply(question: &Question, now: &Resolution) -> Result<Reply> {
    let current = now.answers.get(&question.key).map(|answer| &answer.value);
    let text = |value: Option<&Value>| value.map(ToString::to_string).unwrap_or_default();
    let help = question.help.as_str();
    match &question.kind {
        Kind::Text(_) | Kind::Integer { .. } => {
            let default = text(current);
            let prompt = Text::new(&question.label).with_help_message(help);
            let prompt = if default.is_empty() { prompt } else { prompt.with_default(&default) };
            Ok(Reply::Answer(Given::Text(prompt.prompt().map_err(cancelled)?)))
        }
        Kind::Bool => {
            let cursor = usize::from(current != Some(&Value::Bool(true)));
            choose(question, vec!["yes".to_owned(), "no".to_owned()], cursor)
        }
        Kind::One(choices) => {
            let named = |choice: &crate::pack::Choice| choice.value.clone();
            let chosen = text(current);
            let cursor = choices.iter().position(|choice| choice.value == chosen);
            choose(question, choices.iter().map(named).collect(), cursor.unwrap_or(0))
        }
        Kind::Many(choices) => {
            let names = choices.iter().map(|choice| choice.value.clone()).collect::<Vec<_>>();
            let chosen = text(current);
            let marked: Vec<usize> = (0..names.len())
                .filter(|index| chosen.split(',').any(|name| name == names[*index]))
                .collect();
            let prompt = MultiSelect::new(&question.label, names).with_help_message(help);
            let answer = prompt.with_default(&marked).prompt().map_err(cancelled)?;
            Ok(Reply::Answer(Given::Text(answer.join(","))))
        }
    }
}

/// Asks for one of the values, or the way back.
fn choose(question: &Question, values: Vec<String>, cursor: usize) -> Result<Reply> {
    let width = values.iter().map(String::len).max().unwrap_or_default();
    let help = |value: &str| {
        question
            .choices()
            .iter()
            .find(|choice| choice.value == value)
            .map_or("", |choice| &choice.help)
    };
    let mut options: Vec<String> = values
        .iter()
        .map(|value| format!("{value:width$}  {}", help(value)).trim_end().to_owned())
        .collect();
    options.push(BACK.to_owned());
    let prompt = Select::new(&question.label, options)
        .with_help_message(&question.help)
        .with_starting_cursor(cursor);
    let index = prompt.raw_prompt().map_err(cancelled)?.index;
    Ok(values.into_iter().nth(index).map_or(Reply::Back, |value| Reply::Answer(Given::Text(value))))
}

fn cancelled(error: InquireError) -> Error {
    match error {
        InquireError::OperationCanceled | InquireError::OperationInterrupted => {
            Error::interrupted(2, "cancelled; nothing was written")
        }
        other => Error::failed("cannot ask on this terminal")
            .because(other)
            .hint("answer by flags, and add `--yes` for the defaults"),
    }
}
