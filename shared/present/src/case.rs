//! A case in words: what was written, which rule it is about, how it stands, what happens if nobody
//! acts, and what this person may choose. The console makes pages of it, the command line text.

use jiff::{SignedDuration, Timestamp};
use pagewarden_ledger::{
    Act, Calendar, Case, Choice, Event, FindingRecord, Grounds, History, Person, Question, ReadBy,
    Refusal, StateRecord, TaskRecord, Visibility, choices_for, may, may_restore, reserved_for,
};
use pagewarden_rules::{
    Author, Effect, Platform, Policy, PostKey, ReportCard, RevisionId, Said, Sense, Strength,
    Surface, TaskKind, Topic,
};

use crate::post::wordless;
use crate::text::plain;
use crate::words;

/// Characters of a post above the fold, and how many more have to follow for one to be worth it.
const OPENING: usize = 200;
const WORTH_FOLDING: usize = 80;

/// The most reasons that are given for one case.
const REASONS: usize = 3;

/// A case, ready to be shown to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseView {
    /// The post.
    pub key: PostKey,
    /// What it is and where, such as "A comment on Facebook".
    pub place: String,
    /// Who wrote it, as far as that is known and kept.
    pub author: Option<String>,
    /// When it was written or first seen.
    pub written: Option<Timestamp>,
    /// The same by the practice's clock.
    pub when: String,
    /// What was written, with the parts that a rule is about marked. Empty where nothing is kept.
    pub words: Vec<Span>,
    /// What stands there instead of words, where there are none.
    pub instead: Option<String>,
    /// Pictures and other attachments.
    pub attachments: usize,
    /// The post on its platform, if it has an address of its own.
    pub permalink: Option<String>,
    /// What was found in the words, behind "why"; none where no rule of words found anything.
    pub why: Option<String>,
    /// The practice's own published sentences that it is about.
    pub rules: Vec<RuleView>,
    /// Whether the public can see it.
    pub visibility: Visibility,
    /// How it stands on its platform; none of a case that is about no post.
    pub stands: Option<&'static str>,
    /// What happens if nobody acts.
    pub if_nobody_acts: &'static str,
    /// When the first answer is due.
    pub deadline: Option<Deadline>,
    /// Somebody may be in danger.
    pub danger: bool,
    /// What is asked, the most pressing question first.
    pub questions: Vec<QuestionView>,
    /// It is hidden, and this person can have it shown again although no question offers that.
    pub can_restore: bool,
}

impl CaseView {
    /// Returns what was written.
    #[must_use]
    pub fn text(&self) -> String {
        self.words.iter().map(|span| span.text.as_str()).collect()
    }

    /// Returns `true` if the public cannot see it, and it is there.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.visibility == Visibility::Hidden
    }

    /// Returns what was written in two parts: as much as a phone shows above the first question,
    /// and the rest, cut at a blank. The rest is empty where it is not worth folding.
    #[must_use]
    pub fn folded(&self) -> Folded {
        let text = self.text();
        let at = text
            .char_indices()
            .nth(OPENING)
            .and_then(|(most, _)| text[..most].rfind(char::is_whitespace))
            .filter(|at| text[*at..].chars().count() >= WORTH_FOLDING);
        let Some(at) = at else {
            return Folded {
                opening: self.words.clone(),
                rest: Vec::new(),
            };
        };
        let (mut opening, mut rest, mut from) = (Vec::new(), Vec::new(), 0);
        for span in &self.words {
            let cut = at.saturating_sub(from).min(span.text.len());
            let (before, behind) = span.text.split_at(cut);
            for (part, into) in [(before, &mut opening), (behind, &mut rest)] {
                if !part.is_empty() {
                    into.push(Span {
                        text: part.to_owned(),
                        marked: span.marked,
                    });
                }
            }
            from += span.text.len();
        }
        Folded { opening, rest }
    }
}

/// What was written, in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folded {
    /// The beginning.
    pub opening: Vec<Span>,
    /// The rest; empty where the beginning is all.
    pub rest: Vec<Span>,
}

impl Folded {
    /// Returns `true` if a rule is about something in the rest.
    #[must_use]
    pub fn hides_a_mark(&self) -> bool {
        self.rest.iter().any(|span| span.marked)
    }
}

/// A part of what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub text: String,
    /// A rule is about this part.
    pub marked: bool,
}

