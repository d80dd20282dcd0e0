//! What must hold, at every step and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use pagewarden_fakes::Entry;
use pagewarden_ledger::{
    ActionRecord, ActionStatus, Choice, Due, Event, History, NoticeStatus, Person, TaskRecord,
    TaskStatus, Visibility, answered_by,
};
use pagewarden_local::consumer::{Consumer, Route};
use pagewarden_rules::{By, Disposition, Effect, Platform, PracticeId, RevisionId};
use serde_json::json;

use super::claims::Claims;
use super::plan::{PLACES, Place, Words};
use super::platforms::{host, words};
use super::world::{World, held};

/// Acts an hour that the demonstration's practices allow.
const CAP: u32 = 20;

/// How long after it was seen, or after the last thing that went wrong, somebody must have been
/// told of danger: one round of what is looked at again, twice.
const TOLD_WITHIN: SignedDuration = SignedDuration::from_mins(12);

/// No case waits longer than this for its first deadline.
const LONGEST_DEADLINE: SignedDuration = SignedDuration::from_hours(24 * 31);

/// A rule that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) rule: &'static str,
    pub(crate) says: String,
}

impl Broken {
    pub(crate) fn new(rule: &'static str, says: &str) -> Self {
        Broken {
            rule,
            says: says.to_owned(),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {}", self.rule, self.says)
    }
}

type Seen = Option<Arc<History>>;

/// Where everything stood before a run of `act`.
#[derive(Debug)]
pub(crate) struct Before {
    histories: Vec<Seen>,
    off: BTreeSet<PracticeId>,
    /// The rules that had stopped themselves.
    stopped: BTreeSet<(PracticeId, String)>,
}

/// What was seen so far.
#[derive(Debug)]
pub(crate) struct Checks(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    watch: Consumer,
    claims: Claims,
    /// How far two clocks are apart at most.
    apart: SignedDuration,
    histories: Vec<Seen>,
    /// Posts that changed since they were checked, and whether anything did.
    to_check: BTreeSet<usize>,
    due_to_check: bool,
    /// Versions whose deliveries were accepted.
    accepted: Vec<(usize, RevisionId, Words)>,
    /// Since when somebody may be in danger, and whether somebody was told.
    danger: Vec<Option<(Timestamp, bool)>>,
    /// When something went wrong last.
    trouble: Option<Timestamp>,
    /// What was done on the platforms, by post and effect.
    done: BTreeMap<(usize, Effect), usize>,
    acts: usize,
    caps: BTreeMap<String, u32>,
    charged: BTreeSet<(usize, String)>,
    charges: BTreeMap<(String, String), u32>,
    /// In whose hands each post is, as it was told last.
    hands: Vec<String>,
}

impl Checks {
    pub(crate) fn of(posts: usize, apart: SignedDuration) -> Self {
        let everything = Route {
            function: "the simulation".to_owned(),
            filters: vec![json!({})],
            batch: usize::MAX,
        };
        Checks(Mutex::new(Inner {
            watch: Consumer::new(everything),
            claims: Claims::default(),
            apart,
            histories: vec![None; posts],
            to_check: BTreeSet::new(),
            due_to_check: false,
            accepted: Vec::new(),
            danger: vec![None; posts],
            trouble: None,
            done: BTreeMap::new(),
            acts: 0,
            caps: BTreeMap::new(),
            charged: BTreeSet::new(),
            charges: BTreeMap::new(),
            hands: vec![String::new(); posts],
        }))
    }

    /// Notes that something went wrong.
    pub(crate) fn trouble(&self, at: Timestamp) {
        held(&self.0).trouble = Some(at);
    }

    /// Notes that a version of a post was accepted: from now on it must be on record.
    pub(crate) fn accepted(&self, post: usize, revision: RevisionId, words: Words) {
        held(&self.0).accepted.push((post, revision, words));
    }

