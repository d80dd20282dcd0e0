//! "Did you mean": the known word nearest to an unknown one.

/// Nobody means a word this long, and the distance takes time quadratic in it.
const LONGEST: usize = 64;

/// Returns the known word that an unknown one was probably meant to be.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (slips, meant) = by_distance(word, known)
        .into_iter()
        .min_by_key(|(slips, _)| *slips)?;
    (slips <= (word.chars().count() / 3).max(1)).then_some(meant)
}

/// Returns the few known words that an unknown one may have been meant to be, the nearest first.
pub(crate) fn near<'a>(word: &str, known: &[&'a str]) -> impl Iterator<Item = &'a str> {
    const MOST: usize = 5;
    let mut known = by_distance(word, known.iter().copied());
    known.sort_by_key(|(slips, _)| *slips);
    let most = (word.chars().count() / 2).max(2);
    known
        .into_iter()
        .filter(move |(slips, _)| *slips <= most)
        .map(|(_, known)| known)
        .take(MOST)
}

/// Returns each known word with how many slips it is away.
fn by_distance<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Vec<(usize, &'a str)> {
    if word.is_empty() || word.len() > LONGEST {
        return Vec::new();
    }
    let word = word.to_lowercase().replace([' ', '-'], "_");
    // A plural, or a word of which the known one is a part, is as near as two slips.
    let distance = |known: &str| {
        let slips = strsim::osa_distance(&word, known);
        let within =
            known.len() >= 4 && word.contains(known) || word.len() >= 4 && known.contains(&word);
        if within { slips.min(2) } else { slips }
    };
    known.map(|known| (distance(known), known)).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word() {
        let known = [
            "complaint",
            "criticism",
            "hide",
            "capture",
            "patient_identifiable",
        ];
        let meant = |word| nearest(word, known.into_iter());
        assert_eq!(meant("complaints"), Some("complaint"));
        assert_eq!(meant("critcism"), Some("criticism"));
        assert_eq!(meant("Hide"), Some("hide"));
        assert_eq!(meant("hied"), Some("hide"));
        assert_eq!(meant("patient-identifiable"), Some("patient_identifiable"));
        assert_eq!(meant("weather"), None);
        assert_eq!(meant(""), None);
        assert_eq!(meant(&"hide".repeat(40)), None);
    }
}
