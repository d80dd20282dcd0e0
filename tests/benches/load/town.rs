//! A town with many practices, and what people write on their pages: the same in both processes.

use fastrand::Rng;
use jiff::Timestamp;
use pagewarden_tests::change;
use serde_json::json;

/// Practices that the demonstration's first one is copied to.
pub(crate) fn practice(n: usize) -> String {
    format!("practice-{n:05}")
}

/// The page of each.
pub(crate) fn page(n: usize) -> String {
    (300_000_000_000_000 + n).to_string()
}

/// What is to become of a post.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Clean,
    Hidden,
    Complaint,
    Danger,
}

impl Kind {
    /// Draws one, of a hundred as many of each as `pagewarden cost` assumes.
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        match rng.u32(0..100) {
            0..5 => Kind::Hidden,
            5..10 => Kind::Complaint,
            10 => Kind::Danger,
            _ => Kind::Clean,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Kind::Clean => "Are the flu clinics on Saturday as well, or is it only in the week?",
            Kind::Hidden => "The receptionist is a fat useless bitch",
            Kind::Complaint => "I want to make a formal complaint about the reception",
            Kind::Danger => "I can't go on. Tonight is the night, I will end my life",
        }
    }
}

/// A delivery with one comment.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) kind: Kind,
    /// The partition of the comment in the table.
    pub(crate) partition: String,
    pub(crate) body: Vec<u8>,
}

impl Delivery {
    /// Makes the one with a number, at the practice with a number. No two have the same author.
    pub(crate) fn new(number: u64, at: usize, kind: Kind, now: Timestamp) -> Self {
        let (page, now) = (page(at), now.as_second());
        let id = format!("{page}_{number}");
        let author = (7_000_000_000 + number).to_string();
        let words = format!("{} ({number})", kind.words());
        let mut change = change(&page, &id, &author, &words);
        change["value"]["created_time"] = json!(now);
        let entry = json!({ "id": page, "time": now, "changes": [change] });
        let body = json!({ "object": "page", "entry": [entry] });
        Delivery {
            kind,
            partition: format!("P#{}#POST#facebook#{id}", practice(at)),
            body: body.to_string().into_bytes(),
        }
    }
}