    /// Notes how many acts an hour a practice allows from now on.
    pub(crate) fn cap(&self, practice: &str, acts: u32) {
        held(&self.0).caps.insert(practice.to_owned(), acts);
    }
}

fn hour(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H").to_string()
}

impl World {
    /// Reads what changed since the last time, and notes that it is to be checked.
    async fn look(&self) {
        let changed = {
            let mut inner = held(&self.checks.0);
            let Inner { watch, claims, .. } = &mut *inner;
            watch.read(&self.stack).unwrap();
            let keys: BTreeSet<String> = watch
                .waiting()
                .drain(..)
                .filter_map(|record| {
                    claims.read(&record);
                    let key = record["dynamodb"]["Keys"]["PK"]["S"].as_str();
                    key.map(str::to_owned)
                })
                .collect();
            let changed: BTreeSet<usize> = self
                .posts
                .iter()
                .enumerate()
                .filter(|(_, post)| {
                    let key = &post.key;
                    let pk = format!("P#{}#POST#{}#{}", key.practice, key.platform, key.id);
                    keys.contains(&pk)
                })
                .map(|(post, _)| post)
                .collect();
            inner.to_check.extend(&changed);
            inner.due_to_check |= !keys.is_empty();
            changed
        };
        for post in &changed {
            let history = self.onlooker.history(&self.posts[*post].key).await.unwrap();
            held(&self.checks.0).histories[*post] = history.map(Arc::new);
        }
    }

    fn history(&self, post: usize) -> Seen {
        held(&self.checks.0).histories[post].clone()
    }

    pub(crate) async fn before_acts(&self) -> Before {
        self.look().await;
        let (mut off, mut stopped) = (BTreeSet::new(), BTreeSet::new());
        for post in &self.posts {
            let practice = &post.key.practice;
            let switch = self.onlooker.switch(practice).await.unwrap();
            if switch.is_some_and(|switch| !switch.on) {
                off.insert(practice.clone());
            }
            let rules = self.stopped_rules(practice).await.into_iter();
            stopped.extend(rules.map(|clause| (practice.clone(), clause)));
        }
        Before {
            histories: held(&self.checks.0).histories.clone(),
            off,
            stopped,
        }
    }

    /// Returns what was done on the platforms so far, each with its post.
    fn acts(&self) -> Vec<(usize, Effect)> {
        let mut acts = Vec::new();
        let hosts = Platform::ALL.iter().copied();
        for of in hosts.filter(|platform| host(*platform) == *platform) {
            for entry in self.journal(of) {
                let Some((effect, id)) = act(&entry) else {
                    continue;
                };
                let of = self.posts.iter().position(|post| {
                    host(post.place.platform) == of && (post.id == *id || post.author == *id)
                });
                // One on nothing that anybody wrote here is on nobody's post.
                acts.push((of.unwrap_or(usize::MAX), effect));
            }
        }
        acts
    }

    /// Looks at what a run of `act` did on the platforms, by what was on record before it.
    pub(crate) async fn after_acts(&self, before: &Before) -> Result<(), Broken> {
        self.look().await;
        let mut now: BTreeMap<(usize, Effect), usize> = BTreeMap::new();
        let acts = self.acts();
        for act in &acts {
            *now.entry(*act).or_default() += 1;
        }
        let known = {
            let mut inner = held(&self.checks.0);
            inner.acts = acts.len();
            std::mem::replace(&mut inner.done, now.clone())
        };
        for ((post, effect), times) in now {
            if times > known.get(&(post, effect)).copied().unwrap_or_default() {
                self.check_act(before, post, effect, times)?;
            }
        }
        Ok(())
    }

