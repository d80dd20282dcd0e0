//! Checks of the addresses that templates may give.

use super::Checks;
use crate::document::At;

/// Returns `true` if a text is an address that a browser can open safely.
pub(crate) fn is_link(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let named = host.split('.').count() >= 2 && host.split('.').all(|label| !label.is_empty());
    named
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-')
        && text.len() <= 2_000
        && text.chars().all(|c| {
            !c.is_whitespace() && !c.is_control() && !matches!(c, '<' | '>' | '"' | '{' | '}')
        })
}

/// Returns `true` if a text is an address, a telephone number or an e-mail address.
pub(crate) fn is_contact(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let phone = (10..=15).contains(&digits)
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b' ' | b'+' | b'(' | b')' | b'-'));
    let email = text.split_once('@').is_some_and(|(name, host)| {
        let plain = |part: &str| {
            part.bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'+'))
        };
        !name.is_empty()
            && plain(name)
            && plain(host)
            && host.contains('.')
            && !host.starts_with('.')
            && !host.ends_with('.')
    });
    is_link(text) || phone || email
}

impl Checks<'_, '_> {
    pub(super) fn links(&mut self) {
        let links = &self.parts.links;
        let at = At::Table("links");
        let pages = [
            ("complaints", &links.complaints),
            ("official_review", &links.official_review),
            ("policy_page", &links.policy_page),
            ("law_guidance", &links.law_guidance),
        ];
        for (key, link) in pages
            .into_iter()
            .filter(|(_, link)| !link.is_empty() && !is_link(link))
        {
            let secure = link
                .strip_prefix("http://")
                .map(|rest| format!("https://{rest}"))
                .filter(|link| is_link(link));
            let instead = secure.map_or_else(
                || "an address that begins with https://, or \"\" until there is one,".to_owned(),
                |s| format!("\"{s}\""),
            );
            self.error(
                at,
                key,
                format!("\"{key}\" is no link that can be given to anybody"),
                instead,
            );
        }
        let contacts = [
            ("contact_public", &links.contact_public),
            ("challenge", &links.challenge),
        ];
        for (key, _) in contacts
            .into_iter()
            .filter(|(_, contact)| !contact.is_empty() && !is_contact(contact))
        {
            let message = format!("\"{key}\" is no address, telephone number or e-mail address");
            self.error(
                at,
                key,
                message,
                "one of these, or \"\" until there is one,",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_secure_address_is_a_link() {
        assert!(is_link("https://www.example.org/complaints?a=b#c"));
        for bad in [
            "",
            "#",
            "http://example.org",
            "https://",
            "https://localhost",
            "https://a b.org",
            "https://example.org/ x",
            "https://u:p@example.org",
            "javascript:alert(1)",
        ] {
            assert!(!is_link(bad), "{bad}");
        }
    }

    #[test]
    fn a_contact_may_be_a_number_or_an_address() {
        for good in [
            "01234 567890",
            "+44 (0)1234 567890",
            "ask@example.org",
            "https://example.org/contact",
        ] {
            assert!(is_contact(good), "{good}");
        }
        for bad in [
            "#",
            "1234",
            "call us",
            "@example.org",
            "a@b",
            "ask @example.org",
        ] {
            assert!(!is_contact(bad), "{bad}");
        }
    }
}
