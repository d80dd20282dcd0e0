//! The build refuses a list that would decide nothing, or something else than its file says.

#[expect(dead_code, reason = "the build script uses the rest")]
#[path = "../build/lists.rs"]
mod lists;

use lists::{List, check};

fn list(name: &str, words: &str) -> List {
    List {
        name: name.to_owned(),
        why: "a reason".to_owned(),
        words: words.to_owned(),
        part: false,
    }
}

/// Returns what the build says to these lists, where the reader asks for `one` and `other`.
fn refusal(lists: &[List]) -> Option<String> {
    check(lists, &["one", "other"]).err()
}

#[test]
fn lists_that_are_asked_for_are_accepted() {
    let words = list("one", "in\n who's [at] n.h.s");
    let part = List {
        part: true,
        ..list("other", "st nd")
    };
    assert_eq!(refusal(&[words, part]), None);
}

#[test]
fn a_name_that_nothing_asks_for_is_refused() {
    let error = refusal(&[list("one", "a"), list("other", "a"), list("ones", "a")]);
    assert_eq!(error.as_deref(), Some("the reader asks for no list ones"));
}

#[test]
fn a_missing_list_is_refused() {
    assert_eq!(
        refusal(&[list("one", "a")]).as_deref(),
        Some("the reader asks for a list other")
    );
}

#[test]
fn a_second_list_of_one_name_is_refused() {
    let error = refusal(&[list("one", "a"), list("one", "b")]);
    assert_eq!(error.as_deref(), Some("list one is there twice"));
}

#[test]
fn a_word_that_a_list_has_twice_is_refused() {
    assert_eq!(
        refusal(&[list("one", "at in\nat")]).as_deref(),
        Some("list one: \"at\" is there twice")
    );
}

#[test]
fn an_empty_list_is_refused() {
    for words in ["", " \n"] {
        assert_eq!(
            refusal(&[list("one", words)]).as_deref(),
            Some("list one: it has no words")
        );
    }
}

#[test]
fn a_list_without_a_reason_is_refused() {
    let silent = List {
        why: " ".to_owned(),
        ..list("one", "a")
    };
    assert_eq!(
        refusal(&[silent]).as_deref(),
        Some("list one: it gives no reason")
    );
}

#[test]
fn a_spelling_that_no_text_has_is_refused() {
    for word in [
        "At",
        "caf\u{e9}",
        "x-ray",
        "n.h.s.",
        "d_o_b",
        "1st",
        "&",
        "'s",
        "of'",
        "o''d",
        "[at",
    ] {
        let error = refusal(&[list("one", word)]);
        assert!(
            error.is_some_and(|error| error.contains("no text has")),
            "{word}"
        );
    }
    let part = List {
        part: true,
        ..list("one", "n.h.s")
    };
    assert!(refusal(&[part]).is_some());
}
