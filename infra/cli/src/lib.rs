#![doc = include_str!("../README.md")]

pub mod command;
pub mod line;
pub mod score;
