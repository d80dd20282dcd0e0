//! Policy files with mistakes in them: every mistake is told, with its line and what to write
//! instead.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot load its file fails there"
)]

use pagewarden_policies::{Loaded, Problems, Variable, Variables, load, shipped};
use pagewarden_rules::TaskKind;
use proptest::prelude::*;

const PUBLISHED: &str = "Our rules\n\n1. Do not be rude to our staff. Rude posts will be deleted.\n\
    2. We answer complaints under our procedure, and not here.\nThank you for reading.\n";

const POLICY: &str = r#"[practice]
id = "sixth"
name = "The Sixth Surgery"
nation = "wales"
timezone = "Europe/London"
audience = ["patients"]
responder = "the manager"
title = "Our rules"
source = "sixth.txt"
source_sha256 = "SHA"

[links]
complaints = "https://sixth.example/complaints"

[[channel]]
platform = "facebook"
surfaces = ["comment", "visitor_post"]

[[clause]]
id = "S1"
topics = ["obscene", "custom:car_park", "defamatory"]
place = "own"
says = "will"
effects = ["capture", "hide", "delete"]
auto = ["capture", "hide"]
auto_topics = ["obscene"]
quote = "Do not be rude to our staff. Rude posts will be deleted."

[[clause]]
id = "S2"
topics = ["complaint"]
place = "own"
says = "context"
no_public_reply = true
quote = "We answer complaints under our procedure, and not here."

[[context]]
quote = "Thank you for reading."

[[custom]]
name = "car_park"
words = ["double parked"]
patterns = ['park(ed|ing)? badly']

[ladder]
window_months = 12
hold_if_open_complaint = true

[retention]
no_breach_text_days = 0
evidence_months = 24
"#;

/// SHA-256 of `PUBLISHED`, taken from the loader's own advice: it must be right, or nothing would
/// load.
fn policy() -> String {
    let problems = load(POLICY, PUBLISHED, "sixth.toml").unwrap_err();
    let advice = problems
        .iter()
        .map(|problem| problem.instead.split('"').nth(1).unwrap_or_default());
    let digest = advice.into_iter().find(|word| word.len() == 64).unwrap();
    POLICY.replace("SHA", digest)
}

/// Loads the policy with one thing changed, which must be there.
fn changed(from: &str, to: &str) -> Result<Loaded, Problems> {
    let policy = policy();
    assert!(policy.contains(from), "{from} is not in the policy");
    load(&policy.replacen(from, to, 1), PUBLISHED, "sixth.toml")
}

