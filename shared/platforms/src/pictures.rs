//! Pictures in what somebody wrote: where they are, as the platform told it, and their bytes.
//!
//! An address comes out of what strangers write, so none is followed but to where the platform itself
//! keeps pictures.

use pagewarden_rules::Platform;
use reqwest::Url;
use serde_json::Value;
use thiserror::Error;

use crate::calls::{CallError, Http};
use crate::document::Document;
use crate::{facebook, google, x};

/// Bytes of the largest picture that is fetched: platforms show smaller ones than cameras take.
pub const LARGEST: usize = 5 * 1024 * 1024;

/// Why a picture was not fetched.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotFetched {
    /// It is not where the platform keeps pictures.
    #[error("it is not stored where the platform keeps pictures")]
    Elsewhere,
    /// It is larger than is fetched.
    #[error("it is larger than {} MB", LARGEST / 1024 / 1024)]
    TooLarge,
    /// The platform does not give it, now or later.
    #[error("the platform did not give it (HTTP {0})")]
    NotGiven(u16),
    /// Nobody answered, or not in time.
    #[error(transparent)]
    Later(#[from] CallError),
}

/// Returns where the pictures of a post can be fetched, in the order shown, as what the platform sent
/// of it says. `raw` is what [`Raw`](crate::Raw) has.
#[must_use]
pub fn addresses(platform: Platform, raw: &[u8]) -> Vec<String> {
    let told = serde_json::from_str::<Value>(Document::new(raw).text()).unwrap_or_default();
    match platform {
        Platform::Facebook => facebook::addresses(&told),
        Platform::Google => google::addresses(&told),
        Platform::X => x::addresses(&told),
        // Comments there are words alone.
        Platform::Instagram | Platform::Website | Platform::StaffLog => Vec::new(),
    }
}

/// Returns the ends of the hosts where a platform keeps pictures. One that begins with a dot stands
/// for all hosts under it.
const fn hosts(platform: Platform) -> &'static [&'static str] {
    match platform {
        Platform::Facebook => &[".fbcdn.net"],
        Platform::Google => &[".googleusercontent.com", ".ggpht.com"],
        Platform::X => &["pbs.twimg.com"],
        Platform::Instagram | Platform::Website | Platform::StaffLog => &[],
    }
}

/// Returns `true` if the platform keeps pictures at an address. `stand_in` is where a stand-in for
/// its API is, if one is called: then its pictures are there, and nowhere else.
fn is_kept_at(platform: Platform, stand_in: Option<&str>, address: &Url) -> bool {
    if let Some(stand_in) = stand_in {
        return Url::parse(stand_in).is_ok_and(|base| base.origin() == address.origin());
    }
    let host = address.host_str().unwrap_or_default();
    let plain = address.scheme() == "https" && address.port().is_none();
    plain
        && address.username().is_empty()
        && hosts(platform).iter().any(|known| {
            if known.starts_with('.') {
                host.ends_with(known)
            } else {
                host == *known
            }
        })
}

/// Fetches a picture.
pub async fn fetch(
    http: &Http,
    platform: Platform,
    stand_in: Option<&str>,
    address: &str,
) -> Result<Vec<u8>, NotFetched> {
    let address = Url::parse(address).map_err(|_| NotFetched::Elsewhere)?;
    if !is_kept_at(platform, stand_in, &address) {
        return Err(NotFetched::Elsewhere);
    }
    let (status, body) = http.bytes(address, LARGEST).await?;
    match (status, body) {
        (200, Some(body)) => Ok(body),
        (200, None) => Err(NotFetched::TooLarge),
        (429 | 408 | 500..=599, _) => Err(NotFetched::Later(CallError::Retry {
            after: None,
            maybe_done: false,
            why: "the platform has a fault of its own",
        })),
        (status, _) => Err(NotFetched::NotGiven(status)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_platforms_own_stores_are_asked() {
        let kept = |platform, stand_in, address: &str| {
            is_kept_at(platform, stand_in, &address.parse().unwrap())
        };
        for (platform, address) in [
            (
                Platform::Facebook,
                "https://scontent-lhr8-1.xx.fbcdn.net/v/1_2_3_n.jpg?oh=a",
            ),
            (
                Platform::Google,
                "https://lh3.googleusercontent.com/geougc/a=w600",
            ),
            (Platform::X, "https://pbs.twimg.com/media/a.jpg"),
        ] {
            assert!(kept(platform, None, address), "{address}");
        }
        for address in [
            "http://scontent.xx.fbcdn.net/1.jpg",
            "https://scontent.xx.fbcdn.net:8443/1.jpg",
            "https://who@scontent.xx.fbcdn.net/1.jpg",
            "https://evilfbcdn.net/1.jpg",
            "https://fbcdn.net.evil.example/1.jpg",
            "https://pbs.twimg.com/1.jpg",
            "https://169.254.169.254/latest/meta-data",
            "http://127.0.0.1:4000/1.jpg",
            "file:///etc/passwd",
        ] {
            assert!(!kept(Platform::Facebook, None, address), "{address}");
        }
        let stand_in = Some("http://127.0.0.1:4000");
        assert!(kept(
            Platform::Facebook,
            stand_in,
            "http://127.0.0.1:4000/1.jpg"
        ));
        assert!(!kept(
            Platform::Facebook,
            stand_in,
            "http://127.0.0.1:4001/1.jpg"
        ));
        assert!(!kept(
            Platform::Facebook,
            stand_in,
            "https://scontent.xx.fbcdn.net/1.jpg"
        ));
    }

    #[test]
    fn each_platform_tells_addresses_in_its_own_way() {
        let found = |platform, raw: &str| addresses(platform, raw.as_bytes());
        assert_eq!(
            found(
                Platform::Google,
                r#"{"reviewer": {"profilePhotoUrl": "https://lh3.googleusercontent.com/me"}, "reviewMediaItems": [
                    {"thumbnailUrl": "https://lh3.googleusercontent.com/1"},
                    {"thumbnailUrl": "https://lh3.googleusercontent.com/2", "videoUrl": "https://video.example/2"}, 3]}"#
            ),
            ["https://lh3.googleusercontent.com/1"]
        );
        assert_eq!(
            found(
                Platform::X,
                r#"{"user": {"profile_image_url_https": "https://pbs.twimg.com/me.jpg"}, "extended_entities": {"media": [
                    {"type": "photo", "media_url_https": "https://pbs.twimg.com/media/1.jpg"},
                    {"type": "video", "media_url_https": "https://pbs.twimg.com/media/2.jpg"}]}}"#
            ),
            ["https://pbs.twimg.com/media/1.jpg"]
        );
        assert!(found(Platform::Facebook, "no JSON").is_empty());
        assert!(found(Platform::Website, r#"{"photo": "https://a.example"}"#).is_empty());
    }
}
