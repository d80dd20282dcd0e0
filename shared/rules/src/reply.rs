//! What may stand in an answer of a practice: nothing that says that somebody is a patient, names a
//! person, gives a fact of care, blames, or promises. Pure, and without a word of the reader's.
//!
//! Rules of words find the usual ways to say such things. They do not understand a text: of answers
//! that were written without looking at them they found two in three that should not be sent
//! (`tests/replies.tsv`). So words that a person wrote are read by a second person as well.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

/// What is wrong with some words of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// They say that somebody is a patient, or is not.
    Patient,
    /// They name a person, or point to one.
    Person,
    /// They tell a fact of somebody's care.
    Care,
    /// They blame the author.
    Blame,
    /// They promise what becomes of it, or tell what became of somebody.
    Promise,
}

impl Why {
    /// Returns what the words do, as it follows them.
    #[must_use]
    pub const fn says(self) -> &'static str {
        match self {
            Why::Patient => "says that somebody is a patient",
            Why::Person => "names a person or points to one",
            Why::Care => "tells something about somebody's care",
            Why::Blame => "blames the author",
            Why::Promise => "promises what nobody can know yet",
        }
    }

    /// Returns what to write instead.
    #[must_use]
    pub const fn instead(self) -> &'static str {
        match self {
            Why::Patient => {
                "words that are as true of anybody, such as \"we cannot discuss individual matters here\""
            }
            Why::Person => "\"the surgery\" or \"our team\", and no name",
            Why::Care => "nothing about care, and how to reach the surgery",
            Why::Blame => "\"thank you for telling us\", or nothing",
            Why::Promise => "how to reach the surgery, or how to complain",
        }
    }
}

/// Words of an answer that may not stand there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// What is wrong with them.
    pub why: Why,
    /// The words, as they were written.
    pub words: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault { why, words } = self;
        write!(
            f,
            "\u{201c}{words}\u{201d} {}; write {} instead",
            why.says(),
            why.instead()
        )
    }
}

/// Returns the words of an answer that may not stand there, in the order of the text.
///
/// `known` is a text whose names may be repeated, such as the words that were ready to be sent;
/// `people` are names that may not, however they are written. What stands in braces is a variable.
#[must_use]
pub fn faults(text: &str, known: &str, people: &[&str]) -> Vec<Fault> {
    let tokens = tokens(text);
    let mut found: Vec<(Range<usize>, Why)> = Vec::new();
    for (why, pattern) in PATTERNS.iter() {
        let ends = (0..tokens.len()).filter_map(|at| Some((at, pattern.matches(&tokens, at)?)));
        for (at, end) in ends {
            if !is_conditional(&tokens, at) {
                found.push((tokens[at].span.start..tokens[end - 1].span.end, *why));
            }
        }
    }
    let named = names(&tokens, known, people);
    found.extend(named.into_iter().map(|span| (span, Why::Person)));
    found.sort_by_key(|(span, why)| (span.start, std::cmp::Reverse(span.end), *why));
    let mut faults: Vec<Fault> = Vec::new();
    let mut until = 0;
    for (span, why) in found {
        // What lies within words that were told already adds nothing.
        if span.end > until {
            until = span.end;
            let words = text[span].split_whitespace().collect::<Vec<_>>().join(" ");
            faults.push(Fault { why, words });
        }
    }
    faults.dedup();
    faults
}

/// Words that say that a post is out of sight, which is untrue of one that can be seen.
const GONE: [&str; 10] = [
    "have hidden",
    "has been hidden",
    "was hidden",
    "is hidden",
    "have removed",
    "has been removed",
    "was removed",
    "have deleted",
    "has been deleted",
    "was deleted",
];

/// Returns `true` if a text says that a post is out of sight.
#[must_use]
pub fn says_it_is_gone(text: &str) -> bool {
    let words = text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase();
    GONE.iter().any(|gone| {
        words
            .match_indices(gone)
            .any(|(at, _)| !words[..at].ends_with(char::is_alphanumeric))
    })
}

