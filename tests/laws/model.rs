//! What must happen, told by the laws: a tree of members, a policy, a body.

use crate::world::{End, Event, Script, Step};
use std::collections::HashMap;
use withal::OutcomeKind;
use withal::Phase;

#[derive(Clone, Debug)]
pub enum Node {
    Leaf(usize),
    /// A missing member.
    Nobody,
    Group {
        policy: Policy,
        members: Vec<Node>,
    },
}

/// What restricts how the members of a group are driven together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    pub fail_fast: bool,
    /// So many in flight at a time.
    pub width: Option<usize>,
    /// The second one is made from the guard of the first.
    pub is_then: bool,
}

pub fn group(members: Vec<Node>) -> Node {
    Node::Group { policy: Policy::default(), members }
}

pub fn fail_fast(members: Vec<Node>) -> Node {
    Node::Group { policy: Policy { fail_fast: true, ..Policy::default() }, members }
}

pub fn in_order(members: Vec<Node>) -> Node {
    Node::Group { policy: Policy { width: Some(1), ..Policy::default() }, members }
}

pub fn then(first: Node, second: Node) -> Node {
    Node::Group { policy: Policy { width: Some(1), is_then: true, ..Policy::default() }, members: vec![first, second] }
}

/// What a whole scope must do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// All events in their order.
    pub events: Vec<Event>,
    /// Who fails in which phase, in the order of time.
    pub faults: Vec<(usize, Phase, bool)>,
    pub body_ran: bool,
    /// The number of polls that it takes.
    pub polls: usize,
}

pub struct Model<'a> {
    scripts: &'a [Script],
    enters: Vec<Going>,
    exits: Vec<Going>,
    /// How many members of a bounded group were let in, and out.
    let_in: HashMap<*const Node, usize>,
    let_out: HashMap<*const Node, usize>,
    round: usize,
    seen: Expected,
}

/// Where a member is in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Going {
    Waiting,
    /// Since this round.
    Since(usize),
    Well,
    Failed,
    /// Not even started.
    Skipped,
}

impl<'a> Model<'a> {
    pub fn run(tree: &Node, scripts: &'a [Script], body: Step) -> Expected {
        let waiting = vec![Going::Waiting; scripts.len()];
        let mut model = Self {
            scripts,
            enters: waiting.clone(),
            exits: waiting,
            let_in: HashMap::new(),
            let_out: HashMap::new(),
            round: 0,
            seen: Expected::default(),
        };
        while model.enter(tree, false).is_none() {
            model.round += 1;
        }
        let told = if model.seen.faults.is_empty() {
            model.round += model.body(body);
            match body.end {
                End::Ok => OutcomeKind::Completed,
                End::Error => OutcomeKind::Failed,
                End::Panic => OutcomeKind::Panicked,
            }
        } else if model.seen.faults.iter().any(|(_, _, panicked)| *panicked) {
            OutcomeKind::Panicked
        } else {
            OutcomeKind::EnterFailed
        };
        while !model.exit(tree, told) {
            model.round += 1;
        }
        model.seen.polls = model.round + 1;
        model.seen
    }

    /// Polls the enters of a tree; tells whether none in it failed, once that is settled.
    fn enter(&mut self, node: &Node, fail_fast: bool) -> Option<bool> {
        let (policy, members) = match node {
            Node::Leaf(id) => return self.enter_member(*id),
            Node::Nobody => return Some(true),
            Node::Group { policy, members } => (policy, members),
        };
        let fail_fast = fail_fast || policy.fail_fast;
        let (mut all, mut in_flight) = (Some(true), 0);
        for (index, member) in members.iter().enumerate() {
            let let_in = self.let_in.entry(node).or_default();
            if index >= *let_in {
                if policy.width.is_some_and(|width| in_flight >= width) {
                    return None;
                }
                *let_in = index + 1;
                // Those that need not wait start as they do in every group.
                let waited = policy.width.is_some_and(|width| index >= width);
                if waited && !self.seen.faults.is_empty() {
                    self.skip(member);
                }
            }
            match self.enter(member, fail_fast) {
                Some(false) if fail_fast => {
                    self.cut(node);
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
        // A pending member hides what failed before; it is looked at again in the next round.
        all
    }

    fn enter_member(&mut self, id: usize) -> Option<bool> {
        let since = match self.enters[id] {
            Going::Well | Going::Skipped => return Some(true),
            Going::Failed => return Some(false),
            Going::Since(round) => round,
            Going::Waiting => {
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
        });
        self.fault(id, Phase::Enter, end);
        Some(end == End::Ok)
    }

    /// Drops what is in flight in a tree.
    fn cut(&mut self, node: &Node) {
        match node {
            Node::Leaf(id) => match self.enters[*id] {
                Going::Waiting => self.enters[*id] = Going::Failed,
                Going::Since(_) => {
                    self.enters[*id] = Going::Failed;
                    self.seen.events.push(Event::EnterDropped(*id));
                }
                Going::Well | Going::Failed | Going::Skipped => {}
            },
            Node::Nobody => {}
            Node::Group { members, .. } => members.iter().for_each(|member| self.cut(member)),
        }
    }

    /// Does not even start a tree, as that would be in vain.
    fn skip(&mut self, node: &Node) {
        match node {
            Node::Leaf(id) => self.enters[*id] = Going::Skipped,
            Node::Nobody => {}
            Node::Group { members, .. } => members.iter().for_each(|member| self.skip(member)),
        }
    }

    /// Runs the body; gives the number of rounds after the first.
    fn body(&mut self, step: Step) -> usize {
        self.seen.body_ran = true;
        self.seen.events.extend([Event::BodyStarted, Event::BodyEnded]);
        step.pending
    }

    /// Polls the exits of a tree; tells whether all are over.
    fn exit(&mut self, node: &Node, told: OutcomeKind) -> bool {
        let (policy, members) = match node {
            Node::Leaf(id) => return self.exit_member(*id, told),
            Node::Nobody => return true,
            Node::Group { policy, members } => (policy, members),
        };
        let mut in_flight = 0;
        for (index, member) in members.iter().rev().enumerate() {
            let let_out = self.let_out.entry(node).or_default();
            if index >= *let_out {
                if policy.width.is_some_and(|width| in_flight >= width) {
                    return false;
                }
                *let_out = index + 1;
            }
            in_flight += usize::from(!self.exit(member, told));
        }
        in_flight == 0
    }

    fn exit_member(&mut self, id: usize, told: OutcomeKind) -> bool {
        let since = match (self.enters[id], self.exits[id]) {
            (Going::Well, Going::Since(round)) => round,
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
        });
        self.fault(id, Phase::Exit, end);
        true
    }

    fn fault(&mut self, id: usize, phase: Phase, end: End) {
        if end != End::Ok {
            self.seen.faults.push((id, phase, end == End::Panic));
        }
    }
}
