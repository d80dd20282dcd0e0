//! Comments on one practice's website.
//!
//! WordPress does not tell when a comment was edited, approved or held, so what was seen of each is kept and compared:
//! of the newest ones, since the watermark is one item of the table and is written with every change.

mod mark;

use std::collections::BTreeSet;

use jiff::Timestamp;
use pagewarden_ledger::{Observation, Recorded};
use pagewarden_platforms::Sighting;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::website::{Comment, Login, Status, Website};
use pagewarden_rules::{Channel, PostKey, PracticeId};

use crate::{Sweep, SweepError, Swept};
use mark::{MOST_KNOWN, Mark, Seen};

/// Pages of 100 that are read at most: on the first sweep, and where as much is new. What is older than the 2,000 newest
/// comments was there long before this system.
const MOST_PAGES: u32 = 20;

/// Comments asked for one by one in a sweep, to learn where they went. The next sweep asks for more.
const MOST_ASKED: usize = 50;

/// What a sweep of one site goes by.
struct Site<'a> {
    channel: &'a Channel,
    practice: &'a PracticeId,
    website: Website,
    /// The user who signs in.
    own: u64,
    now: Timestamp,
}

impl Site<'_> {
    fn key(&self, id: &str) -> PostKey {
        PostKey { practice: self.practice.clone(), platform: self.channel.platform, id: id.to_owned() }
    }
}

impl Sweep {
    /// Sweeps a website: newest comments first, as far back as something is new or does not add up.
    pub(crate) async fn comments(
        &self,
        channel: &Channel,
        practice: &PracticeId,
        now: Timestamp,
    ) -> Result<Swept, SweepError> {
        let login = self.secrets.website(channel).await?;
        let website = Website::new(self.http.clone(), &channel.account, &login)?;
        let before = Mark::read(self.ledger.watermark(practice, channel).await?.as_deref());
        let mut mark = before.clone();
        let own = who(&website, &login, &mut mark).await?;
        let site = Site { channel, practice, website, own, now };
        let swept = self.site(&site, &mut mark).await?;
        if mark != before {
            let text = serde_json::to_string(&mark).unwrap_or_default();
            self.ledger.set_watermark(practice, channel, &text).await?;
        }
        Ok(swept)
    }

    async fn site(&self, site: &Site<'_>, mark: &mut Mark) -> Result<Swept, SweepError> {
        let mut swept = Swept::default();
        let mut listed: Vec<String> = Vec::new();
        let mut total = None;
        for page in 1..=MOST_PAGES {
            let answer = site.website.comments(page).await?;
            total = answer.total;
            let last = match answer.pages {
                Some(pages) => page >= pages,
                None => answer.comments.is_empty(),
            };
            let mut news = false;
            for comment in answer.comments {
                listed.push(comment.post.id.clone());
                let seen = Seen::of(&comment);
                let known = mark.known.get(&comment.post.id);
                if known != Some(&seen) {
                    news = true;
                    swept.posts += u32::from(self.take(site, known.cloned().as_ref(), comment).await?);
                    mark.known.insert(listed[listed.len() - 1].clone(), seen);
                }
            }
            // A page without news, with everything accounted for or with nothing known beyond it, ends the reading.
            if last || (!news && (mark.adds_up(total) || listed.len() >= MOST_KNOWN)) {
                break;
            }
        }
        let mut settled = true;
        if !mark.adds_up(total) {
            (swept.gone, settled) = self.missing(site, mark, &listed).await?;
        }
        mark.trim(&listed, total.filter(|_| settled));
        Ok(swept)
    }

    /// Records what is new about a comment. Returns whether its words were.
    async fn take(&self, site: &Site<'_>, known: Option<&Seen>, comment: Comment) -> Result<bool, SweepError> {
        let (public, seen) = (comment.is_public(), Seen::of(&comment));
        let Sighting::Post(post) = comment.sighting(site.own) else { return Ok(false) };
        let mut recorded = Recorded::Seen;
        if known.is_none_or(|known| known.words != seen.words) {
            let correlation = format!("sweep {}", site.now.as_second());
            recorded = self.ledger.record(site.practice, &post, None, &correlation, site.now).await?;
        }
        // A new comment that everybody sees is no news of its own; one that came back out of a bin is.
        if !(public && recorded == Recorded::New) && known.is_none_or(|known| known.public != public) {
            let observation = Observation::Visibility { hidden: !public };
            self.ledger.observe(&site.key(&post.id), observation, site.now, site.now).await?;
        }
        Ok(recorded == Recorded::New)
    }

    /// Asks for the known comments that are not listed any more, and records where they went. Returns how many are
    /// gone, and whether all were asked for.
    async fn missing(&self, site: &Site<'_>, mark: &mut Mark, listed: &[String]) -> Result<(u32, bool), SweepError> {
        let listed: BTreeSet<&String> = listed.iter().collect();
        let missing: Vec<String> = mark.known.keys().filter(|id| !listed.contains(id)).cloned().collect();
        let mut gone = 0;
        for id in missing.iter().take(MOST_ASKED) {
            let observation = match site.website.comment(id).await {
                Ok(Comment { status: Some(Status::Approved | Status::Hold), .. }) => continue,
                Err(CallError::Gone) | Ok(Comment { status: Some(Status::Trash), .. }) => Observation::Removed,
                Ok(_) => Observation::Visibility { hidden: true },
                Err(error) => return Err(error.into()),
            };
            self.ledger.observe(&site.key(id), observation, site.now, site.now).await?;
            mark.known.remove(id);
            gone += u32::from(observation == Observation::Removed);
        }
        Ok((gone, missing.len() <= MOST_ASKED))
    }
}

/// Returns the id of the user who signs in, which is asked for once.
async fn who(website: &Website, login: &Login, mark: &mut Mark) -> Result<u64, CallError> {
    if let Some((user, id)) = &mark.own
        && *user == login.user
    {
        return Ok(*id);
    }
    let id = website.own_user().await?;
    mark.own = Some((login.user.clone(), id));
    Ok(id)
}
