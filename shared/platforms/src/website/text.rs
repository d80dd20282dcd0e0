//! The words of a comment: WordPress keeps comments as HTML, and even what looks plain has its `&`
//! written `&amp;`.

use html_escape::decode_html_entities;

/// Returns what a reader sees, with the addresses behind links, which a reader does not see but
/// follows.
///
/// A comment holds the few tags that WordPress lets through, so tags are cut out rather than
/// parsed; they may well stand inside a word, and cutting joins it again.
pub(super) fn words(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut link: Option<(String, usize)> = None;
    // Where a quotation begins there is no line before its first.
    let mut quoted_from = usize::MAX;
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        push(&mut out, before);
        let opens =
            tag[1..].starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        if !opens {
            out.push('<');
            rest = &tag[1..];
            continue;
        }
        // Without an end there is no tag in all that follows.
        let Some(end) = tag.find('>') else {
            rest = tag;
            break;
        };
        let inside = &tag[1..end];
        rest = &tag[end + 1..];
        let name: String = inside
            .chars()
            .take_while(|c| !c.is_whitespace())
            .collect::<String>()
            .to_ascii_lowercase();
        match name.trim_end_matches('/') {
            "a" => link = address(inside).map(|address| (address, out.len())),
            "/a" => {
                if let Some((address, start)) = link.take()
                    && !is_shown(&out[start..], &address)
                {
                    out.push_str(" (");
                    out.push_str(&address);
                    out.push(')');
                }
            }
            "br" | "p" | "/p" | "li" | "div" | "/div"
                if !out.ends_with('\n') && out.len() != quoted_from =>
            {
                out.push('\n');
            }
            // Marked as somebody else's words, which is how they are to be judged.
            "q" | "/q" => out.push('"'),
            "blockquote" => {
                if !out.ends_with('\n') {
                    out.push('\n');
                }
                out.push('"');
                quoted_from = out.len();
            }
            "/blockquote" => {
                out.truncate(out.trim_end().len());
                out.push_str("\"\n");
            }
            _ => {}
        }
    }
    push(&mut out, rest);
    out.replace("\r\n", "\n").trim().to_owned()
}

fn push(out: &mut String, html: &str) {
    out.push_str(&decode_html_entities(html));
}

/// Returns the address of an opening link.
fn address(tag: &str) -> Option<String> {
    let at = tag.to_ascii_lowercase().find("href=")?;
    let value = &tag[at + "href=".len()..];
    let value = match value.chars().next()? {
        quote @ ('"' | '\'') => value[1..].split(quote).next()?,
        _ => value.split_whitespace().next()?,
    };
    Some(decode_html_entities(value).trim().to_owned()).filter(|address| !address.is_empty())
}

/// Returns `true` if the words of a link already say where it leads.
fn is_shown(words: &str, address: &str) -> bool {
    let plain = |text: &str| {
        let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
        text.trim_start_matches("https://")
            .trim_start_matches("http://")
            .to_owned()
    };
    plain(words) == plain(address)
}

/// Returns a text as WordPress keeps it, so that nothing in it is taken for a tag.
pub(super) fn html(words: &str) -> String {
    html_escape::encode_text(words).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_a_reader_sees_them() {
        for (html, expected) in [
            ("Rude &amp; late", "Rude & late"),
            ("you i<b>di</b>ot", "you idiot"),
            ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
            ("I <3 this", "I <3 this"),
            ("&lt;b&gt; stays", "<b> stays"),
            ("<p>One</p>\n<p>Two<br />Three</p>", "One\n\nTwo\nThree"),
            ("<q>kill</q> it", "\"kill\" it"),
            (
                "<blockquote>kill it</blockquote>\nOh no",
                "\"kill it\"\n\nOh no",
            ),
            (
                "A<blockquote cite=x><p>kill</p>\n<p>it</p></blockquote><p>No</p>",
                "A\n\"kill\n\nit\"\nNo",
            ),
            ("open <a href", "open <a href"),
            (
                "&#8217;&#x2019;&nbsp;&bogus;",
                "\u{2019}\u{2019}\u{a0}&bogus;",
            ),
            ("a\r\nb", "a\nb"),
            ("", ""),
        ] {
            assert_eq!(words(html), expected, "{html}");
        }
    }

    #[test]
    fn where_a_link_leads_is_part_of_the_words() {
        let of = |html: &str| words(html);
        assert_eq!(
            of("<a href=\"https://win.example/?a=1&amp;b=2\">here</a>!"),
            "here (https://win.example/?a=1&b=2)!"
        );
        assert_eq!(
            of("<A rel=x HREF='https://win.example/'>https://win.example</a>"),
            "https://win.example"
        );
        assert_eq!(of("<a name=x>here</a>"), "here");
        assert_eq!(of("<a href=https://win.example>here"), "here");
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["R&D", "a <b> c", "\"quoted\" & 'so'", "&amp; stays"] {
            assert_eq!(words(&html(text)), text);
        }
    }

    #[test]
    fn a_hostile_text_takes_linear_time() {
        for hostile in [
            "<a".repeat(500_000),
            "<".repeat(1_000_000),
            "<<>".repeat(300_000),
            "< ".repeat(500_000) + ">",
            "&".repeat(1_000_000),
        ] {
            let started = std::time::Instant::now();
            words(&hostile);
            assert!(started.elapsed().as_secs() < 5, "{}", &hostile[..8]);
        }
    }
}
