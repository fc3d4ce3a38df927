//! The shape of a scope, from bytes: groups in groups, and what is around them.

use crate::fuzz::rude::{PLACES, Where};
use crate::model::{Node, Policy, group, then};
use crate::source::Source;
use crate::world::Step;
use withal::Phase;

#[derive(Clone, Debug)]
pub enum Shape {
    Member(usize, Kind),
    /// A member that is `None`.
    Nobody,
    Unit,
    /// The layers from the inner to the outer.
    Group(Base, Vec<Shape>, Vec<Layer>),
    /// The function that makes the second can panic.
    Then(Box<Shape>, Box<Shape>, bool),
    Around(Layer, Box<Shape>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Plain,
    /// Mapped where it stands, with no box between.
    Mapped,
    /// An inner resource of `around`.
    Wrapped,
    /// One of `local`.
    Pinned,
    /// One of `shared`, with no other user.
    Shared,
    Rude(Where),
    /// It dies so many polls after it has entered.
    Mortal(Step),
}

/// What holds the members of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    Vec,
    /// A map, whose keys are the first of [`KEYS`].
    Map,
    Tuple,
    Array,
}

/// What is around a resource. The first three are for groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    FailFast,
    InOrder,
    Limit(usize),
    Named(&'static str),
    /// By a function that can panic.
    MapErr(bool),
    Boxed,
    Optional,
    Within(Phase, Timed),
    /// With a check that is ready after so many polls.
    Checked(usize),
    /// So many attempts.
    Retry(usize),
}

/// When a deadline comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timed {
    /// After so many polls.
    After(usize),
    Never,
    /// Its timer panics.
    Panics,
}

/// A group of these has members in an array or a tuple of that many.
const TUPLES: [u8; 6] = [2, 3, 1, 4, 2, 12];
const ARRAYS: [u8; 4] = [2, 3, 1, 0];
/// The keys of a map, which name its members.
pub const KEYS: [&str; 4] = ["k0", "k1", "k2", "k3"];
/// So deep are groups and adaptors nested at most.
const DEPTH: usize = 4;
/// More members than this are driven in another way.
const LONG: u8 = 35;
/// From so many members on, what is in nested groups counts, too.
const MANY: usize = 500;

impl Shape {
    /// Reads a shape; seldom a lone member.
    pub fn read(source: &mut Source<'_>) -> Self {
        if source.below(128) == 127 { Self::read_large(source) } else { Self::read_within(source, DEPTH) }
    }

    /// Reads one with a group of many members, the last ones of them ready at once, and what else there is before and
    /// after it. All of them are driven at once, to their ends: what happens is told by the model, only its order is
    /// not.
    fn read_large(source: &mut Source<'_>) -> Self {
        (source.has_long, source.is_large) = (true, true);
        // Work that ends wakes in a poll of its own, or not, as the order is.
        source.has_lives = false;
        let base = [Base::Vec, Base::Tuple][usize::from(source.below(2))];
        let layers: Vec<_> = (0..source.below(3)).map(|_| Layer::read(source, 0)).collect();
        let before = Self::read_within(source, DEPTH - 1);
        let few: Vec<_> = (0..source.below(8)).map(|_| source.member()).collect();
        let rest = (0..MANY).map(|_| source.ready_member());
        let many = few.into_iter().chain(rest.collect::<Vec<_>>()).map(|id| Self::Member(id, Kind::Plain)).collect();
        let mut members = vec![before, Self::Group(Base::Vec, many, Vec::new())];
        if base == Base::Vec {
            members.push(Self::read_within(source, DEPTH - 1));
        }
        Self::Group(base, members, layers)
    }

