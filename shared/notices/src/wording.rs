//! The words of a notice: what kind of thing, how much of it, and where to look.

use std::fmt::Write;

use crate::Alert;

/// The longest text message that goes as one, in characters of the GSM 7-bit alphabet.
pub(crate) const LONGEST_TEXT: usize = 160;

/// Why there is nothing to read in it.
const NO_WORDS: &str = "What was written, and by whom, is left out of this message on purpose.";

/// Where somebody looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// A page of the console.
    Console {
        /// The console's address.
        address: String,
        /// The page there, from its first slash on; nothing where it is the front page.
        page: String,
    },
    /// This command, where there is no console.
    Command(String),
}

impl Link {
    /// Returns where the people of a practice look, given the console's address if there is one.
    #[must_use]
    pub fn of(console: Option<&str>, practice: &str) -> Self {
        match console {
            Some(address) => Link::Console {
                address: address.trim_end_matches('/').to_owned(),
                page: String::new(),
            },
            None => Link::Command(format!("pagewarden tasks --practice {practice}")),
        }
    }

    /// Returns the same for a page of the console.
    #[must_use]
    pub fn to(&self, page: String) -> Self {
        match self {
            Link::Console { address, .. } => Link::Console {
                address: address.clone(),
                page,
            },
            Link::Command(_) => self.clone(),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Link::Console { address, page } => format!("Open {address}{page}"),
            Link::Command(command) => format!("Run: {command}"),
        }
    }

    /// Returns the same, as far as a text message has room for it: the page, or else the console.
    fn in_a_text(&self, room: usize) -> String {
        let ways = match self {
            Link::Console { address, page } => vec![
                format!("Sign in: {address}{page}"),
                format!("Sign in: {address}"),
            ],
            Link::Command(command) => vec![format!("Run: {command}")],
        };
        let fits = |way: &String| gsm_length(way) <= room;
        let way = ways.into_iter().find(fits);
        way.unwrap_or_else(|| "Sign in to Pagewarden.".to_owned())
    }
}

/// How many tasks wait, by urgency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Urgencies {
    /// At once.
    pub now: u32,
    /// Today.
    pub high: u32,
    /// Within the clock of its kind.
    pub normal: u32,
    /// When there is time.
    pub low: u32,
    /// Those of them that were drawn for a second look.
    pub second_looks: u32,
    /// There are more than were counted.
    pub more: bool,
    /// Since when the oldest waits, by the practice's clock.
    pub oldest: Option<String>,
    /// The nearest deadline, by the practice's clock.
    pub nearest: Option<String>,
}

impl Urgencies {
    /// Returns how many there are.
    #[must_use]
    pub const fn all(&self) -> u32 {
        self.now + self.high + self.normal + self.low
    }
}

/// All that a notice may say. There is no place in it for a word of a post, nor for whoever wrote
/// it.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// What the notice is of.
    pub alert: Alert,
    /// The practice's name.
    pub practice: &'a str,
    /// How many things of the kind.
    pub count: usize,
    /// How often it was told before.
    pub round: u32,
    /// Somebody said that they are dealing with it.
    pub acknowledged: bool,
    /// What waits, for a digest.
    pub waiting: Option<&'a Urgencies>,
    /// The code, for a message that tests a way.
    pub code: Option<&'a str>,
    /// Where to look.
    pub link: &'a Link,
}

/// A notice in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// The subject of an e-mail.
    pub subject: String,
    /// The body of an e-mail, in lines.
    pub body: String,
    /// A text message: at most 160 characters of the GSM 7-bit alphabet.
    pub text: String,
}

