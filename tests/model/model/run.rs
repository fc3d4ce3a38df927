//! From the first enter to the last exit, round by round: a round is one poll, in which all who pend are woken.

use super::{Cancel, Expected, Going, Model, Node, Wrong};
use crate::world::{End, Event, Script, Step};
use std::collections::HashMap;
use withal::{OutcomeKind, Phase};

impl<'a> Model<'a> {
    pub fn run(tree: &Node, scripts: &'a [Script], body: Step, cancel: Cancel) -> Expected {
        let mut model = Self::new(scripts, cancel);
        model.seen.cancelled = cancel == Cancel::Signal(0);
        if !model.seen.cancelled {
            model.enter_all(tree);
            let told = model.told(body);
            while !model.exit(tree, told) {
                model.live(Phase::Up);
                model.round += 1;
            }
        }
        model.seen.polls = model.round + 1;
        model.seen
    }

    /// What the exits of a tree do whose members are in; these have been polled so often already.
    pub fn run_exits(tree: &Node, scripts: &'a [Script], begun: &[(usize, usize)], told: OutcomeKind) -> Expected {
        let mut model = Self::new(scripts, Cancel::Never);
        let first = begun.iter().map(|(_, polls)| *polls).max().unwrap_or(0);
        model.enters.fill(Going::Well);
        for (id, polls) in begun {
            model.exits[*id] = Going::Begun(*polls);
            model.early.push(*id);
        }
        model.round = first;
        while !model.exit(tree, told) {
            model.round += 1;
        }
        model.seen.polls = model.round + 1 - first;
        model.seen
    }

    fn new(scripts: &'a [Script], cancel: Cancel) -> Self {
        let waiting = vec![Going::Waiting; scripts.len()];
        Self {
            scripts,
            cancel,
            enters: waiting.clone(),
            exits: waiting,
            early: Vec::new(),
            given_up: 0,
            entered: HashMap::new(),
            begun: HashMap::new(),
            let_in: HashMap::new(),
            let_out: HashMap::new(),
            enter_rounds: HashMap::new(),
            exit_rounds: HashMap::new(),
            lives: Vec::new(),
            round: 0,
            stopped: None,
            seen: Expected::default(),
        }
    }

    /// Enters until nothing is in flight. A failure comes before every later cancellation.
    fn enter_all(&mut self, tree: &Node) {
        loop {
            // A dropped scope stops nothing in flight.
            if self.cancel == Cancel::Reaped(self.round) {
                self.seen.cancelled = self.seen.faults.is_empty();
            }
            let settled = self.enter(tree, false);
            // Work that fails while others enter is a failed enter. What fails fast is told to stop.
            if settled != Some(false) && self.live(Phase::Enter) {
                self.stopped = self.stopped.or(Some(self.round));
            }
            if settled.is_some() {
                break;
            }
            // Whatever came first, what fails fast is not waited for any more.
            if self.cancel == Cancel::Signal(self.round) {
                self.seen.cancelled = self.seen.faults.is_empty();
                self.stopped = self.stopped.or(Some(self.round));
            }
            self.round += 1;
        }
    }

    /// Whether the body is not going to run.
    pub(super) fn is_in_vain(&self) -> bool {
        self.seen.cancelled || !self.seen.faults.is_empty()
    }

    /// What the exits are told, after the body if all are in.
    fn told(&mut self, body: Step) -> OutcomeKind {
        if self.seen.first_panic().is_some() {
            OutcomeKind::Panicked
        } else if self.seen.cancelled {
            OutcomeKind::Cancelled
        } else if !self.seen.faults.is_empty() {
            OutcomeKind::EnterFailed
        } else {
            self.body(body)
        }
    }

    /// The body wins over a signal or a death that comes in the poll of its end, and a death over a signal.
    fn body(&mut self, step: Step) -> OutcomeKind {
        let end = self.round + step.pending;
        let dropped = match self.cancel {
            Cancel::Signal(at) if at <= self.round => {
                self.seen.cancelled = true;
                return OutcomeKind::Cancelled;
            }
            Cancel::Signal(at) => (at < end).then_some(at),
            Cancel::Reaped(cut) => (self.round < cut && cut <= end).then_some(cut),
            Cancel::Never => None,
        };
        self.seen.events.push(Event::BodyStarted);
        let begun = self.round;
        let until = dropped.unwrap_or(end);
        while self.round < until {
            if self.round > begun && self.live(Phase::Up) {
                return self.die();
            }
            self.round += 1;
        }
        if dropped.is_some() {
            if self.round > begun && matches!(self.cancel, Cancel::Signal(_)) && self.live(Phase::Up) {
                return self.die();
            }
            self.seen.events.push(Event::BodyDropped);
            self.seen.cancelled = true;
            return OutcomeKind::Cancelled;
        }
        self.seen.events.push(Event::BodyEnded);
        self.seen.body = Some(step.end);
        match step.end {
            End::Ok => OutcomeKind::Completed,
            End::Error => OutcomeKind::Failed,
            End::Panic => OutcomeKind::Panicked,
            other => unreachable!("{other:?}"),
        }
    }

    /// A member has died, and so the body is dropped (law `death-stops-the-body`).
    fn die(&mut self) -> OutcomeKind {
        self.seen.events.push(Event::BodyDropped);
        self.seen.member_failed = true;
        OutcomeKind::MemberFailed
    }

    pub(super) fn fault(&mut self, id: usize, phase: Phase, end: End) {
        let wrong = match end {
            End::Ok => return,
            End::Error => Wrong::Error,
            End::Panic => Wrong::Panic,
            other => unreachable!("{other:?}"),
        };
        self.seen.faults.push((id, phase, wrong));
    }

    /// Whether a deadline has come, whose work is pending.
    pub(super) fn is_late(&mut self, node: &Node, after: usize) -> bool {
        let begun = *self.begun.entry(node).or_insert(self.round);
        self.round - begun >= after
    }
}
