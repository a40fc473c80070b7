//! `when` tables: conditions as data, without a language.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Key, Value};

/// A table that holds if every key's answer equals the value, or is one of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<Key, toml::Value>")]
pub struct When(BTreeMap<Key, Vec<Value>>);

impl TryFrom<BTreeMap<Key, toml::Value>> for When {
    type Error = String;

    fn try_from(table: BTreeMap<Key, toml::Value>) -> Result<Self, String> {
        let entry = |(key, written): (Key, toml::Value)| {
            let values: Result<Vec<Value>, String> = match written {
                toml::Value::Array(values) => values.into_iter().map(Value::try_from).collect(),
                one => Value::try_from(one).map(|value| vec![value]),
            };
            values.map(|values| (key, values))
        };
        table.into_iter().map(entry).collect::<Result<_, _>>().map(Self)
    }
}

impl When {
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
