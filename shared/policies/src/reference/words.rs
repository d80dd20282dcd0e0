//! When to use each word, and an example. A new word is refused by the compiler until it is here.

use pagewarden_rules::{
    About, Detect, Effect, Exception, Join, Nation, Place, Platform, Praise, Role, Says, Strength,
    Surface, Topic, Urgency,
};

/// When to use it, and an example: of a topic a post, of an effect the published words.
type Words = (&'static str, &'static str);

#[expect(clippy::too_many_lines, reason = "one line for each topic")]
pub(super) const fn topic(topic: &Topic) -> Words {
    match topic {
        Topic::Safeguarding => (
            "for the sentence about the duty to safeguard. People are alerted to danger even where no clause has it",
            "I can't go on any more",
        ),
        Topic::ClinicalUrgent => (
            "rarely: danger of this kind alerts somebody under any policy. Use `appointment_request` for routine requests",
            "Crushing pain in my chest since this morning",
        ),
        Topic::Confidentiality => (
            "for the sentence about the duty of confidentiality, which nothing engages by itself. A rule about what people \
             post uses `patient_identifiable`",
            "(no post: the practice speaks about itself)",
        ),
        Topic::PatientIdentifiable => (
            "if the policy protects other patients. `own_medical_information` is what authors tell of themselves",
            "Alan Smith from Mill Lane was in the diabetes clinic again",
        ),
        Topic::StaffIdentifiable => (
            "if the policy protects what is private about staff: home, family, health. A name alone is `staff_identified`",
            "The nurse lives at 4 Mill Lane with her two boys",
        ),
        Topic::OtherPersonIdentifiable => (
            "if the policy protects people who are neither patients nor staff",
            "Her neighbour Joe Bloggs drinks, ring him on this number",
        ),
        Topic::StaffIdentified => (
            "if staff may not be named or described at all. Set `praise` as well: most naming is thanks",
            "Tina on reception kept me waiting",
        ),
        Topic::Threatening => (
            "for threats of harm. `menacing` is for words that frighten without saying what will happen",
            "I will break his legs",
        ),
        Topic::Menacing => (
            "if the policy says menacing, intimidating or frightening; `threatening` for a threat of harm",
            "I know which car you drive",
        ),
        Topic::Imminent => (
            "never in a clause of its own: it makes a threat one for today, which alerts the practice manager",
            "I'll be waiting outside at six",
        ),
        Topic::Obscene => (
            "for swearing and sexual words at anybody or nobody. `grossly_offensive` is for slurs",
            "What a load of [strong swear word]",
        ),
        Topic::GrosslyOffensive => (
            "for slurs and hatred of a group. `offensive` is milder; racist and discriminatory posts belong here",
            "[slur], the lot of you",
        ),
        Topic::Harassing => (
            "for abuse of a person. `derogatory` is an insult in passing, `threatening` a threat",
            "You are a useless [insult] and everybody hates you",
        ),
        Topic::Derogatory => (
            "if the policy says derogatory, disrespectful, insulting or demeaning about the team",
            "The receptionists are thick",
        ),
        Topic::Offensive => (
            "if the policy says offensive or inappropriate words about the team; `grossly_offensive` for slurs",
            "Your nurse looks like a pig",
        ),
        Topic::Embarrassing => (
            "if the policy says embarrassing or shaming. Telling needs judgement, so a person decides",
            "Everyone should see what she got up to at the party",
        ),
        Topic::Defamatory => (
            "for accusations of crime, dishonesty or unfitness. `inaccurate` is any other wrong statement",
            "The doctor forges records for money",
        ),
        Topic::Fraudulent => (
            "for scams, fake offers and false identities. Plain advertising is `spam`",
            "Cheap sick notes, message me",
        ),
        Topic::Unlawful => (
            "if the policy says unlawful or illegal",
            "I sell my spare tramadol",
        ),
        Topic::Inaccurate => (
            "if the policy says inaccurate, untrue or misleading. `false_information` is for what may harm people",
            "They closed the branch last week (they did not)",
        ),
        Topic::FalseInformation => (
            "for false claims that may cause harm, above all about health. `inaccurate` is any wrong statement",
            "The jab puts a chip in your arm",
        ),
        Topic::Spam => (
            "for advertising, selling and links that are off the subject. A scam is `fraudulent`",
            "Best gutter cleaning in town, see our page",
        ),
        Topic::Complaint => (
            "for complaints about care, staff or access. Displeasure without a request is `criticism`",
            "I want to make a formal complaint about Monday",
        ),
        Topic::ComplaintEnquiry => (
            "for questions how to complain, which are no complaint yet",
            "Who do I write to if I want to complain?",
        ),
        Topic::Criticism => (
            "to say that feedback is welcome, or to count it. It is never a ground for taking anything down",
            "Forty minutes on hold again",
        ),
        Topic::Praise => (
            "to say that thanks are welcome. For staff named in thanks use `staff_identified` with `praise`",
            "Lovely flu clinic, thank you all",
        ),
        Topic::Review => (
            "for where reviews belong and who answers them. Every post on a `review` or `recommendation` surface is one",
            "2 stars. Hard to park, nice nurses",
        ),
        Topic::AppointmentRequest => (
            "if the page is not for booking, cancelling or prescriptions",
            "Please book me in for Tuesday",
        ),
        Topic::OwnMedicalInformation => (
            "if people are asked not to share their own health details. `patient_identifiable` is about others",
            "I'm diabetic, what do my bloods mean?",
        ),
        Topic::ContactStaff => (
            "if the page is not for reaching staff or for messages to the practice",
            "Can the nurse ring me?",
        ),
        Topic::PhotoWaitingArea => (
            "for photographs on the premises and of other patients; `recording_waiting_area` for sound and video",
            "Here is a photo of everyone in the waiting room",
        ),
        Topic::PhotoStaff => (
            "for photographs of staff; `recording_staff` for sound and video",
            "A picture I took of the nurse",
        ),
        Topic::RecordingConsultation => (
            "for recordings of the author's own consultation, which they may make for themselves",
            "Listen to what the GP told me today",
        ),
        Topic::RecordingWaitingArea => (
            "for sound and video from the premises or of other patients",
            "Video of the queue this morning",
        ),
        Topic::RecordingStaff => ("for sound and video of staff", "I filmed the receptionist"),
        Topic::DeviceUse => (
            "for phones on the premises, with `detect = \"human\"`: staff log it, and no post is read for it",
            "(logged by staff) filmed during the consultation",
        ),
        Topic::Distress => (
            "never as a ground: it keeps the machine from hiding, so that people think of the author first",
            "My dad died in your car park",
        ),
        Topic::Child => (
            "never as a ground: a parent who writes of their own child is left to a person",
            "My son is six and waits for his results",
        ),
        Topic::ClaimsConsent => (
            "never as a ground: where a clause has an exception for consent, a person checks",
            "She said I could post it",
        ),
        Topic::NotEnglish => (
            "never as a ground: somebody who reads the language looks",
            "Rwyf am wneud cwyn",
        ),
        Topic::Custom(_) => (
            "for what no topic covers: define its words under `[[custom]]`, and write `custom:` before its name. A name for \
             what people think of the practice gives no ground to take anything down",
            "custom:parking, with words = [\"double parked\"]",
        ),
    }
}

