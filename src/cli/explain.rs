//! `fastwright explain`: all that the pack says of a question or a choice.

use serde_json::{Value as Json, json};

use crate::answer::nearest;
use crate::error::{Error, Result};
use crate::pack::{Choice, Component, Kind, Pack, Question, Relation, Variable, When, YES};
use crate::ui::Ui;

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
        let text = question_text(found);
        return if json { ui.data(format_args!("{:#}\n", question(found))) } else { ui.data(text) };
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
        ui.data(format_args!("{:#}\n", choice_json(found, value, listed, component)))
    } else {
        ui.data(choice_text(found, value, listed, component))
    }
}

fn unknown(message: String, wrong: &str, names: &[&str]) -> Error {
    let error = Error::usage(message);
    match nearest(wrong, names) {
        Some(name) => error.hint(format!("did you mean `{name}`?")),
        None => error.hint(format!("there are {}", names.join(", "))),
    }
}

fn question_text(question: &Question) -> String {
    let default = question.default_text();
    let flag = match question.kind {
        Kind::Bool => format!("--{0}, --no-{0}", question.key.flag()),
        _ => format!("--{} {}", question.key.flag(), question.placeholder()),
    };
    let mut lines = vec![
        question.label.clone(),
        format!("  {}", question.help),
        String::new(),
        format!("flag      {flag}"),
        format!("variable  {}", question.key.variable()),
    ];
    if !default.is_empty() {
        lines.push(format!("default   {default}"));
    }
    if !question.choices().is_empty() {
        lines.extend([String::new(), "choices".to_owned()]);
        let width = question.choices().iter().map(|choice| choice.value.len()).max().unwrap_or(0);
        let line = |choice: &Choice| format!("  {:width$}  {}", choice.value, choice.help);
        lines.extend(question.choices().iter().map(line));
    }
    lines.join("\n") + "\n"
}

fn choice_text(
    question: &Question,
    value: &str,
    choice: Option<&Choice>,
    component: Option<&Component>,
) -> String {
    let (label, help) = match (component, choice) {
        (Some(component), _) => (component.label.as_str(), component.help.as_str()),
        (None, Some(choice)) => (choice.label.as_str(), choice.help.as_str()),
        (None, None) => (value, ""),
    };
    let mut lines = vec![format!("{}: {label}", question.label), format!("  {help}")];
    let mut list = |name: &str, items: Vec<String>| {
        if !items.is_empty() {
            lines.extend([String::new(), name.to_owned()]);
            lines.extend(items.into_iter().map(|item| format!("  {item}")));
        }
    };
    if let Some(component) = component {
        list("fits", component.fits.clone());
        list("costs", component.costs.clone());
        list("needs", component.requires.iter().map(relation).collect());
        list("not with", component.conflicts.iter().map(relation).collect());
        let variables = component.adds.environment.iter();
        let variable = |one: &Variable| format!("{}  {}", one.name, one.help);
        list("reads", variables.map(variable).collect());
        list("packages", component.adds.dependencies.runtime.clone());
        let services = component.adds.services.iter();
        list("services", services.map(|service| service.name.clone()).collect());
    }
    lines.join("\n") + "\n"
}

fn relation(relation: &Relation) -> String {
    format!("{}: {}", condition(&relation.when), relation.reason)
}

fn condition(when: &When) -> String {
    let one = |(key, values): (&crate::pack::Key, &[crate::pack::Value])| {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        format!("{key} = {}", values.join(" or "))
    };
    when.entries().map(one).collect::<Vec<_>>().join(" and ")
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
        let relations = |relations: &[Relation]| relations.iter().map(relation).collect::<Vec<_>>();
        object["requires"] = json!(relations(&component.requires));
        object["conflicts"] = json!(relations(&component.conflicts));
        object["environment"] = json!(component.adds.environment);
        object["dependencies"] = json!(component.adds.dependencies);
        object["services"] = json!(component.adds.services);
    }
    object
}