/// A rule of the practice that a case is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleView {
    /// The clause's id.
    pub id: String,
    /// The sentence that the practice published.
    pub sentence: String,
}

/// A time by which somebody has to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The time.
    pub due_at: Timestamp,
    /// The same by the practice's clock, without the year.
    pub at: String,
    /// How much is left, or how late it is: "2 hours left".
    pub left: String,
    /// It is past.
    pub late: bool,
}

/// One question, and what this person may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuestionView {
    /// Which question.
    pub question: Question,
    /// The question in words.
    pub title: String,
    /// Why it is asked.
    pub why: String,
    /// What else is worth knowing for it, a sentence or two each.
    pub notes: Vec<String>,
    /// When the answer is due.
    pub deadline: Deadline,
    /// It may be left without harm.
    pub optional: bool,
    /// What may be chosen.
    pub choices: Vec<ChoiceView>,
    /// The words that would be sent, where a choice sends some.
    pub draft: Option<String>,
    /// What helps to report it.
    pub report: Option<ReportCard>,
    /// What cannot be chosen here, each with the reason.
    pub cannot: Vec<String>,
    /// Who may answer, where this person may not.
    pub only: Option<String>,
    /// It closes only with a note.
    pub needs_note: bool,
    /// What the note is for.
    pub note_label: &'static str,
    /// Who said that they are dealing with it, and since when, where somebody may be in danger.
    pub dealing: Option<String>,
    /// The task of which this person may say that they are dealing with it.
    pub may_deal: Option<String>,
    /// How this person may have words of their own sent instead of the draft; empty where they may
    /// not. A second person approves them.
    pub own_words: Vec<OwnWordsView>,
}

/// One way in which words of somebody's own may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnWordsView {
    /// The task that they would answer.
    pub task: String,
    /// The choice that sends them.
    pub choice: Choice,
    /// What the button says.
    pub label: &'static str,
}

impl QuestionView {
    /// Returns the choices that send nothing, but for those that put the question aside.
    #[must_use]
    pub fn first(&self) -> Vec<&ChoiceView> {
        self.which(|choice| !choice.speaks() && !is_last(choice))
    }

    /// Returns the choices that send the draft.
    #[must_use]
    pub fn speaking(&self) -> Vec<&ChoiceView> {
        self.which(Choice::speaks)
    }

    /// Returns the choices that put the question aside.
    #[must_use]
    pub fn last(&self) -> Vec<&ChoiceView> {
        self.which(is_last)
    }

    fn which(&self, wanted: impl Fn(Choice) -> bool) -> Vec<&ChoiceView> {
        self.choices
            .iter()
            .filter(|one| wanted(one.choice))
            .collect()
    }
}

const fn is_last(choice: Choice) -> bool {
    matches!(choice, Choice::Done | Choice::SendBack)
}

/// One answer that a person may give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChoiceView {
    /// The task that it answers.
    pub task: String,
    /// The choice.
    pub choice: Choice,
    /// What will happen, as a button says it.
    pub label: &'static str,
    /// It cannot be undone, or cuts somebody off: asked once more.
    pub is_final: bool,
    /// Who alone may choose it, where that is not everybody who decides.
    pub only: Option<String>,
}

/// Who looks at what, and when.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// The practice's policy; none where this version of the program cannot read it.
    pub policy: Option<&'a Policy>,
    /// Its clock.
    pub calendar: &'a Calendar,
    /// The person who looks, once for each of their roles.
    pub roles: &'a [Person],
    /// The time.
    pub now: Timestamp,
}

/// Returns what was found in the version of a post that a case is about: by the rules and, where
/// they found nothing on the topic, by the second reader.
#[must_use]
pub fn findings(history: &History, case: &Case) -> Vec<FindingRecord> {
    let wanted = case.revision.as_ref().map(|revision| &revision.revision);
    findings_of(history, wanted)
}

/// Returns what was found in one version of a post.
pub(crate) fn findings_of(history: &History, wanted: Option<&RevisionId>) -> Vec<FindingRecord> {
    let decided = |record: &pagewarden_ledger::EventRecord| match record.event() {
        Ok(Event::Decided {
            revision,
            findings,
            read_by,
            ..
        }) if Some(&revision) == wanted => Some((findings, read_by)),
        Ok(_) | Err(_) => None,
    };
    let Some((found, read_by)) = history.events.iter().rev().find_map(decided) else {
        return Vec::new();
    };
    with_learned(found, read_by.as_ref())
}

