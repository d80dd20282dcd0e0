//! What practices are told about their policies.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot load its policy fails there"
)]

use pagewarden_policies::{
    Loaded, Person, Report, Settings, TemplateError, Templates, Variable, Variables, blockers,
    lint, load_shipped,
};
use pagewarden_rules::{By, Channel, Effect, Platform, Role, Surface, Topic};

fn shipped(id: &str) -> Loaded {
    load_shipped()
        .unwrap()
        .into_iter()
        .find(|loaded| loaded.policy.practice.id.as_str() == id)
        .unwrap()
}

fn report(id: &str) -> Report {
    lint(&shipped(id), &Settings::default())
}

/// Who does an effect of a clause at a place, for a topic.
fn who(
    report: &Report,
    clause: &str,
    place: (Platform, Surface),
    effect: Effect,
    topic: &Topic,
) -> Option<By> {
    let clause = report.clauses.iter().find(|c| c.id == clause).unwrap();
    let outcomes = &clause
        .places
        .iter()
        .find(|p| p.places.contains(&place))
        .unwrap()
        .outcomes;
    let fits = |topics: &[Topic]| topics.is_empty() || topics.contains(topic);
    outcomes
        .iter()
        .find(|o| o.effect == effect && fits(&o.topics))
        .unwrap()
        .by
}

fn about(id: &str, settings: &Settings) -> Vec<String> {
    let confirmed = settings
        .people
        .iter()
        .flat_map(|person| person.ways().map(|(_, id)| id))
        .collect();
    let blockers = blockers(
        &shipped(id).policy,
        settings,
        &Templates::shipped().unwrap(),
        &confirmed,
    );
    blockers.into_iter().map(|blocker| blocker.about).collect()
}

fn reachable(role: Role) -> Person {
    Person {
        email: format!("{}@surgery.example", role.name()),
        ..Person::named(role.name(), role)
    }
}

fn complete() -> Settings {
    let mut settings = Settings::default();
    settings.links.complaints = "https://surgery.example/complaints".into();
    settings.links.official_review = "https://surgery.example/review".into();
    settings.links.contact_public = "01234 567890".into();
    settings.links.policy_page = "https://surgery.example/policy".into();
    settings.links.challenge = "manager@surgery.example".into();
    settings.channels = vec![Channel {
        platform: Platform::Facebook,
        account: "100".into(),
    }];
    settings.people = [Role::SafeguardingLead, Role::PracticeManager]
        .map(reachable)
        .to_vec();
    settings
}

#[test]
fn a_clause_is_told_place_by_place() {
    let report = report("mile-oak");
    let facebook = (Platform::Facebook, Surface::Comment);
    let google = (Platform::Google, Surface::Review);
    assert_eq!(
        who(&report, "M3", facebook, Effect::Hide, &Topic::Obscene),
        Some(By::Machine)
    );
    assert_eq!(
        who(&report, "M3", facebook, Effect::Hide, &Topic::Defamatory),
        Some(By::Person)
    );
    assert_eq!(
        who(&report, "M3", facebook, Effect::Delete, &Topic::Obscene),
        Some(By::Person)
    );
    assert_eq!(
        who(&report, "M3", google, Effect::Delete, &Topic::Obscene),
        None
    );
    assert_eq!(
        who(&report, "M10", google, Effect::PublicReply, &Topic::Review),
        Some(By::Person)
    );
    assert_eq!(
        who(
            &report,
            "M1",
            (Platform::StaffLog, Surface::Premises),
            Effect::LogIncident,
            &Topic::DeviceUse
        ),
        Some(By::Person)
    );
}

#[test]
fn every_effect_of_every_clause_is_answered_for_at_every_place() {
    for loaded in load_shipped().unwrap() {
        let report = lint(&loaded, &Settings::default());
        for clause in &report.clauses {
            assert!(!clause.places.is_empty(), "{} holds nowhere", clause.id);
            for effect in &loaded.policy.clause(&clause.id).unwrap().effects {
                for place in &clause.places {
                    let told = place
                        .outcomes
                        .iter()
                        .any(|outcome| outcome.effect == *effect);
                    assert!(told, "{effect} of {} on {:?}", clause.id, place.places);
                }
            }
        }
    }
}

