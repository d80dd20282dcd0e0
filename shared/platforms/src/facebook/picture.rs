//! Pictures, videos and links in a post, by what stays the same and what deliveries and answers
//! both tell. Addresses are signed and change from one delivery to the next, which would make every
//! redelivery a new revision; the file's name in them stays. A picture's own id is not the number
//! in that name, and the delivery of a comment has only the name.

use pagewarden_rules::Media;
use serde_json::Value;

use crate::{id, json};

/// The video or moving picture of a comment, which has one at most. Its delivery has the name of a
/// file, its answers an id, and nothing that both tell.
const OF_COMMENT: &str = "1";

/// Returns the pictures, videos and links of a change.
pub(super) fn in_change(value: &Value) -> Vec<Media> {
    let mut media = Vec::new();
    let listed = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_array)
            .map(Vec::as_slice)
            .unwrap_or_default()
    };
    let mut photos: Vec<String> = listed("photos")
        .iter()
        .chain(value.get("photo"))
        .filter_map(picture)
        .collect();
    let photo = value.get("photo_id").and_then(id::id);
    if photos.is_empty() && photo.is_some() {
        // The link of a picture that was posted is its file.
        photos.extend(
            value
                .get("link")
                .filter(|link| link.as_str().is_some_and(stored))
                .and_then(picture),
        );
    }
    if photos.is_empty() {
        photos.extend(listed("photo_ids").iter().filter_map(id::id));
    }
    if photos.is_empty() {
        photos.extend(photo);
    }
    for id in photos {
        push(&mut media, "photo", id);
    }
    let video = value.get("video");
    let video = match value.get("video_id").and_then(id::id) {
        None if value.get("comment_id").is_some() => {
            video.and_then(picture).map(|_| OF_COMMENT.to_owned())
        }
        None => video.and_then(picture),
        id => id,
    };
    if let Some(id) = video {
        push(&mut media, "video", id);
    }
    if media.is_empty()
        && let Some(link) = json::text(value, "link").filter(|link| shared(link))
    {
        push(&mut media, "link", link.to_owned());
    }
    media
}

