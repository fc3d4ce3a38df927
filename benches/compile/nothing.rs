//! What it costs to start a compiler, and to load the same crates.

extern crate futures;
extern crate withal;

fn main() {}
