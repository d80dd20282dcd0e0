//! The words that a receptionist reads for what records name by a code. One place for all of them,
//! so that the command line and whatever else shows a record say the same. Each list names every
//! variant: the compiler asks for a new one.

use pagewarden_ledger::{
    ActionStatus, Apart, AppealReason, Calendar, Choice, Clock, Question, Recipient, TaskRecord,
    Visibility, WhyStopped, Within,
};
use pagewarden_rules::{Disposition, Mode, Platform, Surface, TaskKind};

/// Characters of the longest title of a task, so that it fits beside the task's id on a line of a
/// terminal.
pub const LONGEST_TITLE: usize = 50;

/// Returns what a task asks of a person.
#[must_use]
pub const fn task(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::SafeguardingNow => "somebody may be in danger: look now",
        TaskKind::SafeguardingToday => "somebody may be in danger: look today",
        TaskKind::StaffSafetyNow => "staff may be in danger: look now",
        TaskKind::ApproveUrgentSignpost => "may need help now: approve the urgent advice",
        TaskKind::CareFirst => "bereaved or in distress: think of them first",
        TaskKind::Decide => "decide what to do with it",
        TaskKind::DecidePraise => "thanks that name staff: leave it, or hide it?",
        TaskKind::DecideLanguage => "another language: have somebody read it",
        TaskKind::CheckConsent => "did the person named agree to this?",
        TaskKind::ConfirmDelete => "delete it for good?",
        TaskKind::ConfirmDeleteByPracticeManager => "for the practice manager: delete it for good?",
        TaskKind::MaybeDelete => "delete it, or leave it?",
        TaskKind::DeleteAndOrReport => "delete it, report it, or both?",
        TaskKind::ModerateDeleteOrBan => "hide it, delete it, ban the author, or leave it?",
        TaskKind::AskAuthor => "ask the author in private to take it down",
        TaskKind::ReportByHand => "report it to the platform by hand",
        TaskKind::ReportOutcome => "did the platform take it down?",
        TaskKind::ComplaintDecision => "is it a complaint?",
        TaskKind::AcknowledgeComplaint => "acknowledge the complaint",
        TaskKind::LegalAdviceRequired => "seek legal advice",
        TaskKind::LegalAdviceOptional => "seek legal advice, if it is worth it",
        TaskKind::Ladder => "decide on the next warning to this account",
        TaskKind::ApprovePublicReply => "approve the public reply",
        TaskKind::ApprovePublicReplyOptional => "send the public reply, or leave it",
        TaskKind::ApproveSignpost => "approve the reply on how to reach the practice",
        TaskKind::OfferSignpost => "offer the ways to reach the practice",
        TaskKind::OfferReviewLink => "offer the link for official reviews",
        TaskKind::ApproveAnswer => "approve the answer that somebody wrote",
        TaskKind::RecordIncident => "write down what happened",
        TaskKind::DoByHand => "do by hand what Pagewarden did not do",
        TaskKind::ShowAgain => "show it again, or leave it hidden?",
        TaskKind::HiddenElsewhere => "not hidden by you: show it again, or leave it?",
        TaskKind::Appeal => "its author asks you to look again",
        TaskKind::SecondLook => "drawn by lot: was it right to hide this?",
        TaskKind::ReconnectChannel => "repair the connection to the account",
        TaskKind::RepairContact => "correct somebody's address or number",
    }
}

/// Returns what was decided of a post.
#[must_use]
pub const fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::None => "left alone",
        Disposition::Case => "written down",
        Disposition::Queue => "for a person",
        Disposition::Hide => "hidden",
        Disposition::Page => "alert",
    }
}

/// Returns how far an action is.
#[must_use]
pub const fn status(status: ActionStatus) -> &'static str {
    match status {
        ActionStatus::Pending => "waits",
        ActionStatus::Claimed => "is under way",
        ActionStatus::Done => "done",
        ActionStatus::Failed => "failed",
        ActionStatus::Parked => "was stopped",
        ActionStatus::Dropped => "was let go",
    }
}

/// Returns whether a post can be seen.
#[must_use]
pub const fn visibility(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Visible => "it can be seen",
        Visibility::Hidden => "it is hidden",
        Visibility::Gone => "it is gone",
    }
}

/// Returns a platform's name.
#[must_use]
pub const fn platform(platform: Platform) -> &'static str {
    match platform {
        Platform::Facebook => "Facebook",
        Platform::Instagram => "Instagram",
        Platform::X => "X",
        Platform::Google => "Google",
        Platform::Website => "website",
        Platform::StaffLog => "premises",
    }
}