/// Adds to what the rules found what the second reader says on other topics.
pub(crate) fn with_learned(
    mut found: Vec<FindingRecord>,
    read_by: Option<&ReadBy>,
) -> Vec<FindingRecord> {
    if let Some(ReadBy::Both(meaning)) = read_by {
        let by_rules: Vec<Topic> = found.iter().map(|one| one.topic.clone()).collect();
        let learned = meaning.said.iter().flat_map(learned);
        found.extend(learned.filter(|one| !by_rules.contains(&one.topic)));
    }
    found
}

/// Returns one thing that the second reader reads in a text as findings, which never count as sure.
fn learned(said: &Said) -> Vec<FindingRecord> {
    let topics = match said.sense {
        // Of which kind it is, it may not know.
        Sense::Danger => &[Topic::Safeguarding],
        Sense::Abuse
        | Sense::Obscene
        | Sense::Threat
        | Sense::Defamation
        | Sense::Complaint
        | Sense::Praise
        | Sense::PatientIdentity
        | Sense::StaffIdentity
        | Sense::Safeguarding
        | Sense::ClinicalUrgent
        | Sense::Distress
        | Sense::ScamSpam
        | Sense::Misinformation
        | Sense::PhotoRecording
        | Sense::AppointmentOrClinical
        | Sense::ClaimsConsent
        | Sense::NotEnglish
        | Sense::Criticism => said.sense.topics(),
    };
    let finding = |topic: &Topic| FindingRecord {
        topic: topic.clone(),
        strength: Strength::Possible,
        start: said.start,
        end: said.end,
        cue: said.sense.name().to_owned(),
        why: format!(
            "reads like {}, says a program that learned from examples",
            said.sense.plain()
        ),
        target: None,
        more: 0,
    };
    topics.iter().map(finding).collect()
}

/// Returns a case without what its author wrote or is called.
pub(crate) fn covered<At: Clone>(case: &Case<At>) -> Case<At> {
    let mut covered = case.clone();
    if let Some(revision) = &mut covered.revision {
        let post = &mut revision.post;
        post.text.clear();
        post.author = Author::default();
        post.media.clear();
        post.permalink = None;
    }
    for task in &mut covered.tasks {
        task.draft = None;
        task.draft_visible = None;
        task.report = None;
    }
    covered
}

