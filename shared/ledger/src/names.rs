//! Finding an author by a name that somebody knows: the one shown, or the one by which others call
//! on the account.
//!
//! Beside the words of a post stands an item for each of its author's names, which is nothing but
//! its key and its place in the `due` index: a partition for each name at a practice, under the
//! name's hash. The place is written with the decision that keeps the words and goes with them,
//! whoever has them deleted. So a name is found for exactly as long as it is kept, by one bounded
//! read, and no key holds it.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::TransactWriteItem;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use pagewarden_rules::{Author, Platform, PostKey, PracticeId};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::accounts::OfAccount;
use crate::history::History;
use crate::keys::{self, Key};
use crate::records::RevisionRecord;
use crate::write::{Item, key_of, put_item, text, update_item};
use crate::{Ledger, LedgerError};

/// Posts that are looked at for one name, the newest first.
const MOST_POSTS: usize = 50;

/// Posts that are read at the same time.
const AT_ONCE: usize = 8;

/// Hexadecimal digits of a name's hash.
const HASH_DIGITS: usize = 32;

/// An author whom somebody looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAuthor {
    /// The platform.
    pub platform: Platform,
    /// The account's id there; none where the platform tells no account, as Google does.
    pub account: Option<String>,
    /// What the author is called, as far as that is kept.
    pub author: Author,
    /// The posts by which the author was found, the newest first. There may be more.
    pub posts: Vec<PostKey>,
}

/// The authors who were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FoundAuthors {
    /// Whoever is called so, and the accounts with such an id, in no order that means anything.
    pub authors: Vec<FoundAuthor>,
    /// Only the newest posts of that name were looked at: there may be more people of it.
    pub more: bool,
}