/// Returns what a post is called where it stands.
#[must_use]
pub const fn surface(surface: Surface) -> &'static str {
    match surface {
        Surface::Comment => "comment",
        Surface::VisitorPost => "visitor post",
        Surface::Recommendation => "recommendation",
        Surface::Reply => "reply",
        Surface::Mention => "mention",
        Surface::Review => "review",
        Surface::Premises => "incident",
        Surface::Appeal => "request to look again",
    }
}

/// Says how far the program may act.
#[must_use]
pub const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Shadow => {
            "The program only records what it would do, and alerts a person if somebody may be in danger."
        }
        Mode::Assist => "The program does nothing by itself: it prepares everything for a person.",
        Mode::Live => {
            "The program hides what the policy lets it hide, and asks a person about everything else."
        }
    }
}

/// Says why a rule stopped itself.
#[must_use]
pub const fn stopped(why: WhyStopped) -> &'static str {
    match why {
        WhyStopped::TakenBack => {
            "people showed too many of the posts again that the program had hidden under it"
        }
        WhyStopped::LimitReached => {
            "a limit of the practice was reached, and the program had hidden more under it than under \
             any other rule"
        }
    }
}

/// Says how a task was closed, by whom and when, as a sentence goes on.
#[must_use]
pub fn closed(task: &TaskRecord, calendar: &Calendar) -> String {
    let how = match (task.chosen(), task.closed_by()) {
        (Some(chosen), Some(by)) => {
            let asked = Question::asked_by(task.kind);
            let label = choice(chosen, asked, Visibility::Hidden);
            format!("{} decided \u{201c}{label}\u{201d}", person(by))
        }
        _ => task
            .outcome
            .clone()
            .unwrap_or_else(|| "nothing is on record of how".to_owned()),
    };
    match task.closed_at {
        Some(at) => format!("{how}, on {}", calendar.local(at)),
        None => how,
    }
}

/// Returns whom evidence is for.
#[must_use]
pub const fn recipient(recipient: Recipient) -> &'static str {
    match recipient {
        Recipient::Solicitor => "the practice's solicitor",
        Recipient::Police => "the police",
        Recipient::Complaints => "whoever handles complaints",
        Recipient::Author => "its author",
    }
}

/// Returns what somebody took along.
#[must_use]
pub fn exported(recipient: Recipient, whole: bool) -> String {
    let cut = if whole { ", with nothing cut" } else { "" };
    format!("evidence for {}{cut}", self::recipient(recipient))
}

/// Returns who it was, without the code of their role: "Gail (practice manager)".
#[must_use]
pub fn person(by: &str) -> String {
    match by.rsplit_once(':') {
        Some((name, role)) => format!("{name} ({})", role.replace('_', " ")),
        None => by.to_owned(),
    }
}

/// Returns what a post is called, with its article.
#[must_use]
pub const fn surface_with_article(surface: Surface) -> &'static str {
    match surface {
        Surface::Comment => "a comment",
        Surface::VisitorPost => "a visitor's post",
        Surface::Recommendation => "a recommendation",
        Surface::Reply => "a reply",
        Surface::Mention => "a mention",
        Surface::Review => "a review",
        Surface::Premises => "an incident",
        Surface::Appeal => "a request to look again",
    }
}

/// Says how a post stands, in the true terms of its platform: hiding means something else on each.
#[must_use]
pub const fn stands(platform: Platform, visibility: Visibility) -> &'static str {
    match (visibility, platform) {
        (Visibility::Visible, Platform::StaffLog) => "Written down by staff; it is on no platform.",
        (Visibility::Visible, _) => "Everybody can see it.",
        (Visibility::Gone, _) => "It is gone from the page.",
        (Visibility::Hidden, Platform::Facebook) => {
            "It is hidden. Its author, the people who manage the page and anybody tagged in it still see it."
        }
        (Visibility::Hidden, Platform::Instagram) => "It is hidden from everybody but its author.",
        (Visibility::Hidden, Platform::X) => {
            "It is hidden behind a notice. Anybody can still open it there."
        }
        (Visibility::Hidden, Platform::Website) => {
            "It is off the page, and waits on the website's own list."
        }
        (Visibility::Hidden, Platform::Google | Platform::StaffLog) => "It is hidden.",
    }
}

/// Says how a post stands that is hidden, and that nobody hid with Pagewarden. A platform says that
/// a post is hidden and not by whom.
#[must_use]
pub const fn stands_elsewhere(platform: Platform) -> &'static str {
    match platform {
        Platform::Facebook => {
            "It is hidden, and not by you: Facebook or somebody using the page's own tools hid it. Its author, the people \
             who manage the page and anybody tagged in it still see it."
        }
        Platform::Instagram => {
            "It is hidden, and not by you: Instagram or somebody using the account's own tools hid it. Its author still \
             sees it."
        }
        Platform::Website => {
            "It is off the page, and not by you: WordPress, a plug-in or somebody using the website's own tools took it \
             for spam."
        }
        Platform::X | Platform::Google | Platform::StaffLog => {
            "It is hidden, and not by you: the platform or somebody using its own tools hid it."
        }
    }
}