impl Viewer<'_> {
    /// Shows a case. `findings` are those of the decision about its newest words; without them
    /// nothing is marked and no reason is given.
    #[must_use]
    pub fn case(&self, case: &Case, findings: &[FindingRecord]) -> CaseView {
        if case.grounds.state.restricted && !case.is_danger() && !self.may_restrict(case) {
            let mut view = self.all_of(&covered(case), &[]);
            view.instead = Some(NOT_USED.to_owned());
            return view;
        }
        self.all_of(case, findings)
    }

    fn may_restrict(&self, case: &Case) -> bool {
        let mut roles = self.roles.iter();
        roles.any(|person| may(person, &Act::Restrict, &case.grounds).is_ok())
    }

    fn all_of(&self, case: &Case, findings: &[FindingRecord]) -> CaseView {
        let findings = self.relevant(case, findings);
        let post = case.revision.as_ref().map(|revision| &revision.post);
        let text = post.map_or("", |post| post.text.as_str());
        let written = written(case);
        let mut questions: Vec<QuestionView> = in_order(case)
            .into_iter()
            .map(|(question, tasks)| self.question(case, question, &tasks))
            .collect();
        once(&mut questions);
        let is_offered = questions
            .iter()
            .flat_map(|asked| &asked.choices)
            .any(|choice| choice.choice == Choice::Restore);
        CaseView {
            key: case.key.clone(),
            place: place(case),
            author: post.and_then(|post| post.author.name.as_deref()).map(plain),
            written,
            when: written
                .map(|at| self.calendar.local(at))
                .unwrap_or_default(),
            words: marked(text, &findings),
            instead: instead(case),
            attachments: post.map_or(0, |post| post.media.len()),
            permalink: post
                .and_then(|post| post.permalink.clone())
                .filter(|link| link.starts_with("https://")),
            why: why(&findings),
            rules: self.rules(&case.tasks),
            visibility: case.grounds.state.visibility,
            stands: stands(case),
            if_nobody_acts: if_nobody_acts(case),
            deadline: case.deadline().map(|at| self.deadline(at)),
            danger: case.is_danger(),
            questions,
            can_restore: !is_offered
                && case.grounds.state.visibility == Visibility::Hidden
                && self
                    .roles
                    .iter()
                    .any(|person| may_restore(person, &case.key, &case.grounds)),
        }
    }

    /// Returns the findings that the case is about: those under its rules and, where somebody may
    /// be in danger, those of danger. What else stands in a text is nobody's business.
    fn relevant<'f>(&self, case: &Case, findings: &'f [FindingRecord]) -> Vec<&'f FindingRecord> {
        let clauses = case.tasks.iter().flat_map(|task| &task.clauses);
        let topics: Vec<&Topic> = clauses
            .filter_map(|id| self.policy?.clause(id))
            .flat_map(|clause| &clause.topics)
            .chain(case.tasks.iter().flat_map(|task| dangers(task.kind)))
            .collect();
        findings
            .iter()
            .filter(|finding| topics.contains(&&finding.topic))
            .collect()
    }

    pub(crate) fn rules(&self, tasks: &[TaskRecord]) -> Vec<RuleView> {
        let mut rules: Vec<RuleView> = Vec::new();
        for id in tasks.iter().flat_map(|task| &task.clauses) {
            if rules.iter().all(|rule| rule.id != *id)
                && let Some(clause) = self.policy.and_then(|policy| policy.clause(id))
            {
                rules.push(RuleView {
                    id: id.clone(),
                    sentence: clause.sentence(),
                });
            }
        }
        rules
    }

    fn question(&self, case: &Case, question: Question, tasks: &[&TaskRecord]) -> QuestionView {
        let (first, at) = (tasks[0], &case.grounds);
        let mut choices: Vec<ChoiceView> = Vec::new();
        for task in tasks {
            let mine = self
                .roles
                .iter()
                .flat_map(|person| choices_for(person, task, at));
            // Of a post that is hidden already, somebody's danger asks nothing more.
            let moot = |choice: Choice| {
                question == Question::Danger
                    && choice == Choice::KeepHidden
                    && at.state.visibility != Visibility::Visible
            };
            for choice in mine.filter(|choice| belongs(question, *choice) && !moot(*choice)) {
                if choices.iter().all(|known| known.choice != choice) {
                    let label = words::choice(choice, question, at.state.visibility);
                    choices.push(ChoiceView {
                        task: task.id.clone(),
                        choice,
                        label,
                        is_final: choice.is_final(),
                        only: reserved_for(task, choice, at),
                    });
                }
            }
        }
        // What puts it aside comes last, and what cannot be undone before that.
        choices.sort_by_key(|choice| (choice.choice == Choice::Done, choice.is_final));
        let speaks = |task: &&&TaskRecord| {
            choices
                .iter()
                .any(|choice| choice.choice.speaks() && choice.task == task.id)
                || matches!(task.kind, TaskKind::DoByHand | TaskKind::ApproveAnswer)
        };
        let cannot = tasks.iter().flat_map(|task| at.not_offered(task));
        let mut cannot: Vec<String> = cannot
            .filter(|(choice, _)| belongs(question, *choice))
            .map(|(choice, why)| {
                format!(
                    "\u{201c}{}\u{201d} is not possible: {why}",
                    words::choice(choice, question, at.state.visibility)
                )
            })
            .collect();
        cannot.dedup();
        QuestionView {
            question,
            title: capital(words::task(first.kind)),
            why: tasks
                .iter()
                .map(|task| sentence(&task.why))
                .chain(self.only_this_person(question, &choices, at))
                .fold(String::new(), |all, why| {
                    if all.contains(&why) {
                        all
                    } else {
                        format!("{all} {why}").trim().to_owned()
                    }
                }),
            notes: self.notes(question, tasks),
            deadline: self.deadline(first.due_at),
            optional: tasks.iter().all(|task| task.optional),
            draft: tasks
                .iter()
                .find(speaks)
                .and_then(|task| task.words(at.state.visibility))
                .map(str::to_owned),
            report: tasks
                .iter()
                .find_map(|task| task.report.clone())
                .map(|card| ReportCard {
                    how: sentence(&card.how),
                    ..card
                }),
            cannot,
            only: choices
                .is_empty()
                .then(|| {
                    reserved_for(first, Choice::Done, at).or_else(|| self.own_decision(first, at))
                })
                .flatten(),
            dealing: self.dealing(case, tasks),
            may_deal: self.may_deal(case, tasks),
            own_words: self.own_words(case, tasks, &choices),
            needs_note: note_for(question, tasks).is_some(),
            note_label: note_for(question, tasks).unwrap_or(WHY),
            choices,
        }
    }

    /// Says that this person answers an appeal against what they decided, since nobody else may.
    fn only_this_person(
        &self,
        question: Question,
        choices: &[ChoiceView],
        at: &Grounds,
    ) -> Option<String> {
        let decided = self
            .roles
            .iter()
            .any(|person| at.decided_before(&person.name));
        (question == Question::Appeal && decided && !choices.is_empty()).then(|| {
            "You decided about this before. Nobody else here may answer, and the record will say so."
                .to_owned()
        })
    }

    /// Says who answers an appeal, where this person decided what it is against.
    fn own_decision(&self, task: &TaskRecord, at: &Grounds) -> Option<String> {
        let act = Act::Choose {
            task,
            choice: Choice::Decline,
            again: false,
        };
        self.roles
            .iter()
            .find_map(|person| match may(person, &act, at) {
                Err(refusal @ Refusal::OwnDecision { .. }) => Some(refusal.to_string()),
                Ok(()) | Err(_) => None,
            })
    }

    /// Returns what the law asks about a complaint, and how that goes with the policy.
    fn notes(&self, question: Question, tasks: &[&TaskRecord]) -> Vec<String> {
        let Some(policy) = self.policy else {
            return Vec::new();
        };
        if !matches!(question, Question::Complaint | Question::Acknowledgement) {
            return Vec::new();
        }
        let clock = policy.practice.nation.complaint_clock();
        let by = tasks
            .iter()
            .find_map(|task| task.acknowledge_by)
            .filter(|_| question == Question::Complaint);
        let by = by.map_or_else(String::new, |at| format!(", by {}", self.calendar.soon(at)));
        let mut notes = vec![format!(
            "A complaint has to be acknowledged within {} working days{by} ({}).",
            clock.working_days, clock.source
        )];
        notes.extend(clock.doubt.map(sentence));
        let forbids = tasks
            .iter()
            .flat_map(|task| &task.clauses)
            .filter_map(|id| policy.clause(id))
            .any(|clause| clause.never.contains(&Effect::Acknowledge));
        if forbids {
            notes.push(
                "Your policy says that it is not acknowledged on the page, and the law that it is acknowledged to the \
                 person. So do it by letter, e-mail or telephone, and never under the post."
                    .to_owned(),
            );
        }
        notes
    }

    fn dealing(&self, case: &Case, tasks: &[&TaskRecord]) -> Option<String> {
        let known = tasks
            .iter()
            .find_map(|task| case.grounds.state.acknowledged.get(&task.id))?;
        Some(format!(
            "{} said so on {}",
            words::person(&known.by),
            self.calendar.local(known.at)
        ))
    }

    fn may_deal(&self, case: &Case, tasks: &[&TaskRecord]) -> Option<String> {
        let may = |task: &TaskRecord| {
            self.roles
                .iter()
                .any(|person| may(person, &Act::Acknowledge { task }, &case.grounds).is_ok())
        };
        tasks
            .iter()
            .find(|task| may(task))
            .map(|task| task.id.clone())
    }

    fn own_words(
        &self,
        case: &Case,
        tasks: &[&TaskRecord],
        choices: &[ChoiceView],
    ) -> Vec<OwnWordsView> {
        let may = |task: &TaskRecord, choice| {
            let act = Act::WriteAnswer { task, choice };
            self.roles
                .iter()
                .any(|person| may(person, &act, &case.grounds).is_ok())
        };
        let offered = |choice: &ChoiceView| {
            let task = tasks.iter().find(|task| task.id == choice.task)?;
            let label = if choice.choice == Choice::AskAuthor {
                "Ask somebody to approve this message"
            } else {
                "Ask somebody to approve this answer"
            };
            may(task, choice.choice).then(|| OwnWordsView {
                task: task.id.clone(),
                choice: choice.choice,
                label,
            })
        };
        choices.iter().filter_map(offered).collect()
    }

    pub(crate) fn deadline(&self, at: Timestamp) -> Deadline {
        let left = at.duration_since(self.now);
        let late = left.is_negative();
        let left = match (span(left.abs()), late) {
            (span, false) => format!("{span} left"),
            (span, true) => format!("{span} late"),
        };
        Deadline {
            due_at: at,
            at: self.calendar.soon(at),
            left,
            late,
        }
    }
}