/// A word of a text.
struct Token {
    /// In lower case, a contraction in full.
    word: String,
    /// Where it stands.
    span: Range<usize>,
    /// A sentence, a line or a part of one begins with it.
    begins: Begins,
    /// It is written with a capital, and not in capitals alone.
    capital: bool,
    /// It begins with a capital.
    upper: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Begins {
    Nothing,
    Part,
    Line,
    Sentence,
}

impl Token {
    /// Returns `true` if a row of words may go on with it: a line may be broken anywhere.
    fn goes_on(&self) -> bool {
        matches!(self.begins, Begins::Nothing | Begins::Line)
    }
}

/// Cuts a text into words. Addresses of pages and of e-mail are no words.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut begins = Begins::Sentence;
    let mut at = 0;
    for piece in text.split_inclusive(char::is_whitespace) {
        let (start, end) = (at, at + piece.len());
        at = end;
        let is_address = piece.contains("://") || piece.contains('@') || piece.contains("www.");
        if !is_address {
            push_words(text, start..end, &mut begins, &mut tokens);
        } else if piece.trim_end().ends_with(['.', '!', '?']) {
            begins = Begins::Sentence;
        }
        if piece.contains('\n') && begins < Begins::Line {
            begins = Begins::Line;
        }
    }
    tokens
}

fn push_words(text: &str, piece: Range<usize>, begins: &mut Begins, tokens: &mut Vec<Token>) {
    let part = &text[piece.clone()];
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}' | '-' | '_');
    let mut rest = 0;
    while let Some(from) = part[rest..].find(is_word) {
        let from = rest + from;
        // 111.nhs.uk is one word, and so is A&E.
        let inside = |at: usize, c: char| {
            matches!(c, '.' | '&') && part[at + 1..].starts_with(char::is_alphanumeric)
        };
        let to = part[from..]
            .char_indices()
            .find(|(at, c)| !is_word(*c) && !inside(from + at, *c))
            .map_or(part.len(), |(at, _)| from + at);
        if part[rest..from].contains([',', ';', ':', '(', ')', '\u{2013}', '\u{2014}'])
            && *begins == Begins::Nothing
        {
            *begins = Begins::Part;
        }
        let word = part[from..to].trim_matches(['\'', '\u{2019}', '-']);
        if !word.is_empty() {
            let span = piece.start + from..piece.start + to;
            let upper = word.starts_with(char::is_uppercase);
            let mut letters = word.chars();
            let capital = letters.next().is_some_and(char::is_uppercase)
                && letters.next().is_some_and(char::is_lowercase);
            for (nth, word) in in_full(word).into_iter().enumerate() {
                let begins = if nth == 0 { *begins } else { Begins::Nothing };
                let (span, capital) = (span.clone(), capital && nth == 0);
                tokens.push(Token {
                    word,
                    span,
                    begins,
                    capital,
                    upper,
                });
            }
            *begins = Begins::Nothing;
        }
        rest = to;
    }
    let tail = &part[rest..];
    let is_title = |token: &Token| TITLES.contains(&token.word.as_str());
    if tail.contains(['!', '?']) || (tail.contains('.') && !tokens.last().is_some_and(is_title)) {
        *begins = Begins::Sentence;
    } else if tail.contains([',', ';', ':', '(', ')']) && *begins == Begins::Nothing {
        *begins = Begins::Part;
    }
}

