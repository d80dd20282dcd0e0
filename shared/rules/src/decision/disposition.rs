//! The last step: what is to become of the post, read off the plan and never off the rules again.

use super::{Disposition, Planned, PlannedTask};
use crate::{By, Effect, Platform};

/// Returns what the plan comes to.
pub(super) fn of(platform: Platform, effects: &[Planned], tasks: &[PlannedTask]) -> Disposition {
    let does = |effect| effects.iter().any(|planned| planned.effect == effect && planned.by == By::Machine);
    if does(Effect::PageSafeguardingLead) {
        Disposition::Page
    } else if platform == Platform::StaffLog {
        Disposition::Case
    } else if does(Effect::Hide) {
        Disposition::Hide
    } else if tasks.iter().any(|task| !task.optional) {
        Disposition::Queue
    } else {
        Disposition::None
    }
}