/// What a note is for that may be left out.
const WHY: &str = "Why, for the record";

/// Returns what is written down with an answer, where something has to be.
fn note_for(question: Question, tasks: &[&TaskRecord]) -> Option<&'static str> {
    let advice = tasks
        .iter()
        .any(|task| task.kind == TaskKind::LegalAdviceRequired);
    if advice {
        Some("Who gave the advice, when, and what came of it")
    } else if question == Question::Approval {
        Some("What is wrong with the words, if you send them back")
    } else if question == Question::Appeal {
        Some(
            "Your answer. The author reads it: do not repeat what they wrote, and say nothing about anybody's care",
        )
    } else {
        None
    }
}

/// Returns a length of time as somebody says it: "20 minutes", "3 hours", "2 days".
fn span(time: SignedDuration) -> String {
    let counted =
        |many: i64, one: &str| format!("{many} {one}{}", if many == 1 { "" } else { "s" });
    match (time.as_mins(), time.as_hours()) {
        (minutes, _) if minutes < 60 => counted(minutes, "minute"),
        (_, hours) if hours < 48 => counted(hours, "hour"),
        (_, hours) => counted(hours / 24, "day"),
    }
}

/// What stands there instead of words that may not be used.
pub(crate) const NOT_USED: &str =
    "Its author asked for it not to be used. The practice manager can read it";

