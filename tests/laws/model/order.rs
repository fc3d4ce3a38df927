//! In which order the members of a group are polled in a round (law `fair`).

use super::Policy;

/// Up to here a list is polled in rounds.
const SHORT: usize = 30;

/// Up to here a tuple is.
const FEW: usize = 4;

/// The first round goes in order, and each one after it begins one further on. Those that were not let in come last, in
/// order.
pub fn order(rounds: &mut Option<usize>, members: usize, begun: usize) -> Vec<usize> {
    let first = rounds.map_or(0, |first| if first < begun { first } else { 0 });
    *rounds = rounds.map(|_| first + 1);
    (first..begun).chain(0..first).chain(begun..members).collect()
}

/// How a group begins.
pub fn first_round(policy: Policy, members: usize) -> Option<usize> {
    (!policy.is_then && members <= SHORT).then_some(0)
}

/// Returns `true` if a tuple with this many pending members is left to an engine. A limited tuple never is.
pub fn is_crowded(policy: Policy, members: usize, pending: usize) -> bool {
    policy.is_tuple && pending > FEW && policy.width.is_none_or(|width| width >= members)
}