/// Returns a word in lower case, a contraction as the words that it stands for.
fn in_full(word: &str) -> Vec<String> {
    let lower = word.to_lowercase().replace('\u{2019}', "'");
    let (stem, rest) = lower.split_once('\'').unwrap_or((&lower, ""));
    let both = |stem: &str, second: &str| vec![stem.to_owned(), second.to_owned()];
    match (stem, rest) {
        ("won", "t") => both("will", "not"),
        ("can", "t") => both("can", "not"),
        (stem, "t") if stem.ends_with('n') => both(&stem[..stem.len() - 1], "not"),
        (stem, "ll") => both(stem, "will"),
        (stem, "re") => both(stem, "are"),
        (stem, "ve") => both(stem, "have"),
        ("i", "m") => both("i", "am"),
        ("it" | "that" | "this" | "there", "s") => both(stem, "is"),
        (stem, _) => vec![stem.to_owned()],
    }
}

/// What may begin words that are true of anybody behind "if".
static MAY_BE: LazyLock<Vec<&str>> =
    LazyLock::new(|| listed("you|this|it|that|has|have|had|could|did|WAS"));

/// Returns `true` if words stand behind "if" or "whether", where what they say of the reader or of a
/// post is true of anybody.
fn is_conditional(tokens: &[Token], at: usize) -> bool {
    let may_be = is_one_of(&tokens[at].word, &MAY_BE);
    let before = tokens[..=at].iter().rev().take(5);
    let mut behind = false;
    for token in before {
        behind |= matches!(token.word.as_str(), "if" | "whether" | "unless");
        if !token.goes_on() {
            break;
        }
    }
    may_be && behind
}

/// A row of words, of which each is one of several.
struct Pattern(Vec<Element>);