/// Returns the questions of a case in the order in which they are asked.
pub(crate) fn in_order<At>(case: &Case<At>) -> Vec<(Question, Vec<&TaskRecord>)> {
    let mut questions = case.questions();
    let place = |wanted| questions.iter().position(|(asked, _)| *asked == wanted);
    // What is a complaint has to be known before it is deleted.
    if let (Some(post), Some(complaint)) = (place(Question::Post), place(Question::Complaint))
        && post < complaint
    {
        let asked = questions.remove(complaint);
        questions.insert(post, asked);
    }
    questions
}

fn is_about_a_post<At>(case: &Case<At>) -> bool {
    let first = case.tasks.first();
    first.is_none_or(|task| task.kind.is_about_a_post())
}

/// Returns what it is and where.
pub(crate) fn place<At>(case: &Case<At>) -> String {
    let platform = case.key.platform;
    match &case.revision {
        Some(revision) => format!(
            "{} on {}",
            capital(words::surface_with_article(revision.post.surface)),
            on(platform)
        ),
        None if is_about_a_post(case) => format!("Something on {}", on(platform)),
        None if platform == Platform::StaffLog => "A way to reach somebody".to_owned(),
        None => format!("Your account on {}", on(platform)),
    }
}

/// Returns when it was written or first seen.
pub(crate) fn written<At>(case: &Case<At>) -> Option<Timestamp> {
    let revision = case.revision.as_ref()?;
    Some(revision.post.posted_at.unwrap_or(revision.seen_at))
}

/// Returns what stands there instead of words, where there are none.
pub(crate) fn instead<At>(case: &Case<At>) -> Option<String> {
    match case.revision.as_ref().map(|revision| &revision.post) {
        Some(post) if post.text.is_empty() => Some(capital(&wordless(post))),
        Some(_) => None,
        None => is_about_a_post(case).then(|| "Its words are not kept".to_owned()),
    }
}

/// Returns how it stands on its platform; nothing of a case that is about no post.
pub(crate) fn stands<At: AsRef<StateRecord>>(case: &Case<At>) -> Option<&'static str> {
    let (platform, state) = (case.key.platform, case.grounds.as_ref());
    let surface = case.revision.as_ref().map(|revision| revision.post.surface);
    is_about_a_post(case).then(|| match surface {
        Some(Surface::Appeal) => {
            "Its author sent it to the practice, on the page for another look. Nobody else can see it."
        }
        Some(_) | None if state.elsewhere => words::stands_elsewhere(platform),
        Some(_) | None => words::stands(platform, state.visibility),
    })
}

