//! What holds of every history: whatever was written at two practices, decided, held, restricted,
//! deleted and taken along, and in whatever order. What is held stays; the record holds after every
//! deletion; and nothing that leaves has words of another practice or another person.

#![expect(clippy::unwrap_used, reason = "a test may")]

use std::io::{Cursor, Read};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use pagewarden_evidence::{Subject, answer_author, export, verify};
use pagewarden_ledger::{
    AccountOf, Answer, By, Choice, Ledger, Periods, Person, Recipient, choices,
};
use pagewarden_local::stepped::Stepped;
use pagewarden_rules::{Platform, PostKey, PracticeId, Role};
use pagewarden_tests::{change, monday};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseError;
use serde_json::json;
use zip::ZipArchive;

/// Each plays a system of its own, which takes seconds of an unoptimised program.
const CASES: u32 = 4;

/// Practices, with a page and the manager of each.
const PRACTICES: [(&str, &str, &str); 2] = [
    ("roxbourne", "100000000000003", "Imran"),
    ("woolpit", "100000000000004", "Joan"),
];
/// Accounts, of which one's id goes on where another's ends.
const AUTHORS: [&str; 3] = ["9000055", "90000551", "9000077"];
const SAYS: [&str; 3] = [
    "The receptionist is a fat useless bitch",
    "I want to make a formal complaint about how my referral was handled",
    "I can't go on. Tonight is the night. I have the tablets here",
];

const PERIODS: Periods = Periods {
    decided: 24,
    complaint: Some(120),
    safeguarding: Some(60),
};

/// One thing that happens. A post or an account that is not there is left alone.
#[derive(Clone, Debug)]
enum Step {
    /// An author writes at a practice, in answer to what was written there last.
    Write {
        at: usize,
        author: usize,
        says: usize,
    },
    /// Everything that waits about a post is answered.
    Close(Index),
    /// Somebody holds a post, or lifts that.
    Hold(Index, bool),
    /// An author asks for nothing of theirs to be used, or lifts that.
    Restrict { at: usize, author: usize, on: bool },
    /// An author asks for their words to be deleted.
    Erase { at: usize, author: usize },
    /// The daily run of a day so many months ahead.
    Retain(i64),
    /// Evidence about a post is taken.
    Take(Index, usize, bool),
    /// An author is given what is held about them.
    Tell { at: usize, author: usize },
}

fn step() -> impl Strategy<Value = Step> {
    let post = any::<Index>;
    let (at, author) = (0..PRACTICES.len(), 0..AUTHORS.len());
    let recipient = 0..Recipient::ALL.len();
    prop_oneof![
        6 => (at.clone(), author.clone(), 0..SAYS.len())
            .prop_map(|(at, author, says)| Step::Write { at, author, says }),
        5 => post().prop_map(Step::Close),
        3 => (post(), any::<bool>()).prop_map(|(post, on)| Step::Hold(post, on)),
        1 => (at.clone(), author.clone(), any::<bool>())
            .prop_map(|(at, author, on)| Step::Restrict { at, author, on }),
        2 => (at.clone(), author.clone()).prop_map(|(at, author)| Step::Erase { at, author }),
        3 => prop_oneof![Just(0), Just(25), Just(61), Just(121)].prop_map(Step::Retain),
        3 => (post(), recipient, any::<bool>())
            .prop_map(|(post, to, whole)| Step::Take(post, to, whole)),
        2 => (at, author).prop_map(|(at, author)| Step::Tell { at, author }),
    ]
}

/// A post, and words that nothing but it may have.
struct Post {
    key: PostKey,
    at: usize,
    author: usize,
    token: String,
    /// Its words are in the table, as far as this test knows.
    kept: bool,
    held: bool,
}

struct World {
    stepped: Stepped,
    posts: Vec<Post>,
}

impl World {
    fn ledger(&self) -> &Ledger {
        self.stepped.stack().ledger()
    }

    fn now(&self) -> Timestamp {
        self.stepped.stack().clock().now()
    }

    async fn play(&mut self, step: &Step) -> Result<(), TestCaseError> {
        match *step {
            Step::Write { at, author, says } => self.write(at, author, says).await,
            Step::Close(post) => self.close(post).await,
            Step::Hold(post, on) => self.hold(post, on).await,
            Step::Restrict { at, author, on } => {
                let (practice, manager, now) = (practice(at), manager(at), self.now());
                let of = account(&practice, author);
                let asked = self
                    .ledger()
                    .restrict_account(of, on, &manager, "they asked", now);
                // An account that is not known is refused.
                asked.await.ok();
            }
            Step::Erase { at, author } => return self.erase(at, author).await,
            Step::Retain(months) => return self.retain(months).await,
            Step::Take(post, to, whole) => {
                if let Some(at) = index(post, &self.posts) {
                    return self.take(at, to, whole).await;
                }
            }
            Step::Tell { at, author } => return self.tell(at, author).await,
        }
        Ok(())
    }

