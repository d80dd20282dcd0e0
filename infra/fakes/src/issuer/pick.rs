//! The page on which to pick somebody to sign in as.

use std::fmt::Write as _;

use serde_json::Value;

use super::Account;

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<title>Stand-in for signing in – Pagewarden demonstration</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
body { font: 1rem/1.5 Arial, sans-serif; max-width: 40rem; margin: 0 auto; padding: 1rem }
button { font: inherit; min-height: 44px; width: 100%; text-align: left; padding: .25rem .75rem }
li { margin-bottom: .5rem }
ul { list-style: none; padding: 0 }
</style>
</head>
<body>
<main>
<h1>Who do you want to be?</h1>
<p>This is a stand-in for the service at which a practice's staff sign in, such as NHSmail. It runs on this computer
alone and asks for no password. Everybody on this list is invented.</p>
"#;

/// Returns the page, whose form passes on unchanged what the client asked for.
pub(super) fn page(accounts: &[Account], wanted: &Value) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("<form action=\"/authorize\" method=\"post\">\n");
    for (name, value) in wanted.as_object().into_iter().flatten() {
        let value = escaped(value.as_str().unwrap_or_default());
        let _infallible = writeln!(
            page,
            "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
        );
    }
    page.push_str("<ul>\n");
    for account in accounts {
        let [subject, name, known_as] =
            [&account.subject, &account.name, &account.known_as].map(|text| escaped(text));
        let _infallible = writeln!(
            page,
            "<li><button name=\"subject\" value=\"{subject}\"><strong>{name}</strong>, {known_as}</button></li>"
        );
    }
    page.push_str(
        "</ul>\n<p><button name=\"subject\" value=\"\">Cancel</button></p>\n</form>\n</main>\n</body>\n</html>\n",
    );
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_asked_for_is_passed_on_and_breaks_out_of_nothing() {
        let account = Account {
            subject: "1".to_owned(),
            name: "A <b>".to_owned(),
            email: String::new(),
            known_as: "reviewer".to_owned(),
        };
        let page = page(&[account], &json!({ "state": "\"><script>" }));
        assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;\""));
        assert!(
            page.contains("A &lt;b&gt;") && !page.contains("<b>") && !page.contains("<script>")
        );
    }
}
