//! A case in a few lines, as a list shows it: enough to see what it is about, not to decide it.

use pagewarden_ledger::{Act, Case, Grounds, StateRecord, may};

use crate::case::{
    Deadline, NOT_USED, Viewer, capital, covered, in_order, instead, place, stands, written,
};
use crate::text::plain;
use crate::words;

/// A case, ready to be shown in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardView {
    /// What is asked first, in words.
    pub asked: Option<String>,
    /// How many questions are asked.
    pub questions: usize,
    /// What it is and where, such as "A comment on Facebook".
    pub place: String,
    /// Who wrote it, as far as that is known and kept.
    pub author: Option<String>,
    /// When it was written or first seen, by the practice's clock.
    pub when: String,
    /// What was written. Empty where nothing is kept.
    pub text: String,
    /// What stands there instead of words, where there are none.
    pub instead: Option<String>,
    /// The sentence that the practice published, of the first rule that it is about.
    pub rule: Option<String>,
    /// How it stands on its platform; none of a case that is about no post.
    pub stands: Option<&'static str>,
    /// When the first answer is due.
    pub deadline: Option<Deadline>,
    /// Somebody may be in danger.
    pub danger: bool,
}

impl Viewer<'_> {
    /// Shows a case in a few lines. What its author asked not to be used is covered as in the case
    /// itself.
    #[must_use]
    pub fn card<At: AsRef<StateRecord> + Clone>(&self, case: &Case<At>) -> CardView {
        let is_covered = case.grounds.as_ref().restricted && !case.is_danger() && {
            let practice = case.key.practice.clone();
            let at = Grounds::of_practice(practice, self.roles.to_vec());
            let mut roles = self.roles.iter();
            !roles.any(|person| may(person, &Act::Restrict, &at).is_ok())
        };
        if is_covered {
            let mut view = self.in_a_few_lines(&covered(case));
            view.instead = Some(NOT_USED.to_owned());
            return view;
        }
        self.in_a_few_lines(case)
    }

    fn in_a_few_lines<At: AsRef<StateRecord>>(&self, case: &Case<At>) -> CardView {
        let questions = in_order(case);
        let first = questions.first().and_then(|(_, tasks)| tasks.first());
        let post = case.revision.as_ref().map(|revision| &revision.post);
        let written = written(case).map(|at| self.calendar.local(at));
        CardView {
            asked: first.map(|task| capital(words::task(task.kind))),
            questions: questions.len(),
            place: place(case),
            author: post.and_then(|post| post.author.name.as_deref()).map(plain),
            when: written.unwrap_or_default(),
            text: post.map(|post| post.text.clone()).unwrap_or_default(),
            instead: instead(case),
            rule: self
                .rules(&case.tasks)
                .into_iter()
                .next()
                .map(|rule| rule.sentence),
            stands: stands(case),
            deadline: case.deadline().map(|at| self.deadline(at)),
            danger: case.is_danger(),
        }
    }
}