    async fn write(&mut self, at: usize, author: usize, says: usize) {
        let (practice, page, _) = PRACTICES[at];
        let nth = self.posts.len();
        let (id, token) = (
            format!("{page}_{}", 700 + nth),
            format!("zyx{nth}wvu{at}{author}"),
        );
        let now = self.now().as_second();
        let mut one = change(
            page,
            &id,
            AUTHORS[author],
            &format!("{} {token}", SAYS[says]),
        );
        let before = self.posts.iter().rfind(|post| post.at == at);
        let parent = before.map_or_else(|| format!("{page}_1"), |post| post.key.id.clone());
        one["value"]["parent_id"] = json!(parent);
        one["value"]["created_time"] = json!(now);
        one["value"]["from"]["name"] = json!(format!("Mx {} Surname", AUTHORS[author]));
        let body =
            json!({ "object": "page", "entry": [{ "id": page, "time": now, "changes": [one] }] });
        let body = body.to_string();
        let stack = self.stepped.stack();
        stack.graph().learn(body.as_bytes()).unwrap();
        assert_eq!(stack.sender().deliver(body.as_bytes()).await.unwrap(), 200);
        self.stepped.settle().await.unwrap();
        self.posts.push(Post {
            key: PostKey {
                practice: practice.parse().unwrap(),
                platform: Platform::Facebook,
                id,
            },
            at,
            author,
            token,
            kept: true,
            held: false,
        });
    }

    async fn close(&mut self, post: Index) {
        const WANTED: [Choice; 6] = [
            Choice::Complaint,
            Choice::ComplaintAcknowledged,
            Choice::AskAuthor,
            Choice::KeepHidden,
            Choice::Done,
            Choice::Keep,
        ];
        let Some(at) = index(post, &self.posts) else {
            return;
        };
        loop {
            let post = &self.posts[at];
            let case = pagewarden_tests::case(self.ledger(), &post.key).await;
            let Some(case) = case.filter(|case| !case.tasks.is_empty()) else {
                return;
            };
            let task = &case.tasks[0];
            let offered = choices(task, &case.grounds);
            let choice = WANTED.iter().find(|one| offered.contains(one)).unwrap();
            let answer = Answer {
                choice: *choice,
                note: Some("seen to"),
                again: false,
            };
            let (manager, now) = (manager(post.at), self.now());
            let chosen = self
                .ledger()
                .choose(&post.key, &task.id, &manager, answer, now);
            chosen.await.unwrap();
            self.stepped.settle().await.unwrap();
        }
    }

    async fn hold(&mut self, post: Index, on: bool) {
        let Some(at) = index(post, &self.posts) else {
            return;
        };
        let (post, now) = (&self.posts[at], self.now());
        let manager = manager(post.at);
        let asked = self.ledger().hold(&post.key, on, &manager, None, None, now);
        // What was erased before cannot be held.
        if asked.await.is_ok() {
            self.posts[at].held = on;
        }
    }

    async fn erase(&mut self, at: usize, author: usize) -> Result<(), TestCaseError> {
        let (practice, manager, now) = (practice(at), manager(at), self.now());
        let of = account(&practice, author);
        let erased = self.ledger().erase(of, &manager, "they asked", now).await;
        let Ok(erased) = erased else { return Ok(()) };
        for post in &mut self.posts {
            if erased.posts.contains(&post.key) {
                prop_assert!(!post.held, "{} is held, and was erased", post.key);
                prop_assert_eq!((post.at, post.author), (at, author));
                post.kept = false;
            }
        }
        self.holds().await
    }

    async fn retain(&mut self, months: i64) -> Result<(), TestCaseError> {
        let then = self.now().to_zoned(TimeZone::UTC);
        let then = then
            .checked_add(Span::new().months(months).days(1))
            .unwrap();
        for at in 0..PRACTICES.len() {
            let practice = practice(at);
            let mut stays = Vec::new();
            for post in self.posts.iter().filter(|post| post.at == at) {
                let history = self.ledger().history(&post.key).await.unwrap().unwrap();
                let waits = !history.state.open_tasks.is_empty();
                if post.held || waits || history.state.restricted {
                    stays.push(post.key.clone());
                }
            }
            let ledger = self.ledger();
            let gone =
                ledger.let_what_is_over_go(&practice, &PERIODS, By::Policy, then.timestamp());
            let gone: Vec<PostKey> = gone.await.unwrap().posts.into_values().flatten().collect();
            for key in &stays {
                prop_assert!(
                    !gone.contains(key),
                    "{key} is held or waits, and was let go"
                );
            }
            for post in self
                .posts
                .iter_mut()
                .filter(|post| gone.contains(&post.key))
            {
                prop_assert_eq!(post.at, at);
                post.kept = false;
            }
        }
        self.holds().await
    }

