//! The shape of a policy file.

use pagewarden_rules::{
    About, Detect, Effect, Exception, Join, Nation, Place, Platform, Praise, Role, Says, Surface,
    Topic, Urgency,
};

use super::{Kind, LINKS, Shape, Table, Vocabulary, may, must};

const STRENGTHS: Vocabulary = || {
    ["possible", "likely", "certain"]
        .map(str::to_owned)
        .to_vec()
};
const STEPS: Vocabulary = || {
    ["ask_to_remove", "written_warning", "consider_removal"]
        .map(str::to_owned)
        .to_vec()
};
const LAWS: Vocabulary = || {
    ["mca-1988", "ca-2003-s127", "osa-2023-s179-181"]
        .map(str::to_owned)
        .to_vec()
};

/// The shape of a policy file.
pub(crate) const POLICY: Shape = Shape {
    keys: &[],
    tables: TABLES,
    open: &["tasks"],
    elsewhere: &["templates"],
};

const TABLES: &[Table] = &[
    Table {
        name: "practice",
        repeated: false,
        required: true,
        keys: &[
            must("id", Kind::Text),
            must("name", Kind::Text),
            must("nation", Kind::Word(vocabulary!(Nation))),
            must("timezone", Kind::Text),
            must("audience", Kind::Texts),
            must("responder", Kind::Text),
            must("title", Kind::Text),
            must("source", Kind::Text),
            must("source_sha256", Kind::Text),
        ],
    },
    Table {
        name: "links",
        repeated: false,
        required: true,
        keys: LINKS,
    },
    Table {
        name: "channel",
        repeated: true,
        required: true,
        keys: &[
            must("platform", Kind::Word(vocabulary!(Platform))),
            must("surfaces", Kind::Words(vocabulary!(Surface))),
        ],
    },
    Table {
        name: "clause",
        repeated: true,
        required: true,
        keys: &[
            must("id", Kind::Text),
            must("topics", Kind::Words(vocabulary!(Topic))),
            may("about", Kind::Word(vocabulary!(About))),
            must("place", Kind::Word(vocabulary!(Place))),
            may("platforms", Kind::Words(vocabulary!(Platform))),
            may("detect", Kind::Word(vocabulary!(Detect))),
            may("bar", Kind::Word(STRENGTHS)),
            must("says", Kind::Word(vocabulary!(Says))),
            may("except", Kind::Words(vocabulary!(Exception))),
            may("effects", Kind::Words(vocabulary!(Effect))),
            may("never", Kind::Words(vocabulary!(Effect))),
            may("join", Kind::Word(vocabulary!(Join))),
            may("auto", Kind::Words(vocabulary!(Effect))),
            may("auto_topics", Kind::Words(vocabulary!(Topic))),
            may("delete_role", Kind::Word(vocabulary!(Role))),
            may("urgency", Kind::Word(vocabulary!(Urgency))),
            may("template", Kind::Text),
            may("no_public_reply", Kind::Flag),
            may("praise", Kind::Word(vocabulary!(Praise))),
            may("law_pack", Kind::Words(LAWS)),
            may("placeholder", Kind::Text),
            may("broken_link", Kind::Text),
            must("quote", Kind::Text),
        ],
    },
    Table {
        name: "context",
        repeated: true,
        required: false,
        keys: &[must("quote", Kind::Text)],
    },
    Table {
        name: "custom",
        repeated: true,
        required: false,
        keys: &[
            must("name", Kind::Text),
            may("words", Kind::Texts),
            may("patterns", Kind::Texts),
        ],
    },
    Table {
        name: "ladder",
        repeated: false,
        required: true,
        keys: &[
            must("window_months", Kind::Whole(120)),
            may("steps", Kind::Words(STEPS)),
            may("ask_due_days", Kind::Whole(90)),
            must("hold_if_open_complaint", Kind::Flag),
        ],
    },
    Table {
        name: "retention",
        repeated: false,
        required: true,
        keys: &[
            must("no_breach_text_days", Kind::Whole(3650)),
            must("evidence_months", Kind::Whole(240)),
            may("complaint_months", Kind::Whole(600)),
            may("safeguarding_months", Kind::Whole(600)),
        ],
    },
];

#[cfg(test)]
mod tests {
    use pagewarden_rules::{Channels, Clause, CustomTopic, Ladder, Links, Practice, Retention};
    use serde::de::DeserializeOwned;

    use super::*;

    /// The words that `serde` itself expects, taken from its own refusal of a stranger.
    fn keys_of<T: DeserializeOwned>() -> Vec<String> {
        let refusal = toml::from_str::<T>("stranger = 1")
            .err()
            .unwrap()
            .to_string();
        let (_, expected) = refusal.split_once("expected").unwrap();
        let mut keys: Vec<String> = expected
            .split('`')
            .skip(1)
            .step_by(2)
            .map(str::to_owned)
            .collect();
        keys.sort();
        keys
    }

    fn keys_here(name: &str) -> Vec<String> {
        let table = TABLES.iter().find(|table| table.name == name).unwrap();
        let mut keys: Vec<String> = table.keys.iter().map(|key| key.name.to_owned()).collect();
        keys.sort();
        keys
    }

    #[test]
    fn the_tables_have_the_keys_of_their_types() {
        assert_eq!(keys_here("practice"), keys_of::<Practice>());
        assert_eq!(keys_here("links"), keys_of::<Links>());
        assert_eq!(keys_here("channel"), keys_of::<Channels>());
        assert_eq!(keys_here("clause"), keys_of::<Clause>());
        assert_eq!(keys_here("custom"), keys_of::<CustomTopic>());
        assert_eq!(keys_here("ladder"), keys_of::<Ladder>());
        assert_eq!(keys_here("retention"), keys_of::<Retention>());
    }
}
