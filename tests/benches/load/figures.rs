//! What was measured, in figures.

use std::time::Duration;

/// Returns the time within which so many of a thousand were done.
pub(crate) fn within(times: &mut [Duration], of_thousand: usize) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let nth = (times.len() * of_thousand).div_ceil(1000).saturating_sub(1);
    times.get(nth.min(last)).copied().unwrap_or_default()
}

/// Returns the median, the 99th percentile and that of a thousand, in milliseconds, as cells of a
/// table.
pub(crate) fn percentiles(mut times: Vec<Duration>) -> String {
    let cells = [500, 990, 999]
        .map(|of_thousand| format!("{:.0}", within(&mut times, of_thousand).as_secs_f64() * 1e3));
    cells.join(" | ")
}
