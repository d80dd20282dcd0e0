//! Why a task waits, in sentences that are drawn from the clause: no practice is told what another
//! one published.

use crate::{Clause, Effect, Join, Role, Says};

pub(super) const COMPLAINT: &str =
    "is this a complaint? If it is, it has to be acknowledged in time";
pub(super) const PRAISE: &str =
    "staff are named in thanks: the policy forbids it to the letter, nobody is likely to mind";
pub(super) const FORBIDDEN: &str =
    "the policy forbids such posts, and another of its rules forbids taking this one down";
pub(super) const STOP_THE_AUTHOR: &str = "nobody but the author can take it down here, but the author can be kept from this page: a person decides";

pub(super) const CANNOT_TAKE_DOWN: &str =
    "the platform cannot hide or delete it: report it if it breaks the platform's own rules";
pub(super) const CANNOT_DELETE: &str =
    "the platform cannot delete it: report it if it breaks the platform's own rules";

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
            "the policy says that it will be {done}, by the {}",
            person(role)
        ),
        (Says::Will, None) => format!("the policy says that it will be {done}: a person confirms"),
        (Says::May, _) => format!("the policy says that it may be {done}: a person chooses"),
        (Says::Reserves, _) => {
            format!("the policy reserves the right to have it {done}: a person chooses")
        }
        (Says::Asks, _) => "the policy asks people not to write this: a person decides".to_owned(),
        (Says::None | Says::Context, _) => {
            "the policy does not want this and does not say what follows: a person decides"
                .to_owned()
        }
    }
}

/// Returns the same where telling whether the rule is broken needs facts or law.
pub(super) fn judgement(clause: &Clause) -> String {
    let decides = "this needs facts or law: a person decides";
    match clause.says {
        Says::Will => {
            format!(
                "{decides}; where it breaks the rule, the policy says that it will be {}",
                done_to_it(clause)
            )
        }
        Says::May => {
            format!(
                "{decides}; where it breaks the rule, the policy says that it may be {}",
                done_to_it(clause)
            )
        }
        Says::Reserves | Says::Asks | Says::None | Says::Context => decides.to_owned(),
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
        _ if optional => "a reply is drafted; it may be left".to_owned(),
        Says::Will => {
            "the policy says that it will be answered: a reply is drafted, approve it".to_owned()
        }
        Says::May | Says::Reserves => {
            "the policy says that it may be answered: a reply is drafted, approve it".to_owned()
        }
        Says::Asks | Says::None | Says::Context => {
            "a reply is drafted for such posts: approve it".to_owned()
        }
    }
}

/// Returns what a clause says the author is asked.
pub(super) fn ask(clause: &Clause) -> String {
    match clause.says {
        Says::Asks => "the policy asks the author to take it down: say so in private".to_owned(),
        Says::Will | Says::May | Says::Reserves | Says::None | Says::Context => {
            "the policy says that the author will be asked to take it down".to_owned()
        }
    }
}

/// Returns what a clause says of legal advice.
pub(super) fn legal_advice(clause: &Clause) -> String {
    match clause.says {
        Says::Will => "the policy says that legal advice will be sought",
        Says::May => "the policy says that legal advice may be sought",
        Says::Reserves => "the policy reserves the right to seek legal advice",
        Says::Asks | Says::None | Says::Context => "legal advice can be sought under this rule",
    }
    .to_owned()
}

/// Returns what a clause says of reporting.
pub(super) fn report(clause: &Clause) -> String {
    match clause.says {
        Says::Will => "the policy says that it will be reported; no platform has a report API",
        Says::May | Says::Reserves => {
            "the policy says that it may be reported; no platform has a report API"
        }
        Says::Asks | Says::None | Says::Context => {
            "report it where it breaks the platform's own rules too"
        }
    }
    .to_owned()
}

/// Returns the same where there is nobody to report to.
pub(super) fn cannot_report(clause: &Clause) -> String {
    let report = match clause.says {
        Says::Will => "the policy says that it will be reported",
        Says::May | Says::Reserves | Says::Asks | Says::None | Says::Context => {
            "the policy speaks of reporting it"
        }
    };
    format!("{report}, and here that cannot be done: a person decides")
}
