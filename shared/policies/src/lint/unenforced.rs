//! What a policy file declares and the program does not do yet, which a practice that relies on it
//! has to know.

use pagewarden_rules::Policy;

/// Returns what a policy declares and nothing here does, a sentence each that begins with "not
/// enforced yet".
#[must_use]
pub fn not_enforced(policy: &Policy) -> Vec<String> {
    let mut told = Vec::new();
    let mut tell = |key: &str, what: String| told.push(format!("not enforced yet: {key}: {what}"));
    let retention = &policy.retention;
    let days = retention.no_breach_text_days;
    if days > 0 {
        let what = format!(
            "the words of a post without a breach are dropped at once, not after {days} days"
        );
        tell("retention.no_breach_text_days", what);
    }
    let practice = &policy.practice;
    if !practice.audience.is_empty() {
        let audience = practice.audience.join(" and ");
        tell(
            "practice.audience",
            format!("nobody can tell {audience} from others here, so all authors are judged alike"),
        );
    }
    if !practice.responder.is_empty() {
        let responder = &practice.responder;
        tell(
            "practice.responder",
            format!(
                "a review's reply waits for anybody who may decide tasks, not for {responder} alone"
            ),
        );
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load_shipped;

    #[test]
    fn what_is_declared_and_not_done_is_told() {
        for loaded in load_shipped().unwrap() {
            let told = not_enforced(&loaded.policy).join("\n");
            assert!(
                told.contains("practice.audience") && told.contains("practice.responder"),
                "{told}"
            );
            assert!(!told.contains("ladder"), "{told}");
            assert!(
                told.lines()
                    .all(|line| line.starts_with("not enforced yet: "))
            );
        }
    }
}
