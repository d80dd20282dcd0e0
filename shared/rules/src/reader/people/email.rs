//! E-mail addresses, written as they are or spelt out with "at" and "dot".

use crate::reader::parts::OFFICE_MAILBOX;
use crate::reader::text::Kind;

use super::page::Page;
use super::vocabulary::{ENDINGS, GRAMMAR, MAILBOX, REACH, SPELT_AT, SPELT_DOT, SPELT_MARK};

/// Returns the first and last token of the address that starts at a token, or whose "at" is the
/// token.
pub(super) fn at(page: &Page<'_>, at: usize) -> Option<(usize, usize)> {
    if page.kind(at) == Some(Kind::Email) {
        let (local, host) = page.word(at).split_once('@')?;
        return (!is_office(local, host)).then_some((at, at));
    }
    if at == 0 || at + 1 >= page.len() {
        return None;
    }
    let spelt = page.has(at, SPELT_AT);
    let sign = page.signed && page.gap(at).contains('@') && page.gap(at).len() < 8;
    let host = match (spelt, sign) {
        (true, _) => at + 1,
        (false, true) => at,
        _ => return None,
    };
    let (last, dots) = host_end(page, host)?;
    let first = local_start(page, at);
    if first == at || is_office(page.word(first), page.word(host)) {
        return None;
    }
    // "look at google.com": a written-out host needs more than an "at" before it. "[at]" is an "@"
    // and nothing else.
    let told = page.find(first.saturating_sub(6), at, REACH).is_some();
    let known = page.is(host, MAILBOX) || page.word(host).split('.').next().is_some_and(is_mailbox);
    let plain = spelt && page.word(at) == "at" && dots == 0;
    (!plain || told || known).then_some((first, last))
}

fn is_mailbox(host: &str) -> bool {
    super::vocabulary::classes(host).any(MAILBOX)
}

/// Returns the last token of a host and how many points of it were spelt.
fn host_end(page: &Page<'_>, host: usize) -> Option<(usize, usize)> {
    if page.kind(host) == Some(Kind::Url) {
        return (!page.word(host).contains('/')).then_some((host, 0));
    }
    if !matches!(page.kind(host), Some(Kind::Word | Kind::Mixed)) {
        return None;
    }
    let (mut last, mut dots) = (host, 0);
    // A host has at most four labels in practice.
    for _ in 0..4 {
        let next = if page.has(last + 1, SPELT_DOT) {
            last + 2
        } else if page.gap(last + 1).trim() == "." && page.is(last + 1, ENDINGS) {
            last + 1
        } else {
            break;
        };
        if !matches!(page.kind(next), Some(Kind::Word | Kind::Mixed | Kind::Url)) {
            break;
        }
        (last, dots) = (next, dots + 1);
    }
    let ended = page.is(last, ENDINGS) || page.kind(last) == Some(Kind::Url);
    (dots > 0 && ended).then_some((last, dots))
}

/// Walks back over the local part: words and numbers joined by points, "dot" or underscores.
fn local_start(page: &Page<'_>, at: usize) -> usize {
    let mut first = at;
    for _ in 0..6 {
        let Some(before) = first.checked_sub(1) else {
            break;
        };
        let part = matches!(
            page.kind(before),
            Some(Kind::Word | Kind::Mixed | Kind::Number)
        ) && !page.is(before, GRAMMAR)
            && !page.has(before, SPELT_AT);
        if !part {
            break;
        }
        let dotted = first < at && matches!(page.gap(first).trim(), "." | "_" | "-" | "+");
        if first < at && !dotted {
            break;
        }
        first = before;
        // "jane dot smith at": step over the spelt point to the part before it.
        if page.had(first, 1, SPELT_MARK) && first >= 2 {
            first -= 2;
        }
    }
    first
}

/// An address of an organisation: by its mailbox, or by the hosts of the NHS and of the government.
fn is_office(local: &str, host: &str) -> bool {
    OFFICE_MAILBOX.binary_search(&local).is_ok()
        || host.ends_with("nhs.uk")
        || host.ends_with("gov.uk")
}
