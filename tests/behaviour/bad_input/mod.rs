//! What a user may do that nobody thinks of first: each does what the laws say.

mod chain_shares_guard;
mod edge_cases;
mod erased;
mod guards_taken_by_body;
mod guards_taken_by_then;
mod large_guards;
mod panicking_drops;
mod panicking_errors;
mod panicking_payloads;
