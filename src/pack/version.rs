//! Versions of packs and of the program: three numbers.

use std::fmt;

use serde::Deserialize;

/// A version such as `1.2.0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Version([u32; 3]);

impl std::str::FromStr for Version {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("`{text}` is no version: write three numbers, such as `1.2.0`");
        let mut parts = text.split('.').map(|part| {
            let plain = part == "0" || !part.starts_with('0');
            if plain && part.bytes().all(|byte| byte.is_ascii_digit()) {
                part.parse().ok()
            } else {
                None
            }
        });
        let mut next = || parts.next().flatten().ok_or_else(wrong);
        let version = Self([next()?, next()?, next()?]);
        if parts.next().is_some() { Err(wrong()) } else { Ok(version) }
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for Version {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(formatter, "{major}.{minor}.{patch}")
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn versions_are_three_numbers_in_numeric_order() {
        let parse = |text: &str| text.parse::<Version>();

        assert!(parse("1.10.0").expect("legal") > parse("1.9.3").expect("legal"));
        for text in ["", "1", "1.2", "1.2.3.4", "1.02.3", "1.-2.3", "v1.2.3", "1.2.x"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