fn told(from: &str, to: &str) -> Vec<String> {
    changed(from, to)
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The line of a text in the policy.
fn line(text: &str) -> usize {
    POLICY.lines().position(|line| line.contains(text)).unwrap() + 1
}

#[track_caller]
fn tells(from: &str, to: &str, at: usize, message: &str) {
    let told = told(from, to);
    let start = format!("sixth.toml:{at}: ");
    assert!(
        told.iter()
            .any(|t| t.starts_with(&start) && t.contains(message)),
        "line {at}: {message}\nnot in {told:#?}"
    );
}

#[test]
fn a_sixth_practice_is_a_file() {
    let loaded = load(&policy(), PUBLISHED, "sixth.toml").unwrap();
    assert_eq!(loaded.policy.clauses.len(), 2);
    assert_eq!(loaded.context, ["Thank you for reading."]);
    assert_eq!(loaded.warnings, []);
}

#[test]
fn strangers_are_told_with_what_was_meant() {
    tells(
        "topics = [\"obs",
        "topic = [\"obs",
        line("topics = [\"obs"),
        "unknown key \"topic\" in [[clause]]; write \"topics\"",
    );
    tells(
        "[\"obscene\",",
        "[\"obscen\",",
        line("topics = [\"obs"),
        "unknown word \"obscen\" in \"topics\"; write \"obscene\"",
    );
    tells(
        "\"hide\", \"delete\"",
        "\"hied\", \"delete\"",
        line("effects ="),
        "write \"hide\" instead",
    );
    tells(
        "\"visitor_post\"",
        "\"visitor\"",
        line("surfaces ="),
        "write \"visitor_post\" instead",
    );
    tells(
        "\"facebook\"",
        "\"facebok\"",
        line("platform ="),
        "write \"facebook\" instead",
    );
    tells(
        "[ladder]",
        "[lader]",
        line("[ladder]"),
        "write \"ladder\" instead",
    );
    tells(
        "says = \"will\"",
        "says = \"perhaps\"",
        line("says = \"will\""),
        "one of will, may, reserves, asks, none, context",
    );
    tells(
        "id = \"S1\"\n",
        "",
        line("[[clause]]"),
        "[[clause]] has no \"id\"",
    );
    tells(
        "window_months = 12",
        "window_months = 999",
        line("window_months"),
        "from 0 to 120",
    );
    tells(
        "no_public_reply = true",
        "no_public_reply = \"yes\"",
        line("no_public_reply"),
        "true or false",
    );
}

#[test]
fn all_problems_are_told_at_once() {
    let policy = policy()
        .replace("\"obscene\", \"custom", "\"obscen\", \"custom")
        .replace("https://sixth.example/complaints", "#")
        .replace("Thank you for reading.\"", "Thank you for watching.\"")
        .replace("double parked", "!!");
    let told: Vec<String> = load(&policy, PUBLISHED, "sixth.toml")
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    let lines: Vec<&str> = told
        .iter()
        .map(|told| told.split(": ").next().unwrap())
        .collect();
    let expected: Vec<String> = ["complaints =", "topics = [\"obs", "Thank you", "words ="]
        .iter()
        .map(|text| format!("sixth.toml:{}", line(text)))
        .collect();
    assert_eq!(lines, expected, "{told:#?}");
}

#[test]
fn a_quote_stands_word_for_word() {
    tells(
        "Rude posts will be deleted.",
        "Rude posts may be deleted.",
        line("Rude posts"),
        "the quote \"Rude posts may be deleted.\" does not stand in the published text; write the published \"Rude posts \
         will be deleted.\" instead",
    );
    tells(
        "\"Thank you for reading.\"",
        "\"hank you for reading.\"",
        line("Thank you"),
        "does not stand",
    );
    tells(
        "\"Thank you for reading.\"",
        "\"...\"",
        line("Thank you"),
        "is empty",
    );
    let at = line("Thank you");
    tells(
        "\"Thank you for reading.\"",
        "\"Thank you for reading. Rude posts will be deleted.\"",
        at,
        "do not follow one another",
    );
    let folded = changed("our staff. Rude", "our  staff.\\n Rude").unwrap();
    assert_eq!(folded.policy.clauses[0].id, "S1");
}

#[test]
fn every_published_sentence_is_claimed() {
    let told = told(" Rude posts will be deleted.\"", "\"");
    assert_eq!(
        told,
        [
            "sixth.txt:3: no clause claims \"Rude posts will be deleted.\"; write a [[clause]] that quotes it, or a \
          [[context]] if it asks for nothing, instead"
        ]
    );
}

#[test]
fn another_published_text_is_noticed() {
    let problems = load(
        &policy(),
        &PUBLISHED.replace("Thank", "thank"),
        "sixth.toml",
    )
    .unwrap_err();
    assert!(
        problems[0]
            .to_string()
            .contains("sixth.txt is not the text that this policy was read from")
    );
}

#[test]
fn a_clause_must_be_reachable() {
    tells(
        "id = \"S2\"",
        "id = \"S1\"",
        line("id = \"S2\""),
        &format!("stands on line {} already", line("id = \"S1\"")),
    );
    tells(
        "topics = [\"complaint\"]",
        "topics = []",
        line("topics = [\"complaint\"]"),
        "nothing can engage S2",
    );
    let at = line("says = \"context\"");
    tells(
        "says = \"context\"",
        "platforms = [\"google\"]\nsays = \"context\"",
        at,
        "on none of its platforms",
    );
    tells(
        "says = \"context\"",
        "detect = \"human\"\nsays = \"context\"",
        at - 1,
        "staff log what happens on the premises",
    );
    tells(
        "says = \"context\"",
        "platforms = [\"staff_log\"]\nsays = \"context\"",
        at,
        "which only detect = \"human\" reads",
    );
    tells(
        "\"visitor_post\"",
        "\"review\"",
        line("surfaces"),
        "facebook has no surface \"review\"",
    );
}

#[test]
fn the_safe_floor_cannot_be_loosened() {
    let at = line("auto = ");
    tells(
        "auto = [\"capture\", \"hide\"]",
        "auto = [\"delete\"]",
        at,
        "the safe floor leaves \"delete\" to a person",
    );
    tells(
        "auto = [\"capture\", \"hide\"]",
        "auto = [\"case\"]",
        at,
        "in \"auto\" and not in \"effects\"",
    );
    let at = line("auto_topics = ");
    tells(
        "auto_topics = [\"obscene\"]",
        "auto_topics = [\"harassing\"]",
        at,
        "in \"auto_topics\" and not in \"topics\"",
    );
    tells(
        "auto_topics = [\"obscene\"]",
        "auto_topics = [\"defamatory\"]",
        at,
        "needs facts or law",
    );
    tells(
        "[\"obscene\", \"custom:car_park\", \"defamatory\"]",
        "[\"defamatory\"]",
        at - 1,
        "never hides by itself",
    );
}

#[test]
fn contradictions_are_told() {
    let at = line("auto = ");
    tells(
        "auto = [",
        "never = [\"hide\"]\nauto = [",
        at,
        "both asks for \"hide\" and forbids it",
    );
    tells(
        "no_public_reply = true",
        "no_public_reply = true\neffects = [\"public_reply\"]",
        line("no_public_reply"),
        "forbids public replies",
    );
    tells(
        "no_public_reply = true",
        "delete_role = \"reviewer\"",
        line("no_public_reply"),
        "says who deletes, and deletes nothing",
    );
    tells(
        "\"hide\", \"delete\"]",
        "\"hide\", \"delete\", \"ladder\"]",
        line("effects ="),
        "the ladder has no steps",
    );
    tells(
        "says = \"will\"",
        "says = \"context\"",
        line("says = \"will\""),
        "yet takes posts away",
    );
}

#[test]
fn words_go_out_from_templates_only() {
    let at = line("effects =");
    tells(
        "\"hide\", \"delete\"]",
        "\"hide\", \"ask_author\"]",
        at,
        "names no template",
    );
    let with = |name: &str| format!("\"hide\", \"ask_author\"]\ntemplate = \"{name}\"");
    tells(
        "\"hide\", \"delete\"]",
        &with("private.rule_hiden"),
        at + 1,
        "write \"private.rule_hidden\" instead",
    );
    tells(
        "\"hide\", \"delete\"]",
        &with("public.house_rules"),
        at + 1,
        "begins with \"private.\"",
    );
}

#[test]
fn bad_links_are_told() {
    let at = line("complaints =");
    tells("https://sixth.example/complaints", "#", at, "is no link");
    tells(
        "https://sixth",
        "http://sixth",
        at,
        "write \"https://sixth.example/complaints\" instead",
    );
    tells(
        "https://sixth.example/complaints\"",
        "\"\nchallenge = \"shout\"",
        at + 1,
        "\"challenge\" is no address",
    );
}

#[test]
fn what_a_sentence_leaves_open_must_be_marked() {
    tells(
        "source = \"sixth.txt\"",
        "source = \"../sixth.txt\"",
        line("source = "),
        "plain file name",
    );
    tells(
        "quote = \"We",
        "placeholder = \"<x>\"\nquote = \"We",
        line("quote = \"We"),
        "does not stand in the quote of S2",
    );
    let published = PUBLISHED.replace("and not here", "[see](#) or <our other page>");
    let policy = policy().replace("and not here", "[see](#) or <our other page>");
    let told: Vec<String> = load(&policy, &published, "sixth.toml")
        .unwrap_err()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        told.iter()
            .any(|told| told.contains("placeholder = \"<our other page>\"")),
        "{told:#?}"
    );
    assert!(
        told.iter().any(|told| told.contains("broken_link = \"#\"")),
        "{told:#?}"
    );
}

