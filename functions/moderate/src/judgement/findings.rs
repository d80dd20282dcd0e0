//! The findings that the record keeps.

use pagewarden_ledger::FindingRecord;
use pagewarden_rules::{Finding, Topic};

/// The most findings that the record keeps. An item of the table has bounds, and a text of 65,000
/// characters has none.
pub(super) const MOST_FINDINGS: usize = 40;

/// Returns the findings for the record, in the order of the text: one of each topic first, then the
/// surest, then the earliest. The last one kept of a topic says how many more of it there were.
pub(super) fn kept(findings: &[Finding]) -> Vec<FindingRecord> {
    let mut order: Vec<&Finding> = findings.iter().collect();
    order.sort_by_key(|finding| {
        (
            std::cmp::Reverse(finding.strength),
            finding.span.start,
            finding.span.end,
        )
    });
    let mut seen: Vec<&Topic> = Vec::new();
    let (first, others): (Vec<&Finding>, Vec<&Finding>) = order.into_iter().partition(|finding| {
        let is_first = !seen.contains(&&finding.topic);
        if is_first {
            seen.push(&finding.topic);
        }
        is_first
    });
    let all: Vec<&Finding> = first.into_iter().chain(others).collect();
    let (kept, more) = all.split_at(all.len().min(MOST_FINDINGS));
    let mut records: Vec<FindingRecord> = kept
        .iter()
        .map(|finding| FindingRecord::from(*finding))
        .collect();
    records.sort_by_key(|finding| (finding.start, finding.end));
    for finding in more {
        if let Some(last) = records
            .iter_mut()
            .rfind(|record| record.topic == finding.topic)
        {
            last.more += 1;
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use pagewarden_rules::{Finding, Strength, Topic};

    use super::*;

    #[test]
    fn what_is_left_out_of_the_record_is_counted() {
        let finding = |topic, strength, at| Finding {
            topic,
            strength,
            span: at..at + 1,
            cue: "c".into(),
            why: "w".into(),
            target: None,
        };
        let mut findings: Vec<Finding> = (0..100)
            .map(|at| finding(Topic::Obscene, Strength::Certain, at))
            .collect();
        findings.push(finding(Topic::Safeguarding, Strength::Possible, 100));
        findings.extend((101..111).map(|at| finding(Topic::Complaint, Strength::Likely, at)));
        let records = kept(&findings);
        assert_eq!(records.len(), MOST_FINDINGS);
        assert!(records.is_sorted_by_key(|record| record.start));
        let more = |topic: &Topic| {
            records
                .iter()
                .filter(|record| record.topic == *topic)
                .map(|record| record.more)
                .sum()
        };
        let of = |topic: &Topic| {
            records
                .iter()
                .filter(|record| record.topic == *topic)
                .count()
        };
        assert_eq!(
            (of(&Topic::Safeguarding), more(&Topic::Safeguarding)),
            (1, 0_u32)
        );
        assert_eq!((of(&Topic::Obscene), more(&Topic::Obscene)), (38, 62));
        assert_eq!((of(&Topic::Complaint), more(&Topic::Complaint)), (1, 9));
    }
}