    /// Reads one that is nested so deep at most.
    fn read_within(source: &mut Source<'_>, depth: usize) -> Self {
        let choice = match depth {
            0 => source.below(8),
            DEPTH if source.below(8) > 0 => 8 + source.below(12),
            _ => source.below(20),
        };
        match choice {
            0..=5 => {
                let life = if source.has_lives { source.life() } else { None };
                Self::Member(source.member(), life.map_or(Kind::Plain, Kind::Mortal))
            }
            6 => Self::Member(source.member(), Kind::read(source)),
            7 => [Self::Nobody, Self::Unit][usize::from(source.below(2))].clone(),
            8..=9 => {
                let layer = Layer::read(source, 3);
                Self::Around(layer, Box::new(Self::read_within(source, depth - 1)))
            }
            10..=11 if !source.is_large => {
                let first = Box::new(Self::read_within(source, depth - 1));
                // The work of a second one is polled after that of others that begin in the same poll.
                let has_lives = std::mem::replace(&mut source.has_lives, false);
                let second = Box::new(Self::read_within(source, depth - 1));
                source.has_lives = has_lives;
                Self::Then(first, second, source.below(32) == 31)
            }
            _ => Self::read_group(source, depth - 1),
        }
    }

    fn read_group(source: &mut Source<'_>, depth: usize) -> Self {
        let mut base = [Base::Vec, Base::Vec, Base::Tuple, Base::Tuple, Base::Array][usize::from(source.below(5))];
        let mut layers: Vec<_> = (0..source.below(3)).map(|_| Layer::read(source, 0)).collect();
        source.has_long |= layers.iter().any(|layer| matches!(layer, Layer::InOrder | Layer::Limit(_)));
        let pick = source.below(16);
        if base == Base::Vec && (10..15).contains(&pick) {
            base = Base::Map;
        }
        // With another engine, members that wait for their turn are polled in an order of its own: never both.
        let is_long = pick == 15 && base == Base::Vec && !std::mem::replace(&mut source.has_long, true);
        let len = match base {
            _ if source.scripts.len() > 40 => 2,
            Base::Vec if is_long => LONG,
            Base::Vec | Base::Map => pick % 5,
            Base::Tuple => TUPLES[usize::from(pick) % TUPLES.len()],
            Base::Array => ARRAYS[usize::from(pick) % ARRAYS.len()],
        };
        layers.truncate(base.most_layers(len));
        let depth = if len > 4 { 0 } else { depth };
        // The exit of one that works is woken by its work, and comes after others of a long list.
        let has_lives = source.has_lives;
        source.has_lives &= !is_long;
        let members = (0..len).map(|_| Self::read_within(source, depth)).collect();
        source.has_lives = has_lives;
        Self::Group(base, members, layers)
    }

    /// What the model knows of it.
    pub fn node(&self) -> Node {
        match self {
            Self::Member(id, Kind::Mortal(life)) => Node::Mortal { life: *life, member: Box::new(Node::Leaf(*id)) },
            Self::Member(id, _) => Node::Leaf(*id),
            Self::Nobody => Node::Nobody,
            Self::Unit => group(Vec::new()),
            Self::Then(first, second, _) => then(first.node(), second.node()),
            Self::Around(layer, member) => layer.node(member.node()),
            Self::Group(base, members, layers) => {
                let mut policy = Policy { is_tuple: *base == Base::Tuple, ..Policy::default() };
                for layer in layers {
                    let width = match *layer {
                        Layer::FailFast => {
                            policy.fail_fast = true;
                            continue;
                        }
                        Layer::InOrder => 1,
                        Layer::Limit(most) => most,
                        _ => continue,
                    };
                    policy.width = Some(policy.width.map_or(width, |other| width.min(other)));
                }
                let group = Node::Group { policy, members: members.iter().map(Self::node).collect() };
                layers.iter().fold(group, |node, layer| layer.node(node))
            }
        }
    }

    /// Whether something happens in it that the model knows nothing of.
    pub fn is_rude(&self) -> bool {
        match self {
            // A shared one takes a poll longer to fail.
            Self::Member(_, kind) => matches!(kind, Kind::Rude(_) | Kind::Shared),
            Self::Nobody | Self::Unit => false,
            Self::Group(_, members, layers) => {
                members.iter().any(Self::is_rude) || layers.iter().any(|layer| layer.is_rude())
            }
            Self::Then(first, second, panics) => *panics || first.is_rude() || second.is_rude(),
            Self::Around(layer, member) => layer.is_rude() || member.is_rude(),
        }
    }