#[test]
fn custom_topics_are_checked() {
    let at = line("patterns =");
    tells(
        "park(ed|ing)? badly",
        "park(ed",
        at,
        "does not compile: unclosed group",
    );
    tells(
        "park(ed|ing)? badly",
        "(park)*",
        at,
        "matches the empty text",
    );
    tells("park(ed|ing)? badly", "\\b", at, "matches the empty text");
    tells(
        "park(ed|ing)? badly",
        "(\\w{1000}){1000}",
        at,
        "does not compile",
    );
    tells(
        "double parked",
        "!!",
        line("words ="),
        "is no word or phrase",
    );
    tells(
        "name = \"car_park\"",
        "name = \"Car park\"",
        line("name = \"car_park\""),
        "lower-case letters",
    );
    tells(
        "name = \"car_park\"",
        "name = \"parking\"",
        line("topics = [\"obs"),
        "\"custom:car_park\" is used and not defined",
    );
    let words: Vec<String> = (0..20_000).map(|number| format!("\"w{number}\"")).collect();
    let many = format!(
        "[[custom]]\nname = \"many\"\nwords = [{}]\n\n[ladder]",
        words.join(",")
    );
    let problems = changed("[ladder]", &many).unwrap_err();
    assert!(
        problems.iter().any(|one| one
            .message
            .contains("words of the practice's own, more than 2000")),
        "{problems:?}"
    );
    let spare = "[[custom]]\nname = \"spare\"\nwords = [\"tyre\"]\n\n[ladder]";
    assert!(
        changed("[ladder]", spare).unwrap().warnings[0]
            .message
            .contains("no clause uses \"custom:spare\"")
    );
}

