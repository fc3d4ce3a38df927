//! How a tree is entered in one round.

use super::order::{first_round, is_crowded, order};
use super::{Going, Model, Node, Policy, Wrong};
use crate::world::{End, Event, Step};
use withal::Phase;

impl Model<'_> {
    /// Polls the enters of a tree; tells whether none in it failed, once that is settled.
    pub(super) fn enter(&mut self, node: &Node, fail_fast: bool) -> Option<bool> {
        if let Some(well) = self.entered.get(&std::ptr::from_ref(node)) {
            return Some(*well);
        }
        let settled = match node {
            Node::Leaf(id) => return self.enter_member(*id),
            Node::Nobody | Node::GivenUp { .. } => return Some(true),
            Node::Within { phase: Phase::Enter, after, member } => self.enter_within(node, *after, member, fail_fast),
            Node::Within { member, .. } => self.enter(member, fail_fast),
            Node::Mortal { life, member } => {
                let settled = self.enter(member, fail_fast);
                if settled == Some(true) {
                    self.begin_life(*life, member);
                }
                settled
            }
            Node::Group { policy, members } => self.enter_group(node, *policy, members, fail_fast),
        };
        if let Some(well) = settled {
            self.entered.insert(node, well);
        }
        settled
    }

    fn enter_within(&mut self, node: &Node, after: usize, member: &Node, fail_fast: bool) -> Option<bool> {
        // It begins with what it limits, and the work goes first.
        let is_late = self.is_late(node, after);
        let settled = self.enter(member, fail_fast);
        if settled.is_none() && is_late {
            self.cut(member, true);
            return Some(false);
        }
        settled
    }

    fn enter_group(&mut self, node: &Node, policy: Policy, members: &[Node], fail_fast: bool) -> Option<bool> {
        if policy.fail_fast && self.stopped.is_some_and(|round| round < self.round) {
            self.cut(node, false);
            return Some(false);
        }
        let fail_fast = fail_fast || policy.fail_fast;
        let (mut all, mut in_flight) = (Some(true), 0);
        let begun = if policy.width.is_some() { self.let_in.get(&std::ptr::from_ref(node)).copied() } else { None };
        let begun = begun.unwrap_or(if policy.width.is_some() { 0 } else { members.len() });
        let rounds = self.enter_rounds.entry(node).or_insert_with(|| first_round(policy, members));
        for index in order(rounds, members.len(), begun) {
            let member = &members[index];
            let let_in = self.let_in.entry(node).or_default();
            if index >= *let_in {
                if policy.width.is_some_and(|width| in_flight >= width) {
                    all = None;
                    break;
                }
                *let_in = index + 1;
                // Those that need not wait start as they do in every group.
                let waited = policy.width.is_some_and(|width| index >= width);
                if waited && self.is_in_vain() {
                    self.skip(member);
                }
            }
            match self.enter(member, fail_fast) {
                Some(false) if fail_fast => {
                    self.cut(node, false);
                    return Some(false);
                }
                Some(false) if policy.is_then => return Some(false),
                Some(well) => all = all.map(|all| all && well),
                None => {
                    all = None;
                    in_flight += 1;
                }
            }
        }
        let waiting = members.len() - self.let_in.get(&std::ptr::from_ref(node)).copied().unwrap_or(0);
        if is_crowded(policy, members.len(), in_flight + waiting) {
            self.enter_rounds.insert(node, None);
        }
        // A pending member hides what failed before; it is looked at again in the next round.
        all
    }

    fn enter_member(&mut self, id: usize) -> Option<bool> {
        let since = match self.enters[id] {
            Going::Well | Going::Skipped => return Some(true),
            Going::Failed => return Some(false),
            Going::Since(round) => round,
            Going::Waiting | Going::Begun(_) => {
                self.seen.events.push(Event::EnterStarted(id));
                self.enters[id] = Going::Since(self.round);
                self.round
            }
        };
        let Step { pending, end } = self.scripts[id].enter;
        if pending > self.round - since {
            return None;
        }
        self.enters[id] = if end == End::Ok { Going::Well } else { Going::Failed };
        self.seen.events.push(match end {
            End::Ok => Event::Entered(id),
            End::Error => Event::EnterFailed(id),
            End::Panic => Event::EnterPanicked(id),
            other => unreachable!("{other:?}"),
        });
        self.fault(id, Phase::Enter, end);
        Some(end == End::Ok)
    }

    /// Drops what is in flight in a tree, be it late or given up.
    fn cut(&mut self, node: &Node, late: bool) {
        match node {
            Node::Leaf(id) => match self.enters[*id] {
                Going::Waiting | Going::Begun(_) => self.enters[*id] = Going::Failed,
                Going::Since(_) => {
                    self.enters[*id] = Going::Failed;
                    self.seen.events.push(Event::EnterDropped(*id));
                    if late {
                        self.seen.faults.push((*id, Phase::Enter, Wrong::Late));
                    }
                }
                Going::Well | Going::Failed | Going::Skipped => {}
            },
            Node::Nobody | Node::GivenUp { .. } => {}
            Node::Within { member, .. } | Node::Mortal { member, .. } => self.cut(member, late),
            Node::Group { members, .. } => members.iter().rev().for_each(|member| self.cut(member, late)),
        }
    }

    /// Does not even start a tree, as that would be in vain.
    fn skip(&mut self, node: &Node) {
        match node {
            Node::Leaf(id) => self.enters[*id] = Going::Skipped,
            Node::Nobody | Node::GivenUp { .. } => {}
            Node::Within { member, .. } | Node::Mortal { member, .. } => self.skip(member),
            Node::Group { members, .. } => {
                self.entered.insert(node, true);
                for member in members {
                    self.skip(member);
                }
            }
        }
    }
}
