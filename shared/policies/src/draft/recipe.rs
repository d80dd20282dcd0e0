//! What a clause comes to: from what it is about and what the words say follows, to effects, and who
//! carries them out.

use std::collections::BTreeSet;

use pagewarden_rules::{About, By, Effect, Exception, Place, Platform, Says, Topic};

use super::Drafted;
use super::clauses::Said;

/// What kind of clause a set of topics makes: each is written in its own way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    /// Phones on the premises.
    Device,
    /// The practice's own duties.
    Duty,
    /// Recording one's own consultation.
    Consultation,
    /// Complaints.
    Complaint,
    /// Where reviews belong.
    Review,
    /// What people think of the practice.
    Opinion,
    /// What the page is not for.
    Request,
    /// What is private about others.
    Privacy,
    /// Anything else that may be posted.
    Post,
    /// Nothing that a post can be about.
    None,
}

/// A clause, or none where the words ask for nothing, with what they leave open.
pub(super) struct Made {
    pub(super) clause: Option<Drafted>,
    pub(super) questions: Vec<String>,
}

const REQUESTS: [Topic; 3] = [
    Topic::AppointmentRequest,
    Topic::OwnMedicalInformation,
    Topic::ContactStaff,
];
const PRIVATE: [Topic; 3] = [
    Topic::PatientIdentifiable,
    Topic::StaffIdentifiable,
    Topic::OtherPersonIdentifiable,
];

/// The topics for which a draft lets the machine hide: what is plain from the words, and harms
/// somebody.
const PLAIN: [Topic; 9] = [
    Topic::PatientIdentifiable,
    Topic::OtherPersonIdentifiable,
    Topic::Threatening,
    Topic::Menacing,
    Topic::Obscene,
    Topic::GrosslyOffensive,
    Topic::Harassing,
    Topic::Spam,
    Topic::Complaint,
];

pub(super) fn family(topics: &BTreeSet<Topic>) -> Family {
    let on = |topic: Topic| topics.contains(&topic);
    let any = |some: &[Topic]| some.iter().any(|topic| topics.contains(topic));
    if topics.is_empty() {
        Family::None
    } else if any(&[Topic::Safeguarding, Topic::Confidentiality]) {
        Family::Duty
    } else if on(Topic::RecordingConsultation) {
        Family::Consultation
    } else if on(Topic::DeviceUse) {
        Family::Device
    } else if on(Topic::Complaint) {
        Family::Complaint
    } else if any(&PRIVATE) {
        Family::Privacy
    } else if on(Topic::Review) {
        Family::Review
    } else if topics.iter().all(Topic::is_opinion) {
        Family::Opinion
    } else if topics
        .iter()
        .all(|topic| REQUESTS.contains(topic) || topic.is_opinion())
    {
        Family::Request
    } else {
        Family::Post
    }
}

/// Returns the topics that a clause of this family keeps: the others are how its sentence happens to
/// be put.
fn kept(family: Family, topics: &BTreeSet<Topic>) -> Vec<Topic> {
    let keep = |topic: &Topic| match family {
        Family::Device => *topic == Topic::DeviceUse,
        Family::Duty => matches!(topic, Topic::Safeguarding | Topic::Confidentiality),
        Family::Consultation => *topic == Topic::RecordingConsultation,
        Family::Review => *topic == Topic::Review,
        Family::Complaint => {
            !REQUESTS.contains(topic) && !matches!(topic, Topic::Criticism | Topic::Praise)
        }
        Family::Opinion => true,
        Family::Request => REQUESTS.contains(topic),
        Family::Privacy | Family::Post => !topic.is_opinion() && !REQUESTS.contains(topic),
        Family::None => false,
    };
    topics.iter().filter(|topic| keep(topic)).cloned().collect()
}

