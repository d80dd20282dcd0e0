//! Papers of the five practices and of one that has settled nothing: each is made, none leaves
//! anything out silently, and none has a word of another practice.

#![expect(clippy::unwrap_used, reason = "a test may")]

use pagewarden_papers::{Blank, Field, Given, Papers};
use pagewarden_policies::{Loaded, Settings, demo_settings, load_shipped};
use pagewarden_rules::{Clause, Effect, Links, Role};

fn of(loaded: &Loaded, settings: &Settings) -> Papers {
    let given = Given {
        loaded,
        settings,
        version: Some(3),
        on: "2026-11-26".parse().unwrap(),
    };
    Papers::of(&given).unwrap()
}

/// The five practices, with everything filled in that the demonstration fills in.
fn five() -> Vec<(Loaded, Settings)> {
    let mut settings = demo_settings().unwrap();
    let shipped = load_shipped().unwrap().into_iter();
    let with = |loaded: Loaded| {
        let settings = settings.remove(&loaded.policy.practice.id).unwrap();
        (loaded, settings)
    };
    shipped.map(with).collect()
}

/// One practice with nothing left open.
fn whole() -> (Loaded, Settings) {
    let (mut loaded, mut settings) = five().remove(0);
    loaded.policy.retention.complaint_months = Some(120);
    loaded.policy.retention.safeguarding_months = Some(96);
    let links = &mut settings.links;
    for link in [
        &mut links.complaints,
        &mut links.challenge,
        &mut links.contact_public,
        &mut links.policy_page,
        &mut links.official_review,
    ] {
        if link.is_empty() {
            "https://practice.example/page".clone_into(link);
        }
    }
    (loaded, settings)
}

/// One that has nothing: no sentence, no page, nobody.
fn nothing() -> (Loaded, Settings) {
    let (mut loaded, _) = five().remove(0);
    loaded.policy.clauses.clear();
    loaded.policy.channels.clear();
    loaded.policy.links = Links::default();
    loaded.policy.retention.complaint_months = None;
    loaded.policy.retention.safeguarding_months = None;
    (loaded, Settings::default())
}

fn marks(body: &str) -> usize {
    body.matches("class=\"blank\"").count()
}

#[test]
fn every_paper_is_made_for_every_practice() {
    let mut all = five();
    all.push(whole());
    all.push(nothing());
    for (loaded, settings) in &all {
        let papers = of(loaded, settings);
        assert_eq!(papers.papers.len(), 18);
        for paper in &papers.papers {
            let what = format!("{}, {}", papers.practice, paper.slug);
            let sheet = papers.sheet(paper).unwrap();
            assert!(
                sheet.contains(&paper.title) && sheet.contains(&papers.practice),
                "{what}"
            );
            assert!(!sheet.contains("{{") && !sheet.contains("{%"), "{what}");
            assert!(!paper.sources.is_empty(), "{what} rests on nothing");
            // What is marked is listed, and what is listed is marked.
            assert_eq!(marks(&paper.body) > 0, !paper.blanks.is_empty(), "{what}");
            assert!(marks(&paper.body) >= paper.blanks.len(), "{what}");
            let written = paper.body.matches("<strong>To write:</strong>").count();
            assert_eq!(written, paper.to_write(), "{what}");
            for (open, close) in [
                ("<li>", "</li>"),
                ("<dd>", "</dd>"),
                ("<ul>", "</ul>"),
                ("<dl>", "</dl>"),
            ] {
                assert_eq!(
                    sheet.matches(open).count(),
                    sheet.matches(close).count(),
                    "{what}: {open}"
                );
            }
        }
    }
}

#[test]
fn a_practice_that_settled_nothing_is_told_of_all_of_it() {
    let (loaded, settings) = whole();
    assert_eq!(
        of(&loaded, &settings).missing(),
        0,
        "nothing is missing of what is whole"
    );
    let (loaded, settings) = nothing();
    let papers = of(&loaded, &settings);
    let index = papers.index().unwrap().replace("&#39;", "'");
    for field in Field::ALL {
        let says = missing(&papers, *field);
        assert!(
            says.is_some_and(|says| index.contains(&says)),
            "{field} is not listed"
        );
    }
}

/// Returns what the papers say of a field that is missing.
fn missing(papers: &Papers, field: Field) -> Option<String> {
    let fields = include_str!("../data/fields.toml");
    let at = format!("[{field}]\nwhat = \"");
    let (_, rest) = fields.split_once(&at).unwrap();
    let what = rest.split('"').next().unwrap();
    let blanks = papers.papers.iter().flat_map(|paper| &paper.blanks);
    let found = |blank: &&Blank| blank.is_missing() && blank.what.starts_with(what);
    blanks
        .into_iter()
        .find(found)
        .map(|blank| blank.what.clone())
}