    fn check_act(
        &self,
        before: &Before,
        post: usize,
        effect: Effect,
        times: usize,
    ) -> Result<(), Broken> {
        let Some(Some(history)) = before.histories.get(post) else {
            return Err(Broken::new(
                "tenant",
                &format!("{effect} was done to something that is not on record"),
            ));
        };
        let (name, state) = (self.name(post), &history.state);
        self.say(format!("  On the platform: {effect} of {name}."));
        let broken = |rule, why: &str| {
            Err(Broken::new(
                rule,
                &format!("{effect} of {name} was done {why}"),
            ))
        };
        let open: Vec<&ActionRecord> = history
            .actions
            .iter()
            .filter(|action| action.effect == effect && action.status.is_open())
            .collect();
        if open.is_empty() {
            return broken("on record", "without an action that was open on record");
        }
        // The words are on record before a person can ask for anything; the machine asks for what a
        // decision says.
        let has_evidence = |action: &&&ActionRecord| match action.by {
            By::Machine => events(history).any(|event| match event {
                Event::Decided { revision, .. } => revision == action.revision,
                _ => false,
            }),
            By::Person => {
                let mut on_record = history.revisions.iter();
                on_record.any(|revision| revision.revision == action.revision)
            }
        };
        let open: Vec<&ActionRecord> = open.iter().filter(has_evidence).copied().collect();
        if open.is_empty() {
            return broken("evidence", "before its evidence was on record");
        }
        let is_about_now = |action: &&&ActionRecord| {
            matches!(effect, Effect::Ban | Effect::Mute)
                || state
                    .revision
                    .as_ref()
                    .is_none_or(|now| *now == action.revision)
        };
        let open: Vec<&ActionRecord> = open.iter().filter(is_about_now).copied().collect();
        if open.is_empty() {
            return broken("older words", "for words that had changed");
        }
        let by_machine = open.iter().all(|action| action.by == By::Machine);
        if by_machine
            && open
                .iter()
                .all(|action| kept(history).contains(&action.revision))
        {
            return broken("keep", "although a person had decided to keep it");
        }
        if by_machine && before.off.contains(&self.posts[post].key.practice) {
            return broken("switch", "although the practice's switch was off");
        }
        let of_practice = |clause: &String| (self.posts[post].key.practice.clone(), clause.clone());
        let has_stopped = |action: &&ActionRecord| {
            let clause = action.clause.as_ref().map(of_practice);
            clause.is_some_and(|clause| before.stopped.contains(&clause))
        };
        if by_machine && effect == Effect::Hide && open.iter().all(has_stopped) {
            return broken("rule", "although its rule had stopped itself");
        }
        if state.visibility == Visibility::Gone && effect != Effect::Ban {
            return broken("gone", "although it was known to be gone");
        }
        let tried = self.history(post).map_or(0, |history| {
            let of_it = history.actions.iter();
            of_it
                .filter(|action| action.effect == effect && action.attempts > 0)
                .count()
        });
        if times > tried {
            return broken(
                "once",
                &format!("{times} times, and was asked for {tried} times"),
            );
        }
        if times > 1
            && matches!(
                effect,
                Effect::PublicReply | Effect::AskAuthor | Effect::Ban
            )
        {
            return broken("once", &format!("{times} times"));
        }
        Ok(())
    }

    /// Looks whether everything holds now.
    pub(crate) async fn check(&self) -> Result<(), Broken> {
        self.look().await;
        let (changed, any) = {
            let mut inner = held(&self.checks.0);
            let any = std::mem::take(&mut inner.due_to_check);
            if let Some(broken) = inner.claims.broken() {
                return Err(broken);
            }
            (std::mem::take(&mut inner.to_check), any)
        };
        if self.acts().len() != held(&self.checks.0).acts {
            return Err(Broken::new("on record", "something was done without `act`"));
        }
        self.check_accepted()?;
        for post in &changed {
            self.check_post(*post).await?;
        }
        if any {
            self.check_due().await?;
        }
        self.check_danger().await
    }

    /// Whatever is undecided or not done is looked at again, whatever the stream does.
    async fn check_due(&self) -> Result<(), Broken> {
        let later = self.stack.clock().now() + SignedDuration::from_hours(24 * 365);
        let due = self.onlooker.due(later).await.unwrap();
        let histories = held(&self.checks.0).histories.clone();
        let (mut revisions, mut actions) = (0, 0);
        for history in histories.iter().flatten() {
            revisions += history
                .revisions
                .iter()
                .filter(|revision| revision.decided.is_none())
                .count();
            actions += history
                .actions
                .iter()
                .filter(|action| action.status.is_open())
                .count();
        }
        let listed = |kind| due.iter().filter(|due| due.kind == kind).count();
        if listed(Due::Revision) != revisions || listed(Due::Action) != actions {
            let says = format!(
                "{revisions} revisions and {actions} actions wait, and {} and {} are looked for",
                listed(Due::Revision),
                listed(Due::Action)
            );
            return Err(Broken::new("lost", &says));
        }
        Ok(())
    }

