//! Answers files, TOML or JSON: read with the line of each answer, written to be read again.

use std::collections::BTreeMap;

use serde::de::{Deserializer, MapAccess, Visitor};
use toml::de::{DeTable, DeValue};

use super::Answers;
use super::layer::{Given, Layer, Source};
use crate::error::{Error, Result};
use crate::pack::{Pack, Value};

/// The largest answers file that is read, in bytes.
pub const MAX_SIZE: usize = 1 << 20;

/// How an answers file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// TOML, one answer a line.
    Toml,
    /// One JSON object.
    Json,
}

impl Format {
    /// Returns the format that a file's name and beginning tell.
    #[must_use]
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
        match extension.as_deref() {
            Some("json") => Self::Json,
            Some("toml") => Self::Toml,
            _ if bytes.trim_ascii_start().starts_with(b"{") => Self::Json,
            _ => Self::Toml,
        }
    }
}

/// Reads an answers file; `name` stands in errors and sources.
///
/// # Errors
/// Fails if it is too large, no text, or no TOML or JSON, with line and column.
pub fn read(name: &str, bytes: &[u8]) -> Result<Layer> {
    let wrong = || Error::usage(format!("answers file `{name}` cannot be read"));
    if bytes.len() > MAX_SIZE {
        return Err(wrong()
            .because(format_args!("it is larger than {} KiB", MAX_SIZE / 1024))
            .hint("`--save-answers FILE` writes one"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        wrong().because(format_args!("it is no text: byte {} is not UTF-8", error.valid_up_to()))
    })?;
    match Format::of(name, bytes) {
        Format::Toml => read_toml(name, text).map_err(|cause| wrong().because(cause.trim_end())),
        Format::Json => read_json(name, text).map_err(|cause| wrong().because(cause)),
    }
}

fn read_toml(name: &str, text: &str) -> Result<Layer, String> {
    let table = DeTable::parse(text).map_err(|error| error.to_string())?;
    let ends: Vec<usize> = text.match_indices('\n').map(|(end, _)| end).collect();
    let mut layer = Layer::new();
    for (key, value) in table.get_ref() {
        let line = ends.partition_point(|end| *end < key.span().start) + 1;
        let source = Source::File { name: name.to_owned(), line: Some(line) };
        layer.insert(key.get_ref().as_ref(), given_toml(value.get_ref()), source);
    }
    Ok(layer)
}

fn given_toml(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::String(text) => Given::Value(Value::Text(text.to_string())),
        DeValue::Boolean(value) => Given::Value(Value::Bool(*value)),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map_or(Given::Foreign("a number out of range"), |number| {
                Given::Value(Value::Integer(number))
            })
        }
        DeValue::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect();
            texts.map_or(Given::Foreign("a list of other things"), |texts| {
                Given::Value(Value::Many(texts))
            })
        }
        DeValue::Float(_) => Given::Foreign("a fraction"),
        DeValue::Datetime(_) => Given::Foreign("a date"),
        DeValue::Table(_) => Given::Foreign("a table"),
    }
}

fn read_json(name: &str, text: &str) -> Result<Layer, String> {
    struct Entries;
    impl<'de> Visitor<'de> for Entries {
        type Value = BTreeMap<String, serde_json::Value>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object of answers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut entries = Self::Value::new();
            while let Some((key, value)) = map.next_entry::<String, serde_json::Value>()? {
                if entries.contains_key(&key) {
                    return Err(serde::de::Error::custom(format!("duplicate key `{key}`")));
                }
                entries.insert(key, value);
            }
            Ok(entries)
        }
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    let entries = reader.deserialize_map(Entries).and_then(|entries| {
        reader.end()?;
        Ok(entries)
    });
    let mut layer = Layer::new();
    for (key, value) in entries.map_err(|error| error.to_string())? {
        let source = Source::File { name: name.to_owned(), line: None };
        layer.insert(key, given_json(value), source);
    }
    Ok(layer)
}

fn given_json(value: serde_json::Value) -> Given {
    match value {
        serde_json::Value::String(text) => Given::Value(Value::Text(text)),
        serde_json::Value::Bool(value) => Given::Value(Value::Bool(value)),
        serde_json::Value::Number(number) => number
            .as_i64()
            .map_or(Given::Foreign("a fraction or a number out of range"), |number| {
                Given::Value(Value::Integer(number))
            }),
        serde_json::Value::Array(items) => {
            let texts: Option<Vec<String>> =
                items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
            texts.map_or(Given::Foreign("a list of other things"), |texts| {
                Given::Value(Value::Many(texts))
            })
        }
        serde_json::Value::Null => Given::Foreign("null"),
        serde_json::Value::Object(_) => Given::Foreign("an object"),
    }
}

/// Writes all answers, in the order of the questions, so that [`read`] gives them again.
#[must_use]
pub fn write(pack: &Pack, answers: &Answers, format: Format) -> String {
    let given = pack
        .questions
        .iter()
        .filter_map(|question| Some((question.key.as_str(), answers.get(question.key.as_str())?)));
    match format {
        Format::Toml => {
            let line = |(key, value): (&str, &Value)| {
                let value = toml::Value::try_from(value)
                    .map_or_else(|_| String::new(), |value| value.to_string());
                format!("{key} = {value}\n")
            };
            given.map(line).collect()
        }
        Format::Json => {
            let object: serde_json::Map<String, serde_json::Value> =
                given.map(|(key, value)| (key.to_owned(), serde_json::json!(value))).collect();
            format!("{:#}\n", serde_json::Value::Object(object))
        }
    }
}
