//! What takes two people: one asks, and another agrees, and one of them is a practice manager.

use pagewarden_rules::Role;
use thiserror::Error;

use crate::authority::Person;

/// Why somebody cannot agree to what was asked for.
#[derive(Debug, Error)]
pub enum NotAgreed {
    /// They are the one who asked.
    #[error("{0} asked for it already: somebody else has to agree")]
    Same(String),
    /// Neither of the two is a practice manager.
    #[error("a practice manager has to be one of the two")]
    NoManager,
}

/// Returns the name of who asked, given as `name:role`.
pub(crate) fn asker(by: &str) -> &str {
    by.rsplit_once(':').map_or("", |(name, _)| name)
}

/// Says whether a person may agree to what another asked for, who is given as `name:role`.
pub(crate) fn agrees(person: &Person, by: &str) -> Result<(), NotAgreed> {
    if asker(by) == person.name {
        return Err(NotAgreed::Same(person.name.clone()));
    }
    let manager = Role::PracticeManager;
    let asked = by.rsplit_once(':').map(|(_, role)| role);
    if person.role != manager && asked != Some(manager.name()) {
        return Err(NotAgreed::NoManager);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_people_agree_and_one_of_them_is_a_practice_manager() {
        let person = |name: &str, role| Person {
            name: name.into(),
            role,
        };
        let gail = person("Gail", Role::PracticeManager);
        let lead = person("Anjali", Role::SafeguardingLead);
        assert!(agrees(&gail, "Anjali:safeguarding_lead").is_ok());
        assert!(agrees(&lead, "Gail:practice_manager").is_ok());
        let same = agrees(&gail, "Gail:reviewer");
        assert!(matches!(same, Err(NotAgreed::Same(name)) if name == "Gail"));
        let no_manager = agrees(&lead, "Beth:reviewer");
        assert!(matches!(no_manager, Err(NotAgreed::NoManager)));
    }
}
