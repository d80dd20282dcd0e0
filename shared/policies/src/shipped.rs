//! The five policies that come with the program.

use crate::{Loaded, Problem, Problems, load};

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

const SHIPPED: &[Shipped] = shipped! { "kingswinford", "threeways", "roxbourne", "woolpit", "mile-oak", };

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
    if problems.is_empty() { Ok(loaded) } else { Err(problems.into()) }
}
