//! What a practice grants an app on a platform, and what for.

/// One thing that is granted: a permission of Meta's, or a scope of X's or Google's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// What the platform calls it.
    pub name: &'static str,
    /// What may not be done without it, as it stands after "may not": "answer comments".
    pub to: &'static str,
}

/// Returns in plain words what may not be done for want of some of these; none where each is
/// granted.
#[must_use]
pub fn missing(wanted: &[Permission], granted: impl Fn(&str) -> bool) -> Option<String> {
    let lacks = wanted.iter().filter(|one| !granted(one.name));
    let lacks: Vec<String> = lacks
        .map(|Permission { name, to }| format!("may not {to}: grant {name}"))
        .collect();
    (!lacks.is_empty()).then(|| lacks.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_that_was_not_granted_is_named_with_what_it_is_for() {
        let wanted = [
            Permission {
                name: "read",
                to: "read posts",
            },
            Permission {
                name: "hide",
                to: "hide posts",
            },
        ];
        assert_eq!(missing(&wanted, |_| true), None);
        assert_eq!(
            missing(&wanted, |name| name == "read").as_deref(),
            Some("may not hide posts: grant hide")
        );
        let all = "may not read posts: grant read; may not hide posts: grant hide";
        assert_eq!(missing(&wanted, |_| false).as_deref(), Some(all));
    }
}
