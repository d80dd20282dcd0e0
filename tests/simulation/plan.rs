//! What happens, step by step: all of it from one number.

use std::collections::BTreeMap;

use fastrand::Rng;
use jiff::SignedDuration;
use pagewarden_local::outbox::Mishap;
use pagewarden_rules::Platform;

use super::policies::WISHES;

/// Where posts are written: a practice, and its account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) practice: &'static str,
    pub(crate) account: &'static str,
    pub(crate) platform: Platform,
}

pub(crate) const PLACES: [Place; 7] = [
    Place {
        practice: "kingswinford",
        account: "100000000000001",
        platform: Platform::Facebook,
    },
    Place {
        practice: "roxbourne",
        account: "100000000000003",
        platform: Platform::Facebook,
    },
    Place {
        practice: "mile-oak",
        account: "100000000000005",
        platform: Platform::Facebook,
    },
    Place {
        practice: "mile-oak",
        account: "accounts/1000000005/locations/2000000005",
        platform: Platform::Google,
    },
    Place {
        practice: "roxbourne",
        account: "17841400000000003",
        platform: Platform::Instagram,
    },
    Place {
        practice: "woolpit",
        account: "2000000004",
        platform: Platform::X,
    },
    Place {
        practice: "roxbourne",
        account: "roxbourne.example",
        platform: Platform::Website,
    },
];

/// The first of them are on Facebook.
const FACEBOOK: usize = 3;

/// Whose clocks may be off; the people's is the console's.
const CLOCKS: [&str; 6] = ["webhook", "moderate", "act", "sweep", "remind", "console"];

/// In milliseconds, by how much. Amazon's time service keeps machines within a millisecond of each
/// other, and a function that was frozen may wake with a clock that is seconds or minutes behind.
/// One that is more than five minutes off cannot write: the table refuses its signature. What is
/// ahead by as much has not been heard of, and comes for good measure.
const OFF: [i64; 10] = [
    0, 0, 0, 500, -2_000, 10_000, -10_000, -60_000, 120_000, -240_000,
];

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Abuse,
    Insult,
    Privacy,
    Complaint,
    Plea,
    Threat,
    Fair,
    Thanks,
}

const WORDS: [Words; 8] = [
    Words::Abuse,
    Words::Insult,
    Words::Privacy,
    Words::Complaint,
    Words::Plea,
    Words::Threat,
    Words::Fair,
    Words::Thanks,
];

impl Words {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Words::Abuse => "The receptionist is a fat useless bitch",
            Words::Insult => "You absolute wankers",
            Words::Privacy => {
                "My neighbour Sheila Bowcott has been in there every week for her depression"
            }
            Words::Complaint => "They lost my referral. I am making a complaint.",
            Words::Plea => "I can't go on. Tonight is the night.",
            Words::Threat => {
                "I will be waiting for that receptionist outside at six tonight with a knife"
            }
            Words::Fair => "Forty minutes on hold again. Not good enough.",
            Words::Thanks => "Thank you to the nurses on Tuesday.",
        }
    }

    /// Returns `true` if somebody has to be told at once.
    pub(crate) const fn is_danger(self) -> bool {
        matches!(self, Words::Plea | Words::Threat)
    }
}

/// What becomes of the delivery that tells of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Once,
    Twice,
    Late,
    Never,
}

/// What happens to the records of the stream that wait for a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Upset {
    /// The first one is lost.
    Lost,
    /// The first one comes a second time, after all others.
    Again,
    /// Those of the first item come after all others.
    Behind,
}

/// What happens to one run, at one of its calls of the table, counted from 1.
#[derive(Clone, Debug)]
pub(crate) struct Harm {
    pub(crate) at: usize,
    /// Which calls are counted.
    pub(crate) of: Calls,
    pub(crate) what: What,
}

/// Calls of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Calls {
    All,
    /// Before one of these, all that it rests on was read.
    Writes,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    /// The process is killed before the call.
    Kill,
    /// The process is killed after the call, before it hears of it.
    KillAfter,
    Throttled,
    Conflict,
    Lost,
    Repeated,
    /// Whatever may be a moment old is.
    Stale,
    /// Something else happens first, from its beginning to its end: also another copy of the same
    /// function, which is handed the same records.
    Meanwhile(Vec<Step>),
}

/// How a platform fails, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    Busy,
    Broken,
    /// It did what was asked, and says that it failed.
    LostAnswer,
    /// It did what was asked, and says nothing in time.
    Slow,
    /// It did what was asked, and the connection breaks off.
    Cut,
    /// It did what was asked, and answers something that nobody understands.
    WrongBody,
    Expired,
}