#[test]
fn no_policy_may_take_away_an_opinion() {
    for opinion in ["criticism", "praise", "review", "custom:one_star"] {
        let among = format!("\"obscene\", \"{opinion}\", \"custom");
        let told = told("\"obscene\", \"custom", &among);
        let message = format!("S1 asks for \"hide\" on \"{opinion}\": the safe floor keeps");
        assert!(told.iter().any(|told| told.contains(&message)), "{told:#?}");
        for effect in [
            "hide",
            "delete",
            "report",
            "ban",
            "mute",
            "moderate",
            "ladder",
            "legal_advice",
        ] {
            let alone = policy()
                .replace(
                    "\"obscene\", \"custom:car_park\", \"defamatory\"",
                    &format!("\"{opinion}\""),
                )
                .replace(
                    "effects = [\"capture\", \"hide\", \"delete\"]",
                    &format!("effects = [\"capture\", \"{effect}\"]"),
                )
                .replace(
                    "auto = [\"capture\", \"hide\"]\nauto_topics = [\"obscene\"]",
                    "auto = [\"capture\"]",
                );
            let problems = load(&alone, PUBLISHED, "sixth.toml").unwrap_err();
            let refused = problems.iter().any(|problem| {
                problem
                    .message
                    .contains("the safe floor keeps what people think")
            });
            assert!(refused, "{effect} on {opinion}: {problems:#?}");
        }
    }
    for unknown in ["rating", "sentiment"] {
        let among = format!("\"obscene\", \"{unknown}\", \"custom");
        let told = told("\"obscene\", \"custom", &among).join("\n");
        assert!(
            told.contains("what people think of the service is free"),
            "{told}"
        );
    }
    // To be looked at, answered or counted it may be.
    let answered = policy()
        .replace(
            "\"obscene\", \"custom:car_park\", \"defamatory\"",
            "\"criticism\", \"custom:car_park\"",
        )
        .replace(
            "effects = [\"capture\", \"hide\", \"delete\"]",
            "effects = [\"capture\", \"case\"]",
        )
        .replace(
            "auto = [\"capture\", \"hide\"]\nauto_topics = [\"obscene\"]",
            "auto = [\"capture\", \"case\"]",
        );
    assert!(load(&answered, PUBLISHED, "sixth.toml").is_ok());
}

