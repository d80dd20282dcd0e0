//! X's search, as far as it is used here: for what quotes some posts. It looks at the last seven
//! days.
//!
//! Source: X's "Build a query" and "Search operators".

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Answer;
use super::problem::Problem;
use super::shown::{referenced, turn};

/// Characters that a search may have, but on the Enterprise plan.
const LONGEST: usize = 512;

/// How far back it looks.
const BACK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What may be said beside the search. The real one takes more, which would be lost here unheard.
const KNOWN: [&str; 6] = [
    "query",
    "max_results",
    "next_token",
    "post.fields",
    "expansions",
    "user.fields",
];

/// What is searched for.
#[derive(Debug, PartialEq, Eq)]
struct Query<'a> {
    /// Quotes of any of these.
    quoted: Vec<&'a str>,
    /// And written by none of these.
    not_from: Vec<&'a str>,
    /// And not passed on.
    no_retweets: bool,
}

impl<'a> Query<'a> {
    /// Reads `(quotes_of_tweet_id:1 OR quotes_of_tweet_id:2) -from:3 -is:retweet`. Anything else is
    /// none that is understood.
    fn of(text: &'a str) -> Option<Self> {
        let (any, but) = text.strip_prefix('(')?.split_once(')')?;
        let number = |id: &'a str| id.parse::<u64>().ok().map(|_| id);
        let quoted = any
            .split(" OR ")
            .map(|one| number(one.strip_prefix("quotes_of_tweet_id:")?));
        let mut query = Query {
            quoted: quoted.collect::<Option<_>>()?,
            not_from: Vec::new(),
            no_retweets: false,
        };
        let mut but = but.split(' ');
        but.next().filter(|between| between.is_empty())?;
        for one in but {
            match one.strip_prefix('-')? {
                "is:retweet" => query.no_retweets = true,
                one => query.not_from.push(number(one.strip_prefix("from:")?)?),
            }
        }
        Some(query)
    }

    fn finds(&self, post: &Value) -> bool {
        referenced(post, "quoted").is_some_and(|quoted| self.quoted.contains(&quoted))
            && !self
                .not_from
                .iter()
                .any(|author| post["author_id"] == *author)
            && !(self.no_retweets && referenced(post, "retweeted").is_some())
    }
}

/// Answers a search, with the newest first.
pub(super) fn recent(
    posts: &BTreeMap<u64, Value>,
    query: &HashMap<String, String>,
    now: Timestamp,
) -> Answer {
    if let Some(unknown) = query.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Problem::invalid(unknown));
    }
    let text = query
        .get("query")
        .filter(|text| text.chars().count() <= LONGEST);
    let wanted = text
        .and_then(|text| Query::of(text))
        .ok_or_else(|| Problem::invalid("query"))?;
    let is_recent = |post: &Value| {
        let at = post["created_at"]
            .as_str()
            .and_then(|at| at.parse::<Timestamp>().ok());
        at.is_some_and(|at| now.duration_since(at) <= BACK)
    };
    let rows = posts
        .values()
        .rev()
        .filter(|post| wanted.finds(post) && is_recent(post));
    turn(posts, &rows.collect::<Vec<_>>(), query, 10, "next_token")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: &str = "2026-11-20T10:00:00Z";

    fn quote(id: u64, of: &str, author: &str, at: &str) -> (u64, Value) {
        let object = json!({ "id": id.to_string(), "text": "look", "author_id": author, "created_at": at,
            "referenced_posts": [{ "type": "quoted", "id": of }] });
        (id, object)
    }

    fn search(posts: &BTreeMap<u64, Value>, query: &[(&str, &str)]) -> Answer {
        let query = query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        recent(posts, &query, NOW.parse().unwrap())
    }

    #[test]
    fn quotes_of_seven_days_are_found_page_by_page() {
        let mut posts: BTreeMap<u64, Value> =
            (100..115).map(|id| quote(id, "11", "501", NOW)).collect();
        posts.extend([
            quote(120, "11", "100", NOW),
            quote(121, "13", "501", NOW),
            quote(122, "12", "501", "2026-11-13T09:59:59Z"),
        ]);
        let mut passed_on = quote(123, "11", "501", NOW).1;
        passed_on["referenced_posts"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "type": "retweeted", "id": "100" }));
        posts.insert(123, passed_on);
        let wanted = (
            "query",
            "(quotes_of_tweet_id:11 OR quotes_of_tweet_id:12) -from:100 -is:retweet",
        );
        let first = search(&posts, &[wanted]).unwrap().1;
        assert_eq!(
            (
                first["data"][0]["id"].as_str(),
                first["meta"]["result_count"].as_u64()
            ),
            (Some("114"), Some(10))
        );
        let next = first["meta"]["next_token"].as_str().unwrap();
        let second = search(&posts, &[wanted, ("next_token", next)]).unwrap().1;
        assert_eq!(
            (
                second["data"][4]["id"].as_str(),
                &second["meta"]["next_token"]
            ),
            (Some("100"), &Value::Null)
        );
    }

    #[test]
    fn what_x_refuses_or_the_fake_does_not_know_is_refused() {
        let long = format!("(quotes_of_tweet_id:{}1)", "0".repeat(500));
        for query in [
            "",
            "quotes_of_tweet_id:11 -from:100",
            "(quotes_of_tweet_id:11 quotes_of_tweet_id:12)",
            "(quotes_of_tweet_id:11 or quotes_of_tweet_id:12)",
            "(quotes_of_tweet_id:x)",
            "()",
            "(from:100)",
            "(quotes_of_tweet_id:11)-from:100",
            "(quotes_of_tweet_id:11) from:100",
            "(quotes_of_tweet_id:11)  -from:100",
            &long,
        ] {
            assert!(
                search(&BTreeMap::new(), &[("query", query)]).is_err(),
                "{query}"
            );
        }
        let good = ("query", "(quotes_of_tweet_id:11)");
        assert!(search(&BTreeMap::new(), &[good]).is_ok());
        for other in [
            ("max_results", "9"),
            ("max_results", "101"),
            ("since_id", "1"),
            ("next_token", "x"),
        ] {
            assert!(
                search(&BTreeMap::new(), &[good, other]).is_err(),
                "{other:?}"
            );
        }
    }
}
