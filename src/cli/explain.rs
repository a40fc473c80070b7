//! `fastwright explain`: all that the pack says of a question or a choice.

use serde_json::{Value as Json, json};

use crate::answer::nearest;
use crate::error::{Error, Result};
use crate::pack::{Choice, Component, Kind, Pack, Question, Relation, YES};
use crate::ui::{self, Ui};

/// Prints the explanation of `QUESTION` or `QUESTION=CHOICE`.
///
/// # Errors
/// Fails if the pack has no such question or choice, and names the nearest.
pub fn run(ui: Ui, pack: &Pack, topic: &str, json: bool) -> Result<()> {
    let (key, choice) = match topic.split_once('=') {
        Some((key, choice)) => (key, Some(choice)),
        None => (topic, None),
    };
    let found = pack.question(&key.replace('-', "_"));
    let found = found.ok_or_else(|| {
        let keys: Vec<&str> = pack.questions.iter().map(|question| question.key.as_str()).collect();
        unknown(format!("there is no question `{key}`"), key, &keys)
    })?;
    let Some(value) = choice else {
        let text = ui::explain_question(found);
        return if json { ui.json(&question(found)) } else { ui.data(text) };
    };
    let values: Vec<&str> = match found.kind {
        Kind::Bool => vec![YES],
        _ => found.choices().iter().map(|choice| choice.value.as_str()).collect(),
    };
    if !values.contains(&value) {
        return Err(unknown(format!("`{key}` has no choice `{value}`"), value, &values));
    }
    let listed = found.choices().iter().find(|choice| choice.value == value);
    let component = pack.component(&found.key, value);
    if json {
        ui.json(&choice_json(found, value, listed, component))
    } else {
        ui.data(ui::explain_choice(found, value, component))
    }
}

fn unknown(message: String, wrong: &str, names: &[&str]) -> Error {
    let error = Error::usage(message);
    match nearest(wrong, names) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint(format!("there are {}", names.join(", "))),
    }
}

/// Returns a question as JSON.
pub(super) fn question(question: &Question) -> Json {
    let kind = match question.kind {
        Kind::Text(_) => "text",
        Kind::Bool => "bool",
        Kind::Integer { .. } => "integer",
        Kind::One(_) => "one",
        Kind::Many(_) => "many",
    };
    json!({
        "key": question.key.as_str(),
        "section": question.section.as_str(),
        "kind": kind,
        "label": question.label,
        "help": question.help,
        "flag": format!("--{}", question.key.flag()),
        "variable": question.key.variable(),
        "default": question.default_text(),
        "choices": question.choices().iter().map(|choice| choice.value.as_str()).collect::<Vec<_>>(),
    })
}

fn choice_json(
    question: &Question,
    value: &str,
    choice: Option<&Choice>,
    component: Option<&Component>,
) -> Json {
    let mut object = json!({
        "question": question.key.as_str(),
        "choice": value,
        "label": choice.map(|choice| choice.label.as_str()),
        "help": choice.map(|choice| choice.help.as_str()),
    });
    if let Some(component) = component {
        object["label"] = json!(component.label);
        object["help"] = json!(component.help);
        object["fits"] = json!(component.fits);
        object["costs"] = json!(component.costs);
        let relations =
            |relations: &[Relation]| relations.iter().map(ui::explain_relation).collect::<Vec<_>>();
        object["requires"] = json!(relations(&component.requires));
        object["conflicts"] = json!(relations(&component.conflicts));
        object["environment"] = json!(component.adds.environment);
        object["dependencies"] = json!(component.adds.dependencies);
        object["services"] = json!(component.adds.services);
    }
    object
}
