// Written by train.py.

/// What one unit of a weight is worth.
const SCALE: f32 = 0.033_144_92;

/// What a text without features sounds like.
const BIAS: f32 = -1.916_409;