/// The policy with tables of its own at the end.
fn with(tables: &str) -> Result<Loaded, Problems> {
    load(&format!("{}\n{tables}", policy()), PUBLISHED, "sixth.toml")
}

#[test]
fn a_policy_may_bring_its_own_words() {
    let loaded = with(
        "[templates.private.rule_hidden]\nwhile_visible = \"private.our_words\"\ntext = \"We have hidden it, {surgery}.\"\n\
         [templates.private.our_words]\ntext = \"Please take it down, {surgery}.\"\n\
         [templates.private.privacy_hidden]\ntext = \"Please think of others.\"\n\
         [tasks]\nconfirm_delete = \"Our rules say that rude posts go.\"\n",
    )
    .unwrap();
    let practice = Variables::default().with(Variable::Surgery, "The Sixth");
    let words = |name: &str| loaded.templates.render(name, &practice).unwrap();
    assert_eq!(
        words("private.rule_hidden"),
        "We have hidden it, The Sixth."
    );
    assert_eq!(
        words(loaded.templates.while_visible("private.rule_hidden")),
        "Please take it down, The Sixth."
    );
    assert_eq!(
        loaded.templates.while_visible("private.privacy_hidden"),
        "private.privacy_hidden"
    );
    assert!(loaded.templates.get("public.safeguarding").is_some());
    assert_eq!(
        loaded.policy.tasks[&TaskKind::ConfirmDelete],
        "Our rules say that rude posts go."
    );
    let used = changed(
        "auto_topics = [",
        "template = \"private.mine\"\nauto_topics = [",
    )
    .unwrap_err();
    assert!(used[0].message.contains("unknown template"), "{used:?}");
}

#[test]
fn own_task_words_keep_to_what_each_clause_says() {
    let hides = "says = \"will\"\neffects = [\"capture\", \"hide\", \"delete\"]";
    assert!(policy().contains(hides));
    let with = |says: &str, sentence: &str| {
        let text = policy().replace(hides, says);
        load(
            &format!("{text}\n[tasks]\ndecide = \"{sentence}\""),
            PUBLISHED,
            "sixth.toml",
        )
    };
    let (only_hides, may) = (
        "says = \"will\"\neffects = [\"capture\", \"hide\"]",
        "says = \"may\"\neffects = [\"capture\", \"hide\", \"delete\"]",
    );
    for (says, sentence, refused) in [
        (hides, "It will be deleted.", false),
        (hides, "It may be deleted.", false),
        (only_hides, "It will be hidden.", false),
        (only_hides, "It will be deleted.", true),
        (only_hides, "It may be taken down.", true),
        (may, "It may be deleted.", false),
        (may, "It will be deleted.", true),
        (only_hides, "Rude posts go.", false),
    ] {
        let told = with(says, sentence);
        let contradicts = told.is_err_and(|told| {
            told.iter()
                .any(|one| one.message.contains("says more than S1 does"))
        });
        assert_eq!(contradicts, refused, "{says}: {sentence}");
    }
}