/// Leaves each choice about what becomes of the post to one question: to the one that asks just
/// that where it is asked, to the first otherwise.
fn once(questions: &mut [QuestionView]) {
    let mut order: Vec<usize> = (0..questions.len()).collect();
    // Whether hiding was right says that and nothing about deleting: it comes before all.
    order.sort_by_key(|nth| {
        let asked = questions[*nth].question;
        (asked != Question::SecondLook, asked != Question::Post)
    });
    let mut offered: Vec<Choice> = Vec::new();
    for nth in order {
        let choices = &mut questions[nth].choices;
        choices.retain(|one| !is_about_post(one.choice) || !offered.contains(&one.choice));
        offered.extend(choices.iter().map(|one| one.choice));
    }
}

/// Returns `true` if it says what becomes of the post or its author.
const fn is_about_post(choice: Choice) -> bool {
    matches!(
        choice,
        Choice::Keep
            | Choice::Restore
            | Choice::KeepHidden
            | Choice::Delete
            | Choice::Ban
            | Choice::Mute
    )
}

/// Returns `true` if a choice answers this question. A task about an answer also offers what may
/// become of the post: that is asked once, beside the post.
const fn belongs(question: Question, choice: Choice) -> bool {
    let about_post = is_about_post(choice);
    match question {
        Question::Post | Question::Elsewhere | Question::SecondLook | Question::ByHand => true,
        // Hiding a plea can protect its author; whether the post stays is no answer to a danger.
        Question::Danger => !about_post || matches!(choice, Choice::KeepHidden),
        Question::Warning => !about_post || matches!(choice, Choice::Ban | Choice::Mute),
        Question::Care
        | Question::Complaint
        | Question::Acknowledgement
        | Question::Report
        | Question::ReportOutcome
        | Question::Reply
        | Question::Approval
        | Question::Message
        | Question::LegalAdvice
        | Question::Incident
        | Question::Appeal
        | Question::Channel
        | Question::Contact => !about_post,
    }
}

/// Says what time alone does to a case, which is never much.
fn if_nobody_acts(case: &Case) -> &'static str {
    let asks = |question| {
        case.tasks
            .iter()
            .any(|task| Question::asked_by(task.kind) == question)
    };
    match case.grounds.state.visibility {
        _ if case.tasks.is_empty() => "Nothing waits.",
        _ if case.is_danger() => {
            "It is told again, to the next person each time, until somebody answers."
        }
        _ if asks(Question::Appeal) => {
            "It stays as it is, and its author waits for an answer. You are reminded of it."
        }
        _ if asks(Question::Channel) => {
            "Nothing more is seen of this account until it is connected again."
        }
        _ if asks(Question::Contact) => {
            "They are not told of danger by this address or number until it is corrected."
        }
        _ if asks(Question::Acknowledgement) => {
            "The time for acknowledging a complaint runs out. You are reminded of it."
        }
        _ if asks(Question::Complaint) => {
            "If it is a complaint, the time for acknowledging it runs out."
        }
        Visibility::Hidden => "It stays hidden. Time alone deletes nothing.",
        Visibility::Visible => "It stays where it is, for everybody to see.",
        Visibility::Gone => "It is gone from the page. Nothing else happens.",
    }
}

/// Returns the topics that are a danger whatever a policy says, where a task is about one.
pub(crate) const fn dangers(kind: TaskKind) -> &'static [Topic] {
    match kind {
        TaskKind::SafeguardingNow | TaskKind::SafeguardingToday => {
            &[Topic::Safeguarding, Topic::ClinicalUrgent]
        }
        TaskKind::ApproveUrgentSignpost => &[Topic::ClinicalUrgent],
        TaskKind::StaffSafetyNow => &[Topic::Threatening, Topic::Menacing, Topic::Imminent],
        TaskKind::CareFirst
        | TaskKind::Decide
        | TaskKind::DecidePraise
        | TaskKind::DecideLanguage
        | TaskKind::CheckConsent
        | TaskKind::ConfirmDelete
        | TaskKind::ConfirmDeleteByPracticeManager
        | TaskKind::MaybeDelete
        | TaskKind::DeleteAndOrReport
        | TaskKind::ModerateDeleteOrBan
        | TaskKind::AskAuthor
        | TaskKind::ReportByHand
        | TaskKind::ReportOutcome
        | TaskKind::ComplaintDecision
        | TaskKind::AcknowledgeComplaint
        | TaskKind::LegalAdviceRequired
        | TaskKind::LegalAdviceOptional
        | TaskKind::Ladder
        | TaskKind::ApprovePublicReply
        | TaskKind::ApprovePublicReplyOptional
        | TaskKind::ApproveSignpost
        | TaskKind::OfferSignpost
        | TaskKind::OfferReviewLink
        | TaskKind::RecordIncident
        | TaskKind::DoByHand
        | TaskKind::ShowAgain
        | TaskKind::HiddenElsewhere
        | TaskKind::SecondLook
        | TaskKind::ReconnectChannel
        | TaskKind::RepairContact
        | TaskKind::ApproveAnswer
        | TaskKind::Appeal => &[],
    }
}