    /// After a deletion: the record holds, and the table has the words of what stays and of nothing
    /// else.
    async fn holds(&self) -> Result<(), TestCaseError> {
        let audit = self.ledger().audit(None).await.unwrap();
        prop_assert_eq!(audit.wrong, []);
        for at in 0..PRACTICES.len() {
            let own = self.ledger().belongings(&practice(at)).await.unwrap();
            let rows: String = own.items.values().map(|one| one.json.to_string()).collect();
            for post in &self.posts {
                let is_there = post.kept && post.at == at;
                prop_assert_eq!(rows.contains(&post.token), is_there, "{}", post.key);
            }
        }
        Ok(())
    }

    async fn take(&self, at: usize, to: usize, whole: bool) -> Result<(), TestCaseError> {
        let post = &self.posts[at];
        let subject = Subject {
            key: &post.key,
            recipient: Recipient::ALL[to],
            whole,
        };
        let manager = manager(post.at);
        let pack = export(
            self.ledger(),
            None,
            subject,
            &manager,
            usize::MAX,
            self.now(),
        )
        .await;
        // There is no evidence about a post whose words are gone.
        let Ok(pack) = pack else { return Ok(()) };
        let strange = |other: &Post| other.key != post.key;
        let text = self.nothing_strange(&pack.bytes, post.at, post.author, &strange)?;
        prop_assert_eq!(text.contains(&post.token), post.kept, "{}", post.key);
        Ok(())
    }

    async fn tell(&self, at: usize, author: usize) -> Result<(), TestCaseError> {
        let (practice, manager) = (practice(at), manager(at));
        let of = account(&practice, author);
        let told = answer_author(self.ledger(), of, &manager, usize::MAX, self.now()).await;
        let Ok((pack, _)) = told else { return Ok(()) };
        let strange = |other: &Post| (other.at, other.author) != (at, author);
        self.nothing_strange(&pack.bytes, at, author, &strange)?;
        Ok(())
    }

    /// What leaves is whole, and has no words of what is strange to it, nobody else's name and nothing
    /// of the other practice. Returns all of it as text.
    fn nothing_strange(
        &self,
        pack: &[u8],
        at: usize,
        author: usize,
        strange: &dyn Fn(&Post) -> bool,
    ) -> Result<String, TestCaseError> {
        prop_assert_eq!(verify(pack).wrong, [""; 0]);
        let text = unpacked(pack);
        for other in self.posts.iter().filter(|post| strange(post)) {
            prop_assert!(!text.contains(&other.token), "words of {}", other.key);
        }
        for (nth, other) in AUTHORS.iter().enumerate() {
            let is_named = text.contains(&format!("Mx {other} "));
            prop_assert!(nth == author || !is_named, "the name of {other}");
        }
        for (nth, (id, page, manager)) in PRACTICES.iter().enumerate() {
            let is_told = [id, page, manager].iter().any(|one| text.contains(**one));
            prop_assert!(nth == at || !is_told, "something of {id}");
        }
        Ok(text)
    }
}

fn index(of: Index, posts: &[Post]) -> Option<usize> {
    (!posts.is_empty()).then(|| of.index(posts.len()))
}

fn practice(at: usize) -> PracticeId {
    PRACTICES[at].0.parse().unwrap()
}

fn manager(at: usize) -> Person {
    Person {
        name: PRACTICES[at].2.into(),
        role: Role::PracticeManager,
    }
}

fn account(practice: &PracticeId, author: usize) -> AccountOf<'_> {
    AccountOf {
        practice,
        platform: Platform::Facebook,
        account: AUTHORS[author],
    }
}

/// Returns every file of a zip as one text.
fn unpacked(pack: &[u8]) -> String {
    let mut zip = ZipArchive::new(Cursor::new(pack)).unwrap();
    let mut text = String::new();
    for nth in 0..zip.len() {
        zip.by_index(nth)
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
    }
    text
}

async fn play(steps: &[Step]) -> Result<(), TestCaseError> {
    let mut world = World {
        stepped: Stepped::build(monday()).await.unwrap(),
        posts: Vec::new(),
    };
    for step in steps {
        world.play(step).await?;
    }
    // In the end all goes that may, and whatever is there leaves.
    world.retain(121).await?;
    for nth in 0..world.posts.len() {
        world.take(nth, 0, true).await?;
    }
    for at in 0..PRACTICES.len() {
        for author in 0..AUTHORS.len() {
            world.tell(at, author).await?;
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn what_is_held_stays_and_what_leaves_is_one_persons(
        steps in prop::collection::vec(step(), 12..28),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(&steps))?;
    }
}