pub(super) const fn effect(effect: Effect) -> Words {
    match effect {
        Effect::Capture => (
            "first in every clause that does anything, under `auto` as well",
            "(no words: evidence is always kept first)",
        ),
        Effect::Hide => (
            "if the policy says that posts are hidden, removed or not allowed. Under `auto` only if it says `will`, or \
             if waiting harms somebody",
            "Such posts will be hidden",
        ),
        Effect::Unhide => ("never in a policy: a person's decision brings it", "(none)"),
        Effect::PublicReply => (
            "if the policy promises an answer in public. Needs a `public.` template",
            "Reviewers will be advised to contact the practice",
        ),
        Effect::AskAuthor => (
            "if the policy asks people to take posts down, or as the way where a platform lets nobody delete. Needs a \
             `private.` template",
            "You will be asked to delete it",
        ),
        Effect::Report => (
            "if the policy says that posts are reported to the platform",
            "and the post reported",
        ),
        Effect::Delete => (
            "if the policy says deleted or removed. Add `hide` so that it is out of sight until a person confirms",
            "Any such posts will be deleted",
        ),
        Effect::Ban => (
            "if the policy says banned or blocked. Not `mute`, which X alone has",
            "and may also ban the person from the page",
        ),
        Effect::Mute => (
            "if the policy says muted: the author's posts stay there for others",
            "We may mute accounts",
        ),
        Effect::Moderate => (
            "if the policy reserves the right to moderate without saying how",
            "We reserve the right to moderate comments",
        ),
        Effect::PageSafeguardingLead => (
            "for the sentence about safeguarding. Danger alerts people whether or not a clause asks for it",
            "We have a duty to safeguard vulnerable patients",
        ),
        Effect::PagePracticeManager => (
            "if the policy says that the manager is told of threats at once",
            "Threats to staff are passed to the practice manager immediately",
        ),
        Effect::Case => (
            "if the policy says that something is investigated, not tolerated or acted on without saying how",
            "Such comments will not be tolerated",
        ),
        Effect::LegalAdvice => (
            "if the policy says legal advice or legal action. With `says = \"may\"` the task is optional",
            "Legal advice will be sought",
        ),
        Effect::ComplaintClock => (
            "in every clause on complaints that does anything, under `auto`: they must never be lost",
            "(no words: the law asks for it)",
        ),
        Effect::Ladder => (
            "if repeated breaches may lead to a warning or to removal from the list. Needs steps under `[ladder]`",
            "repeated incidents could result in your removal from the surgery",
        ),
        Effect::SignpostOfficialReview => (
            "if the policy says where to leave a review. Needs a `public.` template",
            "Please use the NHS website to leave a review",
        ),
        Effect::SignpostRoutineContact => (
            "if the policy says how to book or to reach the practice instead. Needs a `public.` template",
            "Please telephone us to make an appointment",
        ),
        Effect::Acknowledge => (
            "under `never` only, if the policy says that posts are not acknowledged",
            "it will not be acknowledged",
        ),
        Effect::LogIncident => (
            "for what happens on the premises, with `detect = \"human\"`",
            "Phones are not to be used during consultations",
        ),
    }
}

