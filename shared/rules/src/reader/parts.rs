//! Parts of words that the reader compares with, in lists that build.rs wrote from the lexicons.

include!(concat!(env!("OUT_DIR"), "/parts.rs"));
