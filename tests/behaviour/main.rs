//! What the crate does, part by part, polled by hand: each folder is about one worry.

mod auto_traits;
mod bad_input;
mod by_hand;
mod closures;
mod dynamic;
mod messages;
mod testing;
