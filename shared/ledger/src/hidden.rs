//! Posts that the platform says are hidden, and that nobody hid by this system.
//!
//! Platforms hide what their own filters do not like, and people hide by the platform's own tools.
//! An API says that a post is hidden and not by whom, so all that can be known is that it was not
//! us: the actions of the post say that. Nothing is shown again but by a person.

use jiff::{SignedDuration, Timestamp};
use pagewarden_rules::{Effect, Platform, PostKey, PracticeId, TaskKind, Urgency};

use crate::cases::{CasePage, Question};
use crate::intake::{NewRevision, Observed};
use crate::records::{
    ActionRecord, ActionStatus, Event, RevisionRecord, StateRecord, TaskRecord, TaskStatus,
    Visibility,
};
use crate::rows::{task_item, waiting};
use crate::write::{Guard, Transacted, Transaction, Tries};
use crate::{Due, Ledger, LedgerError, Standing};

/// What became of the question whether a post is shown again that is not hidden any more.
pub(crate) const NOT_HIDDEN: &str = "it is not hidden any more";

/// How old a post may be when it is first found hidden. What was hidden long before this system
/// came is nobody's news, and the first look at a page may find hundreds.
const LONG_AGO: SignedDuration = SignedDuration::from_hours(30 * 24);

/// By when somebody may look. It is optional, so it is never late.
const LOOK_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Who hid a post, as far as its actions tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum HiddenBy {
    /// Nobody by this system.
    #[default]
    Nobody,
    /// This system, for itself or for a person, or it may have been.
    Us,
    /// It is being hidden or shown just now: nothing can be said yet.
    UnderWay,
}

impl HiddenBy {
    /// Reads it from a post's actions and from how the post stands on record.
    pub(crate) fn of(actions: &[ActionRecord], state: &StateRecord) -> Self {
        let about = |action: &&ActionRecord| matches!(action.effect, Effect::Hide | Effect::Unhide);
        if actions.iter().filter(about).any(|a| a.status.is_open()) {
            return HiddenBy::UnderWay;
        }
        // What failed may have reached the platform all the same. So a hide counts that was tried,
        // and only such an unhide as the platform confirmed.
        let newest = actions
            .iter()
            .filter(about)
            .filter(|action| {
                let tried = action.effect == Effect::Hide && action.may_be_done;
                tried || action.status == ActionStatus::Done
            })
            .max_by_key(|action| action.created_at);
        match newest {
            Some(hide) if hide.effect == Effect::Hide => {
                // It was seen by everybody after we had hidden it, so this is another hiding.
                let shown_since =
                    hide.status == ActionStatus::Done && state.visibility == Visibility::Visible;
                if shown_since {
                    HiddenBy::Nobody
                } else {
                    HiddenBy::Us
                }
            }
            Some(_) | None => HiddenBy::Nobody,
        }
    }
}

impl Standing {
    /// Returns `true` if somebody is to be asked whether these words are shown again: they are
    /// hidden, nobody hid them by this system, and nobody has said that they stay hidden.
    #[must_use]
    pub fn asks_to_show(&self, revision: &RevisionRecord) -> bool {
        // A post that is known, and is hidden only now, is news whatever its age.
        let was_always_hidden = self.versions.iter().all(|version| version.hidden);
        self.is_hidden_elsewhere(revision)
            && !(was_always_hidden && revision.is_from_long_ago())
            && !self.was_left_hidden(revision)
    }

    /// Returns `true` if the post is hidden, and nobody hid it by this system.
    #[must_use]
    pub fn is_hidden_elsewhere(&self, revision: &RevisionRecord) -> bool {
        // What was so before the last thing that is known is no news.
        let is_news = self
            .state
            .visibility_at
            .is_none_or(|known| revision.as_of.is_some_and(|as_of| as_of >= known));
        match self.state.visibility {
            Visibility::Gone => false,
            Visibility::Hidden if self.state.elsewhere => true,
            Visibility::Hidden | Visibility::Visible => {
                revision.hidden && is_news && self.hidden_by == HiddenBy::Nobody
            }
        }
    }