    #[expect(clippy::too_many_lines, reason = "one paragraph for each rule")]
    async fn check_post(&self, post: usize) -> Result<(), Broken> {
        let Some(history) = self.history(post) else {
            return Ok(());
        };
        let (name, key) = (self.name(post), &self.posts[post].key);
        let broken = |rule, why: &str| Err(Broken::new(rule, &format!("{name}: {why}")));
        if let Err(error) = history.verify() {
            return broken("chain", &format!("its history does not hold: {error}"));
        }
        if !history
            .revisions
            .iter()
            .all(|revision| revision.key == *key)
            || !history.actions.iter().all(|action| action.key == *key)
            || !history.tasks.iter().all(|task| task.key == *key)
        {
            return broken("tenant", "something of another post is on its record");
        }
        // What is on record of people's work is one thing.
        let open: Vec<&TaskRecord> = history
            .tasks
            .iter()
            .filter(|task| task.status == TaskStatus::Open)
            .collect();
        let ids: BTreeSet<&String> = open.iter().map(|task| &task.id).collect();
        let known: BTreeSet<&String> = history.state.open_tasks.iter().collect();
        if ids != known {
            return broken(
                "tasks",
                &format!("{known:?} wait by its state, and {ids:?} do"),
            );
        }
        let people = self.onlooker.people(&key.practice).await.unwrap();
        let now = self.stack.clock().now();
        for task in &open {
            let who = who(task, &people);
            if who.is_empty() {
                return broken("person", &format!("{} waits for nobody", task.kind));
            }
            if task.due_at > now + LONGEST_DEADLINE {
                return broken(
                    "deadline",
                    &format!("{} is due at {}", task.kind, task.due_at),
                );
            }
        }
        // Every act follows from a decision on record, and each failure is a case.
        let mut named = BTreeSet::new();
        let mut answered = BTreeSet::new();
        let mut decided = BTreeSet::new();
        for event in events(&history) {
            match event {
                Event::Decided {
                    actions, revision, ..
                } => {
                    if !decided.insert(revision.clone()) {
                        return broken("one decision", &format!("{revision} was decided twice"));
                    }
                    named.extend(actions);
                }
                Event::Chosen { action, task, .. } => {
                    if !answered.insert(task.clone()) {
                        return broken("one answer", &format!("{task} was answered twice"));
                    }
                    named.extend(action);
                }
                Event::ShownAgain { action, .. } => drop(named.insert(action)),
                Event::Failed { action, task, .. } | Event::Parked { action, task, .. }
                    if !history.tasks.iter().any(|known| known.id == task) =>
                {
                    return broken("case", &format!("{action} was not done, and nobody knows"));
                }
                _ => {}
            }
        }
        for action in &history.actions {
            if !named.contains(&action.id) {
                return broken("evidence", &format!("nothing asked for {}", action.effect));
            }
            let settles = events(&history).any(|event| match event {
                Event::Acted { action: id, .. }
                | Event::Failed { action: id, .. }
                | Event::Parked { action: id, .. }
                | Event::Dropped { action: id, .. } => id == action.id,
                _ => false,
            });
            if settles == action.status.is_open() {
                let says = format!("{} is {} by its record", action.effect, action.status);
                return broken("settled", &says);
            }
            let times = |effect| {
                let checks = held(&self.checks.0);
                checks.done.get(&(post, effect)).copied()
            };
            let done = times(action.effect).unwrap_or_default();
            // X is told how it is to be, and says that it is so.
            let nothing_to_do = action.key.platform == Platform::X
                && action.effect == Effect::Unhide
                && times(Effect::Hide).is_none();
            // An earlier try is only supposed: the platform says how it stands, and not since when.
            let is_so_already = action.result.as_deref().is_some_and(|result| {
                ["already", "gone", "earlier"]
                    .iter()
                    .any(|so| result.contains(so))
            });
            let is_so_already = is_so_already || nothing_to_do;
            if action.status == ActionStatus::Done && done == 0 && !is_so_already {
                return broken(
                    "done",
                    &format!("{} is done by its record alone", action.effect),
                );
            }
            self.check_cap(post, action)?;
        }
        let is_danger = history.revisions.iter().any(|revision| {
            [Words::Plea, Words::Threat]
                .iter()
                .any(|words| words.is_danger() && revision.post.text.ends_with(words.text()))
        });
        if is_danger {
            held(&self.checks.0).danger[post].get_or_insert((now, false));
        }
        let hands = hands(&history, &people);
        let known = std::mem::replace(&mut held(&self.checks.0).hands[post], hands.clone());
        if known != hands {
            self.say(format!("  {name}: {hands}"));
        }
        Ok(())
    }

