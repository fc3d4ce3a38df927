//! How a tree is exited in one round.

use super::order::{first_round, is_crowded, order};
use super::{Going, Model, Node, Wrong};
use crate::world::{End, Event, Step};
use withal::{OutcomeKind, Phase};

impl Model<'_> {
    /// Polls the exits of a tree; tells whether all are over.
    pub(super) fn exit(&mut self, node: &Node, told: OutcomeKind) -> bool {
        let (policy, members) = match node {
            Node::Leaf(id) => return self.exit_member(*id, told),
            Node::Nobody => return true,
            Node::Within { phase: Phase::Exit, after, member } => {
                let is_late = self.is_late(node, *after);
                return self.exit(member, told) || is_late && self.cut_exits(member);
            }
            Node::Within { member, .. } => return self.exit(member, told),
            Node::Mortal { member, .. } => {
                self.end_life(member);
                return self.exit(member, told);
            }
            Node::GivenUp { in_flight, member } => {
                self.drop_enters(in_flight);
                return self.exit(member, OutcomeKind::Cancelled);
            }
            Node::Group { policy, members } => (policy, members),
        };
        let mut in_flight = 0;
        let begun = if policy.width.is_some() { self.let_out.get(&std::ptr::from_ref(node)).copied() } else { None };
        let begun = begun.unwrap_or(if policy.width.is_some() { 0 } else { members.len() });
        let rounds = self.exit_rounds.entry(node).or_insert_with(|| first_round(*policy, members));
        for index in order(rounds, members.len(), begun) {
            let member = &members[members.len() - 1 - index];
            let let_out = self.let_out.entry(node).or_default();
            if index >= *let_out {
                if policy.width.is_some_and(|width| in_flight >= width) {
                    break;
                }
                *let_out = index + 1;
            }
            in_flight += usize::from(!self.exit(member, told));
        }
        let waiting = members.len() - self.let_out.get(&std::ptr::from_ref(node)).copied().unwrap_or(0);
        if is_crowded(*policy, members.len(), in_flight + waiting) {
            self.exit_rounds.insert(node, None);
        }
        in_flight == 0
    }

    /// Takes down the enters that were dropped when the group was given up, before any exit.
    fn drop_enters(&mut self, in_flight: &[usize]) {
        for id in in_flight {
            self.enters[*id] = Going::Failed;
        }
    }

    fn exit_member(&mut self, id: usize, told: OutcomeKind) -> bool {
        let since = match (self.enters[id], self.exits[id]) {
            (Going::Well, Going::Since(round)) => round,
            (Going::Well, Going::Begun(polls)) => {
                self.exits[id] = Going::Since(self.round - polls);
                self.round - polls
            }
            (Going::Well, Going::Waiting) => {
                self.seen.events.push(Event::ExitStarted(id, told));
                self.exits[id] = Going::Since(self.round);
                self.round
            }
            _ => return true,
        };
        let Step { pending, end } = self.scripts[id].exit;
        if pending > self.round - since {
            return false;
        }
        self.exits[id] = Going::Well;
        self.seen.events.push(match end {
            End::Ok => Event::Exited(id),
            End::Error => Event::ExitFailed(id),
            End::Panic => Event::ExitPanicked(id),
            other => unreachable!("{other:?}"),
        });
        self.fault(id, Phase::Exit, end);
        true
    }

    /// Drops what is late in a tree, and then abandons what has not begun, the last one first. True, as that is the
    /// end.
    fn cut_exits(&mut self, node: &Node) -> bool {
        let mut after = Vec::new();
        self.cut_exit(node, &mut after);
        self.seen.events.extend(after);
        true
    }

    fn cut_exit(&mut self, node: &Node, after: &mut Vec<Event>) {
        match node {
            Node::Leaf(id) => {
                match (self.enters[*id], self.exits[*id]) {
                    (Going::Well, Going::Since(_) | Going::Begun(_))
                        if self.early.contains(id) || self.given_up > 0 =>
                    {
                        after.push(Event::ExitDropped(*id));
                    }
                    (Going::Well, Going::Since(_)) => self.seen.events.push(Event::ExitDropped(*id)),
                    (Going::Well, Going::Waiting) => after.push(Event::Abandoned(*id)),
                    _ => return,
                }
                self.exits[*id] = Going::Failed;
                self.seen.faults.push((*id, Phase::Exit, Wrong::Late));
            }
            Node::Nobody => {}
            Node::Within { member, .. } => self.cut_exit(member, after),
            Node::Mortal { member, .. } => {
                self.end_life(member);
                self.cut_exit(member, after);
            }
            Node::GivenUp { in_flight, member } => {
                self.drop_enters(in_flight);
                self.given_up += 1;
                self.cut_exit(member, after);
                self.given_up -= 1;
            }
            Node::Group { members, .. } => members.iter().rev().for_each(|member| self.cut_exit(member, after)),
        }
    }
}
