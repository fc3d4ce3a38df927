//! What must happen, told by the laws: a tree of members, policies and deadlines, a body, and what comes from outside.

mod enter;
mod exit;
mod lives;
mod order;
mod run;

use crate::world::{End, Event, Script, Step};
use std::collections::HashMap;
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
    /// A member of a set whose enter was given up when not all of it were in: what was in flight was dropped then, and
    /// the others are told that they are cancelled.
    GivenUp {
        in_flight: Vec<usize>,
        member: Box<Node>,
    },
    /// A member that dies so many rounds after it has entered, unless its exit has begun by then.
    Mortal {
        life: Step,
        member: Box<Node>,
    },
    /// A deadline on a phase: late when something is pending in the round that comes so many after the phase began.
    Within {
        phase: Phase,
        after: usize,
        member: Box<Node>,
    },
}

impl Node {
    /// Whether something in a long group fails fast: a signal tells it to stop by a wake, and so the engine polls it
    /// before those whose turn it is.
    pub fn is_polled_out_of_turn(&self) -> bool {
        let long = |members: &[Self]| members.len() > 30 && members.iter().any(Self::fails_fast_within);
        self.any(&|node| matches!(node, Self::Group { members, .. } if long(members)))
    }

    fn fails_fast_within(&self) -> bool {
        self.any(&|node| matches!(node, Self::Group { policy, .. } if policy.fail_fast))
    }

    /// Whether a member can die in it.
    pub fn has_mortals(&self) -> bool {
        self.any(&|node| matches!(node, Self::Mortal { .. }))
    }

    /// The same tree, in which the members that have a life are mortal.
    #[must_use]
    pub fn with_lives(self, lives: &[Option<Step>]) -> Self {
        match self {
            Self::Leaf(id) => match lives[id] {
                Some(life) => Self::Mortal { life, member: Box::new(self) },
                None => self,
            },
            Self::Group { policy, members } => {
                Self::Group { policy, members: members.into_iter().map(|member| member.with_lives(lives)).collect() }
            }
            Self::Within { phase, after, member } => {
                Self::Within { phase, after, member: Box::new(member.with_lives(lives)) }
            }
            other => other,
        }
    }

    fn any(&self, is: &impl Fn(&Self) -> bool) -> bool {
        is(self)
            || match self {
                Self::Group { members, .. } => members.iter().any(|member| member.any(is)),
                Self::Within { member, .. } | Self::GivenUp { member, .. } | Self::Mortal { member, .. } => {
                    member.any(is)
                }
                Self::Leaf(_) | Self::Nobody => false,
            }
    }
}

/// What restricts how the members of a group are driven together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    pub fail_fast: bool,
    /// So many in flight at a time.
    pub width: Option<usize>,
    /// The second one is made from the guard of the first.
    pub is_then: bool,
    /// It is a tuple: if more than four are pending after the first round, an engine polls them in order.
    pub is_tuple: bool,
}

pub fn group(members: Vec<Node>) -> Node {
    Node::Group { policy: Policy::default(), members }
}

pub fn tuple(members: Vec<Node>) -> Node {
    Node::Group { policy: Policy { is_tuple: true, ..Policy::default() }, members }
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

impl Node {
    /// The places of the members, by their numbers: a group adds an index, nothing else does.
    pub fn paths(&self) -> Vec<Vec<usize>> {
        fn walk(node: &Node, path: &mut Vec<usize>, found: &mut Vec<Vec<usize>>) {
            match node {
                Node::Leaf(_) => found.push(path.clone()),
                Node::Nobody => {}
                Node::Within { member, .. } | Node::GivenUp { member, .. } | Node::Mortal { member, .. } => {
                    walk(member, path, found);
                }
                Node::Group { members, .. } => {
                    for (index, member) in members.iter().enumerate() {
                        path.push(index);
                        walk(member, path, found);
                        path.pop();
                    }
                }
            }
        }
        let mut found = Vec::new();
        walk(self, &mut Vec::new(), &mut found);
        found
    }
}

/// What comes from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    Never,
    /// A signal that is ready once the scope was polled so often.
    Signal(usize),
    /// The scope is dropped after so many polls, of which there is at least one, and a reaper runs the rest.
    Reaped(usize),
}

/// What went wrong with a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    Error,
    Panic,
    Late,
}

/// What a whole scope must do.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// All events in their order.
    pub events: Vec<Event>,
    /// Who fails in which phase, in the order of time.
    pub faults: Vec<(usize, Phase, Wrong)>,
    /// How the body ended, if it came to its end.
    pub body: Option<End>,
    pub cancelled: bool,
    /// Whether the body was given up because a member died.
    pub member_failed: bool,
    /// The number of polls that it takes.
    pub polls: usize,
}

impl Expected {
    /// The events in flight together are dropped in an order that is not promised.
    pub fn events(&self) -> Vec<Event> {
        sorted_drops(self.events.clone())
    }

    pub fn first_panic(&self) -> Option<usize> {
        self.faults.iter().find(|(.., wrong)| *wrong == Wrong::Panic).map(|(id, ..)| *id)
    }
}

/// Sorts what is dropped together.
pub fn sorted_drops(mut events: Vec<Event>) -> Vec<Event> {
    let is_drop = |event: &Event| matches!(event, Event::EnterDropped(_) | Event::ExitDropped(_));
    events.chunk_by_mut(|a, b| is_drop(a) && is_drop(b)).for_each(|drops| drops.sort_by_key(Event::member));
    events
}

pub struct Model<'a> {
    scripts: &'a [Script],
    cancel: Cancel,
    enters: Vec<Going>,
    exits: Vec<Going>,
    /// Whose exits began before all others, and are dropped with the set that they are in.
    early: Vec<usize>,
    /// How deep in members that were given up a cut is.
    given_up: usize,
    /// How groups and deadlines entered, once they did.
    entered: HashMap<*const Node, bool>,
    /// When a deadline began, in its phase.
    begun: HashMap<*const Node, usize>,
    /// How many members of a bounded group were let in, and out.
    let_in: HashMap<*const Node, usize>,
    let_out: HashMap<*const Node, usize>,
    /// With which member the next round of a group begins, in each phase. An engine that polls in order has none.
    enter_rounds: HashMap<*const Node, Option<usize>>,
    exit_rounds: HashMap<*const Node, Option<usize>>,
    /// The members that live, in the order in which their work is polled.
    lives: Vec<Life>,
    round: usize,
    /// When what fails fast was told to stop.
    stopped: Option<usize>,
    seen: Expected,
}

/// A member that lives.
#[derive(Clone, Copy, Debug)]
struct Life {
    id: usize,
    since: usize,
    step: Step,
}

/// Where a member is in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Going {
    Waiting,
    /// Polled so often, and then not for a while.
    Begun(usize),
    /// Since this round.
    Since(usize),
    Well,
    Failed,
    /// Not even started.
    Skipped,
}