const FAILINGS: [Failing; 7] = [
    Failing::Busy,
    Failing::Broken,
    Failing::LostAnswer,
    Failing::Slow,
    Failing::Cut,
    Failing::WrongBody,
    Failing::Expired,
];

const MISHAPS: [Mishap; 3] = [Mishap::Unavailable, Mishap::LostBefore, Mishap::LostAfter];

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An author writes a post, or edits it.
    Write {
        post: usize,
        words: Words,
        told: Told,
        harm: Option<Harm>,
    },
    /// An author takes a post back.
    Remove {
        post: usize,
        told: Told,
    },
    /// One of the deliveries that were late arrives.
    Late {
        pick: usize,
        harm: Option<Harm>,
    },
    /// Time passes, with all that the schedule does in it.
    Pass {
        minutes: u32,
    },
    /// A function is handed a batch of the stream.
    Carry {
        consumer: usize,
        most: usize,
        harm: Option<Harm>,
    },
    Upset {
        consumer: usize,
        upset: Upset,
    },
    /// A platform tells of our own act, or that is lost.
    Echo {
        is_lost: bool,
    },
    Remind {
        harm: Option<Harm>,
    },
    Sweep {
        harm: Option<Harm>,
    },
    /// Somebody decides.
    Choose {
        post: usize,
        pick: usize,
        harm: Option<Harm>,
    },
    /// Somebody has a post shown again.
    ShowAgain {
        post: usize,
        pick: usize,
    },
    /// Somebody takes the versions of a policy one thing further, or back.
    Version {
        place: usize,
        pick: usize,
        harm: Option<Harm>,
    },
    /// Somebody wants a rule to go on that stopped itself, or agrees to that.
    StartRule {
        place: usize,
        pick: usize,
        harm: Option<Harm>,
    },
    /// It is the night, so many days later: anchors are written, what is over is let go.
    Night {
        days: i64,
        harm: Option<Harm>,
    },
    Switch {
        place: usize,
        on: bool,
    },
    Caps {
        place: usize,
        acts: u32,
    },
    /// A new version of the policy comes in force.
    Publish {
        place: usize,
    },
    Platform {
        platform: Platform,
        failing: Failing,
    },
    /// What becomes of the next message to people.
    Mail(Mishap),
    /// What becomes of the next anchor.
    Anchor(Mishap),
}

#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Where each post stands.
    pub(crate) posts: Vec<usize>,
    /// By how much whose clock is off.
    pub(crate) clocks_off: BTreeMap<&'static str, SignedDuration>,
    pub(crate) steps: Vec<Step>,
}

/// `moderate`, `act`, `sweep` and `remind` are handed parts of the stream.
const CONSUMERS: usize = 4;

impl Plan {
    /// Returns how far any two clocks are apart at most.
    pub(crate) fn apart(&self) -> SignedDuration {
        let off = self.clocks_off.values().copied();
        let (ahead, behind) = (off.clone().max(), off.min());
        ahead.unwrap_or_default().max(SignedDuration::ZERO)
            - behind.unwrap_or_default().min(SignedDuration::ZERO)
    }

    pub(crate) fn of(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let about = About::of(seed);
        let posts = about.posts(&mut rng);
        let is_off = rng.bool();
        let clocks_off = CLOCKS.iter().filter(|_| is_off).map(|clock| {
            let off = OFF[rng.usize(..OFF.len())];
            (*clock, SignedDuration::from_millis(off))
        });
        let clocks_off = clocks_off.collect();
        let mut dice = Dice {
            rng,
            about,
            posts: posts.clone(),
        };
        let mut steps = Vec::new();
        for post in 0..posts.len() {
            for _ in 0..dice.rng.usize(..3) {
                steps.push(dice.step());
            }
            steps.push(dice.write(post));
            steps.extend(dice.carries());
        }
        let most = if about == About::OneRule { 30 } else { 20 };
        for _ in 0..dice.rng.usize(most / 3..most) {
            steps.push(dice.step());
            steps.extend(dice.carries());
        }
        Plan {
            posts,
            clocks_off,
            steps,
        }
    }
}

/// What a seed is about. What needs several rare things one after another hardly ever happens by
/// itself in so few steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Anything,
    /// One post, on which everybody works at the same time.
    OnePost,
    /// Posts under one rule, which stops itself.
    OneRule,
    /// Danger, and those who are told of it.
    Danger,
    /// The versions of one practice's policy.
    Versions,
    /// Nights, and the bucket that anchors go to.
    Nights,
}

const SPECIAL: [About; 6] = [
    About::OnePost,
    About::OneRule,
    About::OnePost,
    About::Danger,
    About::Versions,
    About::Nights,
];

impl About {
    /// Every other seed is about anything, and the others take turns.
    fn of(seed: u64) -> Self {
        let nth = usize::try_from(seed / 2).unwrap_or_default();
        if seed.is_multiple_of(2) {
            About::Anything
        } else {
            SPECIAL[nth % SPECIAL.len()]
        }
    }

