//! The shape of a practice's settings.

use pagewarden_rules::{Mode, Platform, Role};

use super::{Kind, LINKS, Shape, Table, may, must};

const STAFF: Table = Table {
    name: "roster.staff",
    repeated: true,
    required: false,
    keys: &[
        must("name", Kind::Text),
        may("role", Kind::Text),
        may("aka", Kind::Texts),
    ],
};

/// The shape of a practice's settings.
pub(crate) const SETTINGS: Shape = Shape {
    keys: &[may("mode", Kind::Word(vocabulary!(Mode)))],
    tables: &[
        Table {
            name: "links",
            repeated: false,
            required: false,
            keys: LINKS,
        },
        Table {
            name: "caps",
            repeated: false,
            required: false,
            keys: &[
                may("acts_per_hour", Kind::Whole(10_000)),
                may("acts_per_day", Kind::Whole(100_000)),
            ],
        },
        Table {
            name: "roster",
            repeated: false,
            required: false,
            keys: &[
                may("practice", Kind::Text),
                may("staff", Kind::Tables(&STAFF)),
            ],
        },
        Table {
            name: "channels",
            repeated: true,
            required: false,
            keys: &[
                must("platform", Kind::Word(vocabulary!(Platform))),
                must("account", Kind::Text),
            ],
        },
        Table {
            name: "people",
            repeated: true,
            required: false,
            keys: &[
                must("name", Kind::Text),
                must("roles", Kind::Words(vocabulary!(Role))),
                may("email", Kind::Text),
                may("subject", Kind::Text),
                may("mobile", Kind::Text),
                may("deputy", Kind::Text),
                may("hours", Kind::Texts),
            ],
        },
    ],
    open: &["settled"],
    elsewhere: &[],
};

#[cfg(test)]
mod tests {
    use pagewarden_rules::{Channel, Roster, StaffMember};
    use serde::Serialize;

    use super::*;
    use crate::{Caps, Person, Settings};

    /// The keys under which a value is written, in order.
    fn keys_of(value: &impl Serialize) -> Vec<String> {
        let value = serde_json::to_value(value).unwrap();
        let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        keys.sort();
        keys
    }

    fn sorted(mut names: Vec<&str>) -> Vec<&str> {
        names.sort_unstable();
        names
    }

    fn keys_here(table: &Table) -> Vec<&str> {
        sorted(table.keys.iter().map(|key| key.name).collect())
    }

    #[test]
    fn the_tables_have_the_keys_of_their_types() {
        let here = |name: &str| {
            keys_here(
                SETTINGS
                    .tables
                    .iter()
                    .find(|table| table.name == name)
                    .unwrap(),
            )
        };
        let settings = Settings::default();
        let tables = SETTINGS.tables.iter().map(|table| table.name);
        let all = tables
            .chain(SETTINGS.keys.iter().map(|key| key.name))
            .chain(SETTINGS.open.iter().copied());
        assert_eq!(sorted(all.collect()), keys_of(&settings));
        assert_eq!(here("links"), keys_of(&settings.links));
        assert_eq!(here("caps"), keys_of(&Caps::default()));
        assert_eq!(here("roster"), keys_of(&Roster::default()));
        assert_eq!(
            here("channels"),
            keys_of(&Channel {
                platform: Platform::X,
                account: "1".into()
            })
        );
        assert_eq!(here("people"), keys_of(&Person::named("A", Role::Reviewer)));
        let member = StaffMember {
            name: "A".into(),
            role: String::new(),
            aka: Vec::new(),
        };
        assert_eq!(keys_here(&STAFF), keys_of(&member));
    }
}
