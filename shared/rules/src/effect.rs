//! Effects: what a policy may do about a post, and who may do it.

use crate::words;

words! {
    /// Something a policy does about a post.
    Effect {
        /// Keep the evidence. Always first; nothing else happens if it fails.
        Capture "capture",
        /// Hide the post from the public. Reversible.
        Hide "hide",
        /// Show a hidden post again.
        Unhide "unhide",
        /// Answer in public, from a fixed template.
        PublicReply "public_reply",
        /// Write to the author in private, from a fixed template.
        AskAuthor "ask_author",
        /// Report the post to the platform: a report card for a person, since no platform has a
        /// report API.
        Report "report",
        /// Delete the post. Irreversible: a person only.
        Delete "delete",
        /// Ban the author from the page. A person only.
        Ban "ban",
        /// Stop hearing from the author: what they write stays there for others. A person only.
        Mute "mute",
        /// Leave it or hide it, as a person chooses. Deleting and banning are named apart.
        Moderate "moderate",
        /// Page the safeguarding lead now.
        PageSafeguardingLead "page_safeguarding_lead",
        /// Page the practice manager now: staff may be in danger.
        PagePracticeManager "page_practice_manager",
        /// Open a case for a person to look into.
        Case "case",
        /// Seek legal advice.
        LegalAdvice "legal_advice",
        /// Start the three-working-day "is this a complaint?" clock.
        ComplaintClock "complaint_clock",
        /// Take the next step of the practice's ladder with this account.
        Ladder "ladder",
        /// Offer the practice's official place for reviews.
        SignpostOfficialReview "signpost_official_review",
        /// Offer the routine ways to reach the practice.
        SignpostRoutineContact "signpost_routine_contact",
        /// Acknowledge the post in public. Named by policies that forbid it.
        Acknowledge "acknowledge",
        /// Write down an incident on the premises.
        LogIncident "log_incident",
    }
}

impl Effect {
    /// Returns what is done to a post or its author, as it follows "to".
    #[must_use]
    pub const fn plain(self) -> &'static str {
        match self {
            Effect::Capture => "keep the evidence",
            Effect::Hide => "hide it",
            Effect::Unhide => "show it again",
            Effect::PublicReply => "answer in public",
            Effect::AskAuthor => "write to the author in private",
            Effect::Report => "report it",
            Effect::Delete => "delete it",
            Effect::Ban => "ban the author",
            Effect::Mute => "mute the author",
            Effect::Moderate => "hide it or leave it",
            Effect::PageSafeguardingLead => "alert the safeguarding lead",
            Effect::PagePracticeManager => "alert the practice manager",
            Effect::Case => "open a case",
            Effect::LegalAdvice => "seek legal advice",
            Effect::ComplaintClock => "ask whether it is a complaint",
            Effect::Ladder => "warn the account",
            Effect::SignpostOfficialReview => "offer the link for official reviews",
            Effect::SignpostRoutineContact => "offer the ways to reach the practice",
            Effect::Acknowledge => "acknowledge it in public",
            Effect::LogIncident => "write down the incident",
        }
    }

    /// Returns `true` if the effect takes a post or its author away, or leads to that. Never for an
    /// opinion.
    #[must_use]
    pub const fn is_sanction(self) -> bool {
        matches!(
            self,
            Effect::Hide
                | Effect::Delete
                | Effect::Moderate
                | Effect::Report
                | Effect::Ban
                | Effect::Mute
                | Effect::Ladder
                | Effect::LegalAdvice
        )
    }

    /// Returns `true` if the safe floor lets the machine do this by itself, where a clause lists
    /// it.
    ///
    /// The floor is in code so that no policy file can loosen it: only reversible effects, a fixed
    /// template, and what stays inside the practice's own records.
    #[must_use]
    pub const fn may_be_automatic(self) -> bool {
        matches!(
            self,
            Effect::Capture
                | Effect::Hide
                | Effect::PublicReply
                | Effect::Case
                | Effect::ComplaintClock
                | Effect::PageSafeguardingLead
                | Effect::PagePracticeManager
        )
    }

    /// Returns `true` if somebody is told within minutes.
    #[must_use]
    pub const fn is_page(self) -> bool {
        matches!(
            self,
            Effect::PageSafeguardingLead | Effect::PagePracticeManager
        )
    }
}

words! {
    /// Who does something.
    By {
        /// The machine.
        Machine "machine",
        /// A person.
        Person "person",
    }
}

words! {
    /// What a person may be at a practice.
    Role {
        /// Looks at what waits and decides.
        Reviewer "reviewer",
        /// Runs the practice.
        PracticeManager "practice_manager",
        /// Is paged when somebody may be in danger.
        SafeguardingLead "safeguarding_lead",
        /// Handles complaints.
        ComplaintsManager "complaints_manager",
        /// Reads the record; decides nothing.
        Auditor "auditor",
        /// Runs the system; sees no post text.
        Deployer "deployer",
    }
}