/// Returns a name in the form in which names are compared: without the sign before a handle, and
/// however it was typed. None where nothing is left.
fn folded(name: &str) -> Option<String> {
    let name = name.trim().trim_start_matches('@');
    let lower: String = name.nfkc().flat_map(char::to_lowercase).collect();
    let words: Vec<&str> = lower.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Returns the hash of a name at a practice: no two practices have the same for one name.
fn hash(practice: &PracticeId, folded: &str) -> String {
    let mut hash = hex::encode(Sha256::digest(format!("{practice} {folded}")));
    hash.truncate(HASH_DIGITS);
    hash
}

/// Returns an author's names by kind, in the form in which they are compared. A handle that is the
/// name shown is none of its own.
fn names(author: &Author) -> Vec<(&'static str, String)> {
    let name = author.name.as_deref().and_then(folded);
    let handle = author.handle.as_deref().and_then(folded);
    let handle = handle.filter(|handle| name.as_ref() != Some(handle));
    [("name", name), ("handle", handle)]
        .into_iter()
        .filter_map(|(kind, name)| Some((kind, name?)))
        .collect()
}

/// Returns the items by which a post is found by its author's names.
fn items(revision: &RevisionRecord, now: Timestamp) -> Vec<Item> {
    let post = &revision.key;
    let unique = &hex::encode(Sha256::digest(keys::post(post)))[..16];
    let item = |(kind, name): (&str, String)| {
        let partition = keys::called_partition(&post.practice, &hash(&post.practice, &name));
        let mut item = keys::called(post, kind).attributes();
        item.insert("due_pk".to_owned(), text(partition));
        item.insert("due_sk".to_owned(), text(keys::due_time(now, unique)));
        item
    };
    names(&revision.post.author).into_iter().map(item).collect()
}

/// Returns `true` if an item says what a post's author is called.
pub(crate) fn is_name(item: &Item) -> bool {
    key_of(item).sk.starts_with(keys::CALLED) && item.contains_key("due_pk")
}

impl Ledger {
    /// Returns the writes by which a post whose words are kept is found by its author's names.
    pub(crate) fn call(
        &self,
        revision: &RevisionRecord,
        now: Timestamp,
    ) -> Result<Vec<TransactWriteItem>, LedgerError> {
        let items = items(revision, now).into_iter();
        items.map(|item| put_item(self.put(item))).collect()
    }

    /// Returns the writes after which a post is found by no name any more.
    pub(crate) fn uncall(
        &self,
        post: &PostKey,
        history: &History,
    ) -> Result<Vec<TransactWriteItem>, LedgerError> {
        let uncall = |sk: &String| {
            let key = Key::new(keys::post(post), sk);
            update_item(self.update(&key).update_expression("REMOVE due_pk, due_sk"))
        };
        history.names.iter().map(uncall).collect()
    }

    /// Returns the authors at a practice who are called so, or whose account has this id.
    ///
    /// Only names that are kept are found: those of posts about which something was done or asked,
    /// for as long as their words are there.
    pub async fn find_author(
        &self,
        practice: &PracticeId,
        asked: &str,
    ) -> Result<FoundAuthors, LedgerError> {
        let mut found = FoundAuthors::default();
        if let Some(name) = folded(asked) {
            let mut posts = self.posts_called(practice, &name).await?;
            found.more = posts.len() > MOST_POSTS;
            posts.truncate(MOST_POSTS);
            let mut called = stream::iter(posts)
                .map(|post| self.called(post, &name))
                .buffered(AT_ONCE);
            while let Some(one) = called.try_next().await? {
                found.add(one);
            }
        }
        for platform in Platform::ALL.iter().copied() {
            let account = asked.trim();
            if !account.is_empty() && self.is_account(practice, platform, account).await? {
                found.add(Some(FoundAuthor {
                    platform,
                    account: Some(account.to_owned()),
                    author: Author::default(),
                    posts: Vec::new(),
                }));
            }
        }
        Ok(found)
    }

    /// Returns the newest posts under a name, one more than are looked at.
    async fn posts_called(
        &self,
        practice: &PracticeId,
        name: &str,
    ) -> Result<Vec<PostKey>, LedgerError> {
        let found = self
            .client
            .query()
            .table_name(&self.table)
            .index_name("due")
            .key_condition_expression("due_pk = :pk")
            .expression_attribute_values(
                ":pk",
                text(keys::called_partition(practice, &hash(practice, name))),
            )
            .scan_index_forward(false)
            .limit(i32::try_from(MOST_POSTS + 1).unwrap_or(i32::MAX))
            .send()
            .await?;
        let items = found.items.unwrap_or_default();
        let mut once = BTreeSet::new();
        let posts = items
            .iter()
            .filter_map(|item| keys::post_of(&key_of(item).pk));
        Ok(posts.filter(|post| once.insert(post.clone())).collect())
    }

    /// Returns a post's author, if they are called so by what is kept.
    async fn called(&self, post: PostKey, name: &str) -> Result<Option<FoundAuthor>, LedgerError> {
        let revisions = self.revisions(&post).await?;
        let is_called = |author: &Author| names(author).iter().any(|(_, one)| one == name);
        let authors = revisions
            .into_iter()
            .map(|one| (one.seen_at, one.post.author));
        let newest = authors
            .filter(|(_, author)| is_called(author))
            .max_by_key(|(seen_at, _)| *seen_at);
        Ok(newest.map(|(_, author)| FoundAuthor {
            platform: post.platform,
            account: author.id.clone(),
            author,
            posts: vec![post],
        }))
    }

    /// Returns `true` if something is listed under an account.
    async fn is_account(
        &self,
        practice: &PracticeId,
        platform: Platform,
        account: &str,
    ) -> Result<bool, LedgerError> {
        let first = keys::account_post(practice, platform, account, "");
        let range = [first.sk.clone(), format!("{}~", first.sk)];
        let listed: Vec<OfAccount> = self.last(first.pk, range, 1).await?;
        Ok(!listed.is_empty())
    }
}

impl FoundAuthors {
    /// Adds an author, with those posts that are of the same account. Without an account nobody can
    /// tell whether two posts are of one person.
    fn add(&mut self, found: Option<FoundAuthor>) {
        let Some(found) = found else { return };
        let same = self.authors.iter_mut().find(|known| {
            known.platform == found.platform
                && known.account.is_some()
                && known.account == found.account
        });
        match same {
            Some(known) => known.posts.extend(found.posts),
            None => self.authors.push(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_however_it_is_typed() {
        let same = ["Jo  Smith", " jo smith", "@JO SMITH", "\u{ff2a}o Smith"];
        for typed in same {
            assert_eq!(folded(typed).as_deref(), Some("jo smith"), "{typed}");
        }
        assert_eq!(folded("Jose\u{301}"), folded("JOS\u{c9}"));
        assert_ne!(folded("jo_smith"), folded("jo smith"));
        assert_eq!([folded(" @ "), folded("")], [None, None]);
    }

    #[test]
    fn a_handle_that_is_the_name_is_listed_once() {
        let author = |name: &str, handle: &str| Author {
            name: Some(name.to_owned()),
            handle: Some(handle.to_owned()),
            ..Author::default()
        };
        assert_eq!(names(&author("Jo_Smith", "jo_smith")).len(), 1);
        assert_eq!(names(&author("Jo", "jo_smith")).len(), 2);
    }
}