enum Element {
    /// One of these words; those that end in `*` begin a word.
    OneOf(Vec<&'static str>),
    /// None of these words.
    NoneOf(Vec<&'static str>),
    /// Up to three words that only describe what follows.
    Between,
}

impl Pattern {
    fn new(text: &'static str) -> Self {
        let element = |element: &'static str| match element {
            "~" => Element::Between,
            words => match words.strip_prefix('!') {
                Some(words) => Element::NoneOf(listed(words)),
                None => Element::OneOf(listed(words)),
            },
        };
        Pattern(text.split_whitespace().map(element).collect())
    }

    /// Returns the token behind the row that begins at a token, if one does.
    fn matches(&self, tokens: &[Token], at: usize) -> Option<usize> {
        fits(&self.0, tokens, at, true)
    }
}

/// Returns the words of an element, those of classes among them.
fn listed(words: &'static str) -> Vec<&'static str> {
    let words = words.split('|');
    words
        .flat_map(|word| class(word).unwrap_or_else(|| vec![word]))
        .collect()
}

/// Returns `true` if a word is one of these: what ends in `*` begins it, what begins with `*` ends
/// it.
fn is_one_of(word: &str, words: &[&str]) -> bool {
    words
        .iter()
        .any(|one| match (one.strip_suffix('*'), one.strip_prefix('*')) {
            (Some(stem), _) => word.starts_with(stem),
            (None, Some(ending)) => word.ends_with(ending),
            (None, None) => word == *one,
        })
}

fn fits(elements: &[Element], tokens: &[Token], at: usize, first: bool) -> Option<usize> {
    let Some((element, rest)) = elements.split_first() else {
        return Some(at);
    };
    let here = |at: usize| tokens.get(at).filter(|token| first || token.goes_on());
    match element {
        Element::OneOf(words) => {
            is_one_of(&here(at)?.word, words).then_some(())?;
            fits(rest, tokens, at + 1, false)
        }
        Element::NoneOf(words) => {
            (!is_one_of(&here(at)?.word, words)).then_some(())?;
            fits(rest, tokens, at + 1, false)
        }
        Element::Between => (0..=MOST_BETWEEN).find_map(|skipped| {
            let describe =
                |token: &Token| token.goes_on() && !LINKING.contains(&token.word.as_str());
            let all = tokens.get(at..at + skipped)?.iter().all(describe);
            all.then(|| fits(rest, tokens, at + skipped, false))
                .flatten()
        }),
    }
}

/// Words that may stand between two of a row.
const MOST_BETWEEN: usize = 3;

/// Words that begin something new, so that what stands on both sides of one is no row.
const LINKING: [&str; 48] = [
    "a", "about", "after", "an", "and", "are", "as", "at", "because", "before", "but", "by", "can",
    "do", "for", "from", "here", "how", "if", "in", "is", "it", "may", "not", "of", "on", "or",
    "our", "please", "so", "that", "the", "their", "there", "this", "to", "us", "was", "we",
    "what", "when", "where", "which", "who", "will", "with", "you", "your",
];

/// Returns the words of a class that patterns name.
fn class(name: &str) -> Option<Vec<&'static str>> {
    let words = match name {
        "CARE" => {
            "appointment* consultation* visit* record* notes file files treatment* therapy test* result* prescription* \
             medication* medicine* tablet* pill* referral* care doctor* gp gps nurse* midwi* clinician* pharmacist* \
             therapist* counsellor* physio* condition* diagnos* symptom* illness* disease* scan* x-ray* xray* blood* \
             operation* procedure* vaccin* jab* injection* check-up* checkup* admission* discharge* dose* asthma* \
             diabet* depression anxiety pregnan* cancer pain pains smear* registration* surgeon* consultant* infection* \
             allerg* rash* wound* medical clinical history letter* slot jabs"
        }
        "STAFF" => {
            "doctor nurse receptionist midwife pharmacist paramedic physio physiotherapist locum partner clinician \
             consultant surgeon secretary dispenser phlebotomist"
        }
        "SEEN" => {
            "seen registered referred treated prescribed diagnosed examined discharged admitted vaccinated tested \
             triaged assessed booked contacted telephoned"
        }
        "CAME" => {
            "attended visited saw missed booked cancelled arrived rang phoned telephoned spoke waited consulted \
             collected came registered"
        }
        "DID" => {
            "saw treated examined referred prescribed diagnosed discharged vaccinated tested offered booked gave rang \
             called phoned telephoned contacted wrote informed advised assessed told"
        }
        "FAMILY" => {
            "mother mum mums mam mom father dad dads husband wife son daughter child children baby babies partner \
             brother sister grandmother grandfather nan gran grandad parents relative family"
        }
        "RUDE" => {
            "rude abusive aggressive wrong mistaken lying unreasonable threatening confused disrespectful impatient \
             late unfair dishonest misinformed misleading ungrateful hostile shouting incorrect"
        }
        "FALSE" => {
            "untrue false lie lies incorrect inaccurate misleading defamatory libellous nonsense slander slanderous \
             wrong unfounded baseless unfair malicious fabricated"
        }
        "DONE_TO" => {
            "refund* compensat* disciplin* sack* dismiss* suspend* retrain* reimburs* fire fired fix fixed sort sorted \
             resolve resolved reinstat* punish* guarantee* prosecut* sue sued ban banned pay paid"
        }
        // What was, and what became of it: whoever tells it tells something about somebody.
        "WAS" => {
            "was were went came gave took sent saw met rang sat brought began stood ran held caught waited asked \
             turned arrived called phoned attended visited explained offered refused spoke told"
        }
        // What "we will" may go on with: none of it depends on who somebody is.
        "HARMLESS" => {
            "not never always also then only pass read look use welcome consider listen try keep continue be have need \
             find see share learn publish post hide"
        }
        "HARSH" => {
            "offensive hurtful rude abusive disrespectful unacceptable disgusting unkind inappropriate unreasonable \
             disappointing nasty vile spiteful threatening aggressive"
        }
        "THEM" => {
            "we i you they he she staff team manager someone somebody doctor nurse gp partners receptionist practice surgery"
        }
        _ => return None,
    };
    Some(words.split_whitespace().collect())
}

static PATTERNS: LazyLock<Vec<(Why, Pattern)>> = LazyLock::new(|| {
    let all = [
        (Why::Patient, PATIENT),
        (Why::Person, PERSON),
        (Why::Care, FACTS),
        (Why::Blame, BLAME),
        (Why::Promise, PROMISE),
    ];
    let of = |(why, rows): (Why, &'static [&'static str])| {
        rows.iter().map(move |row| (why, Pattern::new(row)))
    };
    all.into_iter().flat_map(of).collect()
});