/// Returns where the pictures of a change, or of a comment or post as the API tells it, can be
/// fetched, in the order shown. Such an address is signed, and holds for some days.
pub(crate) fn addresses(told: &Value) -> Vec<String> {
    // A delivery says what a change is about, and around it which field changed.
    let value = told.get("value").unwrap_or(told);
    let listed = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut found: Vec<Value> = listed(&value["photos"]);
    found.extend(value.get("photo").cloned());
    found.extend(
        value
            .get("link")
            .filter(|_| value.get("photo_id").is_some())
            .cloned(),
    );
    for attachment in listed(&value["attachments"]["data"])
        .into_iter()
        .chain(value.get("attachment").cloned())
    {
        let parts = listed(&attachment["subattachments"]["data"]);
        let parts = if parts.is_empty() {
            vec![attachment]
        } else {
            parts
        };
        let photos = parts
            .into_iter()
            .filter(|part| json::text(part, "type").is_some_and(|kind| kind.contains("photo")));
        found.extend(photos.map(|photo| photo["media"]["image"]["src"].clone()));
    }
    found
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// Returns the pictures, videos and links of a comment or post as the API tells them, as its
/// delivery would.
pub(super) fn in_answer(value: &Value) -> Vec<Media> {
    let listed = |value: &Value| value["data"].as_array().cloned().unwrap_or_default();
    let mut media = Vec::new();
    for attachment in listed(&value["attachments"]) {
        // An album is told apart from its pictures; a delivery has only the pictures.
        let parts = listed(&attachment["subattachments"]);
        let parts = if parts.is_empty() {
            vec![attachment]
        } else {
            parts
        };
        media.extend(parts.iter().filter_map(in_attachment));
    }
    media.extend(value.get("attachment").and_then(in_comment));
    media
}

/// Returns the picture or video of a comment. Its link stands in its words, and deliveries do not
/// tell it a second time.
fn in_comment(attachment: &Value) -> Option<Media> {
    if json::text(attachment, "type").is_some_and(moves) {
        return Some(Media {
            kind: "video".to_owned(),
            id: OF_COMMENT.to_owned(),
        });
    }
    in_attachment(attachment).filter(|media| media.kind != "link")
}

/// Returns the picture, video or link of one attachment.
fn in_attachment(attachment: &Value) -> Option<Media> {
    let kind = json::text(attachment, "type")?;
    let target = attachment["target"].get("id").and_then(id::id);
    let source = attachment["media"]["image"].get("src").and_then(picture);
    let (kind, id) = match kind {
        kind if moves(kind) => ("video", target.or(source)?),
        // Not `url`, which leads through Facebook and differs from one answer to the next.
        "share" => (
            "link",
            json::text(attachment, "unshimmed_url")
                .map(str::to_owned)
                .or(target)?,
        ),
        kind if kind.contains("photo") => ("photo", source.or(target)?),
        kind => (kind, target.or(source)?),
    };
    Some(Media {
        kind: kind.to_owned(),
        id,
    })
}

/// Returns `true` if this kind of attachment is a video, or a moving picture, which deliveries call
/// a video.
fn moves(kind: &str) -> bool {
    kind.contains("video") || kind.starts_with("animated_image")
}

fn push(media: &mut Vec<Media>, kind: &str, id: String) {
    let item = Media {
        kind: kind.to_owned(),
        id,
    };
    if !media.contains(&item) {
        media.push(item);
    }
}

/// Returns an id for the picture at an address: the picture's number, the middle one of the file's
/// name (`<number>_<picture>_<number>_n.jpg`), or else the file's name.
fn picture(address: &Value) -> Option<String> {
    let address = address.as_str()?;
    let path = address.split(['?', '#']).next()?;
    let file = path.rsplit('/').next()?;
    let mut parts = file.split('_');
    let number = |part: Option<&str>| {
        part.is_some_and(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
    };
    let middle = (number(parts.next()))
        .then(|| parts.next())
        .flatten()
        .filter(|m| number(Some(m)));
    match middle {
        Some(middle) if number(parts.next()) => Some(middle.to_owned()),
        _ => id::is_id(file).then(|| file.to_owned()),
    }
}

/// Returns `true` if an address is one that somebody shared, not one of Facebook's own stores.
fn shared(link: &str) -> bool {
    /// Longest address kept. Browsers take some 2,000 characters.
    const LONGEST: usize = 2_000;
    !host(link).is_empty() && !stored(link) && link.len() <= LONGEST
}

/// Returns `true` if an address is in one of Facebook's own stores.
fn stored(link: &str) -> bool {
    host(link).ends_with(".fbcdn.net")
}

fn host(link: &str) -> &str {
    let rest = link
        .strip_prefix("https://")
        .or_else(|| link.strip_prefix("http://"))
        .unwrap_or_default();
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_picture_has_its_address_in_deliveries_and_answers() {
        let stored = "https://scontent.xx.fbcdn.net/1_2_3_n.jpg?oh=a";
        let photo = json!({"type": "photo", "media": {"image": {"src": stored}}});
        let video = json!({"type": "video_inline", "media": {"image": {"src": "https://scontent.xx.fbcdn.net/4.jpg"}}});
        for told in [
            json!({"field": "feed", "value": {"item": "comment", "photo": stored}}),
            json!({"item": "photo", "link": stored, "photo_id": "2"}),
            json!({"photos": [stored, 7]}),
            json!({"attachment": photo}),
            json!({"attachments": {"data": [video, photo]}}),
            json!({"attachments": {"data": [{"type": "album", "subattachments": {"data": [photo, video]}}]}}),
        ] {
            assert_eq!(addresses(&told), [stored], "{told}");
        }
        assert!(addresses(&json!({"link": "https://news.example/1"})).is_empty());
    }

    #[test]
    fn a_picture_keeps_its_id_whatever_the_signature() {
        let one = json!({"photo": "https://scontent-lhr1.xx.fbcdn.net/v/t39/405_122114_812_n.jpg?oh=00_A&oe=1"});
        let two = json!({"photo": "https://scontent-man2.xx.fbcdn.net/v/t39/405_122114_812_n.jpg?oh=00_B&oe=2"});
        assert_eq!(in_change(&one), in_change(&two));
        assert_eq!(
            in_change(&one),
            [Media {
                kind: "photo".into(),
                id: "122114".into()
            }]
        );
    }

    #[test]
    fn a_picture_goes_by_its_file_where_its_id_is_another() {
        let image = |file: &str| json!({"image": {"src": format!("https://scontent.xx.fbcdn.net/v/t39/{file}?stp=s720x720")}});
        let photo = json!({"type": "photo", "target": {"id": "122999"}, "media": image("405_122114_812_n.jpg")});
        let file = "https://scontent.xx.fbcdn.net/v/t39/405_122114_812_n.jpg?oh=00_A";
        for (answer, change) in [
            (
                json!({"attachment": photo}),
                json!({"comment_id": "11_22", "photo": file}),
            ),
            (
                json!({"attachments": {"data": [photo]}}),
                json!({"photo_id": "122999", "link": file}),
            ),
            (
                json!({"attachments": {"data": [{"type": "album", "subattachments": {"data": [photo]}}]}}),
                json!({"photos": [file]}),
            ),
        ] {
            assert_eq!(in_answer(&answer), in_change(&change), "{answer}");
        }
    }

    #[test]
    fn the_video_of_a_comment_is_the_one_that_its_list_shows() {
        let told = in_change(
            &json!({"comment_id": "11_22", "video": "https://video.xx.fbcdn.net/v/t42/405_8_7_n.mp4?oh=A"}),
        );
        assert_eq!(told.len(), 1);
        for kind in [
            "video_inline",
            "animated_image_share",
            "animated_image_video",
        ] {
            let shown = json!({"type": kind, "target": {"id": "334"}, "media": {"image": {"src": "https://a/b_c.jpg"}}});
            assert_eq!(in_answer(&json!({"attachment": shown})), told, "{kind}");
        }
        // A post's video has its id in both.
        let posted =
            json!({"attachments": {"data": [{"type": "video_inline", "target": {"id": "334"}}]}});
        assert_eq!(
            in_answer(&posted),
            in_change(&json!({"video_id": 334, "link": "https://video.xx.fbcdn.net/a.mp4"}))
        );
    }

    #[test]
    fn an_answer_has_the_media_of_its_delivery() {
        let photo = |id: &str| json!({"type": "photo", "target": {"id": id}});
        let album = json!({"attachments": {"data": [
            {"type": "album", "target": {"id": "9"}, "subattachments": {"data": [photo("7"), photo("8")]}}
        ]}});
        assert_eq!(
            in_answer(&album),
            in_change(&json!({"photo_ids": ["7", "8"]}))
        );
        let link = json!({"type": "share", "url": "https://l.facebook.com/l.php?u=x&h=changes",
            "unshimmed_url": "https://prizes.example/claim"});
        let post = json!({"attachments": {"data": [link.clone()]}});
        assert_eq!(
            in_answer(&post),
            in_change(&json!({"link": "https://prizes.example/claim"}))
        );
        assert_eq!(in_answer(&json!({"attachment": link})), []);
        assert_eq!(
            in_answer(&json!({"attachment": photo("7")})),
            in_change(&json!({"photo_id": 7}))
        );
    }

    #[test]
    fn lists_links_and_oddities_are_read() {
        let kinds = |value: Value| {
            in_change(&value)
                .into_iter()
                .map(|m| format!("{} {}", m.kind, m.id))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            kinds(json!({"photo_ids": ["7", 8], "photos": ["https://a/b.jpg"]})),
            ["photo b.jpg"]
        );
        assert_eq!(
            kinds(json!({"photo_ids": ["7", 8], "photo_id": "9"})),
            ["photo 7", "photo 8"]
        );
        assert_eq!(
            kinds(json!({"photos": ["https://a/b.jpg", 3, "https://a/b.jpg?x"]})),
            ["photo b.jpg"]
        );
        assert_eq!(
            kinds(json!({"video": "https://a/v.mp4?sig=1"})),
            ["video v.mp4"]
        );
        assert_eq!(
            kinds(json!({"link": "https://prizes.example/claim?id=4"})),
            ["link https://prizes.example/claim?id=4"]
        );
        assert_eq!(
            kinds(json!({"link": "https://scontent.xx.fbcdn.net/v/a.jpg?oh=1"})),
            Vec::<String>::new()
        );
        assert_eq!(
            kinds(json!({"photo": 4, "video": {}, "link": [], "photo_ids": "x"})),
            Vec::<String>::new()
        );
    }
}
