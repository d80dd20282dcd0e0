//! What fills the gaps of a template.

use std::collections::BTreeMap;
use std::fmt;

use pagewarden_rules::{Links, Policy};

use crate::Settings;

/// What a template may leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Variable {
    /// The practice's name.
    Surgery,
    /// The telephone number or page that a public reply may give.
    Contact,
    /// How to complain.
    ComplaintsLink,
    /// Where a review can be left that the practice answers.
    ReviewLink,
    /// How to challenge a decision.
    ChallengeContact,
    /// The published policy.
    PolicyPage,
    /// The number of the rule that a post breaks.
    Rule,
    /// The published sentence of that rule.
    Sentence,
    /// The day by which the author may answer, written out.
    DueDate,
    /// The day of the post, written out.
    PostDate,
    /// The address of the post.
    PostLink,
    /// The ground on which a post is reported.
    Ground,
    /// The words that break a rule.
    Quote,
    /// The page on which an author asks for another look.
    LookAgainPage,
    /// What an author types there.
    Reference,
}

impl Variable {
    /// Every variable.
    pub const ALL: [Variable; 15] = [
        Variable::Surgery,
        Variable::Contact,
        Variable::ComplaintsLink,
        Variable::ReviewLink,
        Variable::ChallengeContact,
        Variable::PolicyPage,
        Variable::Rule,
        Variable::Sentence,
        Variable::DueDate,
        Variable::PostDate,
        Variable::PostLink,
        Variable::Ground,
        Variable::Quote,
        Variable::LookAgainPage,
        Variable::Reference,
    ];

    /// Returns the name that templates write in braces.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Variable::Surgery => "surgery",
            Variable::Contact => "contact",
            Variable::ComplaintsLink => "complaints_link",
            Variable::ReviewLink => "review_link",
            Variable::ChallengeContact => "challenge_contact",
            Variable::PolicyPage => "policy_page",
            Variable::Rule => "rule",
            Variable::Sentence => "sentence",
            Variable::DueDate => "due_date",
            Variable::PostDate => "post_date",
            Variable::PostLink => "post_link",
            Variable::Ground => "ground",
            Variable::Quote => "quote",
            Variable::LookAgainPage => "look_again_page",
            Variable::Reference => "reference",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Variable::ALL
            .into_iter()
            .find(|variable| variable.name() == name)
    }

    /// Returns the key under `[links]` that fills it, and what it is, or none if it comes with the
    /// post.
    pub(crate) const fn link(self, links: &Links) -> Option<(&'static str, &'static str, &String)> {
        match self {
            Variable::Contact => Some((
                "contact_public",
                "telephone number or page that a public reply may give",
                &links.contact_public,
            )),
            Variable::ComplaintsLink => {
                Some(("complaints", "page on how to complain", &links.complaints))
            }
            Variable::ReviewLink => Some((
                "official_review",
                "official place for reviews",
                &links.official_review,
            )),
            Variable::ChallengeContact => Some((
                "challenge",
                "address to challenge a decision",
                &links.challenge,
            )),
            Variable::PolicyPage => Some((
                "policy_page",
                "page of the published policy",
                &links.policy_page,
            )),
            Variable::Surgery
            | Variable::Rule
            | Variable::Sentence
            | Variable::DueDate
            | Variable::PostDate
            | Variable::PostLink
            | Variable::Ground
            | Variable::Quote
            | Variable::LookAgainPage
            | Variable::Reference => None,
        }
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What fills the variables of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Variables(pub(super) BTreeMap<Variable, String>);

impl Variables {
    /// Returns what a practice fills by itself: its name and those of its addresses that it has
    /// supplied.
    #[must_use]
    pub fn of(policy: &Policy, settings: &Settings) -> Self {
        let links = settings.links_over(&policy.links);
        let mut variables = Variables::default().with(Variable::Surgery, &policy.practice.name);
        for variable in Variable::ALL {
            if let Some((_, _, link)) = variable.link(&links) {
                variables = variables.with(variable, link);
            }
        }
        variables
    }

    /// Sets a variable. What is blank stays unfilled.
    #[must_use]
    pub fn with(mut self, variable: Variable, text: &str) -> Self {
        if !text.trim().is_empty() {
            self.0.insert(variable, text.trim().to_owned());
        }
        self
    }
}