    /// Returns where each post stands.
    fn posts(self, rng: &mut Rng) -> Vec<usize> {
        let most = match self {
            About::OnePost => 1..=1,
            About::OneRule => 5..=7,
            About::Danger | About::Versions | About::Nights => 1..=3,
            About::Anything => 2..=4,
        };
        let count = rng.usize(most);
        if self == About::OneRule {
            return vec![rng.usize(..FACEBOOK); count];
        }
        (0..count)
            // Half of them stand on Facebook, where most can happen.
            .map(|_| {
                let places = if rng.bool() { FACEBOOK } else { PLACES.len() };
                rng.usize(..places)
            })
            .collect()
    }
}

struct Dice {
    rng: Rng,
    about: About,
    /// Where each post stands.
    posts: Vec<usize>,
}

impl Dice {
    fn post(&mut self) -> usize {
        self.rng.usize(..self.posts.len())
    }

    fn told(&mut self) -> Told {
        // What everybody works on is known.
        if self.about == About::OnePost {
            return Told::Once;
        }
        match self.rng.u8(..8) {
            0 => Told::Never,
            1 => Told::Twice,
            2 | 3 => Told::Late,
            _ => Told::Once,
        }
    }

    fn words(&mut self) -> Words {
        let of_it = match self.about {
            About::OnePost | About::OneRule => &[Words::Abuse, Words::Insult][..],
            About::Danger => &[Words::Plea, Words::Threat],
            About::Anything | About::Versions | About::Nights => &[],
        };
        if of_it.is_empty() || self.rng.u8(..4) == 0 {
            WORDS[self.rng.usize(..WORDS.len())]
        } else {
            of_it[self.rng.usize(..of_it.len())]
        }
    }

    fn write(&mut self, post: usize) -> Step {
        Step::Write {
            post,
            words: self.words(),
            told: self.told(),
            harm: self.harm(4),
        }
    }

    /// In one of so many runs something is harmed, more often early than late in it.
    fn harm(&mut self, one_of: u8) -> Option<Harm> {
        let one_of = if self.about == About::OnePost {
            1
        } else {
            one_of
        };
        if self.rng.u8(..one_of) != 0 {
            return None;
        }
        let (at, of) = if self.rng.bool() {
            (1 + self.rng.usize(..4) / 2, Calls::Writes)
        } else {
            let early = [4, 8, 16][self.rng.usize(..3)];
            (1 + self.rng.usize(..early), Calls::All)
        };
        // Where everybody works on one post, they mostly meet.
        let most = if self.about == About::OnePost { 32 } else { 16 };
        let what = match self.rng.u8(..most) {
            0 | 1 => What::Kill,
            2 | 3 => What::KillAfter,
            4 => What::Throttled,
            5 => What::Conflict,
            6 => What::Lost,
            7 => What::Repeated,
            8 => What::Stale,
            _ => {
                let steps = self.rng.usize(1..=2);
                What::Meanwhile((0..steps).map(|_| self.meanwhile()).collect())
            }
        };
        Some(Harm { at, of, what })
    }

    /// Something that can happen while a function runs.
    fn meanwhile(&mut self) -> Step {
        let (post, pick) = (self.post(), self.rng.usize(..64));
        let place = self.rng.usize(..PLACES.len());
        // Whom an act should have waited for.
        if matches!(self.about, About::OnePost | About::OneRule) && self.rng.u8(..3) == 0 {
            return Step::ShowAgain { post, pick };
        }
        match self.rng.u8(..16) {
            0 | 1 => Step::Write {
                post,
                words: self.words(),
                told: Told::Once,
                harm: None,
            },
            2 => Step::Remove {
                post,
                told: Told::Once,
            },
            3 => Step::Late { pick, harm: None },
            4..8 => Step::Carry {
                consumer: self.consumer(),
                most: 10,
                harm: None,
            },
            8 => Step::Remind { harm: None },
            9 => Step::Sweep { harm: None },
            10 => Step::Switch {
                place,
                on: self.rng.bool(),
            },
            11 => Step::Version {
                place,
                pick,
                harm: None,
            },
            12 => Step::StartRule {
                place,
                pick,
                harm: None,
            },
            13 => Step::ShowAgain { post, pick },
            _ => Step::Choose {
                post,
                pick,
                harm: None,
            },
        }
    }

    /// One of those that are handed parts of the stream: the first two do most of the work.
    fn consumer(&mut self) -> usize {
        // Where a rule stops itself, what matters is what was judged and not done yet.
        let of = match self.about {
            About::OneRule => [0, 0, 0, 0, 0, 1, 2, 3],
            About::Danger => [0, 0, 0, 1, 3, 3, 3, 3],
            About::Anything | About::OnePost | About::Versions | About::Nights => {
                [0, 0, 0, 1, 1, 1, 2, 3]
            }
        };
        of[self.rng.usize(..of.len())]
    }

