//! What the pack says of a question or a choice, in words.

use crate::pack::{Choice, Component, Key, Kind, Question, Relation, Value, Variable, When};

/// Returns all that the pack says of a question.
#[must_use]
pub fn explain_question(question: &Question) -> String {
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

/// Returns all that the pack says of a choice.
#[must_use]
pub fn explain_choice(question: &Question, value: &str, component: Option<&Component>) -> String {
    let choice = question.choices().iter().find(|choice| choice.value == value);
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
        list("needs", component.requires.iter().map(explain_relation).collect());
        list("not with", component.conflicts.iter().map(explain_relation).collect());
        let variables = component.adds.environment.iter();
        let variable = |one: &Variable| format!("{}  {}", one.name, one.help);
        list("reads", variables.map(variable).collect());
        list("packages", component.adds.dependencies.runtime.clone());
        let services = component.adds.services.iter();
        list("services", services.map(|service| service.name.clone()).collect());
    }
    lines.join("\n") + "\n"
}

/// Returns what a choice needs, or cannot stand beside, and why.
#[must_use]
pub fn explain_relation(relation: &Relation) -> String {
    format!("{}: {}", condition(&relation.when), relation.reason)
}

fn condition(when: &When) -> String {
    let one = |(key, values): (&Key, &[Value])| {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        format!("{key} = {}", values.join(" or "))
    };
    when.entries().map(one).collect::<Vec<_>>().join(" and ")
}