#[test]
fn the_known_conflicts_are_told() {
    let conflicts = |id: &str| -> Vec<String> {
        report(id)
            .conflicts
            .iter()
            .map(|c| format!("{}: {} / {}", c.clauses.join(" "), c.says, c.why))
            .collect()
    };
    for (practice, clauses, words) in [
        ("kingswinford", "K9", "within three working days"),
        ("kingswinford", "K6", "thank, and criticise"),
        ("threeways", "T8", "Online Safety Act 2023"),
        ("threeways", "T2 T6", "with their permission"),
        ("roxbourne", "R4", "X lets only the author"),
        ("roxbourne", "R9", "X lets only the author"),
        ("woolpit", "W4", "X lets only the author"),
        ("woolpit", "W9", "X lets only the author"),
        ("woolpit", "W9", "must not be lost"),
        ("mile-oak", "M3", "Google has no way to delete"),
        ("mile-oak", "M3 M9", "may be"),
        ("mile-oak", "M3 M8", "asked to"),
        ("mile-oak", "M10 M11", "such posts are answered"),
        ("mile-oak", "M5", "thank, and criticise"),
    ] {
        let told = conflicts(practice);
        let found = told
            .iter()
            .any(|told| told.starts_with(&format!("{clauses}: ")) && told.contains(words));
        assert!(found, "{clauses}: {words}\nnot in {told:#?}");
    }
    assert!(
        !conflicts("kingswinford")
            .iter()
            .any(|told| told.contains("X lets only the author"))
    );
}

#[test]
fn the_report_is_plain_text() {
    let text = report("woolpit").to_string();
    for line in [
        "Woolpit Health Centre (mode: shadow)",
        "W9   \"If a complaint is made on the organisation's Facebook or Twitter page, it will be deleted.\"",
        "     on facebook/comment",
        "       hide                     machine  hiding is reversible, and the policy lists it for this",
        "     on x/reply",
        "       delete                   cannot   X lets only the author delete a post",
        "     never: public_reply",
        "What blocks live",
    ] {
        assert!(
            text.lines().any(|told| told == line),
            "{line}\nnot in\n{text}"
        );
    }
    assert!(text.contains("  W7: the published link is \"#\" and leads nowhere."));
}

#[test]
fn what_blocks_live_goes_when_it_is_settled() {
    let bare = Settings::default();
    assert!(about("woolpit", &bare).contains(&"W7".to_owned()));
    assert!(about("threeways", &bare).contains(&"T7".to_owned()));
    for id in ["kingswinford", "threeways", "woolpit", "mile-oak"] {
        assert!(
            about(id, &bare).contains(&"links.complaints".to_owned()),
            "{id}"
        );
    }
    assert!(!about("roxbourne", &bare).contains(&"links.complaints".to_owned()));
    assert_eq!(
        about("mile-oak", &bare)
            .iter()
            .filter(|about| *about == "people")
            .count(),
        2
    );

    let mut settings = complete();
    for id in ["kingswinford", "roxbourne", "woolpit", "mile-oak"] {
        assert_eq!(about(id, &settings), [""; 0], "{id}");
    }
    assert_eq!(about("threeways", &settings), ["T7"]);
    settings.settled.insert("T7".into(), " ".into());
    assert_eq!(about("threeways", &settings), ["T7"]);
    settings.settled.insert("T7".into(), "Facebook only".into());
    assert_eq!(about("threeways", &settings), [""; 0]);
    settings.links.complaints = "#".into();
    assert_eq!(about("threeways", &settings), ["links.complaints"]);
}