pub(super) const fn says(says: Says) -> Words {
    match says {
        Says::Will => (
            "if the published words promise it: will, is, are to be. Only then may the machine be asked to hide for it",
            "Such posts will be deleted",
        ),
        Says::May => (
            "if the words leave it open: may, might, can, could. A person chooses each time",
            "Such posts may be deleted",
        ),
        Says::Reserves => (
            "if the practice reserves the right. A person chooses among everything that is listed",
            "We reserve the right to remove comments",
        ),
        Says::Asks => (
            "if the words ask people to do something and threaten nothing",
            "Please use the NHS website to leave a review",
        ),
        Says::None => (
            "if the words forbid and say nothing of what follows",
            "Patients must not identify any staff",
        ),
        Says::Context => (
            "if the words explain, and yet a topic belongs to them. Words without any topic are a `[[context]]`",
            "We have a separate complaints procedure",
        ),
    }
}

pub(super) const fn place(place: Place) -> Words {
    match place {
        Place::Own => (
            "if the words name the practice's page or pages",
            "posts on the practice Facebook page",
        ),
        Place::Any => (
            "if the words name social media, any platform, or no place",
            "on any social media platform",
        ),
        Place::Premises => (
            "if the words are about the surgery itself; `detect` says whether posts are read for it",
            "in the waiting room",
        ),
    }
}

pub(super) const fn platform(platform: Platform) -> Words {
    match platform {
        Platform::Facebook => ("for a Facebook Page", "our Facebook page"),
        Platform::Instagram => (
            "for an Instagram professional account",
            "our Instagram page",
        ),
        Platform::X => ("for X; older policies say Twitter", "our Twitter page"),
        Platform::Google => (
            "for a Google Business Profile",
            "Google business page reviewers",
        ),
        Platform::Website => (
            "for comments on the practice's own website",
            "comments on our website",
        ),
        Platform::StaffLog => (
            "never as a channel: every practice has it. A clause reaches it by `detect = \"human\"`",
            "(what staff write down)",
        ),
    }
}

pub(super) const fn surface(surface: Surface) -> Words {
    match surface {
        Surface::Comment => (
            "for comments under the practice's posts",
            "Facebook, Instagram, website",
        ),
        Surface::VisitorPost => ("for what visitors post on the page itself", "Facebook"),
        Surface::Recommendation => (
            "for Facebook's reviews, which no program may answer or hide",
            "Facebook",
        ),
        Surface::Reply => ("for answers to the practice's posts on X", "X"),
        Surface::Mention => (
            "for posts elsewhere that name the account; they stand on somebody else's page",
            "Facebook, Instagram, X",
        ),
        Surface::Review => ("for reviews on Google", "Google"),
        Surface::Premises => ("never: every practice has it", "(what staff write down)"),
        Surface::Appeal => (
            "never: every practice has it",
            "(an author asks for another look)",
        ),
    }
}

pub(super) const fn join(join: Join) -> Words {
    match join {
        Join::And => (
            "if everything listed follows",
            "deleted and the post reported",
        ),
        Join::AndOr => ("if the words say and/or", "deleted and/or reported"),
        Join::Or => ("if only one of them follows", "hidden or deleted"),
    }
}

