//! Comments on one practice's website: one list, in which WordPress shows all that are public or
//! wait for approval.

use pagewarden_platforms::Sent;
use pagewarden_platforms::calls::CallError;
use pagewarden_platforms::website::{Comment, Login, Status, Website};
use pagewarden_runtime::ReachError;
use serde::{Deserialize, Serialize};

use crate::Swept;
use crate::job::Job;
use crate::list::{Known, List, Listed, Row, Whereabouts};
use crate::watermark::Watermark;

/// What was seen of a website.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct SiteMark {
    /// The user who signs in, by name and id.
    own: Option<(String, u64)>,
    #[serde(flatten)]
    comments: Known,
}

/// The comments of a site, as the user who signs in is shown them.
struct Site {
    website: Website,
    own: u64,
}

impl Site {
    async fn read(&self, number: u32) -> Result<Listed, CallError> {
        let page = self.website.comments(number).await?;
        let last = match page.pages {
            Some(pages) => number >= pages,
            None => page.comments.is_empty(),
        };
        let row = |comment: Sent<Comment>| Row {
            public: comment.is_public(),
            hidden: comment.is_put_away(),
            incoming: comment.map(|comment| comment.incoming(self.own)),
        };
        Ok(Listed {
            rows: page.comments.into_iter().map(row).collect(),
            total: page.total,
            next: (!last).then(|| (number + 1).to_string()),
        })
    }
}

impl List for Site {
    const HAS_BIN: bool = true;

    async fn page(&self, next: &str) -> Result<Listed, CallError> {
        self.read(next.parse().unwrap_or(1)).await
    }

    async fn find(&self, id: &str) -> Result<Whereabouts, CallError> {
        match self.website.comment(id).await {
            Err(CallError::Gone) => Ok(Whereabouts::Gone),
            Err(error) => Err(error),
            Ok(comment) => Ok(match comment.status {
                Some(Status::Approved | Status::Hold) => Whereabouts::There,
                Some(Status::Trash) => Whereabouts::Gone,
                Some(Status::Spam) | None => {
                    let read = |comment: Comment| comment.incoming(self.own);
                    Whereabouts::Hidden(Box::new(comment.map(read)))
                }
            }),
        }
    }
}

/// Sweeps a website.
pub(crate) async fn sweep(job: &Job<'_>) -> Result<Swept, ReachError> {
    let (website, login) = job
        .platforms
        .website(job.secrets, job.scope.channel)
        .await?;
    let mut watermark = Watermark::<SiteMark>::of(job).await?;
    let own = who(&website, &login, &mut watermark.mark).await?;
    let site = Site { website, own };
    let first = site.read(1).await?;
    let swept = job.walk(&site, first, &mut watermark.mark.comments).await?;
    watermark.keep(job).await?;
    Ok(swept)
}

/// Returns the id of the user who signs in, which is asked for once.
async fn who(website: &Website, login: &Login, mark: &mut SiteMark) -> Result<u64, CallError> {
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
    fn a_watermark_of_before_is_none_and_a_sound_one_reads_back() {
        let read = |text| Watermark::<SiteMark>::read(Some(text)).mark;
        assert_eq!(
            read("{\"newest\":null,\"known\":[\"1\"]}"),
            SiteMark::default()
        );
        let text =
            r#"{"own":["editor",2],"known":{"101":{"w":"abcdef012345","p":true}},"beyond":7}"#;
        assert_eq!(serde_json::to_string(&read(text)).unwrap(), text);
    }
}
