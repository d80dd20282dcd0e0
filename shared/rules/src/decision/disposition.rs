//! The last step: what is to become of the post, read off the plan and never off the rules again.

use super::{Disposition, Planned, PlannedTask};
use crate::{By, Effect, Platform};

/// Returns what the plan comes to.
pub(super) fn of(platform: Platform, effects: &[Planned], tasks: &[PlannedTask]) -> Disposition {
    let by_machine = || effects.iter().filter(|planned| planned.by == By::Machine);
    if by_machine().any(|planned| planned.effect.is_page()) {
        Disposition::Page
    } else if platform == Platform::StaffLog {
        Disposition::Case
    } else if by_machine().any(|planned| planned.effect == Effect::Hide) {
        Disposition::Hide
    } else if tasks.iter().any(|task| !task.optional) {
        Disposition::Queue
    } else {
        Disposition::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(effect: Effect, by: By) -> Planned {
        Planned {
            effect,
            by,
            clause: None,
            also: Vec::new(),
            template: None,
            why: String::new(),
        }
    }

    #[test]
    fn it_says_hide_only_where_the_machine_hides() {
        let of = |effects: &[Planned]| super::of(Platform::Facebook, effects, &[]);
        assert_eq!(of(&[planned(Effect::Hide, By::Person)]), Disposition::None);
        let hide = planned(Effect::Hide, By::Machine);
        assert_eq!(of(std::slice::from_ref(&hide)), Disposition::Hide);
        assert_eq!(
            of(&[hide, planned(Effect::PageSafeguardingLead, By::Machine)]),
            Disposition::Page
        );
    }
}
