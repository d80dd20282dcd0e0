//! A day of all general practices in England, in simulated time: what it asks of the table, its
//! stream, the functions, the platforms and what sends notices, and where that ends. `make scale`
//! prints the table that stands in docs/limits.md.
//!
//! What one post takes is measured (`pagewarden cost`, `tests/tests/cost.rs`), how the functions
//! are set is read from the template, and how the ledger is cut up is the ledger's own. How posts
//! are spread over a day and over practices is assumed, and said in docs/limits.md.

#![expect(clippy::unwrap_used, reason = "a test may")]

mod day;
mod limits;
mod queue;
mod things;

use day::{DAY, Day, HOUR, Played, WORLD, Wrong, play, play_until, three_at_once};
use limits::table;
use queue::Queue;

const WRONG: [Wrong; 4] = [Wrong::Nothing, Wrong::Story, Wrong::Silent, Wrong::Refuses];
const LIMITS: &str = include_str!("../../docs/limits.md");

/// A day of 300 practices with ten posts each.
fn day(each: u32, wrong: Wrong) -> Day {
    Day {
        practices: 300,
        posts: 10.0,
        each,
        wrong,
    }
}

#[test]
fn a_day_of_all_practices_asks_for_what_is_written() {
    let table = table();
    println!("{table}");
    assert!(
        LIMITS.contains(&table),
        "docs/limits.md has another table: `make scale` prints this one"
    );
}

#[test]
fn whatever_is_written_is_decided_or_waits() {
    for wrong in WRONG {
        // In the middle of what goes wrong, when it is just over, and when everything is.
        for end in [19 * HOUR, 20 * HOUR + 5, 2 * DAY] {
            let played = play_until(day(10, wrong), end);
            let decided = played.decided + u32::try_from(played.waiting).unwrap();
            assert_eq!(played.arrived, decided, "{wrong:?} {end}");
            assert!(played.done <= played.hidden);
            let is_over = end == 2 * DAY;
            assert!(!is_over || (played.waiting, played.done) == (0, played.hidden));
        }
    }
}

#[test]
fn twice_the_posts_never_need_less() {
    for wrong in WRONG {
        let (once, twice) = (play(day(1, wrong)), play(day(2, wrong)));
        let needs = |played: &Played| {
            [
                f64::from(played.arrived),
                f64::from(played.hidden),
                played.writes.most,
                played.writes_an_hour.most,
                played.reads_an_hour.most,
                played.writes_of_a_due_shard.most,
                played.hides_of_a_practice.most,
                played.requests.most,
                played.at_the_door,
                played.to_be_decided,
                played.to_be_done,
            ]
        };
        for (nth, (once, twice)) in needs(&once).into_iter().zip(needs(&twice)).enumerate() {
            assert!(twice >= once, "{wrong:?} {nth}: {once}, then {twice}");
        }
    }
}

#[test]
fn the_peak_of_a_simple_day_is_what_a_hand_reckons() {
    let (played, clean) = (three_at_once(), WORLD.figures.posts.clean);
    assert_eq!(played.decided, 3);
    assert!((played.writes.most - 3.0 * clean.writes).abs() < 1e-9);
    assert!((played.writes_an_hour.most - 3.0 * clean.writes).abs() < 1e-9);
    assert!((played.reads.most - 3.0 * clean.reads).abs() < 1e-9);
    assert!((played.writes_of_a_practice.most - 2.0 * clean.writes).abs() < 1e-9);
    assert!((played.requests.most - 3.0).abs() < 1e-9);
}

#[test]
fn a_queue_serves_its_rate_and_first_what_came_first() {
    let mut queue = Queue::new(2.0, 4.0);
    for nth in 0..10 {
        queue.push(0, 1.0, nth);
    }
    let served: Vec<Vec<i32>> = (0..6).map(|now| queue.serve(now)).collect();
    assert_eq!(served.concat(), (0..10).collect::<Vec<_>>());
    assert!(served.iter().take(5).all(|second| second.len() == 2));
    assert!((queue.longest - 4.0).abs() < 1e-9);
    // After a rest it takes its burst at once, and what takes longer than a second holds up others.
    queue.serve(7);
    for nth in 0..9 {
        queue.push(8, 1.0, nth);
    }
    assert_eq!(queue.serve(8).len(), 4);
    let mut slow = Queue::new(1.0, 1.0);
    slow.push(0, 3.0, "slow");
    slow.push(0, 1.0, "behind");
    let served: Vec<usize> = (0..4).map(|now| slow.serve(now).len()).collect();
    assert_eq!(served, [1, 0, 0, 1]);
}
