//! By hand with the guarantee of a scope, as an expert writes it for speed.
//!
//! The guarantee is that of `guaranteed`, which is written to be read. Here the members of a phase stand in one frame
//! and are polled in place. One `catch_unwind` covers a whole round of polls: after a panic the round goes on behind
//! the member that panicked. No list of outputs is kept: what a member returns goes straight to its place.

mod body;
mod call;
mod list;
mod tuple;

use super::Member;
use super::guaranteed::log::Log;
use std::panic::{AssertUnwindSafe, catch_unwind};
use withal::Phase;

pub struct Expert;

/// A pair whose members are entered one after the other, and exited one after the other in reverse.
pub struct ExpertInSeries;

/// Abandons a member, and keeps its panic.
#[cold]
fn abandon<M: Member>(member: &mut M, guard: u64, index: usize, log: &Log) {
    if let Err(payload) = catch_unwind(AssertUnwindSafe(|| member.abandon(guard))) {
        log.push(Some(index), Phase::Exit, payload.into());
    }
}