pub(super) fn make(said: &Said) -> Made {
    let family = family(&said.topics);
    let topics = kept(family, &said.topics);
    let mut questions = Vec::new();
    if family == Family::None {
        if !said.effects.is_empty() {
            questions.push("Which posts does this sentence mean? Give it topics in a [[clause]], or leave it as it is".to_owned());
        } else if said.lays_down() {
            questions.push("This asks for something that no topic covers. If the program should look for it, the policy needs a topic of your own, with its words.".to_owned());
        }
        return Made {
            clause: None,
            questions,
        };
    }
    let lays_down = said.forbids || !said.is_bare();
    if matches!(family, Family::Post | Family::Privacy) && !lays_down {
        questions.push(format!(
            "This speaks of {} and forbids nothing. Is it a rule?",
            list(&topics)
        ));
        return Made {
            clause: None,
            questions,
        };
    }
    // Nothing may follow from an opinion, and nothing from the practice's own duties but an alert.
    let sanctioned = said.effects.iter().any(|(effect, _)| effect.is_sanction());
    if sanctioned && matches!(family, Family::Opinion | Family::Review) {
        questions.push("The words take down what people think of the practice. No policy may, so nothing follows here".to_owned());
    }
    let mut clause = Drafted {
        place: place(family, said, &topics),
        platforms: platforms(&said.words),
        about: None,
        says: says(family, said),
        effects: Vec::new(),
        auto_topics: Vec::new(),
        never: Vec::new(),
        no_public_reply: said.unanswered && matches!(family, Family::Complaint | Family::Review)
            || said.only && family == Family::Complaint,
        except: exceptions(said, family),
        by_manager: said.has(Effect::Delete)
            && said.speaks_of(&["by", "the", "practice", "manager"]),
        and_or: said.speaks_of(&["and", "or"]) && said.effects.len() > 1,
        topics,
    };
    if clause.topics == [Topic::Defamatory] && said.speaks_of(&["our", "team"]) {
        clause.about = Some(About::Team);
    }
    clause.effects = effects(family, said, &mut clause, &mut questions);
    if family == Family::Complaint
        && said.unanswered
        && said.words.iter().any(|word| word.starts_with("acknowledg"))
    {
        clause.never.push(Effect::Acknowledge);
    }
    Made {
        clause: Some(clause),
        questions,
    }
}

/// Returns what follows, in the order in which it happens, and by whom.
fn effects(
    family: Family,
    said: &Said,
    clause: &mut Drafted,
    questions: &mut Vec<String>,
) -> Vec<(Effect, By)> {
    use By::{Machine, Person};
    use Effect::{AskAuthor, Capture, Case, ComplaintClock, Delete, Hide};
    match family {
        Family::Device => return vec![(Effect::LogIncident, Person)],
        Family::Duty => return vec![(Capture, Machine), (Effect::PageSafeguardingLead, Machine)],
        Family::Consultation => {
            return vec![(Capture, Machine), (Case, Machine), (AskAuthor, Person)];
        }
        Family::Opinion | Family::None => return Vec::new(),
        Family::Review if clause.no_public_reply => return Vec::new(),
        Family::Review => return vec![(Effect::SignpostOfficialReview, Person)],
        Family::Request if said.effects.is_empty() => {
            return vec![(Effect::SignpostRoutineContact, Person)];
        }
        Family::Complaint if said.is_bare() => return Vec::new(),
        Family::Request | Family::Complaint | Family::Privacy | Family::Post => {}
    }
    let mut effects = vec![(Capture, Machine)];
    if family == Family::Complaint {
        effects.push((ComplaintClock, Machine));
    }
    // The words forbid and say nothing of what follows: people may choose.
    if said.effects.is_empty() && family != Family::Complaint {
        let hurts = clause
            .topics
            .iter()
            .any(|topic| PRIVATE.contains(topic) && PLAIN.contains(topic));
        let by = if family == Family::Privacy && hurts {
            hide_for(clause)
        } else {
            Person
        };
        if by == Machine {
            questions.push("The words state no sanction. The machine hides this all the same, because waiting harms somebody: is that right?".to_owned());
        }
        effects.extend([(Hide, by), (AskAuthor, Person), (Delete, Person)]);
        return effects;
    }
    let asked = |effect| {
        said.effects
            .iter()
            .find(|(known, _)| *known == effect)
            .map(|(_, says)| *says)
    };
    let taken_down = [Hide, Delete, Effect::Report, Effect::Ban]
        .into_iter()
        .any(|effect| said.has(effect));
    if asked(Case).is_some() && !taken_down
        || asked(Effect::LegalAdvice).is_some()
        || asked(Effect::Ladder).is_some()
    {
        effects.push((Case, Machine));
    }
    match (asked(Hide), asked(Delete)) {
        // What will be deleted is out of sight until a person confirms it.
        (Some(Says::Will), _) | (_, Some(Says::Will)) => effects.push((Hide, hide_for(clause))),
        (Some(_), _) => effects.push((Hide, Person)),
        (None, _) => {}
    }
    let order = [
        Effect::Moderate,
        Effect::Report,
        AskAuthor,
        Effect::PublicReply,
        Delete,
        Effect::Ban,
        Effect::Mute,
        Effect::LegalAdvice,
        Effect::Ladder,
    ];
    effects.extend(
        order
            .into_iter()
            .filter(|effect| said.has(*effect))
            .map(|effect| (effect, Person)),
    );
    effects
}

