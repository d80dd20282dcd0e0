//! The five policies that come with the program.

use std::collections::BTreeMap;

use pagewarden_rules::PracticeId;

use crate::{Loaded, Problem, Problems, Settings, load};

/// A policy that comes with the program: its practice's id, its TOML and its published text.
pub type Shipped = (&'static str, &'static str, &'static str);

macro_rules! shipped {
    ($($id:literal,)+) => {
        &[$((
            $id,
            include_str!(concat!("../", $id, ".toml")),
            include_str!(concat!("../published/", $id, ".txt")),
        ),)+]
    };
}

const SHIPPED: &[Shipped] =
    shipped! { "kingswinford", "threeways", "roxbourne", "woolpit", "mile-oak", };

/// Returns the policies that come with the program, as files.
#[must_use]
pub const fn shipped() -> &'static [Shipped] {
    SHIPPED
}

/// Loads the policies that come with the program, or tells every problem in them.
pub fn load_shipped() -> Result<Vec<Loaded>, Problems> {
    let mut loaded = Vec::new();
    let mut problems: Vec<Problem> = Vec::new();
    for (id, toml, published) in SHIPPED {
        match load(toml, published, &format!("{id}.toml")) {
            Ok(policy) => loaded.push(policy),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() {
        Ok(loaded)
    } else {
        Err(problems.into())
    }
}

const DEMO: &str = include_str!("../demo.toml");

/// Returns invented settings for each practice whose policy comes with the program, with nothing
/// left open.
pub fn demo_settings() -> Result<BTreeMap<PracticeId, Settings>, toml::de::Error> {
    toml::from_str(DEMO)
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::Mode;

    use super::*;
    use crate::{Templates, blockers};

    #[test]
    fn the_demonstrations_practices_can_be_published() {
        let templates = Templates::shipped().unwrap();
        let all: toml::Table = toml::from_str(DEMO).unwrap();
        assert_eq!(all.len(), shipped().len());
        for (id, policy, published) in shipped() {
            let own = toml::to_string(&all[*id]).unwrap();
            let settings = Settings::read(&own, id).unwrap();
            let policy = load(policy, published, id).unwrap().policy;
            let confirmed = settings
                .people
                .iter()
                .flat_map(|person| person.ways().map(|(_, id)| id))
                .collect();
            let blocked = blockers(&policy, &settings, &templates, &confirmed);
            assert_eq!((settings.mode, blocked), (Mode::Live, Vec::new()), "{id}");
        }
    }
}
