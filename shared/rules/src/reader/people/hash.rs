// Where a word is filed. Read by the build script as well, so that both sides always agree.

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