#[test]
fn a_policys_own_words_are_checked_like_ours() {
    for (tables, message) in [
        (
            "[templates.private.a]\ntext = \"We have hidden it.\"",
            "it may still be seen when this is sent",
        ),
        (
            "[templates.private.a]\ntext = \"Ask {surgry}.\"",
            "unknown variable {surgry}",
        ),
        (
            "[templates.public.a]\ntext = \"We report [quote].\"",
            "square brackets are for a person to fill",
        ),
        (
            "[templates.public.a]\ntext = \"Sorry about your visit.\"",
            "says that somebody is a patient",
        ),
        (
            "[templates.publik.a]\ntext = \"A.\"",
            "a template stands in no group",
        ),
        (
            "[templates.public.\"A b\"]\ntext = \"A.\"",
            "is no name of a template",
        ),
        (
            "[templates.private.a]\nwhile_visible = \"public.house_rules\"\ntext = \"We have hidden it.\"",
            "names no template that can be sent",
        ),
        (
            "[tasks]\nconfirm_delet = \"A.\"",
            "there are no tasks \"confirm_delet\"; write \"confirm_delete\" instead",
        ),
        ("[tasks]\ndecide = \"It was hidden.\"", "says what was done"),
        (
            "[templates.public.a]\ntext = \"You were rude to us.\"",
            "blames the author",
        ),
        (
            "[templates.private.a]\ntext = \"We will refund it.\"",
            "promises what nobody can know yet",
        ),
        (
            "[templates.letter.a]\ntext = \"Dr Patel asked us to write.\"",
            "names a person or points to one",
        ),
        (
            "[tasks]\nconfirm_delete = \"Rude posts will be reported.\"",
            "the sentence for \"confirm_delete\" says more than S1 does",
        ),
        ("[tasks]\ndecide = \" \"", "cannot stand in a list of tasks"),
        ("[tasks]\ndecide = 3", "holds a number"),
        (
            &format!("[tasks]\ndecide = \"{}\"", "a".repeat(241)),
            "cannot stand in a list of tasks",
        ),
    ] {
        let told: Vec<String> = with(tables)
            .unwrap_err()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(
            told.iter().any(|told| told.contains(message)),
            "{tables}: {message}\nnot in {told:#?}"
        );
    }
}

#[test]
fn what_is_not_toml_is_told_by_line() {
    tells("[links]", "[links", line("[links]"), "not TOML");
    assert!(load("", "", "empty.toml").unwrap_err().len() >= 6);
    assert!(
        load(&"a".repeat(300 * 1024), "", "large.toml").unwrap_err()[0]
            .message
            .contains("more than 262144")
    );
}

#[test]
fn a_file_of_nothing_but_mistakes_stays_cheap() {
    let clauses = "[[clause]]\nquote = \"nowhere\"\nauto = [\"x\"]\n".repeat(190);
    let problems = load(
        &clauses,
        &"A sentence here. ".repeat(10_000),
        "hostile.toml",
    )
    .unwrap_err();
    assert_eq!(problems.len(), 200);
    let clauses = "[[clause]]\n".repeat(20_000);
    assert!(
        load(&clauses, "", "hostile.toml")
            .unwrap_err()
            .iter()
            .any(|p| p.message.contains("more than 200"))
    );
}

proptest! {
    #[test]
    fn no_text_makes_the_loader_panic(toml in "\\PC*", published in "\\PC*") {
        let _ = load(&toml, &published, "any.toml");
    }

    /// Real files with a piece cut out and another put in: near enough to get past the parser.
    #[test]
    fn no_damage_makes_the_loader_panic(
        which in 0..5usize, at in 0.0..1.0f64, cut in 0..80usize, put in "[\\[\\]\"=a-z#<>.\\n\\u{e9}\\u{2019}0-9 ]{0,12}",
    ) {
        let (_, toml, published) = shipped()[which];
        for (text, other) in [(toml, published), (published, toml)] {
            #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the text")]
            let place = (at * text.chars().count() as f64) as usize;
            let damaged: String =
                text.chars().take(place).chain(put.chars()).chain(text.chars().skip(place + cut)).collect();
            let loaded = if text == toml { load(&damaged, other, "d.toml") } else { load(other, &damaged, "d.toml") };
            if let Err(problems) = loaded {
                prop_assert!(!problems.is_empty());
                prop_assert!(problems.iter().all(|problem| problem.line > 0 && !problem.message.is_empty()));
            }
        }
    }
}