const PATIENT: &[&str] = &[
    "your|yours|ur ~ CARE",
    "your ~ experience with|at|of",
    "your ~ place|time with|at",
    "our ~ patient*",
    "as|being ~ patient*",
    "as|being a|an|our ~ patient*",
    "a ~ patient of|here|with|at",
    "patient of ours",
    "you were|was|are|have|had ~ SEEN",
    "you are|were a|our ~ patient*",
    "you are|were not a|our ~ patient*",
    "you are|were|have not ~ SEEN",
    "you are|were under|due|overdue",
    "you ~ CAME",
    "you did not|never ~ attend|come|book|cancel|turn|register|arrive|ring|call|phone|show",
    "you called|rang us|the|our|reception",
    "you joined|moved us|to|from",
    "when|since|after|before|while you ~ came|were|called|rang|last|joined|arrived|attended|visited",
    "you ~ ordered|requested|collected",
    "you are ~ down|booked|in for|on",
    "looked|looking|looks after you",
    "hope|hoping|glad|pleased|sorry you are|feel|recover ~ feeling|better|well|poorly|unwell|ill",
    "feel|feeling|get|getting better|well|worse|soon",
    "on the mend",
    "speedy|quick|full recovery",
    "stay|staying|stayed|stick|sticking|remain|remaining ~ with us",
    "when you come|visit|attend",
    "last time you",
    "next time",
    "see|seeing you",
    "we|i|he|she|they|team|staff|doctor|nurse|gp ~ DID|SEEN ~ you|your",
    "spoke|spoken|wrote|written|talked to|with you",
    "on our ~ books|list|lists|system|systems|register|records",
    "find|trace|identify|recognise|recognize|remember you",
    "meet|meeting|met|having|have you",
    "being with us",
    "with us for|since",
    "get|got|getting through",
    "our ~ waiting room",
    "no record|records of you|your|this|that|it|them|anyone|anybody|a",
    "not registered with|here|at",
];

const PERSON: &[&str] = &[
    "our ~ STAFF",
    "the ~ STAFF|gp|manager|person|colleague who|concerned|involved|responsible|was|has|had|did|you|on",
    "member of staff|team who|concerned|involved|was|has|had|will|is",
    "one of our ~ doctors|nurses|gps|receptionists|colleagues|staff|team",
    "she|he|hers|him",
    "the|this|that|our ~ lady|gentleman|woman|man|girl|guy|chap|lad",
];

const FACTS: &[&str] = &[
    "your ~ FAMILY",
    "your ~ little|young|eldest|youngest|older|poorly",
    "mum|mums|mam|dad|dads|nan|gran",
    "WAS",
    "had|did not|to|a|an|been|no|the|this",
    "could not",
    "lost it|them|the|your|this|that",
    "has|have been",
    "steroid*|cream|virus*|smear*|syring*|ambulance*|chemist*",
    "sick|fit|sleeping|sore|ear|back note|notes|tablet*|pill*|throat|wax|infection*|pain",
    "the|a|your repeat|repeats",
    "was|were|been|being ~ prescribed|diagnosed|referred|examined|discharged|admitted|vaccinated|triaged",
    "was|were|been seen by|at|on|in|the|within",
    "the|that|this ~ appointment|consultation|prescription|referral|test|tests|result|results|medication|treatment|diagnosis|operation was|were|is|are|has|had|have|did|will",
    "offered|booked|had|made|gave an|another|the ~ appointment|consultation|prescription|referral",
    "offer|offered|give|gave you ~ an|another|the|a",
    "failed to ~ attend|turn|come",
    "did|does not ~ attend|turn",
    "arrived|turned|came ~ late",
    "turned up",
    "test|tests|results|bloods|scan|x-ray came|were|was|show|shows|showed",
    "antibiotic*|insulin|statin*|painkiller*|opioid*|codeine|morphine|diazepam|antidepressant*|methadone|hrt|diabet*|asthma*|depression|cancer|dementia|epilep*|copd|hiv|pregnan*|miscarr*|abortion|sepsis|tumour|biopsy|colonoscopy|ultrasound|mri|ecg|schizophren*|bipolar|inhaler*",
];