impl Facts<'_> {
    /// Puts it into words.
    #[must_use]
    pub fn wording(&self) -> Wording {
        let headline = self.headline();
        let again = if self.round > 0 && self.alert.escalates() {
            "Again: "
        } else {
            ""
        };
        let mut body = format!("{again}{headline} at {}.\n\n", self.practice);
        for paragraph in std::iter::once(self.explained())
            .chain(self.link_for_email())
            .chain(self.what_happens())
        {
            body.push_str(&paragraph);
            body.push_str("\n\n");
        }
        body.push_str(if self.alert == Alert::Code {
            "Nobody from Pagewarden asks you for this code."
        } else {
            NO_WORDS
        });
        body.push('\n');
        Wording {
            subject: one_line(&format!("{again}{headline} ({})", self.practice)),
            body,
            text: self.text(&format!("{again}{headline}")),
        }
    }

    /// Says in a few words what it is.
    fn headline(&self) -> String {
        let n = self.count;
        let several = |one: &str, many: &str| {
            if n > 1 {
                format!("{n} {many}")
            } else {
                one.to_owned()
            }
        };
        match self.alert {
            Alert::Safeguarding => several(
                "Somebody may be in danger: look now",
                "posts say that somebody may be in danger: look now",
            ),
            Alert::StaffSafety => several(
                "A threat to staff: look now",
                "posts threaten staff: look now",
            ),
            Alert::Clinical => several(
                "Somebody may need medical help: look now",
                "posts say that somebody may need medical help: look now",
            ),
            Alert::LookToday => several(
                "A post may be about somebody in danger: look at it first",
                "posts may be about somebody in danger: look at them first",
            ),
            Alert::Urgent => several(
                "A post needs a decision at once",
                "decisions about posts are needed at once",
            ),
            Alert::ChannelStopped => several(
                "An account has to be connected again",
                "accounts have to be connected again",
            ),
            Alert::SweepMissed => "An account could not be read twice in a row".to_owned(),
            Alert::LimitReached => "Pagewarden has reached its limit and stopped acting".to_owned(),
            Alert::SwitchedOff => "Pagewarden was switched off".to_owned(),
            Alert::RuleStopped => "A rule has stopped itself".to_owned(),
            Alert::StepHeldUp => "A step of the policy is held up".to_owned(),
            Alert::Unreachable => several(
                "A message could not be delivered to somebody",
                "messages could not be delivered to people",
            ),
            Alert::Overdue => several("1 task is overdue", "tasks are overdue"),
            Alert::Digest => match self.waiting.map_or(0, Urgencies::all) {
                0 => "Nothing waits".to_owned(),
                1 => "1 task waits".to_owned(),
                all => {
                    format!(
                        "{}{all} tasks wait",
                        if self.waiting.is_some_and(|w| w.more) {
                            "More than "
                        } else {
                            ""
                        }
                    )
                }
            },
            Alert::Code => format!("Your Pagewarden code is {}", self.code.unwrap_or_default()),
        }
    }

    fn explained(&self) -> String {
        match self.alert {
            _ if self.acknowledged && self.alert.escalates() => {
                "Somebody said two hours ago that they are dealing with it, and it has not been answered since."
                    .to_owned()
            }
            Alert::Safeguarding => {
                "Something on the practice's pages may mean that somebody is in danger. A person has \
                 to look now. The machine has left it alone."
                    .to_owned()
            }
            Alert::StaffSafety => {
                "Something on the practice's pages threatens staff and says when or where. Tell those \
                 whom it may be about, and the police."
                    .to_owned()
            }
            Alert::Clinical => "Something on the practice's pages describes symptoms that may need help now. A person \
                 has to look now."
                .to_owned(),
            Alert::LookToday => "The machine is less sure of it than of what it alerts people to at once. Look at it \
                 before anything else."
                .to_owned(),
            Alert::Urgent => "The practice's policy asks for a person's decision at once.".to_owned(),
            Alert::ChannelStopped => {
                "Until that is done, Pagewarden cannot see or do everything there. Nothing is lost: it \
                 goes on by itself afterwards. A practice manager does it in the console, under Settings."
                    .to_owned()
            }
            Alert::SweepMissed => {
                "New posts there may not have been seen. Pagewarden tries again every hour. If this goes \
                 on, tell whoever runs it for you."
                    .to_owned()
            }
            Alert::LimitReached => {
                "It has acted as often as the practice's settings allow in an hour or a day. What is \
                 over the limit waits for a person: either there is an attack, or the machine is mistaken. The \
                 rule under which it hid most stays stopped: two people can start it again, on the page of \
                 the policy."
                    .to_owned()
            }
            Alert::SwitchedOff => {
                "Until a practice manager turns it on again, the machine acts on nothing. It goes on \
                 reading, and people are alerted to danger as before."
                    .to_owned()
            }
            Alert::RuleStopped => {
                "People showed more than one in ten of the posts again that Pagewarden had hidden under it. \
                 It hides none under this rule any more: what it would have hidden waits for a person, \
                 until two people start the rule again."
                    .to_owned()
            }
            Alert::StepHeldUp => {
                "Two people agreed on it for today, and something keeps that version of the policy from \
                 acting. What that is stands with the version. The step is taken within minutes of the last of it \
                 being settled, unless somebody calls it off."
                    .to_owned()
            }
            Alert::Unreachable => {
                "Until the address or number is corrected, they are not told of danger by it.".to_owned()
            }
            Alert::Overdue => {
                "Nobody has answered in time. Nothing is deleted, hidden or closed because of that.".to_owned()
            }
            Alert::Digest => self.digest(),
            Alert::Code => format!(
                "It shows that messages about danger reach you here. Type it into the console, or run: pagewarden people \
                 confirm PRACTICE --as NAME:ROLE {}\n\nIt works for 7 days.",
                self.code.unwrap_or_default()
            ),
        }
    }

    fn digest(&self) -> String {
        let Some(waiting) = self.waiting.filter(|waiting| waiting.all() > 0) else {
            return "This line comes on Fridays, so that you know that Pagewarden works."
                .to_owned();
        };
        let counts = [
            (waiting.now, "to look at now"),
            (waiting.high, "to look at today"),
            (waiting.normal, "with a deadline"),
            (waiting.low, "for when there is time"),
        ];
        let mut lines = String::new();
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            let _ = writeln!(lines, "{count:>5} {what}");
        }
        if waiting.second_looks > 0 {
            let drawn = waiting.second_looks;
            let are = if drawn == 1 { "is" } else { "are" };
            let _ = write!(
                lines,
                "\n{drawn} of these {are} last week's sample: was it right to hide them?"
            );
        }
        for (what, when) in [
            ("The oldest waits since", &waiting.oldest),
            ("The nearest deadline is", &waiting.nearest),
        ] {
            if let Some(when) = when {
                let _ = write!(lines, "\n{what} {when}.");
            }
        }
        lines
    }

    fn link_for_email(&self) -> Option<String> {
        (self.alert != Alert::Code).then(|| self.link.sentence())
    }

    fn what_happens(&self) -> Option<String> {
        let told = "Answer it there, or say that you are dealing with it. Until somebody does, Pagewarden goes on telling \
                    people every 15 minutes.";
        self.alert.escalates().then(|| told.to_owned())
    }

    /// Returns the text message: the headline whole, then as much of the practice's name as there
    /// is room for.
    fn text(&self, headline: &str) -> String {
        let headline = gsm(headline);
        let room = LONGEST_TEXT.saturating_sub(gsm_length(&headline) + ". ".len());
        let end = match self.alert {
            Alert::Code => "It works for 7 days.".to_owned(),
            Alert::Safeguarding
            | Alert::StaffSafety
            | Alert::Clinical
            | Alert::LookToday
            | Alert::Urgent
            | Alert::ChannelStopped
            | Alert::SweepMissed
            | Alert::LimitReached
            | Alert::SwitchedOff
            | Alert::RuleStopped
            | Alert::StepHeldUp
            | Alert::Unreachable
            | Alert::Overdue
            | Alert::Digest => self.link.in_a_text(room),
        };
        let end = gsm(&end);
        let fixed = gsm_length(&headline) + gsm_length(&end) + " (). ".len();
        let mut room = LONGEST_TEXT.saturating_sub(fixed);
        let mut name = String::new();
        for c in gsm(self.practice).chars() {
            let length = gsm_length(c.encode_utf8(&mut [0; 4]));
            if length > room {
                break;
            }
            room -= length;
            name.push(c);
        }
        let name = name.trim_end();
        if name.is_empty() {
            format!("{headline}. {end}")
        } else {
            format!("{headline} ({name}). {end}")
        }
    }
}

