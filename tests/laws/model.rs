//! What must happen, told by the laws: a tree of members, a policy, a body.

use crate::world::{End, Event, Script, Step};
use withal::OutcomeKind;
use withal::Phase;

#[derive(Clone, Debug)]
pub enum Node {
    Leaf(usize),
    /// A missing member.
    Nobody,
    Group {
        fail_fast: bool,
        members: Vec<Node>,
    },
}

pub fn group(members: Vec<Node>) -> Node {
    Node::Group { fail_fast: false, members }
}

pub fn fail_fast(members: Vec<Node>) -> Node {
    Node::Group { fail_fast: true, members }
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
    /// Per member: `None` before and during its enter, then whether it is in.
    entered: Vec<Option<bool>>,
    started: Vec<bool>,
    seen: Expected,
}

impl<'a> Model<'a> {
    pub fn run(tree: &Node, scripts: &'a [Script], body: Step) -> Expected {
        let n = scripts.len();
        let mut model = Self { scripts, entered: vec![None; n], started: vec![false; n], seen: Expected::default() };
        let mut round = 0;
        let all_in = loop {
            match model.enter(tree, round, false) {
                Some(all_in) => break all_in,
                None => round += 1,
            }
        };
        let told = if all_in {
            round += model.body(body);
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
        round += model.exit(told);
        model.seen.polls = round + 1;
        model.seen
    }

    /// Polls the enters of a tree; tells whether all are in once that is settled.
    fn enter(&mut self, node: &Node, round: usize, fail_fast: bool) -> Option<bool> {
        match node {
            Node::Leaf(id) => self.enter_member(*id, round),
            Node::Nobody => Some(true),
            Node::Group { fail_fast: own, members } => {
                let fail_fast = fail_fast || *own;
                let mut all = Some(true);
                for member in members {
                    match self.enter(member, round, fail_fast) {
                        Some(false) if fail_fast => {
                            self.cut(node);
                            return Some(false);
                        }
                        Some(well) => all = all.map(|all| all && well),
                        None => all = None,
                    }
                }
                // A pending member hides what failed before; it is looked at again in the next round.
                all
            }
        }
    }

    fn enter_member(&mut self, id: usize, round: usize) -> Option<bool> {
        if self.entered[id].is_some() {
            return self.entered[id];
        }
        if !self.started[id] {
            self.started[id] = true;
            self.seen.events.push(Event::EnterStarted(id));
        }
        let Step { pending, end } = self.scripts[id].enter;
        if pending > round {
            return None;
        }
        self.entered[id] = Some(end == End::Ok);
        self.seen.events.push(match end {
            End::Ok => Event::Entered(id),
            End::Error => Event::EnterFailed(id),
            End::Panic => Event::EnterPanicked(id),
        });
        self.fault(id, Phase::Enter, end);
        self.entered[id]
    }

    /// Drops what is in flight in a tree.
    fn cut(&mut self, node: &Node) {
        match node {
            Node::Leaf(id) if self.entered[*id].is_none() => {
                self.entered[*id] = Some(false);
                if self.started[*id] {
                    self.seen.events.push(Event::EnterDropped(*id));
                }
            }
            Node::Leaf(_) | Node::Nobody => {}
            Node::Group { members, .. } => members.iter().for_each(|member| self.cut(member)),
        }
    }

    /// Runs the body; gives the number of rounds after the first.
    fn body(&mut self, step: Step) -> usize {
        self.seen.body_ran = true;
        self.seen.events.extend([Event::BodyStarted, Event::BodyEnded]);
        step.pending
    }

    /// Exits all that are in; gives the number of rounds after the first.
    fn exit(&mut self, told: OutcomeKind) -> usize {
        let ids: Vec<_> = (0..self.scripts.len()).rev().filter(|id| self.entered[*id] == Some(true)).collect();
        let last = ids.iter().map(|id| self.scripts[*id].exit.pending).max().unwrap_or(0);
        for round in 0..=last {
            for &id in &ids {
                if round == 0 {
                    self.seen.events.push(Event::ExitStarted(id, told));
                }
                let Step { pending, end } = self.scripts[id].exit;
                if pending == round {
                    self.seen.events.push(match end {
                        End::Ok => Event::Exited(id),
                        End::Error => Event::ExitFailed(id),
                        End::Panic => Event::ExitPanicked(id),
                    });
                    self.fault(id, Phase::Exit, end);
                }
            }
        }
        last
    }

    fn fault(&mut self, id: usize, phase: Phase, end: End) {
        if end != End::Ok {
            self.seen.faults.push((id, phase, end == End::Panic));
        }
    }
}
