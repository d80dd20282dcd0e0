//! Why a task waits, in sentences that are drawn from the clause: no practice is told what another
//! one published.

use crate::{Clause, Effect, Join, Role, Says};

pub(super) const COMPLAINT: &str = "If it is one, it has to be acknowledged in time.";
pub(super) const PRAISE: &str =
    "The policy forbids naming staff, also in thanks. Nobody is likely to mind this one.";
pub(super) const FORBIDDEN: &str =
    "The policy forbids such posts, and another of its rules forbids taking this one down.";
pub(super) const STOP_THE_AUTHOR: &str =
    "Only its author can take it down here, but the author can be kept from your page.";
pub(super) const ONLY_THE_AUTHOR: &str =
    "The platform lets only the author take it down, so the author is asked to.";

pub(super) const CANNOT_TAKE_DOWN: &str = "The platform lets nobody else hide or delete it. Report it if it breaks the platform's own rules.";
pub(super) const CANNOT_DELETE: &str =
    "The platform lets nobody else delete it. Report it if it breaks the platform's own rules.";

/// Adds a sentence to a reason.
pub(super) fn add(why: &mut String, sentence: &str) {
    if !why.ends_with(['.', '?', '!']) {
        why.push('.');
    }
    why.push(' ');
    why.push_str(sentence);
}

/// Returns what a clause says becomes of a post, and that a person decides.
pub(super) fn removal(clause: &Clause) -> String {
    let done = done_to_it(clause);
    match (
        clause.says,
        clause
            .delete_role
            .filter(|_| clause.effects.contains(&Effect::Delete)),
    ) {
        (Says::Will, Some(role)) => format!(
            "The policy says that it will be {done}, by the {}.",
            person(role)
        ),
        (Says::Will, None) => format!("The policy says that it will be {done}."),
        (Says::May, _) => format!("The policy says that it may be {done}."),
        (Says::Reserves, _) => {
            format!("The policy reserves the right to have it {done}.")
        }
        (Says::Asks, _) => "The policy asks people not to write this.".to_owned(),
        (Says::None | Says::Context, _) => {
            "The policy forbids this, and does not say what follows.".to_owned()
        }
    }
}

/// Returns the same where telling whether the rule is broken needs facts or law.
pub(super) fn judgement(clause: &Clause) -> String {
    let doubt = "Whether it breaks the rule is a question of fact or law.";
    match clause.says {
        Says::Will => {
            format!(
                "{doubt} If it does, the policy says that it will be {}.",
                done_to_it(clause)
            )
        }
        Says::May => {
            format!(
                "{doubt} If it does, the policy says that it may be {}.",
                done_to_it(clause)
            )
        }
        Says::Reserves | Says::Asks | Says::None | Says::Context => doubt.to_owned(),
    }
}

/// Returns what the published sentence says is done. That the machine hides first is ours, not the
/// policy's.
fn done_to_it(clause: &Clause) -> String {
    let has = |effect| clause.effects.contains(&effect);
    let mut done = Vec::new();
    if has(Effect::Moderate) {
        done.push("moderated");
    }
    if has(Effect::Delete) {
        done.push("deleted");
    } else if has(Effect::Hide) {
        done.push("hidden");
    }
    if has(Effect::Report) {
        done.push("reported");
    }
    if has(Effect::Ban) {
        done.push("followed by a ban");
    }
    done.join(match clause.join {
        Join::And => " and ",
        Join::AndOr => " and/or ",
        Join::Or => " or ",
    })
}

fn person(role: Role) -> String {
    role.name().replace('_', " ")
}

/// Returns what a clause says of answers.
pub(super) fn answer(clause: &Clause, optional: bool) -> String {
    match clause.says {
        _ if optional => "A reply is ready.".to_owned(),
        Says::Will => {
            "The policy says that it will be answered. A reply is ready: read it before it goes out.".to_owned()
        }
        Says::May | Says::Reserves => {
            "The policy says that it may be answered. A reply is ready: read it before it goes out.".to_owned()
        }
        Says::Asks | Says::None | Says::Context => {
            "A reply is ready: read it before it goes out.".to_owned()
        }
    }
}

/// Returns what a clause says the author is asked.
pub(super) fn ask(clause: &Clause) -> String {
    match clause.says {
        Says::Asks => "The policy asks the author to take it down.".to_owned(),
        Says::Will | Says::May | Says::Reserves | Says::None | Says::Context => {
            "The policy says that the author will be asked to take it down.".to_owned()
        }
    }
}

/// Returns what a clause says of legal advice.
pub(super) fn legal_advice(clause: &Clause) -> String {
    match clause.says {
        Says::Will => "The policy says that legal advice will be sought.",
        Says::May => "The policy says that legal advice may be sought.",
        Says::Reserves => "The policy reserves the right to seek legal advice.",
        Says::Asks | Says::None | Says::Context => "Legal advice can be sought under this rule.",
    }
    .to_owned()
}

/// Returns what a clause says of reporting.
pub(super) fn report(clause: &Clause) -> String {
    match clause.says {
        Says::Will => {
            "The policy says that it will be reported. The platform takes reports from people only."
        }
        Says::May | Says::Reserves => {
            "The policy says that it may be reported. The platform takes reports from people only."
        }
        Says::Asks | Says::None | Says::Context => {
            "Report it if it breaks the platform's own rules too."
        }
    }
    .to_owned()
}

/// Returns the same where there is nobody to report to.
pub(super) fn cannot_report(clause: &Clause) -> String {
    let report = match clause.says {
        Says::Will => "The policy says that it will be reported",
        Says::May | Says::Reserves | Says::Asks | Says::None | Says::Context => {
            "The policy speaks of reporting it"
        }
    };
    format!("{report}, and here nobody takes a report.")
}