    /// What was accepted is on record, whatever becomes of it.
    fn check_accepted(&self) -> Result<(), Broken> {
        let inner = held(&self.checks.0);
        for (post, revision, words) in &inner.accepted {
            let is_on_record = inner.histories[*post].as_ref().is_some_and(|history| {
                let mut versions = history.revisions.iter();
                versions.any(|version| version.revision.content() == revision.content())
            });
            if !is_on_record {
                let says = format!("“{}” was accepted and is not on record", words.text());
                return Err(Broken::new("accepted", &says));
            }
        }
        Ok(())
    }

    fn check_cap(&self, post: usize, action: &ActionRecord) -> Result<(), Broken> {
        let mut inner = held(&self.checks.0);
        if action.by != By::Machine
            || !action.charged
            || !inner.charged.insert((post, action.id.clone()))
        {
            return Ok(());
        }
        // The hours are those of the clock of who acts.
        let (practice, now) = (action.key.practice.to_string(), self.clocks.of("act").now());
        let most = inner.caps.get(&practice).copied().unwrap_or(CAP);
        let charges = inner
            .charges
            .entry((practice.clone(), hour(now)))
            .or_default();
        *charges += 1;
        if *charges > most {
            let says = format!("{practice} acts {charges} times in an hour, and allows {most}");
            return Err(Broken::new("cap", &says));
        }
        Ok(())
    }

    /// Somebody is told of danger within its time.
    async fn check_danger(&self) -> Result<(), Broken> {
        let now = self.stack.clock().now();
        for post in 0..self.posts.len() {
            let (danger, trouble, within) = {
                let inner = held(&self.checks.0);
                (inner.danger[post], inner.trouble, TOLD_WITHIN + inner.apart)
            };
            let Some((seen_at, false)) = danger else {
                continue;
            };
            let Some(history) = self.history(post) else {
                continue;
            };
            let tasks: Vec<&TaskRecord> = history
                .tasks
                .iter()
                .filter(|task| task.kind.is_danger())
                .collect();
            let answered = tasks.iter().any(|task| task.closed_by().is_some());
            let notices = self.onlooker.notices(&self.posts[post].key.practice);
            let told = notices.await.unwrap().iter().any(|notice| {
                notice.status == NoticeStatus::Sent
                    && notice
                        .tasks
                        .iter()
                        .any(|of| tasks.iter().any(|task| task.id == of.task))
            });
            if answered || told {
                held(&self.checks.0).danger[post] = Some((seen_at, true));
                self.say(format!(
                    "  Somebody knows of the danger in {}.",
                    self.name(post)
                ));
            } else if now.duration_since(trouble.unwrap_or(seen_at).max(seen_at)) > within {
                let says = format!(
                    "nobody was told of the danger in {}, which was seen at {seen_at}",
                    self.name(post)
                );
                return Err(Broken::new("danger", &says));
            }
        }
        Ok(())
    }

    /// Looks whether everything holds once all is at rest.
    pub(crate) async fn check_end(&self) -> Result<(), Broken> {
        let later = self.stack.clock().now() + SignedDuration::from_hours(24 * 365);
        let due = self.onlooker.due(later).await.unwrap();
        if !due.is_empty() {
            return Err(Broken::new("rest", &format!("still under way: {due:?}")));
        }
        self.check_chains().await?;
        self.check_steps().await?;
        self.check_notices().await?;
        let channels = self.onlooker.channels().await.unwrap();
        for key in self.onlooker.posts().await.unwrap() {
            // Tasks about an account or an address stand under it. The demonstration has accounts
            // on which nobody writes here.
            let is_no_post = key.platform == Platform::StaffLog
                || channels.iter().any(|(channel, practice)| {
                    *practice == key.practice
                        && channel.platform == key.platform
                        && channel.account == key.id
                });
            if !is_no_post && !self.posts.iter().any(|post| post.key == key) {
                return Err(Broken::new("tenant", &format!("{key} is nobody's post")));
            }
        }
        for post in 0..self.posts.len() {
            self.check_outcome(post)?;
        }
        let untold = held(&self.checks.0)
            .danger
            .iter()
            .position(|danger| danger.is_some_and(|(_, told)| !told));
        if let Some(post) = untold {
            let says = format!("nobody was told of the danger in {}", self.name(post));
            return Err(Broken::new("danger", &says));
        }
        Ok(())
    }