    /// Two of three steps are about what the seed is about.
    fn step(&mut self) -> Step {
        if self.about != About::Anything && self.rng.u8(..3) > 0 {
            self.special()
        } else {
            self.any()
        }
    }

    fn special(&mut self) -> Step {
        let (post, pick) = (self.post(), self.rng.usize(..64));
        // What is about a practice is about the first post's.
        let place = self.posts[0];
        match (self.about, self.rng.u8(..6)) {
            (About::Anything, _)
            | (About::OnePost, 0..3)
            | (About::OneRule, 3)
            | (About::Nights, 3..) => self.write(post),
            (About::OnePost, 3) => Step::Choose {
                post,
                pick,
                harm: self.harm(1),
            },
            // What was begun before a rule stops is tried again after it.
            (About::OneRule, 0) => Step::Platform {
                platform: PLACES[place].platform,
                failing: FAILINGS[self.rng.usize(..FAILINGS.len())],
            },
            (About::OneRule, 1) => Step::Caps {
                place,
                acts: self.rng.u32(1..4),
            },
            (About::OneRule, 2) | (About::OnePost, _) => Step::Carry {
                consumer: 1,
                most: 1,
                harm: self.harm(2),
            },
            (About::OneRule, _) => Step::ShowAgain { post, pick },
            (About::Danger, 0) => Step::Mail(MISHAPS[self.rng.usize(..MISHAPS.len())]),
            (About::Danger, 1 | 2) => Step::Pass { minutes: 2 },
            (About::Danger, _) => Step::Remind { harm: self.harm(1) },
            (About::Versions, wish) => Step::Version {
                place,
                // Few go back or call off: what waits for its time is to wait for a while.
                pick: if wish == 0 {
                    pick
                } else {
                    pick / WISHES * WISHES + self.rng.usize(2..WISHES)
                },
                harm: self.harm(6),
            },
            (About::Nights, 0) => Step::Night {
                days: 1,
                harm: self.harm(2),
            },
            (About::Nights, _) => Step::Anchor(MISHAPS[self.rng.usize(..MISHAPS.len())]),
        }
    }

    fn any(&mut self) -> Step {
        let post = self.post();
        let place = self.rng.usize(..PLACES.len());
        let pick = self.rng.usize(..64);
        match self.rng.u8(..48) {
            0..4 => self.write(post),
            4 | 5 => Step::Remove {
                post,
                told: self.told(),
            },
            6 | 7 => Step::Late {
                pick,
                harm: self.harm(4),
            },
            8..13 => Step::Pass {
                minutes: [1, 1, 2, 6, 7, 70][self.rng.usize(..6)],
            },
            13..16 => Step::Upset {
                consumer: self.rng.usize(..CONSUMERS),
                upset: [Upset::Lost, Upset::Again, Upset::Behind][self.rng.usize(..3)],
            },
            16 | 17 => Step::Echo {
                is_lost: self.rng.bool(),
            },
            18 | 19 => Step::Remind { harm: self.harm(2) },
            20 | 45 => Step::Sweep { harm: self.harm(2) },
            21..28 => Step::Choose {
                post,
                pick,
                harm: self.harm(3),
            },
            28 => Step::ShowAgain { post, pick },
            29 | 30 => Step::Switch {
                place,
                on: self.rng.u8(..3) > 0,
            },
            31 => Step::Caps {
                place,
                acts: self.rng.u32(..3),
            },
            32 => Step::Publish { place },
            33..38 => Step::Platform {
                platform: PLACES[place].platform,
                failing: FAILINGS[self.rng.usize(..FAILINGS.len())],
            },
            38 | 39 => Step::Mail(MISHAPS[self.rng.usize(..MISHAPS.len())]),
            40 => Step::Anchor(MISHAPS[self.rng.usize(..MISHAPS.len())]),
            41..44 => Step::Version {
                place,
                pick,
                harm: self.harm(3),
            },
            44 => Step::StartRule {
                place,
                pick,
                harm: self.harm(3),
            },
            _ => Step::Night {
                days: [1, 1, 1, 7][self.rng.usize(..4)],
                harm: self.harm(2),
            },
        }
    }

    /// Some batches, by which what was done a moment ago gets further.
    fn carries(&mut self) -> Vec<Step> {
        (0..self.rng.usize(..4))
            .map(|_| Step::Carry {
                consumer: self.consumer(),
                most: self.rng.usize(1..=10),
                harm: self.harm(2),
            })
            .collect()
    }
}
