//! Who may choose what: every role, choice and kind of task, in a table that is read by eye.
//!
//! `PAGEWARDEN_WRITE_TABLES=1` rewrites the table; look at what changed before it is committed.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use jiff::Timestamp;
use pagewarden_ledger::{
    Act, ActionRecord, ActionStatus, Choice, ComesFirst, Grounds, NewRevision, Person, Recipient,
    Refusal, RevisionRecord, StateRecord, TaskRecord, TaskStatus, Visibility, choices, choices_for,
    may, publishers, reserved_for,
};
use pagewarden_rules::{
    By, Channel, Effect, Platform, Post, PostKey, ReportCard, RevisionId, Role, Surface, TaskKind,
    Topic, Urgency,
};
use pagewarden_tests::{PEOPLE, person};

fn now() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

fn key(platform: Platform) -> PostKey {
    PostKey {
        practice: "oakfield".parse().unwrap(),
        platform,
        id: "1".into(),
    }
}

fn revision(platform: Platform, surface: Surface) -> RevisionRecord {
    let post = Post {
        text: "hello".into(),
        ..Post::new(
            Channel {
                platform,
                account: "100".into(),
            },
            surface,
            "1",
        )
    };
    let practice = "oakfield".parse().unwrap();
    let received = NewRevision::new(&practice, &post, b"{}", None, "d1").received(now());
    RevisionRecord {
        revision: RevisionId("r1".into()),
        decided: Some(1),
        ..received
    }
}

/// A task that names everything that a clause can leave to a person.
fn task(kind: TaskKind) -> TaskRecord {
    TaskRecord {
        id: format!("01{}", kind.name()),
        key: key(Platform::Facebook),
        revision: RevisionId("r1".into()),
        kind,
        urgency: Urgency::Normal,
        due_at: now(),
        clauses: Vec::new(),
        options: vec![
            Effect::Hide,
            Effect::Delete,
            Effect::PublicReply,
            Effect::AskAuthor,
            Effect::Ban,
            Effect::Report,
        ],
        refused: Vec::new(),
        delete_role: None,
        draft: Some("Please ring us.".into()),
        draft_visible: None,
        report: Some(ReportCard {
            link: "https://www.facebook.com/1".into(),
            how: "choose Report".into(),
            ground: "spam".into(),
            words: None,
            source: None,
        }),
        acknowledge_by: None,
        appealed: false,
        reminders: Vec::new(),
        why: "a test".into(),
        optional: false,
        status: TaskStatus::Open,
        outcome: None,
        closed_at: None,
        strength: None,
        author: None,
        alone: false,
        own_words: None,
    }
}

fn people() -> Vec<Person> {
    PEOPLE.iter().map(|(_, role, _)| person(*role)).collect()
}

fn grounds(state: StateRecord, tasks: Vec<TaskRecord>, actions: &[ActionRecord]) -> Grounds {
    let revision = revision(Platform::Facebook, Surface::Comment);
    Grounds::of_post(
        "oakfield".parse().unwrap(),
        people(),
        state,
        Some(&revision),
        tasks,
        actions,
    )
}

fn at(visibility: Visibility) -> StateRecord {
    StateRecord {
        visibility,
        ..StateRecord::default()
    }
}

/// Returns the letters of the roles that may choose each thing that anybody may.
fn cells(task: &TaskRecord, at: &Grounds) -> String {
    let mut rows = String::new();
    for choice in Choice::ALL {
        let letter = |(_, role, letter): &(&str, Role, char)| {
            if choices_for(&person(*role), task, at).contains(choice) {
                *letter
            } else {
                '.'
            }
        };
        let letters: String = PEOPLE.iter().map(letter).collect();
        if letters != "......" {
            writeln!(
                rows,
                "      {letters}  {:<14} {}",
                choice.name(),
                at.sentence(task, *choice)
            )
            .unwrap();
        }
    }
    let letter = |(_, role, letter): &(&str, Role, char)| {
        if may(&person(*role), &Act::Acknowledge { task }, at).is_ok() {
            *letter
        } else {
            '.'
        }
    };
    let letters: String = PEOPLE.iter().map(letter).collect();
    if letters != "......" {
        writeln!(
            rows,
            "      {letters}  {:<14} Say that you are dealing with it; it stays open",
            "acknowledge"
        )
        .unwrap();
    }
    rows
}