/// Returns who hides, and notes the topics for which the machine does: those that are plain.
fn hide_for(clause: &mut Drafted) -> By {
    let plain: Vec<Topic> = clause
        .topics
        .iter()
        .filter(|topic| PLAIN.contains(topic))
        .cloned()
        .collect();
    if plain.is_empty() {
        return By::Person;
    }
    if plain.len() < clause.topics.len() {
        clause.auto_topics = plain;
    }
    By::Machine
}

/// Returns how sure it is that something follows. What will follow comes first; the other verbs of
/// the sentence are about what only people do.
fn says(family: Family, said: &Said) -> Says {
    match family {
        Family::Device | Family::Consultation => return Says::None,
        Family::Duty | Family::Opinion | Family::None => return Says::Context,
        Family::Review if said.unanswered => return Says::Will,
        Family::Review => return Says::Asks,
        Family::Complaint if said.is_bare() => return Says::Context,
        Family::Complaint | Family::Request | Family::Privacy | Family::Post => {}
    }
    let has = |wanted: Says| said.effects.iter().any(|(_, says)| *says == wanted);
    if has(Says::Will) {
        Says::Will
    } else if has(Says::Reserves) {
        Says::Reserves
    } else if has(Says::May) {
        Says::May
    } else if family == Family::Complaint {
        Says::Will
    } else if family == Family::Request {
        Says::Asks
    } else {
        Says::None
    }
}

fn place(family: Family, said: &Said, topics: &[Topic]) -> Place {
    let taken = |topic: &Topic| {
        matches!(
            topic,
            Topic::PhotoWaitingArea
                | Topic::PhotoStaff
                | Topic::RecordingWaitingArea
                | Topic::RecordingStaff
        )
    };
    let is_page = |word: &String| matches!(word.as_str(), "page" | "pages");
    let is_own = said.words.iter().any(is_page) || !platforms(&said.words).is_empty();
    if family == Family::Device || !topics.is_empty() && topics.iter().all(taken) {
        Place::Premises
    } else if family == Family::Duty || is_own {
        Place::Own
    } else {
        Place::Any
    }
}

/// Returns the platforms that some words name.
pub(super) fn platforms(words: &[String]) -> Vec<Platform> {
    let named = |platform: &Platform| {
        let names = names(*platform);
        words.iter().any(|word| names.contains(&word.as_str()))
    };
    Platform::ALL.iter().copied().filter(named).collect()
}

/// Returns what a published text calls a platform.
pub(super) const fn names(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Facebook => &["facebook"],
        Platform::Instagram => &["instagram"],
        Platform::X => &["twitter", "x"],
        Platform::Google => &["google"],
        Platform::Website | Platform::StaffLog => &[],
    }
}

fn exceptions(said: &Said, family: Family) -> Vec<Exception> {
    let mut exceptions: Vec<Exception> = Vec::new();
    for exception in &said.exceptions {
        let fits = match exception {
            Exception::ExpressConsentOfThatPatient | Exception::ExpressPermissionOfThatPerson => {
                family == Family::Privacy
            }
            Exception::ExplicitConsentOfStaff => family == Family::Post,
            Exception::AgreedWithClinician => {
                matches!(family, Family::Device | Family::Consultation)
            }
            Exception::OwnPurpose => family == Family::Consultation,
        };
        if fits && !exceptions.contains(exception) {
            exceptions.push(*exception);
        }
    }
    exceptions
}

impl Said {
    fn has(&self, effect: Effect) -> bool {
        self.effects.iter().any(|(known, _)| *known == effect)
    }

    fn speaks_of(&self, row: &[&str]) -> bool {
        self.words.windows(row.len()).any(|words| words == row)
    }

    /// Returns `true` if it tells readers to do or to leave something.
    fn lays_down(&self) -> bool {
        const ORDERS: [&str; 5] = ["must", "please", "don't", "prohibited", "forbidden"];
        self.words
            .iter()
            .any(|word| ORDERS.contains(&word.as_str()))
    }
}

fn list(topics: &[Topic]) -> String {
    let names: Vec<String> = topics.iter().map(ToString::to_string).collect();
    names.join(", ")
}