    /// Whether the order in a round is that of the wakes, in nested groups too.
    pub fn is_large(&self) -> bool {
        self.members() >= MANY
    }

    fn members(&self) -> usize {
        match self {
            Self::Member(..) => 1,
            Self::Nobody | Self::Unit => 0,
            Self::Group(_, members, _) => members.iter().map(Self::members).sum(),
            Self::Then(first, second, _) => first.members() + second.members(),
            Self::Around(_, member) => member.members(),
        }
    }

    /// Whether something in it can be attempted again.
    pub fn has_attempts(&self) -> bool {
        match self {
            Self::Member(..) | Self::Nobody | Self::Unit => false,
            Self::Group(_, members, _) => members.iter().any(Self::has_attempts),
            Self::Then(first, second, _) => first.has_attempts() || second.has_attempts(),
            Self::Around(layer, member) => matches!(layer, Layer::Retry(2..)) || member.has_attempts(),
        }
    }

    /// Whether it can be entered again.
    pub fn is_reusable(&self) -> bool {
        match self {
            Self::Member(_, kind) => *kind != Kind::Wrapped,
            Self::Nobody | Self::Unit => true,
            Self::Group(_, members, _) => members.iter().all(Self::is_reusable),
            Self::Then(first, ..) => first.is_reusable(), // the second is made anew
            Self::Around(_, member) => member.is_reusable(),
        }
    }
}

impl Kind {
    fn read(source: &mut Source<'_>) -> Self {
        match source.below(8) {
            0..=1 => Self::Wrapped,
            2..=3 => Self::Pinned,
            4..=5 => Self::Mapped,
            6 => Self::Shared,
            _ => Self::Rude(PLACES[usize::from(source.below(8)) % PLACES.len()]),
        }
    }
}

impl Base {
    /// Each layer is a type around a type, and so a few have to do for all.
    fn most_layers(self, len: u8) -> usize {
        if self == Self::Vec || (self, len) == (Self::Tuple, 2) { 2 } else { 1 }
    }
}

impl Layer {
    /// Reads one from this choice on.
    fn read(source: &mut Source<'_>, from: u8) -> Self {
        // The last two are not among those of a group, which are compiled for each type of group.
        match from + source.below(if from == 0 { 9 } else { 12 - from }) {
            9 => Self::Checked(0),
            10 => Self::Retry(1),
            11 => [Self::Checked(2), Self::Retry(2), Self::Retry(3), Self::Retry(1)][usize::from(source.below(4))],
            0..=2 if source.is_large => Self::Boxed,
            0 => Self::FailFast,
            1 => Self::InOrder,
            2 => Self::Limit(usize::from(source.below(4)) + 1),
            3 => Self::MapErr(source.below(16) == 15),
            4 => Self::Named(["a", "b"][usize::from(source.below(2))]),
            5 => Self::Boxed,
            6 => Self::Optional,
            choice => {
                let timed = match source.below(16) {
                    15 => Timed::Panics,
                    14 => Timed::Never,
                    after => Timed::After(usize::from(after) % 5),
                };
                Self::Within(if choice == 7 { Phase::Enter } else { Phase::Exit }, timed)
            }
        }
    }

    fn is_rude(self) -> bool {
        match self {
            Self::MapErr(panics) => panics,
            Self::Within(_, timed) => timed == Timed::Panics,
            // It takes longer than the model knows.
            Self::Checked(pending) => pending > 0,
            // Others learn of a failure when the last attempt is over.
            Self::Retry(_) => true,
            _ => false,
        }
    }

    fn node(self, member: Node) -> Node {
        match self {
            Self::Within(phase, Timed::After(after)) => Node::Within { phase, after, member: Box::new(member) },
            _ => member,
        }
    }
}