/// Returns why an author asks for another look.
#[must_use]
pub const fn appeal(reason: AppealReason) -> &'static str {
    match reason {
        AppealReason::LookAgain => "They think that it was wrong.",
        AppealReason::AboutMe => "They say that they are the person it is about.",
    }
}

/// Returns a choice as a button says it: what will happen.
#[must_use]
pub const fn choice(choice: Choice, question: Question, visibility: Visibility) -> &'static str {
    match (choice, question, visibility) {
        (Choice::Keep, ..) => "Leave it as it is",
        (Choice::Restore, ..) => "Show it again",
        (Choice::KeepHidden, _, Visibility::Visible) => "Hide it",
        (Choice::KeepHidden, Question::SecondLook, _) => "It was right",
        (Choice::KeepHidden, ..) => "Leave it hidden",
        (Choice::Delete, ..) => "Delete it for good",
        (Choice::Reply, ..) => "Answer with this text, in public",
        (Choice::AskAuthor, ..) => "Send this to the author, in private",
        (Choice::Ban, ..) => "Ban the author from the page",
        (Choice::Mute, ..) => "Mute the author",
        (Choice::Reported, ..) => "I reported it",
        (Choice::Removed, ..) => "They took it down",
        (Choice::Refused, ..) => "They refused",
        (Choice::NoAnswer, ..) => "No answer yet",
        (Choice::Appealed, ..) => "They refused, and I appealed",
        (Choice::Complaint, ..) => "It is a complaint",
        (Choice::NotComplaint, ..) => "It is not a complaint",
        (Choice::ComplaintAcknowledged, ..) => "It is acknowledged",
        (Choice::Grant, _, Visibility::Hidden) => "Its author is right: show it again",
        (Choice::Grant, ..) => "Its author is right: tell them",
        (Choice::Decline, ..) => "It stays as it is: tell them why",
        (Choice::SendBack, ..) => "Send it back: say why",
        (Choice::Done, Question::Danger, _) => "It has been seen to",
        (Choice::Done, Question::Reply, _) => "Do not answer",
        (Choice::Done, Question::Approval, _) => "Do not send it",
        (Choice::Done, Question::Message, _) => "Do not write to the author",
        (Choice::Done, Question::Report, _) => "Do not report it",
        (Choice::Done, Question::ReportOutcome, _) => "Stop asking",
        (Choice::Done, Question::LegalAdvice, _) => "Advice was taken",
        (Choice::Done, Question::Channel, _) => "It is connected again",
        (Choice::Done, Question::Contact, _) => "It is corrected",
        (Choice::Done, Question::Care, _) => "I have thought of them",
        (Choice::Done, Question::Incident, _) => "It is written down",
        (Choice::Done, Question::Warning, _) => "It is decided",
        (Choice::Done, Question::ByHand, _) => "It is done by hand",
        (Choice::Done, Question::Complaint | Question::Acknowledgement, _) => {
            "Somebody else sees to it"
        }
        (
            Choice::Done,
            Question::Post | Question::Elsewhere | Question::Appeal | Question::SecondLook,
            _,
        ) => "It was dealt with in another way",
    }
}

/// Returns how soon something was done.
#[must_use]
pub const fn within(within: Within) -> &'static str {
    match within {
        Within::QuarterHour => "Within 15 minutes",
        Within::Hour => "Within an hour",
        Within::FourHours => "Within 4 hours",
        Within::Day => "Within a day",
        Within::ThreeDays => "Within 3 days",
        Within::Week => "Within a week",
        Within::Longer => "After more than a week",
    }
}

/// Returns what has to be answered by a time.
#[must_use]
pub const fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::Danger => "Somebody may be in danger",
        Clock::Complaint => "Is it a complaint?",
        Clock::Acknowledgement => "Acknowledge a complaint",
        Clock::Advice => "Legal advice",
        Clock::Decision => "Everything else",
    }
}

/// Returns why a post is not answered together with others of its author, as a sentence goes on.
#[must_use]
pub const fn apart(reason: Apart) -> &'static str {
    match reason {
        Apart::Danger => "somebody may be in danger",
        Apart::Complaint => "it is or may be a complaint",
        Apart::Care => "its author may be bereaved or in distress",
        Apart::Grave => "it may be graver than the others",
        Apart::Differs => "something else is asked about it, or you may not answer it",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_fits_beside_an_id_and_is_no_code() {
        for kind in TaskKind::ALL {
            let title = task(*kind);
            assert!(title.chars().count() <= LONGEST_TITLE, "{title}");
            assert!(
                !title.contains('_') && title != kind.name().replace('_', " "),
                "{title}"
            );
        }
    }
}
