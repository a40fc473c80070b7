//! What can be chosen.

use super::world::World;
use crate::answer::Obstacle;
use crate::pack::{Kind, Question, Value, YES};

/// One line of a list.
#[derive(Clone, Debug)]
pub struct Choice {
    /// The answer that it stands for; of several choices, this one alone.
    pub value: Value,
    /// Its name for people.
    pub label: String,
    /// One line that explains it.
    pub help: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
    /// What is in its way.
    pub obstacle: Option<Obstacle>,
}

/// Returns the choices of a question, none for one that is typed.
#[must_use]
pub fn choices(world: &World<'_>, question: &Question, current: Option<&Value>) -> Vec<Choice> {
    let choice = |value: Value, label: &str, help: &str, is_chosen| Choice {
        label: if label.is_empty() { value.to_string() } else { label.to_owned() },
        help: help.to_owned(),
        is_chosen,
        obstacle: None,
        value,
    };
    match &question.kind {
        Kind::Text(_) | Kind::Integer { .. } => Vec::new(),
        Kind::Bool => {
            let component = world.pack.component(&question.key, YES);
            let help = component.map_or(question.help.as_str(), |component| &component.help);
            let is = |value| current == Some(&Value::Bool(value));
            vec![
                choice(Value::Bool(true), YES, help, is(true)),
                choice(Value::Bool(false), "no", "", is(false)),
            ]
        }
        Kind::One(choices) | Kind::Many(choices) => choices
            .iter()
            .map(|one| {
                let is_chosen = match current {
                    Some(Value::Text(text)) => *text == one.value,
                    Some(Value::Many(values)) => values.contains(&one.value),
                    Some(Value::Bool(_) | Value::Integer(_)) | None => false,
                };
                choice(Value::Text(one.value.clone()), &one.label, &one.help, is_chosen)
            })
            .collect(),
    }
}

/// Returns the answer to a question after one of its choices was taken, or of several, turned.
#[must_use]
pub fn taken(question: &Question, choices: &[Choice], index: usize) -> Option<Value> {
    let choice = choices.get(index)?;
    if !matches!(question.kind, Kind::Many(_)) {
        return Some(choice.value.clone());
    }
    let chosen = choices.iter().enumerate().filter(|(at, one)| one.is_chosen != (*at == index));
    Some(Value::Many(chosen.map(|(_, one)| one.value.to_string()).collect()))
}