    /// The chains are whole and as their anchors say, of which there is one since the faults ended.
    async fn check_chains(&self) -> Result<(), Broken> {
        let anchors = self.bucket.found();
        let today = self
            .clocks
            .of("remind")
            .now()
            .to_zoned(TimeZone::UTC)
            .date();
        let audit = self.onlooker.audit_against(&anchors, None, today);
        let audit = audit.await.unwrap();
        if !audit.wrong.is_empty() {
            return Err(Broken::new("chain", &format!("{:?}", audit.wrong)));
        }
        let last = |place: &Place| {
            let practice: PracticeId = place.practice.parse().unwrap();
            audit.anchored.get(&practice).map(|anchored| anchored.last)
        };
        match PLACES
            .iter()
            .find(|place| last(place) < today.yesterday().ok())
        {
            Some(place) => {
                let says = format!("{}: the last is of {:?}", place.practice, last(place));
                Err(Broken::new("anchor", &says))
            }
            None => Ok(()),
        }
    }

    /// Whatever was written to somebody was sent, unless it could not be.
    async fn check_notices(&self) -> Result<(), Broken> {
        let practices: BTreeSet<&str> = PLACES.iter().map(|place| place.practice).collect();
        for practice in practices {
            let notices = self.onlooker.notices(&practice.parse().unwrap()).await;
            let waits = notices.unwrap().into_iter().find(|notice| {
                matches!(notice.status, NoticeStatus::Pending | NoticeStatus::Sending)
            });
            if let Some(notice) = waits {
                let says = format!(
                    "{practice}: a notice to {} of {} is {}",
                    notice.name, notice.alert, notice.status
                );
                return Err(Broken::new("notice", &says));
            }
        }
        Ok(())
    }

