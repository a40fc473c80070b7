//! Placeholders in paths, links and defaults: `{= key =}` and `{= key | snake =}`.

/// The longest text that placeholders make, in bytes: they can double each other.
pub const MAX_FILLED: usize = 64 << 10;

/// Replaces each placeholder in `text` by what `lookup` says of its key.
///
/// # Errors
/// Returns what stands in the placeholder that could not be replaced, or that made it too long.
pub fn interpolate(
    text: &str,
    mut lookup: impl FnMut(&str) -> Option<String>,
) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{=") {
        let (inner, behind) = after.split_once("=}").ok_or_else(|| after.to_owned())?;
        let (key, filter) = match inner.split_once('|') {
            Some((key, filter)) => (key.trim(), Some(filter.trim())),
            None => (inner.trim(), None),
        };
        let value = lookup(key).ok_or_else(|| inner.trim().to_owned())?;
        result.push_str(before);
        match filter {
            None => result.push_str(&value),
            Some("snake") => result.push_str(&snake(&value)),
            Some(_) => return Err(inner.trim().to_owned()),
        }
        if result.len() > MAX_FILLED {
            return Err(inner.trim().to_owned());
        }
        rest = behind;
    }
    result.push_str(rest);
    Ok(result)
}

/// Returns the keys that the placeholders in `text` name.
#[must_use]
pub fn placeholders(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let _ = interpolate(text, |key| {
        keys.push(key.to_owned());
        Some(String::new())
    });
    keys
}

/// Returns the text as a `snake_case` name: `shop_api` for `Shop-API`.
#[must_use]
pub fn snake(text: &str) -> String {
    let name = |c: char| {
        if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }
    };
    text.chars().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::interpolate;

    #[test]
    fn interpolate_fills_known_keys_and_names_unknown_ones() {
        let lookup = |key: &str| (key == "name").then(|| "shop-api".to_owned());
        let cases = [
            ("src/{= name =}/a", Ok("src/shop-api/a")),
            ("{=name|snake=}.py", Ok("shop_api.py")),
            ("plain ${{ x }}", Ok("plain ${{ x }}")),
            ("{= nope =}", Err("nope")),
            ("{= name | shout =}", Err("name | shout")),
            ("{= name", Err(" name")),
        ];

        for (text, expected) in cases {
            let result = interpolate(text, lookup);
            assert_eq!(result.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }
}
