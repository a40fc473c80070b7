//! `when` tables: conditions as data, without a language.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Key, Value};

/// A table that holds if every key's answer equals the value, or is one of the list.
///
/// A table in place of a value is written for many: `{ not = … }` for all answers but these, and
/// `{ min = …, max = … }` for numbers from the one to the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<Key, toml::Value>")]
pub struct When(BTreeMap<Key, Vec<Value>>, BTreeMap<Key, Many>);

/// Values that are written as what they are not, or as where they begin and end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Many {
    not: Vec<Value>,
    min: Option<i64>,
    max: Option<i64>,
}

impl TryFrom<BTreeMap<Key, toml::Value>> for When {
    type Error = String;

    fn try_from(table: BTreeMap<Key, toml::Value>) -> Result<Self, String> {
        let mut when = Self::default();
        for (key, written) in table {
            match written {
                toml::Value::Table(written) => {
                    when.1.insert(key, many(written)?);
                }
                written => {
                    when.0.insert(key, values(written)?);
                }
            }
        }
        Ok(when)
    }
}

fn many(written: toml::Table) -> Result<Many, String> {
    let mut many = Many::default();
    for (field, written) in written {
        match (field.as_str(), written) {
            ("not", written) => many.not = values(written)?,
            ("min", toml::Value::Integer(number)) => many.min = Some(number),
            ("max", toml::Value::Integer(number)) => many.max = Some(number),
            _ => return Err(format!("`{field}` is none of `not`, `min` and `max`")),
        }
    }
    Ok(many)
}

fn values(written: toml::Value) -> Result<Vec<Value>, String> {
    match written {
        toml::Value::Array(values) => values.into_iter().map(Value::try_from).collect(),
        one => Value::try_from(one).map(|value| vec![value]),
    }
}

impl When {
    /// Writes out what stands for many values, of those that a key can have.
    ///
    /// # Errors
    /// Returns the reason why a key cannot be asked so.
    pub(super) fn write_out(
        &mut self,
        all: impl Fn(&Key) -> Option<Vec<Value>>,
    ) -> Result<(), String> {
        for (key, many) in std::mem::take(&mut self.1) {
            let all =
                all(&key).ok_or_else(|| format!("`not`, `min`, `max`: `{key}` is no choice"))?;
            if let Some(wrong) = many.not.iter().find(|value| !all.contains(value)) {
                return Err(format!("`{wrong}` is no answer to `{key}`"));
            }
            let fits = |value: &Value| match value {
                Value::Integer(number) => {
                    many.min.is_none_or(|min| *number >= min)
                        && many.max.is_none_or(|max| *number <= max)
                }
                _ => many.min.is_none() && many.max.is_none(),
            };
            let left: Vec<Value> =
                all.into_iter().filter(|value| fits(value) && !many.not.contains(value)).collect();
            if left.is_empty() {
                return Err(format!("the condition of `{key}` never holds"));
            }
            self.0.insert(key, left);
        }
        Ok(())
    }

    /// Adds that an answer has to be this value.
    pub(super) fn with(mut self, key: &Key, value: Value) -> Self {
        self.0.insert(key.clone(), vec![value]);
        self
    }

    /// Tells whether the table holds for the answers that `answer` looks up.
    pub fn holds<'a>(&self, mut answer: impl FnMut(&Key) -> Option<&'a Value>) -> bool {
        self.0.iter().all(|(key, values)| answer(key).is_some_and(|given| fits(given, values)))
    }

    /// Iterates over the keys with the values that fit.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&Key, &[Value])> {
        self.0.iter().map(|(key, values)| (key, values.as_slice()))
    }

    /// Tells whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Several choices fit if one of them is listed.
fn fits(given: &Value, values: &[Value]) -> bool {
    match given {
        Value::Many(choices) => {
            choices.iter().any(|choice| values.iter().any(|value| value.as_text() == Some(choice)))
        }
        Value::Bool(_) | Value::Integer(_) | Value::Text(_) => values.contains(given),
    }
}

#[cfg(test)]
mod tests {
    use super::{Value, When};

    #[test]
    fn holds_if_every_key_has_a_listed_value() {
        let when: When =
            toml::from_str("proxy = ['nginx', 'envoy']\nmetrics = true").expect("toml");
        let cases = [
            ("nginx", true, true),
            ("envoy", true, true),
            ("traefik", true, false),
            ("nginx", false, false),
        ];

        for (proxy, metrics, expected) in cases {
            let (proxy, metrics) = (Value::from(proxy), Value::Bool(metrics));
            let holds = when.holds(|key| match key.as_str() {
                "proxy" => Some(&proxy),
                "metrics" => Some(&metrics),
                _ => None,
            });
            assert_eq!(holds, expected, "{proxy} {metrics}");
        }
    }
}
