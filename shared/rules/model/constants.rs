// Written by train.py.

/// What one unit of a weight is worth.
const SCALE: f32 = 0.039_068;

/// What a text without features sounds like.
const BIAS: f32 = -0.852_060;
