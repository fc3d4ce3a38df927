//! In which order the members of a group are polled in a round (law `fair`).

use super::{Node, Policy};

/// Up to here a list is polled in rounds.
const SHORT: usize = 30;

/// From so many members in a tree on, those in nested groups count, too.
const MANY: usize = 500;

/// Up to here a tuple is.
const FEW: usize = 4;

/// Whether a tree has so many members that its groups are long by all that is in them.
pub fn is_large(tree: &Node) -> bool {
    tree.reach() >= MANY
}

/// Whether an engine polls only those members of a group that were woken, in the order of the wakes.
pub fn is_long(members: &[Node], is_large: bool) -> bool {
    members.len() > SHORT || is_large && members.iter().map(Node::reach).sum::<usize>() > SHORT
}

/// The first round goes in order, and each one after it begins one further on. Those that were not let in come last, in
/// order.
pub fn order(rounds: &mut Option<usize>, members: usize, begun: usize) -> Vec<usize> {
    let first = rounds.map_or(0, |first| if first < begun { first } else { 0 });
    *rounds = rounds.map(|_| first + 1);
    (first..begun).chain(0..first).chain(begun..members).collect()
}

/// How a group begins.
pub fn first_round(policy: Policy, is_long: bool) -> Option<usize> {
    (!policy.is_then && !is_long).then_some(0)
}

/// Returns `true` if a tuple with this many pending members is left to an engine. A limited tuple never is.
pub fn is_crowded(policy: Policy, members: usize, pending: usize) -> bool {
    policy.is_tuple && pending > FEW && policy.width.is_none_or(|width| width >= members)
}
