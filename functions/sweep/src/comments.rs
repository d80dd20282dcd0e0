//! Comments on one practice's website: one list, in which WordPress shows all that are public or wait for approval.

use jiff::Timestamp;
use pagewarden_platforms::Sent;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::website::{Comment, Login, Status, Website};
use pagewarden_rules::{Channel, PracticeId};
use serde::{Deserialize, Serialize};

use crate::list::{Known, List, Page, Row, Run, Whereabouts};
use crate::{Sweep, SweepError, Swept};

/// The watermark of a website.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The user who signs in, by name and id.
    own: Option<(String, u64)>,
    #[serde(flatten)]
    comments: Known,
}

impl Mark {
    /// Reads a watermark. One that does not read counts as none: everything is looked at again, and nothing is lost.
    fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

/// The comments of a site, as the user who signs in is shown them.
struct Site {
    website: Website,
    own: u64,
}

impl Site {
    async fn read(&self, number: u32) -> Result<Page, CallError> {
        let page = self.website.comments(number).await?;
        let last = match page.pages {
            Some(pages) => number >= pages,
            None => page.comments.is_empty(),
        };
        let row = |comment: Sent<Comment>| Row {
            public: comment.is_public(),
            sighting: comment.map(|comment| comment.sighting(self.own)),
        };
        Ok(Page {
            rows: page.comments.into_iter().map(row).collect(),
            total: page.total,
            next: (!last).then(|| (number + 1).to_string()),
        })
    }
}

impl List for Site {
    const HAS_BIN: bool = true;

    async fn page(&self, next: &str) -> Result<Page, CallError> {
        self.read(next.parse().unwrap_or(1)).await
    }

    async fn find(&self, id: &str) -> Result<Whereabouts, CallError> {
        match self.website.comment(id).await {
            Ok(Comment { status: Some(Status::Approved | Status::Hold), .. }) => Ok(Whereabouts::There),
            Err(CallError::Gone) | Ok(Comment { status: Some(Status::Trash), .. }) => Ok(Whereabouts::Gone),
            Ok(_) => Ok(Whereabouts::Hidden),
            Err(error) => Err(error),
        }
    }
}

impl Sweep {
    /// Sweeps a website.
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
        let site = Site { website, own };
        let first = site.read(1).await?;
        let swept = self.walk(&Run { channel, practice, now }, &site, first, &mut mark.comments).await?;
        if mark != before {
            let text = serde_json::to_string(&mark).unwrap_or_default();
            self.ledger.set_watermark(practice, channel, &text).await?;
        }
        Ok(swept)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_watermark_is_none_and_a_sound_one_reads_back() {
        assert_eq!(Mark::read(Some("{broken")), Mark::default());
        assert_eq!(Mark::read(Some("{\"newest\":null,\"known\":[\"1\"]}")), Mark::default());
        let text = r#"{"own":["editor",2],"known":{"101":{"w":"abcdef012345","p":true}},"beyond":7}"#;
        let mark = Mark::read(Some(text));
        assert_eq!(serde_json::to_string(&mark).unwrap(), text);
    }
}