const BLAME: &[&str] = &[
    "you are|were|have|had|seem|sound|being ~ RUDE",
    "you have|had been ~ RUDE",
    "your ~ behaviour|conduct|attitude|fault|lies|abuse|aggression|failure|tone|claims|allegation*|accusation*|rudeness|refusal|delay",
    "you ~ failed|refused|lied|ignored|shouted|swore|chose|insisted|abused|threatened|misunderstood|demanded|exaggerat*|forgot|neglected",
    "you should|could|might have",
    "you ought to",
    "you ~ have|has not read|checked|tried|told|asked|seen|understood|looked",
    "you did not|never ~ tell|ask|listen|follow|give|wait|bother|read|say|inform|mention|complain|check|let",
    "if you had",
    "if you|people|they would have",
    "had you",
    "find|found|is|are|was|were|such|your ~ HARSH",
    "comment|comments|review|words ~ HARSH",
    "if people|everyone|everybody|patients",
    "we would not ~ be|have",
    "your facts|imagination|manners",
    "mixed|mixing up",
    "do|can not recognise|recognize|remember|accept that|this|these|the|your|any",
    "shame|pity|unfortunate|disappointing|disappointed|sad|odd|strange|surprised you|that you",
    "felt|feel the need",
    "sworn|shouted|screamed|abused at|by",
    "not everyone|everybody|all who",
    "rather|instead than|of ~ talk|talking|ask|asking|speak|speaking|tell|telling|ring|ringing|call|calling",
    "before|instead ~ complaining|posting|writing|commenting|criticising",
    "make|makes|making|made ~ up",
    "two|both|other side|sides",
    "says more about",
    "shouting|swearing|abusing|threatening at|our|a|the|staff",
    "yours|story|version leaves|misses|omits|ignores",
    "that|this|which|it|comment|review|post|account|claim|story|version|allegation|allegations|they is|was|are|were ~ FALSE",
    "is|are|was simply|just|completely|totally|not ~ true|correct|accurate|fair|happened|case",
    "not what happened",
    "did|does not happen",
    "never happened",
    "lies|lying|liar|libel*|slander*|defam*|malicious*|vexatious|nonsense",
    "fake|bogus review|reviews|comment",
    "people|patients|someone|somebody like you",
    "someone|somebody|anyone who ~ abuse*|shout*|swear*|threaten*",
    "do not come|call|ring again|back|here",
];

const PROMISE: &[&str] = &[
    "will|shall|would|can|have|has|had|been|be|was|were|going|must|should ~ DONE_TO",
    "will|shall|would ~ seen|spoken|dealt|removed|deleted|given|offered|changed|improved|upheld|rewarded",
    "THEM will|shall !HARMLESS",
    "THEM will|shall be in|back|able|seen|given|taking|*ing",
    "THEM am|is|are going to !be",
    "will|shall|would ~ ensure|make|improve|change|prioritise|call|ring|phone|contact|book|arrange|reply|respond|receive|get|apologise",
    "will|shall ~ speak|talk to|with",
    "there will not|never be",
    "will|shall|would ~ put|get ~ right|back|in",
    "will|shall|would ~ take ~ action|steps",
    "will|shall|would|does|do not ~ happen|occur|repeat*",
    "never ~ happen|occur",
    "we|i ~ promise|guarantee|assure|undertake|swear|vow",
    "spoken|spoke|talked to|with the|our|her|him|them|those|staff",
    "taken ~ action|steps",
    "full refund|compensation|apology",
    "compensation|reimbursement|refund*",
    "rest assured",
    "you have my|our word",
];

