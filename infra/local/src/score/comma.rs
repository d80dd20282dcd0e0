//! Tables with commas between the fields (RFC 4180): a field in double quotes may hold commas, line ends, and double
//! quotes that are doubled.

use anyhow::{Result, bail};

/// Cuts a table into its lines, each into its fields. Every line has as many fields as the first; empty lines count
/// for nothing.
pub(super) fn table(text: &str) -> Result<Vec<Vec<String>>> {
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut line = Vec::new();
    while !rest.is_empty() {
        let number = lines.len() + 1;
        let (field, after) = match rest.strip_prefix('"') {
            None => {
                let (field, after) = rest.split_at(rest.find([',', '\n']).unwrap_or(rest.len()));
                (field.strip_suffix('\r').unwrap_or(field).to_owned(), after)
            }
            Some(quoted) => match closing(quoted) {
                None => bail!("line {number} has a quotation mark that is never closed"),
                Some(end) => (quoted[..end].replace("\"\"", "\""), &quoted[end + 1..]),
            },
        };
        line.push(field);
        if let Some(after) = after.strip_prefix(',') {
            rest = after;
            if !rest.is_empty() {
                continue;
            }
            line.push(String::new());
        } else if let Some(after) = after.strip_prefix("\r\n").or_else(|| after.strip_prefix('\n')) {
            rest = after;
        } else if after.is_empty() {
            rest = after;
        } else {
            bail!("line {number} goes on after a closing quotation mark");
        }
        let line = std::mem::take(&mut line);
        match lines.first() {
            _ if line == [""] => {}
            Some(head) if head.len() != line.len() => {
                bail!("line {number} has {} fields and the first line {}", line.len(), head.len())
            }
            _ => lines.push(line),
        }
    }
    Ok(lines)
}

/// Returns where the quotation mark stands that closes a field, past those that are doubled.
fn closing(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    loop {
        at += bytes[at..].iter().position(|byte| *byte == b'"')?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_apart_as_they_went_together() {
        let text = "\u{feff}id,text\r\n1,plain\n2,\"a \"\"b\"\", c\nd\"\r\n\n3,\n\"4\",caf\u{e9}";
        let lines = table(text).unwrap();
        assert_eq!(lines, [["id", "text"], ["1", "plain"], ["2", "a \"b\", c\nd"], ["3", ""], ["4", "caf\u{e9}"]]);
        assert_eq!(table("a,b\n1,").unwrap(), [["a", "b"], ["1", ""]]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for (text, told) in [
            ("a,b\n1,\"x", "line 2 has a quotation mark"),
            ("a,b\n\"x\"y,2", "line 2 goes on"),
            ("a,b\n1,2,3", "line 2 has 3 fields and the first line 2"),
        ] {
            assert!(table(text).unwrap_err().to_string().starts_with(told), "{text}");
        }
    }
}
