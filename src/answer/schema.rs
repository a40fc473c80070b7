//! The JSON Schema of an answers file, from the questions.

use serde_json::{Map, Value as Json, json};

use crate::pack::{Choice, Component, Default, Kind, Pack, Question, Reserved, When};

/// Returns the schema (draft 2020-12) of answers files for a pack.
///
/// It says what one answer may be, and which answers the pack lets stand together.
#[must_use]
pub fn schema(pack: &Pack) -> Json {
    let properties: Map<String, Json> = pack
        .questions
        .iter()
        .map(|question| (question.key.to_string(), property(pack, question)))
        .collect();
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": format!("Answers for the pack {} {}", pack.name, pack.version),
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    let mut refused: Vec<Json> = pack
        .conflicts
        .iter()
        .map(|conflict| json!({"not": condition(&conflict.when), "$comment": conflict.reason}))
        .collect();
    for component in pack.components() {
        let chosen = chosen(pack, component);
        for relation in &component.conflicts {
            let both = json!({"allOf": [chosen, condition(&relation.when)]});
            refused.push(json!({"not": both, "$comment": relation.reason}));
        }
        for relation in &component.requires {
            // An answer that is not given may still turn out right.
            let mut needed = condition(&relation.when);
            needed.as_object_mut().map(|needed| needed.remove("required"));
            refused.push(json!({"if": chosen, "then": needed, "$comment": relation.reason}));
        }
    }
    for reserved in pack.reserved.iter().filter(|reserved| !reserved.when.is_empty()) {
        if let Some(texts) = texts(&[reserved]) {
            let key = reserved.question.as_str();
            let text = json!({"required": [key], "properties": {key: texts}});
            let both = json!({"allOf": [condition(&reserved.when), text]});
            refused.push(json!({"not": both, "$comment": reserved.because}));
        }
    }
    if !refused.is_empty() {
        schema["allOf"] = Json::Array(refused);
    }
    schema
}

fn property(pack: &Pack, question: &Question) -> Json {
    let mut property = match &question.kind {
        Kind::Text(rules) => {
            let mut text = json!({"type": "string", "maxLength": rules.max_length});
            if let Some(pattern) = &rules.pattern {
                text["pattern"] = json!(format!("^(?:{pattern})$"));
            }
            let always = pack
                .reserved
                .iter()
                .filter(|reserved| reserved.question == question.key && reserved.when.is_empty());
            if let Some(texts) = texts(&always.collect::<Vec<_>>()) {
                text["not"] = texts;
            }
            if let Some(example) = &rules.example {
                text["examples"] = json!([example]);
            }
            text
        }
        Kind::Bool => json!({"type": "boolean"}),
        Kind::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        Kind::One(choices) => one_of(choices),
        Kind::Many(choices) => {
            json!({"type": "array", "items": one_of(choices), "uniqueItems": true})
        }
    };
    property["title"] = json!(question.label);
    property["description"] = json!(question.help);
    if let Some(Default::Value(value)) = &question.default
        && !value.as_text().is_some_and(|text| text.contains("{="))
    {
        property["default"] = json!(value);
    }
    property
}

/// Returns the condition that a text is one of those that are reserved, if some are.
fn texts(reserved: &[&Reserved]) -> Option<Json> {
    let values: Vec<&String> = reserved.iter().flat_map(|reserved| &reserved.values).collect();
    let patterns = reserved.iter().filter_map(|reserved| reserved.pattern.as_ref());
    let patterns = patterns.map(|pattern| json!({"pattern": format!("^(?:{pattern})$")}));
    let values = (!values.is_empty()).then(|| json!({"enum": values}));
    let mut ways: Vec<Json> = values.into_iter().chain(patterns).collect();
    match ways.len() {
        0 | 1 => ways.pop(),
        _ => Some(json!({"anyOf": ways})),
    }
}

/// Returns the condition that a component is chosen.
fn chosen(pack: &Pack, component: &Component) -> Json {
    let key = component.question.as_str();
    let value = match pack.question(key).map(|question| &question.kind) {
        Some(Kind::Bool) => json!({"const": true}),
        Some(Kind::Many(_)) => json!({"contains": {"const": component.choice}}),
        _ => json!({"const": component.choice}),
    };
    json!({"required": [key], "properties": {key: value}})
}

fn one_of(choices: &[Choice]) -> Json {
    let values: Vec<&str> = choices.iter().map(|choice| choice.value.as_str()).collect();
    json!({"type": "string", "enum": values})
}

fn condition(when: &When) -> Json {
    let keys: Vec<&str> = when.entries().map(|(key, _)| key.as_str()).collect();
    let properties: Map<String, Json> =
        when.entries().map(|(key, values)| (key.to_string(), json!({"enum": values}))).collect();
    json!({"required": keys, "properties": properties})
}