#[test]
fn every_role_choice_and_kind_of_task_stands_in_the_table() {
    let mut table = String::from(
        "Who may choose what, by kind of task: R reviewer, P practice manager, S safeguarding lead, C complaints \
         manager,\nA auditor, D deployer. A comment on Facebook; each task names everything that a clause can leave to \
         a person.\n",
    );
    let kingswinford = vec![
        Effect::Acknowledge,
        Effect::PublicReply,
        Effect::Hide,
        Effect::Delete,
    ];
    let policies = [
        (
            "the policy names nobody and forbids nothing",
            Vec::new(),
            None,
            None,
        ),
        (
            "the policy says that the practice manager deletes (Mile Oak)",
            Vec::new(),
            Some(Role::PracticeManager),
            None,
        ),
        (
            "the policy forbids to answer, hide and delete it (Kingswinford, a complaint)",
            kingswinford,
            None,
            None,
        ),
        (
            "a page about somebody in danger is open for the same post",
            Vec::new(),
            None,
            Some(TaskKind::SafeguardingNow),
        ),
        (
            "nobody has said yet whether the same post is a complaint",
            Vec::new(),
            None,
            Some(TaskKind::ComplaintDecision),
        ),
    ];
    for (policy, refused, delete_role, beside) in policies {
        for visibility in [Visibility::Visible, Visibility::Hidden, Visibility::Gone] {
            let state = StateRecord {
                refused: refused.clone(),
                delete_role,
                ..at(visibility)
            };
            writeln!(table, "\n{policy}; the post is {visibility:?}").unwrap();
            // Kinds that are answered alike stand together.
            let mut alike: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for kind in TaskKind::ALL {
                let task = task(*kind);
                let mut open = vec![task.clone()];
                open.extend(beside.map(self::task));
                alike
                    .entry(cells(&task, &grounds(state.clone(), open, &[])))
                    .or_default()
                    .push(kind.name());
            }
            let mut alike: Vec<(String, Vec<&str>)> = alike.into_iter().collect();
            alike.sort_by_key(|(_, kinds)| {
                TaskKind::ALL
                    .iter()
                    .position(|kind| kind.name() == kinds[0])
            });
            for (cells, kinds) in alike {
                let kinds: Vec<String> = kinds.chunks(5).map(|kinds| kinds.join(", ")).collect();
                writeln!(table, "\n   {}\n{cells}", kinds.join(",\n   ")).unwrap();
            }
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/authority.txt");
    let table = format!("{}\n", table.trim_end().replace("\n\n\n", "\n\n"));
    if std::env::var_os("PAGEWARDEN_WRITE_TABLES").is_some() {
        std::fs::write(&file, &table).unwrap();
    }
    assert_eq!(
        table,
        std::fs::read_to_string(file).unwrap(),
        "see how to rewrite the table at the head of this file"
    );
}

#[test]
fn only_danger_can_be_said_to_be_dealt_with() {
    let said = |role, kind| {
        let task = task(kind);
        let at = grounds(at(Visibility::Visible), vec![task.clone()], &[]);
        may(&person(role), &Act::Acknowledge { task: &task }, &at)
            .map_err(|refused| refused.to_string())
    };
    for role in [Role::SafeguardingLead, Role::PracticeManager] {
        assert_eq!(said(role, TaskKind::SafeguardingNow), Ok(()));
    }
    assert_eq!(
        said(Role::Reviewer, TaskKind::SafeguardingNow).unwrap_err(),
        "Sam (reviewer) may not say that they are dealing with what may be danger: a safeguarding lead or practice manager \
         may, here Pat (practice manager), Lee (safeguarding lead)"
    );
    assert_eq!(
        said(Role::PracticeManager, TaskKind::Decide).unwrap_err(),
        "this task is not about danger: answer it, nobody has to say that they are dealing with it"
    );
}

fn refused(role: Role, kind: TaskKind, choice: Choice, at: &Grounds) -> String {
    let task = task(kind);
    may(
        &person(role),
        &Act::Choose {
            task: &task,
            choice,
            again: false,
        },
        at,
    )
    .unwrap_err()
    .to_string()
}

#[test]
fn an_appeal_is_answered_by_somebody_else_if_there_is_one() {
    let closed = |choice: &str, by: &str| TaskRecord {
        status: TaskStatus::Done,
        outcome: Some(format!("{choice} by {by}")),
        ..task(TaskKind::MaybeDelete)
    };
    let appeal = task(TaskKind::Appeal);
    let hidden = || at(Visibility::Hidden);
    let may_grant = |role, before: &[TaskRecord]| {
        let tasks = [before, std::slice::from_ref(&appeal)].concat();
        let act = Act::Choose {
            task: &appeal,
            choice: Choice::Grant,
            again: false,
        };
        may(&person(role), &act, &grounds(hidden(), tasks, &[])).map_err(|why| why.to_string())
    };
    // The machine hid it, and nobody has decided.
    assert_eq!(may_grant(Role::Reviewer, &[]), Ok(()));
    let by_sam = [closed("keep-hidden", "Sam:reviewer")];
    assert_eq!(
        may_grant(Role::Reviewer, &by_sam).unwrap_err(),
        "Sam decided about this post before, so somebody else answers its author: Pat (practice manager), Lee \
         (safeguarding lead), Kim (complaints manager)"
    );
    assert_eq!(may_grant(Role::PracticeManager, &by_sam), Ok(()));
    // Telling the author is deciding where nobody else did, and not where somebody did.
    let told = closed("ask-author", "Pat:practice_manager");
    assert!(may_grant(Role::PracticeManager, std::slice::from_ref(&told)).is_err());
    let both = [by_sam[0].clone(), told];
    assert_eq!(may_grant(Role::PracticeManager, &both), Ok(()));
    // Showing it again decided nothing against the author.
    let shown = [closed("restore", "Sam:reviewer")];
    assert_eq!(may_grant(Role::Reviewer, &shown), Ok(()));
    let everybody: Vec<TaskRecord> = people()
        .iter()
        .map(|one| closed("keep-hidden", &one.to_string()))
        .collect();
    assert_eq!(may_grant(Role::Reviewer, &everybody), Ok(()));
    // Until there is an answer, there stays something to look at.
    let post = task(TaskKind::MaybeDelete);
    let delete = Act::Choose {
        task: &post,
        choice: Choice::Delete,
        again: false,
    };
    let open = grounds(hidden(), vec![post.clone(), appeal.clone()], &[]);
    assert_eq!(
        may(&person(Role::Reviewer), &delete, &open),
        Err(Refusal::First(ComesFirst::Appeal, Choice::Delete))
    );
}

#[test]
fn what_may_be_a_complaint_is_not_deleted_on_any_task() {
    let asked = task(TaskKind::ComplaintDecision);
    let said = |choice: &str| TaskRecord {
        status: TaskStatus::Done,
        outcome: Some(format!("{choice} by Kim:complaints_manager")),
        ..asked.clone()
    };
    let mut deleting = 0;
    for kind in TaskKind::ALL {
        let task = task(*kind);
        let with = |beside: Option<&TaskRecord>| {
            let tasks = std::iter::once(task.clone()).chain(beside.cloned());
            grounds(at(Visibility::Hidden), tasks.collect(), &[])
        };
        if !choices(&task, &with(None)).contains(&Choice::Delete) {
            continue;
        }
        deleting += 1;
        let open = with(Some(&asked));
        for (_, role, _) in PEOPLE {
            let offered = choices_for(&person(role), &task, &open);
            assert!(!offered.contains(&Choice::Delete), "{role}: {kind}");
        }
        assert_eq!(
            refused(Role::PracticeManager, *kind, Choice::Delete, &open),
            "nobody has said yet whether it is a complaint: answer that first. Until then nobody may choose delete for \
             this post"
        );
        let why = "nobody has said yet whether it is a complaint: answer that first";
        assert!(
            open.not_offered(&task)
                .contains(&(Choice::Delete, why.to_owned())),
            "{kind}"
        );
        // Nothing else waits for it, and it waits no longer once somebody has said which it is.
        let others = |at: &Grounds| -> Vec<Choice> {
            let all = choices(&task, at).into_iter();
            all.filter(|choice| *choice != Choice::Delete).collect()
        };
        assert_eq!(others(&open), others(&with(None)), "{kind}");
        for answer in ["complaint", "not-complaint"] {
            assert!(
                choices(&task, &with(Some(&said(answer)))).contains(&Choice::Delete),
                "{kind} after {answer}"
            );
        }
    }
    assert!(deleting > 5, "{deleting}");
}

#[test]
fn one_decision_answers_what_was_to_be_done_by_hand() {
    let asks = task(TaskKind::Decide);
    let by_hand = |name: &str, options: &[Effect]| TaskRecord {
        id: name.to_owned(),
        options: options.to_vec(),
        ..task(TaskKind::DoByHand)
    };
    let (hide, both, answer) = (
        by_hand("hide", &[Effect::Hide]),
        by_hand("both", &[Effect::Hide, Effect::Delete]),
        by_hand("answer", &[Effect::PublicReply]),
    );
    let unnamed = by_hand("unnamed", &[]);
    let closed = TaskRecord {
        status: TaskStatus::Done,
        ..by_hand("closed", &[Effect::Hide])
    };
    let at = grounds(
        at(Visibility::Visible),
        vec![asks.clone(), hide.clone(), both, answer, unnamed, closed],
        &[],
    );
    let settled = |task: &TaskRecord, choice| -> Vec<String> {
        let settled = at.settled_with(task, choice).into_iter();
        settled.map(|task| task.id.clone()).collect()
    };
    for choice in [Choice::Keep, Choice::KeepHidden, Choice::Delete] {
        assert_eq!(settled(&asks, choice), ["hide", "both"], "{choice}");
    }
    for choice in [Choice::Reply, Choice::Ban, Choice::Reported, Choice::Done] {
        assert!(settled(&asks, choice).is_empty(), "{choice}");
    }
    // It goes the other way too: whoever does it by hand has decided about the post.
    assert_eq!(
        settled(&hide, Choice::KeepHidden),
        [asks.id.as_str(), "both"]
    );
    assert!(settled(&hide, Choice::Done).is_empty());
}

#[test]
fn a_refusal_says_who_may_or_what_may_be() {
    let said = |role, kind, choice, state: StateRecord| {
        refused(role, kind, choice, &grounds(state, vec![task(kind)], &[]))
    };
    let visible = || at(Visibility::Visible);
    assert_eq!(
        said(
            Role::Reviewer,
            TaskKind::SafeguardingNow,
            Choice::Keep,
            visible()
        ),
        "Sam (reviewer) may not answer where somebody may be in danger: a safeguarding lead or practice manager may, here \
         Pat (practice manager), Lee (safeguarding lead)"
    );
    assert_eq!(
        said(
            Role::Auditor,
            TaskKind::DecidePraise,
            Choice::Keep,
            visible()
        ),
        "Alex (auditor) may not choose keep for this post: a reviewer, practice manager, safeguarding lead or complaints \
         manager may, here Sam (reviewer), Pat (practice manager), Lee (safeguarding lead), Kim (complaints manager)"
    );
    let by_manager = StateRecord {
        delete_role: Some(Role::PracticeManager),
        ..visible()
    };
    assert_eq!(
        said(
            Role::Reviewer,
            TaskKind::MaybeDelete,
            Choice::Delete,
            by_manager
        ),
        "Sam (reviewer) may not choose delete for this post: a practice manager may, here Pat (practice manager)"
    );
    assert_eq!(
        said(
            Role::PracticeManager,
            TaskKind::SafeguardingNow,
            Choice::Delete,
            visible()
        ),
        "somebody may be in danger: answer that first. Until then nobody may choose delete for this post"
    );
    assert_eq!(
        said(
            Role::Reviewer,
            TaskKind::Decide,
            Choice::Keep,
            at(Visibility::Hidden)
        ),
        "the post is hidden: show it again or leave it hidden? Choose restore or keep-hidden"
    );
    let forbidden = StateRecord {
        refused: vec![Effect::Delete],
        ..visible()
    };
    assert_eq!(
        said(
            Role::PracticeManager,
            TaskKind::Decide,
            Choice::Delete,
            forbidden
        ),
        "the practice's policy forbids it for this post: delete"
    );
    assert_eq!(
        said(
            Role::Reviewer,
            TaskKind::ComplaintDecision,
            Choice::Keep,
            visible()
        ),
        "this task does not offer keep. It offers:\n  complaint      It is a complaint, for the practice's own procedure\n  \
         not-complaint  It is no complaint"
    );
    assert_eq!(
        said(
            Role::Reviewer,
            TaskKind::Decide,
            Choice::Delete,
            at(Visibility::Gone)
        ),
        "delete cannot be chosen: the post is gone"
    );
}

#[test]
fn a_person_has_to_stand_in_the_settings_by_name_and_role() {
    let at = grounds(at(Visibility::Visible), Vec::new(), &[]);
    let task = task(TaskKind::Decide);
    let act = Act::Choose {
        task: &task,
        choice: Choice::Keep,
        again: false,
    };
    let stranger = Person {
        name: "Nobody At All".into(),
        role: Role::PracticeManager,
    };
    let promoted = Person {
        name: "Sam".into(),
        role: Role::PracticeManager,
    };
    assert!(matches!(
        may(&promoted, &act, &at),
        Err(Refusal::Stranger { .. })
    ));
    let refused = may(&stranger, &Act::Switch { on: true }, &at)
        .unwrap_err()
        .to_string();
    assert_eq!(
        refused,
        "the settings of oakfield name no practice manager called Nobody At All: a reviewer, practice manager, \
         safeguarding lead or complaints manager may, here Sam (reviewer), Pat (practice manager), Lee (safeguarding \
         lead), Kim (complaints manager)"
    );
    let nobody = Grounds::of_practice("oakfield".parse().unwrap(), Vec::new());
    let refused = may(&stranger, &Act::Switch { on: true }, &nobody)
        .unwrap_err()
        .to_string();
    assert!(
        refused.ends_with("may, and the settings name none"),
        "{refused}"
    );
}

#[test]
fn what_is_asked_for_without_a_task_goes_by_the_role_as_well() {
    let export = |recipient| Act::Export {
        recipient,
        whole: false,
    };
    let acts = [
        ("switch off", Act::Switch { on: false }, "RPSC.."),
        ("switch on", Act::Switch { on: true }, "RPSC.."),
        ("hold", Act::Hold, "RPSC.."),
        ("confirm a way to reach oneself", Act::ConfirmWay, "RPSCAD"),
        ("unhide", Act::Unhide, "RPSC.."),
        ("publish", Act::Publish, ".....D"),
        ("propose a version", Act::Propose, ".P...D"),
        ("agree to a version's step", Act::Sign, "RPSC.D"),
        ("go back to a version", Act::GoBack, "RPSC.D"),
        ("write in the staff log", Act::WriteDown, "RPSC.."),
        ("have words deleted", Act::LetGo, ".P...."),
        ("erase what is held about an author", Act::Erase, ".P...."),
        ("correct what is on record", Act::Rectify, ".P...."),
        ("have the practice leave", Act::Offboard, ".P...D"),
        ("restrict what is used", Act::Restrict, ".P...."),
        ("to a solicitor", export(Recipient::Solicitor), ".P...."),
        ("to the police", export(Recipient::Police), ".PS..."),
        (
            "to whoever handles complaints",
            export(Recipient::Complaints),
            ".P.C..",
        ),
        ("to its author", export(Recipient::Author), ".P.C.."),
        (
            "to anybody, with nothing cut",
            Act::Export {
                recipient: Recipient::Complaints,
                whole: true,
            },
            ".P....",
        ),
    ];
    let grounds = grounds(at(Visibility::Hidden), Vec::new(), &[]);
    for (name, act, letters) in acts {
        let letter = |(_, role, letter): &(&str, Role, char)| {
            if may(&person(*role), &act, &grounds).is_ok() {
                *letter
            } else {
                '.'
            }
        };
        assert_eq!(
            PEOPLE.iter().map(letter).collect::<String>(),
            letters,
            "{name}"
        );
    }
}

#[test]
fn settings_in_force_say_who_publishes() {
    let (dee, ann) = (
        person(Role::Deployer),
        Person {
            name: "Ann".into(),
            role: Role::Deployer,
        },
    );
    let manager = person(Role::PracticeManager);
    assert_eq!(publishers(vec![dee.clone()], vec![ann.clone()]), [dee]);
    assert_eq!(publishers(vec![manager], vec![ann.clone()]), [ann]);
}

fn action(effect: Effect, by: By, status: ActionStatus, task: &str) -> ActionRecord {
    let revision = revision(Platform::Facebook, Surface::Comment);
    ActionRecord {
        id: "a1".into(),
        key: revision.key.clone(),
        revision: revision.revision.clone(),
        post: revision.post,
        effect,
        by,
        clause: None,
        words: None,
        instead: None,
        status,
        attempts: 1,
        charged: false,
        sent: false,
        may_be_done: false,
        created_at: now(),
        correlation: format!("task {task}"),
        result: None,
    }
}

#[test]
fn a_post_is_answered_once_in_public_and_once_in_private() {
    let done = TaskRecord {
        status: TaskStatus::Done,
        outcome: Some("reply by Sam:reviewer".into()),
        ..task(TaskKind::ApprovePublicReply)
    };
    let asks = task(TaskKind::Decide);
    let tasks = vec![done.clone(), asks.clone()];
    let answered = |status, by| {
        grounds(
            at(Visibility::Visible),
            tasks.clone(),
            &[action(Effect::PublicReply, by, status, &done.id)],
        )
    };
    for status in [
        ActionStatus::Pending,
        ActionStatus::Claimed,
        ActionStatus::Done,
    ] {
        let at = answered(status, By::Person);
        assert!(
            !choices(&asks, &at).contains(&Choice::Reply)
                && choices(&asks, &at).contains(&Choice::AskAuthor)
        );
        assert_eq!(
            refused(Role::Reviewer, TaskKind::Decide, Choice::Reply, &at),
            "it was answered in public on 20 November 2026, by Sam (reviewer). To do it once more all the same, add \
             --again"
        );
        let again = Act::Choose {
            task: &asks,
            choice: Choice::Reply,
            again: true,
        };
        may(&person(Role::Reviewer), &again, &at).unwrap();
        // Other words may be answered once more.
        let edited = TaskRecord {
            revision: RevisionId("r2".into()),
            ..asks.clone()
        };
        assert!(choices(&edited, &at).contains(&Choice::Reply));
    }
    for status in [
        ActionStatus::Failed,
        ActionStatus::Parked,
        ActionStatus::Dropped,
    ] {
        assert!(choices(&asks, &answered(status, By::Person)).contains(&Choice::Reply));
    }
}

#[test]
fn hidden_for_a_complaint_alone_it_is_shown_if_it_is_none() {
    let complaint = task(TaskKind::ComplaintDecision);
    let hide = [action(Effect::Hide, By::Machine, ActionStatus::Done, "")];
    let effect = |topics: &[Topic], tasks: Vec<TaskRecord>, actions: &[ActionRecord]| {
        let state = StateRecord {
            topics: topics.to_vec(),
            ..at(Visibility::Hidden)
        };
        grounds(state, tasks, actions).effect(&complaint, Choice::NotComplaint)
    };
    let alone = [Topic::Complaint, Topic::Criticism];
    assert_eq!(effect(&alone, vec![], &hide), Some(Effect::Unhide));
    assert_eq!(
        effect(&[Topic::Complaint, Topic::Obscene], vec![], &hide),
        None
    );
    // Somebody hid it on the platform itself, or confirmed that it stays hidden: that stands.
    assert_eq!(effect(&alone, vec![], &[]), None);
    let confirmed = TaskRecord {
        outcome: Some("keep-hidden by Sam:reviewer".into()),
        ..task(TaskKind::ConfirmDelete)
    };
    assert_eq!(effect(&alone, vec![confirmed], &hide), None);
}

#[test]
fn what_a_platform_leaves_to_people_is_said_with_the_reason() {
    let review = revision(Platform::X, Surface::Reply);
    let on_x = TaskRecord {
        key: key(Platform::X),
        draft: None,
        ..task(TaskKind::Decide)
    };
    let at = Grounds::of_post(
        "oakfield".parse().unwrap(),
        people(),
        at(Visibility::Visible),
        Some(&review),
        vec![on_x.clone()],
        &[],
    );
    let told: Vec<String> = at
        .not_offered(&on_x)
        .iter()
        .map(|(choice, why)| format!("{choice}: {why}"))
        .collect();
    assert_eq!(
        told,
        [
            "delete: X lets only the author delete a post",
            "reply: there is no draft to send: fill in the practice's links and contact first",
            "ask-author: the platform lets nobody write to its author from here: write by other means",
            "ban: X lets programs block only in its Enterprise plan: block by hand, or mute",
        ]
    );
    assert_eq!(
        choices(&on_x, &at),
        [
            Choice::Keep,
            Choice::KeepHidden,
            Choice::Reported,
            Choice::Done
        ]
    );
    assert_eq!(reserved_for(&on_x, Choice::Keep, &at), None);
}

#[test]
fn a_name_cannot_pass_for_another_line_or_command_a_terminal() {
    let read = |text: &str| text.parse::<Person>().map_err(|error| error.to_string());
    assert_eq!(
        read(" Dr Jo O'Neill-Smith : practice_manager")
            .unwrap()
            .name,
        "Dr Jo O'Neill-Smith"
    );
    assert_eq!(read("a:b:reviewer").unwrap().name, "a:b");
    for bad in [
        "A\u{1b}[2J:reviewer",
        "A\nB:reviewer",
        "A\u{202e}B:reviewer",
        "A\u{2028}B:reviewer",
        ":reviewer",
        " :reviewer",
    ] {
        assert!(
            read(bad)
                .unwrap_err()
                .starts_with("a name is one line of 1 to 100 characters"),
            "{bad:?}"
        );
    }
    assert!(read(&format!("{}:reviewer", "x".repeat(101))).is_err());
    assert!(read("Pat").unwrap_err().contains("NAME:ROLE"));
    assert!(read("Pat:boss").unwrap_err().contains("practice_manager"));
}
