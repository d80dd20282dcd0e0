//! What waits and is served at a rate, and the most that there was of something in a while.

use std::collections::VecDeque;

/// What waits, first come, first served.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    rate: f64,
    burst: f64,
    left: f64,
    served_at: u32,
    waiting: VecDeque<Waiting<T>>,
    /// The longest that anything waited, in seconds.
    pub(crate) longest: f64,
}

#[derive(Debug)]
struct Waiting<T> {
    since: u32,
    work: f64,
    what: T,
}

impl<T> Queue<T> {
    /// Begins one in which so much work is done in a second, and so much at once after a rest.
    pub(crate) fn new(rate: f64, burst: f64) -> Self {
        Queue {
            rate,
            burst: burst.max(rate),
            left: rate,
            served_at: 0,
            waiting: VecDeque::new(),
            longest: 0.0,
        }
    }

    pub(crate) fn push(&mut self, since: u32, work: f64, what: T) {
        self.waiting.push_back(Waiting { since, work, what });
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = &T> {
        self.waiting.iter().map(|waiting| &waiting.what)
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Returns `true` if something waits or is being served.
    pub(crate) fn is_busy(&self) -> bool {
        self.left < self.rate || !self.waiting.is_empty()
    }

    /// Returns what is served in a second. What takes longer than a second is served in its first,
    /// and those behind it wait.
    pub(crate) fn serve(&mut self, now: u32) -> Vec<T> {
        let gained = f64::from(now - self.served_at) * self.rate;
        (self.left, self.served_at) = ((self.left + gained).min(self.burst), now);
        let mut served = Vec::new();
        while self.left > 0.0
            && let Some(next) = self.waiting.pop_front()
        {
            self.left -= next.work;
            self.longest = self.longest.max(f64::from(now - next.since));
            served.push(next.what);
        }
        served
    }
}

/// The most of something in any span of time.
#[derive(Debug)]
pub(crate) struct Peak {
    span: u32,
    at: u32,
    sum: f64,
    /// The most.
    pub(crate) most: f64,
}

impl Peak {
    /// Begins one for spans of so many seconds.
    pub(crate) fn in_spans_of(span: u32) -> Self {
        Peak {
            span,
            at: 0,
            sum: 0.0,
            most: 0.0,
        }
    }

    pub(crate) fn add(&mut self, now: u32, much: f64) {
        if now / self.span != self.at {
            (self.at, self.sum) = (now / self.span, 0.0);
        }
        self.sum += much;
        self.most = self.most.max(self.sum);
    }
}

/// The most of something in any span of time, for whichever of several there was most.
#[derive(Debug)]
pub(crate) struct PeakOfOne {
    span: u32,
    each: Vec<Peak>,
    /// The most.
    pub(crate) most: f64,
}

impl PeakOfOne {
    /// Begins one for spans of so many seconds.
    pub(crate) fn in_spans_of(span: u32) -> Self {
        PeakOfOne {
            span,
            each: Vec::new(),
            most: 0.0,
        }
    }

    pub(crate) fn add(&mut self, now: u32, of: u32, much: f64) {
        let of = of as usize;
        while self.each.len() <= of {
            self.each.push(Peak::in_spans_of(self.span));
        }
        let one = &mut self.each[of];
        one.add(now, much);
        self.most = self.most.max(one.most);
    }
}