/// A subject is one line: a header that goes on would be another header.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Characters of the GSM 7-bit alphabet (3GPP TS 23.038) beyond letters, digits and the space.
const GSM: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ!\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà";

/// Its characters that take the place of two.
const GSM_TWO: &str = "^{}\\[~]|€";

/// Returns a text in that alphabet: what is not in it becomes what comes nearest, or a question
/// mark.
fn gsm(text: &str) -> String {
    let near = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == ' ' || GSM.contains(c) || GSM_TWO.contains(c) => c,
        '\u{2018}' | '\u{2019}' => '\'',
        '\u{201c}' | '\u{201d}' => '"',
        '\u{2013}' | '\u{2014}' => '-',
        'â' | 'á' | 'ã' => 'a',
        'ê' | 'ë' => 'e',
        'î' | 'í' | 'ï' => 'i',
        'ô' | 'ó' | 'õ' => 'o',
        'û' | 'ú' => 'u',
        'ŵ' => 'w',
        'ŷ' | 'ÿ' | 'ý' => 'y',
        'Ŵ' => 'W',
        'Ŷ' => 'Y',
        c if c.is_whitespace() => ' ',
        _ => '?',
    };
    text.chars().map(near).collect()
}

fn gsm_length(text: &str) -> usize {
    text.chars()
        .map(|c| if GSM_TWO.contains(c) { 2 } else { 1 })
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts<'a>(alert: Alert, link: &'a Link, waiting: Option<&'a Urgencies>) -> Facts<'a> {
        Facts {
            alert,
            practice: "Woolpit Health Centre",
            count: 1,
            round: 0,
            acknowledged: false,
            waiting,
            code: Some("123456"),
            link,
        }
    }

    #[test]
    fn a_page_says_that_somebody_may_be_in_danger_and_where_to_look() {
        let console = Link::of(Some("https://console.example"), "woolpit");
        let words = facts(Alert::Safeguarding, &console, None).wording();
        assert_eq!(
            words.subject,
            "Somebody may be in danger: look now (Woolpit Health Centre)"
        );
        assert!(
            words.body.contains("Open https://console.example"),
            "{}",
            words.body
        );
        assert!(words.body.contains("every 15 minutes"), "{}", words.body);
        assert_eq!(
            words.text,
            "Somebody may be in danger: look now (Woolpit Health Centre). Sign in: https://console.example"
        );
        let again = Facts {
            count: 3,
            round: 2,
            ..facts(Alert::Safeguarding, &console, None)
        }
        .wording();
        assert!(
            again.subject.starts_with("Again: 3 posts say"),
            "{}",
            again.subject
        );
    }

    #[test]
    fn a_link_leads_to_the_page_as_far_as_a_text_message_has_room() {
        let page = "/n/01M8ASCD1TGHT8VFTQZWASVMRE";
        let deployed = "https://abcdefghij.execute-api.eu-west-2.amazonaws.com";
        let long = "https://pagewarden.social-media-team.oakfield-and-district-primary-care-network.oakshire.example";
        for (address, in_text) in [
            (
                "https://console.example/",
                format!("https://console.example{page}"),
            ),
            (deployed, format!("{deployed}{page}")),
            (long, long.to_owned()),
        ] {
            let link = Link::of(Some(address), "woolpit").to(page.to_owned());
            let words = facts(Alert::Safeguarding, &link, None).wording();
            let whole = format!("Open {}{page}\n", address.trim_end_matches('/'));
            assert!(words.body.contains(&whole), "{}", words.body);
            let end = format!("Sign in: {in_text}");
            assert!(words.text.ends_with(&end), "{}", words.text);
        }
    }

    #[test]
    fn without_a_console_the_command_to_run_is_named() {
        let words = facts(Alert::Overdue, &Link::of(None, "woolpit"), None).wording();
        assert!(
            words
                .body
                .contains("Run: pagewarden tasks --practice woolpit"),
            "{}",
            words.body
        );
    }

    #[test]
    fn a_digest_counts_what_waits_and_says_so_where_nothing_does() {
        let link = Link::of(None, "woolpit");
        let waiting = Urgencies {
            high: 2,
            low: 1,
            oldest: Some("Monday".into()),
            nearest: Some("Friday".into()),
            ..Urgencies::default()
        };
        let words = facts(Alert::Digest, &link, Some(&waiting)).wording();
        assert_eq!(words.subject, "3 tasks wait (Woolpit Health Centre)");
        assert!(
            words
                .body
                .contains("    2 to look at today\n    1 for when there is time\n"),
            "{}",
            words.body
        );
        assert!(
            words
                .body
                .contains("The oldest waits since Monday.\nThe nearest deadline is Friday."),
            "{}",
            words.body
        );
        let nothing = facts(Alert::Digest, &link, Some(&Urgencies::default())).wording();
        assert!(
            nothing.body.contains("This line comes on Fridays"),
            "{}",
            nothing.body
        );
    }

    proptest! {
        #[test]
        fn every_text_message_goes_as_one_and_every_subject_is_one_line(
            practice in "\\PC{0,120}", console in proptest::option::of("https://[a-z.{}^]{1,150}"),
            page in "(/n/[0-9A-Z]{26})?", count in 0_usize..2_000,
            round in 0_u32..4, alert in 0..Alert::ALL.len(), acknowledged: bool,
        ) {
            let link = Link::of(console.as_deref(), "mile-oak").to(page);
            let waiting = Urgencies { now: 1, normal: 3_000, more: true, ..Urgencies::default() };
            let facts = Facts {
                practice: &practice, count, round, acknowledged, ..facts(Alert::ALL[alert], &link, Some(&waiting))
            };
            let words = facts.wording();
            prop_assert!(gsm_length(&words.text) <= LONGEST_TEXT, "{}", words.text);
            prop_assert_eq!(gsm(&words.text), words.text.clone());
            prop_assert!(!words.subject.chars().any(char::is_control));
            prop_assert!(words.text.contains(&facts.headline()), "{}", words.text);
        }
    }
}
