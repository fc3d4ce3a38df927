//! In which order the members of a group are polled in a round (law `fair`).

use super::{Node, Policy};

/// Up to here a list is polled in rounds, whatever its members are.
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

/// How a group begins. A long one is polled in the order of the wakes if it has groups in it, or is limited.
pub fn first_round(policy: Policy, members: &[Node]) -> Option<usize> {
    let is_limited = policy.width.is_some_and(|width| width < members.len());
    let in_rounds = members.len() <= SHORT || !is_limited && members.iter().all(|member| reach(member) <= 1);
    (!policy.is_then && in_rounds).then_some(0)
}

/// Returns the number of members that one poll can reach.
fn reach(node: &Node) -> usize {
    match node {
        Node::Nobody => 0,
        Node::Leaf(_) => 1,
        Node::Group { policy, members } if policy.is_then => members.iter().map(reach).max().unwrap_or(0),
        Node::Group { members, .. } => members.iter().map(reach).sum(),
        Node::GivenUp { member, .. } | Node::Mortal { member, .. } | Node::Within { member, .. } => reach(member),
    }
}

/// Returns `true` if a tuple with this many pending members is left to an engine. A limited tuple never is.
pub fn is_crowded(policy: Policy, members: usize, pending: usize) -> bool {
    policy.is_tuple && pending > FEW && policy.width.is_none_or(|width| width >= members)
}
