//! What the folders promise: who may know whom, what a function looks like, which names exist.

mod configuration;
mod folders;
mod knowledge;