    fn was_left_hidden(&self, revision: &RevisionRecord) -> bool {
        let content = revision.revision.content();
        self.state
            .left_hidden
            .iter()
            .any(|left| left.content() == content)
    }
}

impl RevisionRecord {
    fn is_from_long_ago(&self) -> bool {
        self.post
            .posted_at
            .is_some_and(|at| self.seen_at.duration_since(at) > LONG_AGO)
    }
}

impl Ledger {
    /// Records that a platform says of a post that it is hidden, with what stands there. Where nobody
    /// hid it by this system, people are asked whether it is shown again.
    ///
    /// Returns none where nothing can be said yet, since it is being hidden, shown or judged just
    /// now: look again later.
    pub async fn found_hidden(
        &self,
        found: &NewRevision<'_>,
        now: Timestamp,
    ) -> Result<Option<Observed>, LedgerError> {
        let mut record = found.received(now);
        let post = &record.key.clone();
        let at = found.as_of.unwrap_or(now);
        let mut tries = Tries::at(post);
        loop {
            tries.next().await?;
            let mut standing = self.standing(post).await?;
            let Some(newest) = standing.newest().cloned() else {
                return Ok(Some(Observed::Unknown));
            };
            if standing.state.visibility_at.is_some_and(|known| at < known) {
                return Ok(Some(Observed::Known));
            }
            standing.hidden_by = HiddenBy::of(&self.actions(post).await?, &standing.state);
            // It is being judged as one that everybody sees.
            let too_early = !newest.decided && !newest.hidden;
            if standing.hidden_by == HiddenBy::UnderWay || too_early {
                return Ok(None);
            }
            let elsewhere = standing.is_hidden_elsewhere(&record);
            let state = &standing.state;
            if state.visibility == Visibility::Hidden && state.elsewhere == elsewhere {
                return Ok(Some(Observed::Known));
            }
            // The judgement of what is not judged yet asks by itself.
            let asks = newest.decided && standing.asks_to_show(&record);
            if asks && newest.bare {
                // The words broke nothing and were not kept. They are recorded once more, so that
                // whoever is asked can read them.
                record.revision = standing.once_more(&record.revision);
                if self.put_new(waiting(&record, Due::Revision, now)?).await? {
                    return Ok(Some(Observed::Recorded));
                }
                continue;
            }
            let mut writes = Transaction::default();
            let task = asks.then(|| TaskRecord {
                urgency: Urgency::Low,
                due_at: now + LOOK_WITHIN,
                options: vec![Effect::Unhide],
                optional: true,
                ..TaskRecord::opened(
                    &format!("{post} {} {at}", TaskKind::HiddenElsewhere),
                    post.clone(),
                    newest.id,
                    TaskKind::HiddenElsewhere,
                    now,
                    hidden_elsewhere(post.platform).to_owned(),
                )
            });
            if let Some(task) = &task {
                self.add(&mut writes, task_item(task)?)?;
            }
            let event = Event::VisibilitySeen {
                hidden: true,
                since: Some(at),
                elsewhere,
                task: task.map(|task| task.id),
                settled: Vec::new(),
            };
            self.append(&mut writes, post, state, now, &event, None)
                .await?;
            if self.transact(writes).await? == Transacted::Written {
                return Ok(Some(Observed::Recorded));
            }
        }
    }

    /// Returns a page of at most `most` cases about posts that are hidden and that nobody hid by this
    /// system, beginning behind another page's `next`.
    ///
    /// The question is never urgent, so the part of the index is read that is not.
    pub async fn hidden_page(
        &self,
        practice: &PracticeId,
        after: Option<&str>,
        most: usize,
    ) -> Result<CasePage, LedgerError> {
        let from = format!("{}#", Urgency::Low as u8);
        let after = after.unwrap_or(&from);
        self.case_page(practice, &[Question::Elsewhere], Some(after), most)
            .await
    }