/// Names that may stand in any answer.
const KNOWN: &str = "Samaritans Facebook Google Instagram Twitter Healthwatch Friends Family Test Care Quality Commission \
    Ombudsman Parliamentary Health Healthcare Service Services Patient Patients Advice Liaison England Wales Scotland \
    Northern Ireland English Welsh Christmas Easter Bank Holiday Surgery Practice Medical Centre Center Clinic Group \
    Manager Complaints Complaint Policy Procedure Team Reception Citizens Pharmacy Hospital Trust Integrated Board \
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday Mondays Tuesdays Wednesdays Thursdays Fridays Saturdays Sundays January February March April May June July August \
    September October November December Covid Crisis Emergency Department Please Thank Thanks Dear Hello Hi Sorry Yes \
    No Regards Sincerely Best Kind Many Good Morning Afternoon Evening Public Ombudsman's Llais Opinion We You Your \
    Our The This If It To For In On And Or When How What Where Who Why Everyone Everybody Anyone Anybody Welcome \
    Signed Apologies Understood Noted Agreed Received Privacy Confidentiality Important Note Urgent Help";

const TITLES: [&str; 19] = [
    "dr",
    "doctor",
    "mr",
    "mrs",
    "ms",
    "miss",
    "mx",
    "prof",
    "professor",
    "nurse",
    "sister",
    "matron",
    "midwife",
    "pharmacist",
    "receptionist",
    "sir",
    "rev",
    "gp",
    "paramedic",
];

/// Words that end the name of an organisation, in whose name others may stand.
const ORGANISATIONS: [&str; 19] = [
    "group",
    "service",
    "services",
    "centre",
    "hospital",
    "trust",
    "board",
    "clinic",
    "app",
    "line",
    "council",
    "association",
    "committee",
    "network",
    "surgery",
    "practice",
    "commission",
    "panel",
    "pharmacy",
];

/// Forenames that are no other word, in lower case.
static FORENAMES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let ordinary: HashSet<&str> = include_str!("../names/ordinary.txt").lines().collect();
    let forenames = include_str!("../names/forenames.txt").lines();
    forenames.filter(|name| !ordinary.contains(name)).collect()
});

/// Words of the longest last line that is a signature.
const LONGEST_SIGNATURE: usize = 4;