#[test]
fn nobody_is_paged_before_lead_and_manager_confirmed_a_way() {
    let (policy, templates) = (shipped("roxbourne").policy, Templates::shipped().unwrap());
    let mut settings = complete();
    let way = |settings: &Settings, nth: usize| settings.people[nth].ways().next().unwrap().1;
    let (lead, manager) = (way(&settings, 0), way(&settings, 1));
    let told = |settings: &Settings, confirmed: &[&String]| -> Vec<String> {
        let confirmed = confirmed.iter().map(|way| (*way).clone()).collect();
        blockers(&policy, settings, &templates, &confirmed)
            .into_iter()
            .map(|blocker| blocker.what)
            .collect()
    };
    let no_lead =
        "nobody can be paged: no safeguarding lead has confirmed that messages reach them";
    let no_manager =
        "nobody can be paged: no practice manager has confirmed that messages reach them";
    assert_eq!(told(&settings, &[]), [no_lead, no_manager]);
    assert_eq!(told(&settings, &[&lead]), [no_manager]);
    assert_eq!(told(&settings, &[&manager]), [no_lead]);
    assert_eq!(told(&settings, &[&lead, &manager]), [""; 0]);
    // Another address is another way, which nobody has confirmed.
    settings.people[0].email = "elsewhere@surgery.example".into();
    assert_eq!(told(&settings, &[&lead, &manager]), [no_lead]);
    settings.people[0].email.clear();
    assert_eq!(
        told(&settings, &[&lead, &manager]),
        ["nobody can be paged: there is no way to reach a safeguarding lead"]
    );
}

#[test]
fn lint_says_where_one_person_alone_can_start_the_machine_again() {
    let loaded = shipped("roxbourne");
    let person = |name: &str, role| Person::named(name, role);
    let said = |people: &[Person]| -> Option<String> {
        let settings = Settings {
            people: people.to_vec(),
            ..complete()
        };
        let warnings = lint(&loaded, &settings).warnings;
        warnings.into_iter().find(|one| one.contains("the switch"))
    };
    let manager = person("Gail", Role::PracticeManager);
    let reviewer = person("Tom", Role::Reviewer);
    assert_eq!(said(&[manager.clone(), reviewer.clone()]), None);
    assert_eq!(
        said(&[manager.clone(), person("Bea", Role::PracticeManager)]),
        None
    );
    // Whoever decides nothing cannot agree, and one person in two roles is one person.
    let mut both = manager.clone();
    both.roles.push(Role::SafeguardingLead);
    for alone in [
        vec![manager.clone(), person("Pat", Role::Deployer)],
        vec![both],
    ] {
        let said = said(&alone).unwrap();
        assert!(
            said.contains("Name somebody else who decides") && said.ends_with("beside Gail"),
            "{said}"
        );
    }
    let said_of_two = said(&[reviewer, person("Ada", Role::SafeguardingLead)]).unwrap();
    assert!(
        said_of_two.contains("Name a practice manager"),
        "{said_of_two}"
    );
    assert_eq!(said(&[]), None, "that nobody is named blocks live");
}

/// A practice that nothing blocks can send every message that its clauses name.
#[test]
fn nothing_blocks_means_that_every_template_fills() {
    let templates = Templates::shipped().unwrap();
    for loaded in load_shipped().unwrap() {
        let of_practice = Variables::of(&loaded.policy, &complete());
        let variables = of_practice
            .clone()
            .with(Variable::Rule, "4")
            .with(Variable::PostDate, "3 March")
            .with(Variable::DueDate, "6 March")
            .with(Variable::PostLink, "https://www.facebook.com/1");
        for name in loaded
            .policy
            .clauses
            .iter()
            .filter_map(|clause| clause.template.as_ref())
        {
            let text = templates.render(name, &variables).unwrap();
            assert!(!text.contains('{'), "{text}");
        }
        assert!(matches!(
            templates.render("private.rule_hidden", &of_practice),
            Err(TemplateError::Unfilled {
                variable: Variable::PostDate,
                ..
            })
        ));
    }
}
