//! Platform ids: strings that become keys and parts of addresses, so they are looked at first.

use serde_json::Value;

/// Longest id taken. Platforms' ids have some 40 characters, Google's review ids some 100; a key
/// has room for 1,024.
const LONGEST: usize = 200;

/// Returns `true` if a text may be a platform's id: neither a key nor an address can be bent by it.
pub(crate) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'.' | b'='))
        && !text.bytes().all(|b| b == b'.')
}

/// Returns an id that may have been sent as a number.
///
/// A number with a fraction or an exponent has lost digits and is no id any more.
pub(crate) fn id(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            return None;
        }
    };
    is_id(&text).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_strings_are_ids_and_paths_are_not() {
        assert_eq!(
            id(&json!(98_735_342_324_352_u64)).as_deref(),
            Some("98735342324352")
        );
        assert_eq!(id(&json!("122_9")).as_deref(), Some("122_9"));
        for bad in [
            json!("../me"),
            json!("1#2"),
            json!(""),
            json!(".."),
            json!(1e20),
            json!(-1),
            json!(null),
        ] {
            assert_eq!(id(&bad), None, "{bad}");
        }
        assert_eq!(id(&json!("9".repeat(201))), None);
    }
}
