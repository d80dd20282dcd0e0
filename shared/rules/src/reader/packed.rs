// A table of words that is looked up where it lies. Read by the build script as well, so that both
// sides always agree.
//
// It is a closed hash: buckets of entries, each entry a length, the index of the sets that the word
// belongs to, and the word itself. It needs no pointers, so it costs nothing to load and about ten
// bytes a word.

/// Buckets of the table: a power of two, about two words a bucket.
pub(crate) const BUCKETS: usize = 8192;

/// Returns the bucket of a word (FNV-1a, folded).
pub(crate) const fn bucket(word: &[u8]) -> usize {
    let mut hash = 0x811c_9dc5_u32;
    let mut at = 0;
    while at < word.len() {
        hash = (hash ^ word[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ (hash >> 15)) as usize & (BUCKETS - 1)
}

/// Returns the index of a word's sets, in a table and where its buckets start.
pub(crate) fn find(table: &[u8], starts: &[u32], word: &[u8]) -> Option<u16> {
    let bucket = bucket(word);
    let mut rest = &table[starts[bucket] as usize..starts[bucket + 1] as usize];
    while let [length, low, high, tail @ ..] = rest {
        let (entry, next) = tail.split_at(usize::from(*length).min(tail.len()));
        if entry == word {
            return Some(u16::from_le_bytes([*low, *high]));
        }
        rest = next;
    }
    None
}
