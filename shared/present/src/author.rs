//! What is said to whoever looks for an author, and of a record that is not used.

/// What a search by name does not find, and why. It looks up nothing but the names that are kept.
pub const NOT_FOUND: [&str; 6] = [
    "Posts that broke no rule and asked for nothing: neither their words nor the names of their authors are kept.",
    "Posts whose words were deleted, because their time had passed, or their author asked for it or took them back. The names \
     went with the words.",
    "Posts that still wait to be read, which takes seconds, and posts from before Pagewarden kept names to search by.",
    "A name that the author had at another time, and one of which only a part was typed. On X the handle is found as well as \
     the name shown; elsewhere the name shown, and on Instagram the user name.",
    "People whom somebody else wrote about, and names that a platform told when it was asked about something else. No words are \
     searched.",
    "Who is behind a name: several people may share one, and anybody may change theirs. Ask for a message from the account \
     itself before you answer.",
];