/// Returns what was found, the surest first, as a list goes on behind "why".
pub(crate) fn why(findings: &[&FindingRecord]) -> Option<String> {
    let mut surest = findings.to_vec();
    surest.sort_by_key(|finding| (std::cmp::Reverse(finding.strength), finding.start));
    let mut reasons: Vec<&str> = Vec::new();
    for finding in surest {
        if !reasons.contains(&finding.why.as_str()) {
            reasons.push(&finding.why);
        }
    }
    reasons.truncate(REASONS);
    (!reasons.is_empty()).then(|| format!("{}.", reasons.join("; ")))
}

/// Cuts a text into the parts that findings are about and the rest.
pub(crate) fn marked(text: &str, findings: &[&FindingRecord]) -> Vec<Span> {
    let mut cuts: Vec<(usize, usize)> = findings
        .iter()
        .map(|finding| (finding.start, finding.end.min(text.len())))
        .filter(|(start, end)| {
            start < end && text.is_char_boundary(*start) && text.is_char_boundary(*end)
        })
        .collect();
    cuts.sort_unstable();
    let (mut spans, mut at) = (Vec::<Span>::new(), 0);
    let mut push = |from: usize, to: usize, marked: bool| match spans.last_mut() {
        _ if from >= to => {}
        Some(last) if last.marked == marked => last.text.push_str(&text[from..to]),
        Some(_) | None => spans.push(Span {
            text: text[from..to].to_owned(),
            marked,
        }),
    };
    for (start, end) in cuts {
        push(at, start.max(at), false);
        push(start.max(at), end.max(at), true);
        at = at.max(end);
    }
    push(at, text.len(), false);
    spans
}

/// Returns a platform's name as it follows "on".
#[must_use]
pub fn on(platform: Platform) -> &'static str {
    match platform {
        Platform::Website => "the website",
        Platform::StaffLog => "the premises",
        Platform::Facebook | Platform::Instagram | Platform::X | Platform::Google => {
            words::platform(platform)
        }
    }
}

/// Returns a text with a capital first letter.
#[must_use]
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Makes a sentence of a reason: a capital at its start and a full stop at its end.
#[must_use]
pub fn sentence(why: &str) -> String {
    let why = capital(why.trim());
    if why.ends_with(['.', '?', '!']) {
        why
    } else {
        format!("{why}.")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finding(start: usize, end: usize) -> FindingRecord {
        FindingRecord {
            topic: Topic::Obscene,
            strength: Strength::Certain,
            start,
            end,
            cue: String::new(),
            why: String::new(),
            target: None,
            more: 0,
        }
    }

    #[test]
    fn the_parts_that_a_rule_is_about_are_marked() {
        let spans = marked(
            "you silly cow, go",
            &[&finding(4, 13), &finding(4, 9), &finding(10, 13)],
        );
        let shown: Vec<(&str, bool)> = spans
            .iter()
            .map(|span| (span.text.as_str(), span.marked))
            .collect();
        assert_eq!(
            shown,
            [("you ", false), ("silly cow", true), (", go", false)]
        );
    }

    #[test]
    fn time_is_said_in_the_largest_unit_that_still_tells() {
        let said = [
            (5, "5 minutes"),
            (60, "1 hour"),
            (47 * 60, "47 hours"),
            (48 * 60, "2 days"),
            (1, "1 minute"),
        ];
        for (minutes, words) in said {
            assert_eq!(span(SignedDuration::from_mins(minutes)), words);
        }
    }

    proptest! {
        #[test]
        fn marking_loses_no_word(text in "\\PC{0,40}", places in prop::collection::vec((0_usize..60, 0_usize..60), 0..6)) {
            let findings: Vec<_> = places.into_iter().map(|(start, end)| finding(start, end)).collect();
            let spans = marked(&text, &findings.iter().collect::<Vec<_>>());
            let whole: String = spans.iter().map(|span| span.text.as_str()).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