#[test]
fn each_field_that_is_taken_away_is_listed_and_no_other() {
    for gone in Field::ALL {
        let (mut loaded, mut settings) = whole();
        let policy = &mut loaded.policy;
        let nobody = |settings: &mut Settings, role: Role| {
            for person in &mut settings.people {
                person.roles.retain(|one| *one != role);
            }
        };
        let (links, own) = (&mut settings.links, &mut policy.links);
        match gone {
            Field::ComplaintsPage => (links.complaints.clear(), own.complaints.clear()).1,
            Field::ChallengePage => (links.challenge.clear(), own.challenge.clear()).1,
            Field::Contact => (links.contact_public.clear(), own.contact_public.clear()).1,
            Field::PolicyPage => (links.policy_page.clear(), own.policy_page.clear()).1,
            Field::ReviewPage => (links.official_review.clear(), own.official_review.clear()).1,
            Field::Accounts => settings.channels.clear(),
            Field::PracticeManager => nobody(&mut settings, Role::PracticeManager),
            Field::SafeguardingLead => nobody(&mut settings, Role::SafeguardingLead),
            Field::ComplaintsManager => nobody(&mut settings, Role::ComplaintsManager),
            Field::Auditor => nobody(&mut settings, Role::Auditor),
            Field::ComplaintMonths => policy.retention.complaint_months = None,
            Field::SafeguardingMonths => policy.retention.safeguarding_months = None,
        }
        let papers = of(&loaded, &settings);
        let listed: Vec<&Field> = Field::ALL
            .iter()
            .filter(|field| missing(&papers, **field).is_some())
            .collect();
        assert_eq!(listed, [gone]);
        let index = papers.index().unwrap();
        assert!(index.contains("<strong>Missing:</strong>"), "{gone}");
    }
}

#[test]
fn no_paper_has_a_word_of_another_practice() {
    let five = five();
    for (loaded, settings) in &five {
        let papers = of(loaded, settings);
        let mut text = papers.index().unwrap();
        for paper in &papers.papers {
            text.push_str(&papers.sheet(paper).unwrap());
        }
        for (other, theirs) in &five {
            if other.policy.practice.id == loaded.policy.practice.id {
                continue;
            }
            let name = &other.policy.practice.name;
            assert!(!text.contains(name.as_str()), "{}: {name}", papers.practice);
            let own: Vec<String> = loaded.policy.clauses.iter().map(Clause::sentence).collect();
            for clause in &other.policy.clauses {
                let sentence = clause.sentence();
                if !own.contains(&sentence) {
                    assert!(!text.contains(&sentence), "{}: {sentence}", papers.practice);
                }
            }
            for channel in &theirs.channels {
                let shared = settings
                    .channels
                    .iter()
                    .any(|one| one.account == channel.account);
                assert!(
                    shared || !text.contains(&channel.account),
                    "{}",
                    papers.practice
                );
            }
        }
    }
}

#[test]
fn what_the_program_answers_is_not_said_to_be_by_people() {
    let (mut loaded, settings) = whole();
    let never = |papers: &Papers| {
        let slugs = [
            "automated-decisions",
            "transparency-page",
            "transparency-record",
        ];
        let says = [
            "every answer.",
            "every answer.",
            "Every answer is sent by a person",
        ];
        let paper = |slug| &papers.paper(slug).unwrap().body;
        slugs
            .iter()
            .zip(says)
            .filter(|(slug, says)| paper(slug).contains(says))
            .count()
    };
    assert_eq!(never(&of(&loaded, &settings)), 3);
    let mut clauses = loaded.policy.clauses.iter_mut();
    let clause = clauses
        .find(|one| one.auto.contains(&Effect::Hide))
        .unwrap();
    clause.effects.push(Effect::PublicReply);
    clause.auto.push(Effect::PublicReply);
    clause.template = Some("public.signpost_official_review".into());
    assert_eq!(never(&of(&loaded, &settings)), 0);
}

#[test]
fn what_a_practice_calls_itself_is_shown_and_never_run() {
    let (mut loaded, settings) = whole();
    loaded.policy.practice.name = "<script>alert(1)</script> & Sons".into();
    let papers = of(&loaded, &settings);
    for paper in &papers.papers {
        let sheet = papers.sheet(paper).unwrap();
        assert!(
            !sheet.contains("<script") && sheet.contains("&#38; Sons"),
            "{}",
            paper.slug
        );
    }
}

#[test]
fn the_index_says_what_is_missing_in_each() {
    let (loaded, settings) = five().remove(1);
    insta::assert_snapshot!(of(&loaded, &settings).index().unwrap());
}
