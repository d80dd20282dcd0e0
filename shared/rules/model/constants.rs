// Written by train.py.

/// What one unit of a weight is worth.
const SCALE: f32 = 0.022_853;

/// What a text without features sounds like.
const BIAS: f32 = -1.443_934;