/// Returns where persons are named: behind a title, by a word with a capital that nothing explains,
/// or by the name of somebody who is known.
fn names(tokens: &[Token], known: &str, people: &[&str]) -> Vec<Range<usize>> {
    let allowed: Vec<String> = KNOWN
        .split_whitespace()
        .map(str::to_lowercase)
        .chain(self::tokens(known).into_iter().map(|token| token.word))
        .collect();
    let people: Vec<String> = people
        .iter()
        .flat_map(|name| self::tokens(name))
        .map(|token| token.word)
        .filter(|word| word.chars().count() > 2 && !allowed.contains(word))
        .filter(|word| !TITLES.contains(&word.as_str()))
        .collect();
    // What begins a sentence has a capital anyhow, unless the sentence is a signature.
    let last = tokens
        .iter()
        .rposition(|token| token.begins >= Begins::Line)
        .unwrap_or(0);
    let signed = tokens.len() - last.min(tokens.len()) <= LONGEST_SIGNATURE;
    let is_organisation = |nth: usize| {
        let row = tokens[nth..].iter().enumerate();
        row.take_while(|(at, token)| token.upper && (*at == 0 || token.goes_on()))
            .any(|(_, token)| ORGANISATIONS.contains(&token.word.as_str()))
    };
    let is_unexplained = |nth: usize| {
        let token = &tokens[nth];
        let next = tokens.get(nth + 1);
        let stands_out = next.is_none_or(|next| next.capital || next.begins != Begins::Nothing);
        let counts = token.begins < Begins::Line || (signed && nth == last && stands_out);
        token.capital && counts && !allowed.contains(&token.word) && !is_organisation(nth)
    };
    let is_forename = |nth: usize| {
        let word = tokens[nth].word.as_str();
        FORENAMES.contains(word) && !allowed.iter().any(|known| known == word)
    };
    let after_title = |nth: usize| {
        let titled = nth > 0 && TITLES.contains(&tokens[nth - 1].word.as_str());
        titled && tokens[nth].upper && tokens[nth].begins == Begins::Nothing
    };
    let mut found = Vec::new();
    for nth in 0..tokens.len() {
        if people.contains(&tokens[nth].word) || is_unexplained(nth) || is_forename(nth) {
            found.push(tokens[nth].span.clone());
        }
        if after_title(nth) && !allowed.contains(&tokens[nth].word) {
            found.push(tokens[nth - 1].span.start..tokens[nth].span.end);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Platform;

    fn why(text: &str) -> Vec<Why> {
        faults(text, "", &[])
            .into_iter()
            .map(|fault| fault.why)
            .collect()
    }

    #[test]
    fn every_platform_may_be_named_in_an_answer() {
        let no_names = [Platform::Website, Platform::StaffLog];
        for platform in Platform::ALL.iter().filter(|one| !no_names.contains(one)) {
            let mut name = platform.name().replace('_', " ");
            name[..1].make_ascii_uppercase();
            let answer = format!("Our page on {name} is for news only.");
            assert_eq!(faults(&answer, "", &[]), [], "{answer}");
        }
    }

    #[test]
    fn each_kind_is_found_and_said() {
        for (text, wanted) in [
            ("Sorry about your last appointment.", Why::Patient),
            ("We are sorry you waited when you came in.", Why::Patient),
            ("As our patient you know this.", Why::Patient),
            ("Dr Patel says hello.", Why::Person),
            ("Please speak to Karen.", Why::Person),
            ("The prescription was ready.", Why::Care),
            ("You were rude.", Why::Blame),
            ("We will refund it.", Why::Promise),
            ("The receptionist will be disciplined.", Why::Promise),
        ] {
            assert!(
                why(text).contains(&wanted),
                "{text}: {:?}",
                faults(text, "", &[])
            );
        }
        assert_eq!(
            faults("Sorry about your\nappointments!", "", &[])[0].to_string(),
            "\u{201c}your appointments\u{201d} says that somebody is a patient; write words that are as true of \
             anybody, such as \"we cannot discuss individual matters here\" instead"
        );
    }

    #[test]
    fn what_is_true_of_anybody_may_be_said() {
        for text in [
            "If you are registered with us, please call the surgery.",
            "We cannot say whether you were seen here.",
            "Please contact The Sixth Surgery in the usual way: 01632 960123.",
            "If it is urgent, use 111.nhs.uk or call 111. You can call Samaritans free on 116 123.",
            "Making a complaint will not count against you. Here is how: https://x.example/your-record.",
        ] {
            assert_eq!(faults(text, "The Sixth Surgery", &[]), [], "{text}");
        }
    }

    #[test]
    fn a_name_is_known_however_it_is_written() {
        let people = ["Dr Priya Shah", "Al Bo"];
        let told = faults("please ask priya about it", "", &people);
        assert_eq!(told[0].words, "priya");
        assert_eq!(faults("please ask at al fresco", "", &people), []);
        assert_eq!(why("Kind regards,\nPriya"), [Why::Person]);
        assert_eq!(why("Many thanks, Priya, practice manager"), [Why::Person]);
        assert_eq!(why("Thank you. Stay safe."), []);
    }
}
