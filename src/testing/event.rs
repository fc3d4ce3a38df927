use crate::outcome::OutcomeKind;
use std::fmt;
use std::vec::Vec;

/// Something that happened to the member of this number, or to the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// Its enter was polled for the first time.
    EnterStarted(usize),
    /// Its enter gave a guard.
    Entered(usize),
    /// Its enter returned an error.
    EnterFailed(usize),
    /// Its enter panicked.
    EnterPanicked(usize),
    /// Its enter was dropped in flight.
    EnterDropped(usize),
    /// The body was polled for the first time.
    BodyStarted,
    /// The body came to its end, whichever.
    BodyEnded,
    /// The body was dropped in flight.
    BodyDropped,
    /// Its exit was polled for the first time, and told this.
    ExitStarted(usize, OutcomeKind),
    /// Its exit succeeded.
    Exited(usize),
    /// Its exit returned an error.
    ExitFailed(usize),
    /// Its exit panicked.
    ExitPanicked(usize),
    /// Its exit was dropped in flight.
    ExitDropped(usize),
    /// It was abandoned.
    Abandoned(usize),
}

impl Event {
    /// Gives the number of the member that it happened to.
    #[must_use]
    pub fn member(&self) -> Option<usize> {
        match *self {
            Self::EnterStarted(id)
            | Self::Entered(id)
            | Self::EnterFailed(id)
            | Self::EnterPanicked(id)
            | Self::EnterDropped(id)
            | Self::ExitStarted(id, _)
            | Self::Exited(id)
            | Self::ExitFailed(id)
            | Self::ExitPanicked(id)
            | Self::ExitDropped(id)
            | Self::Abandoned(id) => Some(id),
            Self::BodyStarted | Self::BodyEnded | Self::BodyDropped => None,
        }
    }
}

/// Says which law was broken, by which member, and what had happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    law: &'static str,
    member: usize,
    what: &'static str,
    events: Vec<Event>,
}

impl Violation {
    /// Names the law.
    #[must_use]
    pub fn law(&self) -> &'static str {
        self.law
    }

    /// Gives the number of the member.
    #[must_use]
    pub fn member(&self) -> usize {
        self.member
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, member, what, events } = self;
        write!(f, "law `{law}`: member {member} {what}; what happened to it: {events:?}")
    }
}

impl std::error::Error for Violation {}

/// Where a member is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Out,
    Entering,
    In,
    Exiting,
}

/// Follows one member through its events, from out to out.
pub(super) fn follow(member: usize, events: &[Event]) -> Result<(), Violation> {
    let mut place = Place::Out;
    let violation = |law, what| Err(Violation { law, member, what, events: events.to_vec() });
    for event in events {
        place = match (place, event) {
            (Place::Out, Event::EnterStarted(_)) => Place::Entering,
            (Place::Entering, Event::Entered(_)) => Place::In,
            (Place::In, Event::ExitStarted(..)) => Place::Exiting,
            (Place::Entering, Event::EnterFailed(_) | Event::EnterPanicked(_) | Event::EnterDropped(_))
            | (Place::In, Event::Abandoned(_))
            | (
                Place::Exiting,
                Event::Exited(_) | Event::ExitFailed(_) | Event::ExitPanicked(_) | Event::ExitDropped(_),
            ) => Place::Out,
            (Place::Out, Event::ExitStarted(..) | Event::Abandoned(_)) => {
                return violation("never-entered", "was let go of although it was not in");
            }
            (Place::Exiting, Event::ExitStarted(..) | Event::Abandoned(_)) => {
                return violation("exactly-once", "was let go of twice");
            }
            _ => return violation("exactly-once", "was entered or exited out of turn"),
        };
    }
    match place {
        Place::Out => Ok(()),
        Place::Entering => violation("settle", "was left in the middle of its enter"),
        Place::In => violation("exactly-once", "entered, and was neither exited nor abandoned"),
        Place::Exiting => violation("wait-for-exits", "was left in the middle of its exit"),
    }
}

/// Checks the calls of `exit_dropped` of one member, each by the number of its events before the call: each stands behind a
/// dropped exit of its own.
pub(super) fn follow_calls(member: usize, events: &[Event], calls: &[usize]) -> Result<(), Violation> {
    let law = "drop-any-time";
    let violation = |what| Err(Violation { law, member, what, events: events.to_vec() });
    for (index, before) in calls.iter().enumerate() {
        if !matches!(events[..*before].last(), Some(Event::ExitDropped(_))) {
            return violation("was told by `exit_dropped` of an exit that was not dropped");
        }
        if calls[..index].contains(before) {
            return violation("was told by `exit_dropped` twice of one exit");
        }
    }
    Ok(())
}
