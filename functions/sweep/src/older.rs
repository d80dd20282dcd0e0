//! Comments below the posts of a page that are older than those which every sweep lists, of which no delivery told. They
//! are looked for once a day, in one call for some months of posts.

use jiff::Timestamp;
use pagewarden_platforms::Sighting;
use pagewarden_platforms::facebook::Thread;

use crate::daily::listed;
use crate::facebook::{Account, Below, Mark};
use crate::heard::EVERY;
use crate::list::{List, MOST_PAGES, Row, Run, Seen};
use crate::{Sweep, SweepError};

impl Sweep {
    /// Records the comments that are new below a page's older posts and that no delivery brought. Returns how many those
    /// are.
    pub(crate) async fn older(&self, run: &Run<'_>, account: &Account<'_>, mark: &mut Mark) -> Result<u32, SweepError> {
        let Some(before) = mark.older_at else {
            // What was written there before this system came is left alone.
            mark.older_at = Some(run.now);
            return Ok(0);
        };
        if run.now.duration_since(before) < EVERY {
            return Ok(0);
        }
        let answer = account.facebook.older(&account.token, &run.channel.account).await;
        let threads = listed(run, "older posts", answer.map(|answer| answer.value), &mut mark.older_at)?;
        let Some(threads) = threads else { return Ok(0) };
        let mut new = 0;
        for thread in threads {
            if !mark.threads.contains_key(&thread.post.id) {
                // A day further back than was looked: what is on record is found there.
                new += self.written_since(run, account, thread, before - EVERY).await?;
            }
        }
        mark.older_at = Some(run.now);
        Ok(new)
    }

    /// Records what was written below a post since then and is not on record. Returns how many comments that are.
    async fn written_since(
        &self,
        run: &Run<'_>,
        account: &Account<'_>,
        thread: Thread,
        since: Timestamp,
    ) -> Result<u32, SweepError> {
        let below = Below { account, post: &thread.post.id };
        let is_recent = |row: &Row| row.written_at().is_some_and(|at| at > since);
        let (mut page, mut new) = (below.page_of(thread.comments), 0);
        for _ in 0..MOST_PAGES {
            let may_go_on = page.rows.last().is_some_and(is_recent);
            for row in page.rows.iter().filter(|row| is_recent(row)) {
                let Sighting::Post(post) = &*row.sighting else { continue };
                // A delivery tells more of it, such as a picture, so what it brought stands.
                if self.ledger.versions(&run.key(&post.id), 1).await? == 0 {
                    let seen = Seen::of(&row.sighting, row.public);
                    new += u32::from(self.take::<Below<'_>>(run, row, None, &seen).await?);
                }
            }
            let Some(next) = page.next.filter(|_| may_go_on) else { break };
            page = below.page(&next).await?;
        }
        Ok(new)
    }
}
