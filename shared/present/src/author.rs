//! What is said to whoever looks for an author, and of a record that is not used.

/// What a search by name does not find, and why. It looks up nothing but the names that are kept.
pub const NOT_FOUND: [&str; 6] = [
    "Posts that broke no rule and asked for nothing: neither their words nor the names of their authors are kept.",
    "Posts whose words were deleted, because their time had passed, or their author asked for it or took them back. The names \
     went with the words.",
    "Posts that still wait to be read, which takes seconds, and posts from before Pagewarden kept names to search by.",
    "A name that the author had at another time, and one of which only a part was typed. Where a platform tells a \
     handle or a user name, that is found as well as the name shown.",
    "People whom somebody else wrote about, and names that a platform told when it was asked about something else. No words are \
     searched.",
    "Who is behind a name: several people may share one, and anybody may change theirs. Ask for a message from the account \
     itself before you answer.",
];

/// What it means that an author asked for what is held about them not to be used.
pub const RESTRICTED: [&str; 6] = [
    "What is held is kept, and is not deleted when its time has passed, until you lift this.",
    "It is not used: it counts on no ladder and as no incident, and only a practice manager reads it and decides about it.",
    "What the account posts later is read, since somebody may be in danger, and is kept and not used like the rest. If anybody \
     may be in danger, the safeguarding lead and the practice manager are told at once, as of any other post.",
    "Pagewarden goes on hiding by itself what tells private things of somebody else, threatens, harasses, shames or \
     defrauds, because that protects other people. Everything else waits for a practice manager.",
    "The law lets you use it meanwhile if the author agrees, for a legal claim, or to protect somebody else (UK GDPR, Article 18(2)). \
     Say why in a note when you do.",
    "Tell the author before you lift it (Article 18(3)).",
];
