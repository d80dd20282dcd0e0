//! What was let go when its time had passed, in words.

use pagewarden_ledger::{KeptAs, Run};

use crate::words;

/// Says what a run let go, and who had it done, as a sentence.
#[must_use]
pub fn said(run: &Run) -> String {
    let who = run.by.as_deref();
    let who = who.map_or_else(|| "The daily run".to_owned(), words::person);
    let all = run.counts.values().sum();
    let kinds: Vec<String> = run.counts.iter().map(|(kind, n)| kept(kind, *n)).collect();
    format!(
        "{who} deleted the words of {}: {}.",
        count(all, "post"),
        kinds.join(", ")
    )
}

/// Says how many were kept as one kind. A newer program may know more kinds.
fn kept(kind: &str, n: u64) -> String {
    match kind.parse() {
        Ok(KeptAs::Decided) => format!("{n} that something was decided about"),
        Ok(KeptAs::Complaint) => count(n, "complaint"),
        Ok(KeptAs::Safeguarding) => format!("{n} about somebody who may have been in danger"),
        Ok(KeptAs::Held) | Err(_) => format!("{n} kept as {kind}"),
    }
}

fn count(n: u64, what: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {what}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_says_who_how_many_and_of_which_kind() {
        let run = |by: Option<&str>, counts: &[(&str, u64)]| Run {
            at: jiff::Timestamp::UNIX_EPOCH,
            by: by.map(str::to_owned),
            counts: counts
                .iter()
                .map(|(kind, n)| ((*kind).to_owned(), *n))
                .collect(),
            line: 3,
            hash: String::new(),
        };
        assert_eq!(
            said(&run(None, &[("complaint", 2), ("decided", 1)])),
            "The daily run deleted the words of 3 posts: 2 complaints, 1 that something was decided about."
        );
        assert_eq!(
            said(&run(Some("Imran:practice_manager"), &[("safeguarding", 1)])),
            "Imran (practice manager) deleted the words of 1 post: 1 about somebody who may have been in danger."
        );
    }
}