    /// Closes the questions whether a post is shown again, or was hidden rightly, which is not hidden
    /// any more. Returns their tasks.
    pub(crate) async fn close_about_hidden(
        &self,
        writes: &mut Transaction,
        post: &PostKey,
        now: Timestamp,
    ) -> Result<Vec<String>, LedgerError> {
        let mut closed = Vec::new();
        for task in self.tasks_of(post).await? {
            let is_about_hidden =
                matches!(task.kind, TaskKind::HiddenElsewhere | TaskKind::SecondLook);
            if is_about_hidden && task.status == TaskStatus::Open {
                writes.push(Guard::Open, self.close(&task, NOT_HIDDEN, Some(now))?);
                closed.push(task.id);
            }
        }
        Ok(closed)
    }
}

/// Says who hid a post that nobody hid by this system, as far as that can be known.
#[must_use]
pub const fn hidden_elsewhere(platform: Platform) -> &'static str {
    match platform {
        Platform::Facebook => {
            "Facebook, or somebody using the page's own tools, hid it. Nobody hid it with Pagewarden, and its author may \
             think that the practice did."
        }
        Platform::Instagram => {
            "Instagram, or somebody using the account's own tools, hid it. Nobody hid it with Pagewarden, and its author \
             may think that the practice did."
        }
        Platform::Website => {
            "WordPress, a plug-in of the website or somebody using its own tools took it for spam. Nobody did so with \
             Pagewarden, and its author may think that the practice did."
        }
        Platform::X | Platform::Google | Platform::StaffLog => {
            "The platform, or somebody using its own tools, hid it. Nobody hid it with Pagewarden, and its author may \
             think that the practice did."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An action, by what it does, where it is in its life, how often it was tried, and when it was
    /// asked for.
    fn action(effect: &str, status: &str, attempts: u32, at: i64) -> ActionRecord {
        let post = serde_json::json!({
            "channel": {"platform": "facebook", "account": "2"}, "surface": "comment", "id": "1",
        });
        serde_json::from_value(serde_json::json!({
            "id": "a", "key": {"practice": "woolpit", "platform": "facebook", "id": "1"}, "revision": "r",
            "post": post, "effect": effect, "by": "machine", "status": status, "attempts": attempts,
            "may_be_done": attempts > 0,
            "created_at": Timestamp::from_second(at).unwrap(), "correlation": "a test",
        }))
        .unwrap()
    }

    fn by(actions: &[ActionRecord], visibility: Visibility) -> HiddenBy {
        let state = StateRecord {
            visibility,
            ..StateRecord::default()
        };
        HiddenBy::of(actions, &state)
    }

    #[test]
    fn whoever_hid_it_is_told_by_what_we_did_and_tried() {
        let (seen, hidden) = (Visibility::Visible, Visibility::Hidden);
        assert_eq!(by(&[], seen), HiddenBy::Nobody);
        for status in ["pending", "claimed"] {
            let open = action("hide", status, 0, 1);
            assert_eq!(by(&[open], seen), HiddenBy::UnderWay);
            let open = action("unhide", status, 0, 2);
            let before = action("hide", "done", 1, 1);
            assert_eq!(by(&[before, open], hidden), HiddenBy::UnderWay);
        }
        let hide = action("hide", "done", 1, 1);
        assert_eq!(by(std::slice::from_ref(&hide), hidden), HiddenBy::Us);
        // Everybody saw it after that, so it was hidden once more, and not by us.
        assert_eq!(by(std::slice::from_ref(&hide), seen), HiddenBy::Nobody);
        // What failed may have been done; what was never tried was not.
        assert_eq!(by(&[action("hide", "failed", 5, 1)], seen), HiddenBy::Us);
        for status in ["parked", "dropped"] {
            assert_eq!(by(&[action("hide", status, 0, 1)], seen), HiddenBy::Nobody);
        }
        let shown = action("unhide", "done", 1, 2);
        assert_eq!(by(&[hide.clone(), shown], seen), HiddenBy::Nobody);
        let not_shown = action("unhide", "failed", 5, 2);
        assert_eq!(by(&[hide, not_shown], hidden), HiddenBy::Us);
        // What else was done says nothing about it.
        assert_eq!(by(&[action("ban", "done", 1, 1)], seen), HiddenBy::Nobody);
    }
}
