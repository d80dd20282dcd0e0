//! What may stand in the answer to an author, which they read on a page that needs no signing in.

use pagewarden_rules::reply::{Why, faults};

/// Words in a row that are no accident.
const A_QUOTE: usize = 5;

/// Returns why an answer may not be given as it was written, if so: it says what no answer may say, or
/// would show the post's own words.
pub(crate) fn unfit(answer: &str, post: &str) -> Option<String> {
    // It says what was found and why, which an answer on the page may not.
    let mut faults = faults(answer, "", &[]).into_iter();
    if let Some(fault) = faults.find(|fault| matches!(fault.why, Why::Patient | Why::Blame)) {
        return Some(format!("{fault}."));
    }
    quotes(answer, post).then(|| {
        "Your answer repeats what was written in the post. Say why without its words.".to_owned()
    })
}

fn quotes(answer: &str, post: &str) -> bool {
    let (answer, post) = (words_of(answer), words_of(post));
    answer
        .windows(A_QUOTE)
        .any(|row| post.windows(A_QUOTE).any(|other| other == row))
}

fn words_of(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '\u{2019}')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POST: &str =
        "My neighbour Sheila Bowcott has been in there every week, for her depression";

    #[test]
    fn an_answer_repeats_no_post_and_makes_nobody_a_patient() {
        assert_eq!(
            unfit(
                "It names somebody else, and we were not told that they agreed.",
                POST
            ),
            None
        );
        let quoted = unfit("You wrote: sheila bowcott HAS been in, there.", POST);
        assert!(quoted.is_some_and(|why| why.contains("repeats")));
        let told = unfit("Please ask at your appointment.", POST);
        assert!(told.is_some_and(|why| why.contains("your appointment")));
        assert_eq!(unfit("", ""), None);
    }
}
