//! What is written when, what becomes of each delivery, and when each platform fails: all of it
//! from one number.

use pagewarden_rules::Platform;

/// Minutes of the day.
pub(crate) const DAY: u32 = 24 * 60;

/// A platform is down, or takes fewer calls, or no longer takes the token: for so many minutes.
pub(crate) const DOWN: u32 = 60;
pub(crate) const LIMITED: u32 = 30;
/// Longer than the time between two sweeps, so that every channel finds out.
pub(crate) const REFUSED: u32 = 75;

/// From one host's troubles to the next's, and from its outage to its limits and to its refusals.
const BETWEEN_HOSTS: u32 = 300;
const UNTIL_LIMITED: u32 = 90;
const UNTIL_REFUSED: u32 = 150;

/// Facebook and Instagram answer at one address, and fail together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Meta,
    Google,
    X,
    Website,
}

pub(crate) const HOSTS: [Host; 4] = [Host::Meta, Host::Google, Host::X, Host::Website];

const PLATFORMS: [(Platform, Host); 5] = [
    (Platform::Facebook, Host::Meta),
    (Platform::Instagram, Host::Meta),
    (Platform::Google, Host::Google),
    (Platform::X, Host::X),
    (Platform::Website, Host::Website),
];

const ABUSE: [&str; 3] = [
    "The receptionist is a fat useless bitch",
    "You absolute wankers",
    "My neighbour Sheila Bowcott has been in there every week for her depression",
];
const COMPLAINTS: [&str; 2] = [
    "They lost my referral. I am making a complaint.",
    "I want to make a formal complaint about the way I was treated.",
];
const ORDINARY: [&str; 4] = [
    "Are the flu clinics on Saturday as well?",
    "Forty minutes on hold again. Not good enough.",
    "Worst surgery in the county, and the car park is a joke.",
    "Thank you to the nurses on Tuesday.",
];

/// What becomes of the delivery that tells of something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Once,
    Twice,
    /// So many minutes later, and thereby after others that happened later.
    Late(u32),
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Write(&'static str),
    Edit(&'static str),
    Remove,
}

/// Something that an author does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) minute: u32,
    /// Its place among the posts.
    pub(crate) post: usize,
    pub(crate) deed: Deed,
    pub(crate) told: Told,
}

#[derive(Clone, Debug)]
pub(crate) struct Planned {
    pub(crate) platform: Platform,
    pub(crate) id: String,
    /// The words that break the policy; none in ordinary criticism.
    pub(crate) breach: Option<&'static str>,
    /// Its author takes it back, be it before the machine came or after.
    pub(crate) is_removed: bool,
    /// It quotes the practice on X, names nobody, and can only be put before a person.
    pub(crate) is_quote: bool,
    pub(crate) written: u32,
}

pub(crate) struct Plan {
    pub(crate) posts: Vec<Planned>,
    /// In the order of time.
    pub(crate) steps: Vec<Step>,
    /// When each host's troubles begin.
    troubles: Vec<(Host, u32)>,
}

/// Numbers that look like chance, and are the same for the same seed.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn new(seed: u64) -> Self {
        Dice(seed)
    }

    /// Returns a number from zero to below the end (Steele, Lea and Flood's `SplitMix64`).
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(end)).unwrap_or_default()
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let end = u32::try_from(of.len()).unwrap_or(u32::MAX);
        of[self.below(end) as usize].clone()
    }

    /// A third never comes, and of the others a third comes oddly.
    fn told(&mut self) -> Told {
        match self.below(9) {
            0..3 => Told::Never,
            3 => Told::Twice,
            4 => Told::Late(1 + self.below(40)),
            _ => Told::Once,
        }
    }
}

impl Plan {
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let troubles: Vec<(Host, u32)> = (0..)
            .zip(HOSTS)
            .map(|(place, host)| (host, 60 + place * BETWEEN_HOSTS + dice.below(60)))
            .collect();
        let mut plan = Plan {
            posts: Vec::new(),
            steps: Vec::new(),
            troubles,
        };
        for (platform, host) in PLATFORMS {
            plan.platform(platform, host, &mut dice);
        }
        plan.steps.sort_by_key(|step| step.minute);
        plan
    }

    /// When a host is down, limits calls and refuses the token: the first minute of each.
    pub(crate) fn troubles(&self) -> impl Iterator<Item = (Host, [u32; 3])> {
        self.troubles
            .iter()
            .map(|(host, down)| (*host, [*down, down + UNTIL_LIMITED, down + UNTIL_REFUSED]))
    }

    fn platform(&mut self, platform: Platform, host: Host, dice: &mut Dice) {
        // Two breaches at least fall into each of the host's troubles.
        let troubles = self
            .troubles()
            .filter(|(one, _)| *one == host)
            .flat_map(|(_, begins)| begins);
        let mut minutes: Vec<(u32, bool)> = troubles
            .flat_map(|begins| [begins + 2, begins + 17])
            .map(|minute| (minute, true))
            .collect();
        minutes.extend((0..18).map(|n| (dice.below(DAY - 60), n % 2 == 0)));
        minutes.sort_unstable();
        let breaches: &[&str] = if platform == Platform::Google {
            &COMPLAINTS
        } else {
            &ABUSE
        };
        for (number, (minute, breaks)) in (0..).zip(minutes) {
            let post = self.posts.len();
            let (breach, ordinary) = (dice.pick(breaches), dice.pick(&ORDINARY));
            let mut step = |minute, deed| {
                self.steps.push(Step {
                    minute,
                    post,
                    deed,
                    told: dice.told(),
                });
            };
            // Every seventh was fair at first; on X an edit is another post. Every ninth is taken
            // back.
            let is_edited = breaks && number % 7 == 3 && platform != Platform::X;
            let is_removed = breaks && number % 9 == 4;
            step(
                minute,
                Deed::Write(if breaks && !is_edited {
                    breach
                } else {
                    ordinary
                }),
            );
            if is_edited {
                step(minute + 20 + number, Deed::Edit(breach));
            }
            if is_removed {
                step(minute + 45 + number, Deed::Remove);
            }
            let (id, breach, written) = (id(platform, number), breaks.then_some(breach), minute);
            let is_quote = platform == Platform::X && number % 3 == 2;
            self.posts.push(Planned {
                platform,
                id,
                breach,
                is_removed,
                is_quote,
                written,
            });
        }
    }
}

/// Returns an id as the platform makes them; those of X grow with time.
fn id(platform: Platform, number: u32) -> String {
    match platform {
        Platform::Facebook => format!("1_{number:03}"),
        Platform::Instagram => format!("17800000000000{number:03}"),
        Platform::X => format!("2085100000000000{number:03}"),
        Platform::Google => format!("r{number:03}"),
        _ => (number + 1).to_string(),
    }
}
