//! Answers, and what is in the way of one, in the words of the pack.

use super::super::model::Wizard;
use crate::answer::{ClashKind, Obstacle};
use crate::pack::{Key, Question, Value};

impl Wizard<'_> {
    /// Returns an answer as people read it.
    #[must_use]
    pub fn shown_value(&self, question: &Question) -> String {
        let text = self.facts().text(self.world(), &question.key);
        let choices =
            self.facts().choices.get(&question.key).map(Vec::as_slice).unwrap_or_default();
        let chosen: Vec<&str> = choices
            .iter()
            .filter(|choice| choice.is_chosen)
            .map(|choice| choice.label.as_str())
            .collect();
        if chosen.is_empty() { text } else { chosen.join(", ") }
    }

    /// Tells in a few words what is in the way of an option.
    pub(super) fn in_the_way(&self, obstacle: &Obstacle, own: &Key) -> String {
        let Some(clash) = obstacle.problem.clash() else {
            return obstacle.problem.problem.message.clone();
        };
        let others = clash.with.entries().filter(|(key, _)| *key != own);
        let mut words: Vec<String> = match clash.kind {
            ClashKind::Needs => others.map(|(key, values)| self.named(key, values)).collect(),
            ClashKind::Excludes => others
                .map(|(key, _)| {
                    self.named(
                        key,
                        self.facts().value(key).map(std::slice::from_ref).unwrap_or_default(),
                    )
                })
                .collect(),
        };
        // A choice elsewhere that does not go with this one.
        if let Some(key) = obstacle.problem.key.as_ref().filter(|key| *key != own) {
            words =
                vec![self.named(
                    key,
                    self.facts().value(key).map(std::slice::from_ref).unwrap_or_default(),
                )];
            return format!("not with {}", words.join(" and "));
        }
        let verb = match clash.kind {
            ClashKind::Needs => "needs",
            ClashKind::Excludes => "not with",
        };
        format!("{verb} {}", words.join(" and "))
    }

    /// Names answers as people do: by the labels of choices, else with the question's.
    #[must_use]
    pub fn named(&self, key: &Key, values: &[Value]) -> String {
        let Some(question) = self.pack_question(key) else { return key.to_string() };
        let choice = |value: &Value| {
            let text = value.to_string();
            question.choices().iter().find(|choice| choice.value == text)
        };
        // A name of its own says what it is a name for.
        let speaks = |value: &Value| {
            choice(value).is_some_and(|choice| {
                !choice.label.is_empty() && choice.label != choice.value && choice.value != "none"
            })
        };
        let text = |value: &Value| match (choice(value), value) {
            (Some(choice), _) if !choice.label.is_empty() => choice.label.clone(),
            (_, Value::Bool(true)) => "on".to_owned(),
            (_, Value::Bool(false)) => "off".to_owned(),
            (_, value) => value.to_string(),
        };
        let all = match values {
            [] => return question.label.clone(),
            [first, .., last] if values.len() > 4 => format!("{} to {}", text(first), text(last)),
            _ => values.iter().map(text).collect::<Vec<_>>().join(" or "),
        };
        if values.iter().all(speaks) { all } else { format!("{} {all}", question.label) }
    }
}