pub(super) const fn detect(detect: Detect) -> Words {
    match detect {
        Detect::Assist => ("for what can be told from a post", "obscene posts"),
        Detect::Human => (
            "for what only somebody on the premises can see",
            "a phone used during a consultation",
        ),
    }
}

pub(super) const fn about(about: About) -> Words {
    match about {
        About::Team => (
            "if the words protect staff only",
            "defamatory comments about our team",
        ),
        About::Practice => (
            "if the words are about the practice only",
            "feedback about the surgery",
        ),
    }
}

pub(super) const fn exception(exception: Exception) -> Words {
    match exception {
        Exception::ExpressConsentOfThatPatient => (
            "if another patient may be spoken of with their consent",
            "unless they have the express consent of that patient",
        ),
        Exception::ExpressPermissionOfThatPerson => (
            "if anybody may be spoken of with their permission",
            "without the express permission of that person",
        ),
        Exception::ExplicitConsentOfStaff => (
            "if staff may be photographed or named with their consent",
            "of any staff without their explicit consent",
        ),
        Exception::AgreedWithClinician => (
            "if the clinician may agree",
            "except when agreed with your clinician",
        ),
        Exception::OwnPurpose => (
            "if it may be kept for oneself",
            "solely for your own purpose",
        ),
    }
}

pub(super) const fn praise(praise: Praise) -> Words {
    match praise {
        Praise::Allow => (
            "if the policy allows thanks by name",
            "thanks to Nurse Sarah stays",
        ),
        Praise::Queue => (
            "if the policy forbids naming and says nothing of thanks: the usual choice",
            "a person looks",
        ),
        Praise::Same => (
            "if the policy forbids naming even in thanks",
            "treated like any naming",
        ),
    }
}

pub(super) const fn urgency(urgency: Urgency) -> Words {
    match urgency {
        Urgency::Now => ("for danger only", "within minutes"),
        Urgency::High => (
            "if waiting harms somebody, as with a patient's name",
            "the same working day",
        ),
        Urgency::Normal => (
            "for nearly everything: what no clause says",
            "by the clock of its kind",
        ),
        Urgency::Low => ("for what may wait", "when there is time"),
    }
}

pub(super) const fn role(role: Role) -> Words {
    match role {
        Role::PracticeManager => (
            "if the policy names the practice manager",
            "deleted by the Practice Manager",
        ),
        Role::Reviewer => (
            "if the policy names whoever looks after the page",
            "deleted by our page moderator",
        ),
        Role::SafeguardingLead => (
            "if the policy names the safeguarding lead",
            "deleted by our safeguarding lead",
        ),
        Role::ComplaintsManager => (
            "if the policy names the complaints manager",
            "deleted by our complaints manager",
        ),
        Role::Auditor => ("never: an auditor decides nothing", "(none)"),
        Role::Deployer => ("never: whoever runs the system sees no post", "(none)"),
    }
}

pub(super) const fn nation(nation: Nation) -> Words {
    match nation {
        Nation::England => ("for a practice in England", "NHS England"),
        Nation::Wales => ("for a practice in Wales", "GIG Cymru"),
        Nation::Scotland => ("for a practice in Scotland", "NHS Scotland"),
        Nation::NorthernIreland => ("for a practice in Northern Ireland", "HSC"),
    }
}

pub(super) const fn strength(
    strength: Strength,
) -> (&'static str, &'static str, &'static str, &'static str) {
    match strength {
        Strength::Possible => (
            "possible",
            "Worth a person's look",
            "rarely: the machine would act on what may well be something else",
            "an insult that may be a joke",
        ),
        Strength::Likely => (
            "likely",
            "Enough to act on: what a clause without `bar` has",
            "nearly always",
            "a plain insult",
        ),
        Strength::Certain => (
            "certain",
            "The text says so in as many words",
            "if the machine should act on the clearest posts only",
            "\"I want to make a formal complaint\"",
        ),
    }
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::surfaces;

    use super::*;

    #[test]
    fn each_surface_names_the_platforms_that_have_it() {
        for platform in Platform::ALL
            .iter()
            .filter(|one| **one != Platform::StaffLog)
        {
            for one in surfaces(*platform) {
                let (_, platforms) = surface(*one);
                let mut named = platforms.split(", ");
                let is_named = named.any(|name| name.eq_ignore_ascii_case(platform.name()));
                assert!(is_named, "{one:?} does not name {platform}: {platforms}");
            }
        }
    }
}
