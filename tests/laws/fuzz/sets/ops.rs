//! What the body of a scope over a stack and a pool does, from bytes.

use crate::source::Source;

/// One step of a body.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Enter(Place, usize),
    /// Two at once.
    EnterBoth([(Place, usize); 2]),
    /// A group of two; it is polled so often, and given up then.
    EnterPair(Place, [usize; 2], usize),
    Release(Place, Pick),
    /// Polls an early exit so often, and drops its future.
    ReleaseFor(Place, Pick, usize),
    TakeAndExit(Place, Pick),
    TakeAndDrop(Place, Pick),
    /// Into the other one.
    Move(Place, Pick),
    /// Gives up a handle.
    Forgo(Place, Pick),
    /// All of it, to its end.
    CloseAll(Place),
    /// All of it, as one member, into this one.
    Nest(Place, Place),
    Pend(usize),
    Fail,
    Panic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Stack,
    Pool,
}

/// The handle of which member.
#[derive(Clone, Copy, Debug)]
pub enum Pick {
    Oldest,
    Newest,
}

impl Op {
    pub fn read(source: &mut Source<'_>) -> Self {
        match source.below(24) {
            0 => Self::Pend(source.below(3).into()),
            1..=6 => Self::Enter(place(source), source.member()),
            7..=8 => Self::EnterPair(place(source), [source.member(), source.member()], source.below(5).into()),
            9..=10 => Self::EnterBoth([(place(source), source.member()), (place(source), source.member())]),
            11..=12 => Self::Release(place(source), pick(source)),
            13..=14 => Self::ReleaseFor(place(source), pick(source), source.below(3).into()),
            15 => Self::TakeAndExit(place(source), pick(source)),
            16 => Self::TakeAndDrop(place(source), pick(source)),
            17..=18 => Self::Move(place(source), pick(source)),
            19 => Self::Forgo(place(source), pick(source)),
            20 => Self::CloseAll(place(source)),
            21..=22 => Self::Nest(place(source), place(source)),
            _ => [Self::Fail, Self::Panic][usize::from(source.below(2))],
        }
    }

    /// Whether it needs a set as a whole, to which no handles may be left.
    pub fn takes_all(self) -> bool {
        matches!(self, Self::CloseAll(_) | Self::Nest(..))
    }
}

impl Place {
    pub fn other(self) -> Self {
        match self {
            Self::Stack => Self::Pool,
            Self::Pool => Self::Stack,
        }
    }
}

fn place(source: &mut Source<'_>) -> Place {
    [Place::Stack, Place::Pool][usize::from(source.below(2))]
}

fn pick(source: &mut Source<'_>) -> Pick {
    [Pick::Oldest, Pick::Newest][usize::from(source.below(2))]
}