    fn check_outcome(&self, post: usize) -> Result<(), Broken> {
        let (name, written) = (self.name(post), &self.posts[post]);
        let broken = |rule, why: &str| Err(Broken::new(rule, &format!("{name}: {why}")));
        // What stands on the platform, and whether it can be seen there.
        let (mut stands, mut hidden) = (None, false);
        for entry in self.journal(written.place.platform) {
            match entry {
                Entry::Posted { id, object } if id == written.id => {
                    stands = words(&object).map(str::to_owned);
                }
                Entry::Deleted { id, .. } | Entry::Binned { id, .. } if id == written.id => {
                    stands = None;
                }
                Entry::Hidden { id } if id == written.id => hidden = true,
                Entry::Shown { id } if id == written.id => hidden = false,
                _ => {}
            }
        }
        let Some(words) = stands else {
            return Ok(());
        };
        let Some(history) = self.history(post) else {
            return broken("seen", "it stands there, and nothing is on record about it");
        };
        let state = &history.state;
        // No delivery tells of an edit there, and its list leaves out what is hidden.
        let is_unseen = hidden && written.place.platform == Platform::Instagram;
        let judged = history.revisions.iter().any(|revision| {
            revision.decided.is_some() && (revision.post.text == words || is_bare(revision))
        });
        if !judged && !is_unseen {
            return broken(
                "seen",
                &format!("“{words}” stands there and was never judged"),
            );
        }
        let now = written.version(&words).revision();
        let is_newest = state
            .revision
            .as_ref()
            .is_some_and(|judged| judged.content() == now.content());
        if !is_newest && !is_unseen {
            return broken("newest", "what was judged last is not what stands there");
        }
        let failed = history
            .actions
            .iter()
            .any(|a| a.status == ActionStatus::Failed);
        if !failed
            && state.visibility != Visibility::Gone
            && hidden != (state.visibility == Visibility::Hidden)
        {
            let says = format!("hidden there: {hidden}; on record: {:?}", state.visibility);
            return broken("visible", &says);
        }
        let has_case = !state.open_tasks.is_empty()
            || history.tasks.iter().any(|task| task.closed_by().is_some());
        let kept = state
            .revision
            .as_ref()
            .is_some_and(|now| state.kept.contains(now));
        if state.disposition == Some(Disposition::Hide) && !hidden && !kept && !has_case {
            return broken(
                "outcome",
                "it was to be hidden, can be seen, and nobody knows",
            );
        }
        if hidden && kept && state.open_tasks.is_empty() && !hidden_by_person(&history) {
            return broken("keep", "a person decided to keep it, and it is hidden");
        }
        Ok(())
    }
}

/// Returns the versions that people decided to keep, by what they chose.
fn kept(history: &History) -> BTreeSet<RevisionId> {
    let kept = events(history).filter_map(|event| match event {
        Event::Chosen {
            choice: Choice::Keep | Choice::Restore | Choice::Grant,
            revision,
            ..
        }
        | Event::ShownAgain { revision, .. } => Some(revision),
        _ => None,
    });
    kept.collect()
}

/// Returns `true` if the last thing that people decided about a post was to hide it.
fn hidden_by_person(history: &History) -> bool {
    let mut asked = false;
    for event in events(history) {
        match event {
            Event::Chosen { choice, action, .. } => {
                let action = action.and_then(|id| history.actions.iter().find(|a| a.id == id));
                // What was answered about something else leaves it as it is.
                if action.is_some_and(|action| action.effect == Effect::Hide) {
                    asked = true;
                } else if matches!(choice, Choice::Keep | Choice::Restore | Choice::Grant) {
                    asked = false;
                }
            }
            Event::ShownAgain { .. } => asked = false,
            _ => {}
        }
    }
    asked
}

fn is_bare(revision: &pagewarden_ledger::RevisionRecord) -> bool {
    revision.raw.is_none()
}

fn events(history: &History) -> impl Iterator<Item = Event> {
    history.events.iter().map(|line| line.event().unwrap())
}

/// Returns what an entry of a journal says was done through the API, and to what.
fn act(entry: &Entry) -> Option<(Effect, &String)> {
    match entry {
        Entry::Hidden { id } => Some((Effect::Hide, id)),
        Entry::Shown { id } => Some((Effect::Unhide, id)),
        Entry::Deleted { id, by_us: true } | Entry::Binned { id, .. } => Some((Effect::Delete, id)),
        Entry::Replied { id, private, .. } if *private => Some((Effect::AskAuthor, id)),
        Entry::Replied { id, .. } => Some((Effect::PublicReply, id)),
        Entry::Banned { id } => Some((Effect::Ban, id)),
        Entry::Muted { id } => Some((Effect::Mute, id)),
        _ => None,
    }
}

/// Returns the people of a practice who may answer a task.
fn who(task: &TaskRecord, people: &[Person]) -> Vec<String> {
    let roles = answered_by(task);
    let may = people.iter().filter(|person| roles.contains(&person.role));
    let names: BTreeSet<String> = may.map(|person| person.name.clone()).collect();
    names.into_iter().collect()
}

/// Says in whose hands a post is.
fn hands(history: &History, people: &[Person]) -> String {
    let state = &history.state;
    let mut says = vec![match state.disposition {
        Some(disposition) => format!("judged {disposition}, {:?}", state.visibility),
        None => "not judged".to_owned(),
    }];
    let versions = history.revisions.iter();
    let undecided = versions.filter(|version| version.decided.is_none()).count();
    if undecided > 0 {
        says.push(format!("{undecided} version(s) to be judged"));
    }
    let actions = history.actions.iter();
    says.extend(
        actions
            .filter(|action| action.status.is_open())
            .map(|action| format!("{} by {} is {}", action.effect, action.by, action.status)),
    );
    let tasks = history.tasks.iter();
    says.extend(
        tasks
            .filter(|task| task.status == TaskStatus::Open)
            .map(|task| {
                let (due, who) = (task.due_at.strftime("%a %H:%M"), who(task, people));
                format!("{} waits for {} until {due}", task.kind, who.join(" or "))
            }),
    );
    says.join("; ")
}
