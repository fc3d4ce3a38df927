use crate::outcome::OutcomeKind;
use std::borrow::ToOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::format;
use std::string::String;
use std::vec::Vec;

/// Something that happened to the member of this number, or to the body.
///
/// A [`Ledger`](super::Ledger) records the events of members by itself. The user records those of the body: with
/// [`Ledger::body`](super::Ledger::body), or one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// Its enter was polled for the first time.
    EnterStarted(usize),
    /// Its enter returned a guard.
    Entered(usize),
    /// Its enter returned an error.
    EnterFailed(usize),
    /// Its enter panicked.
    EnterPanicked(usize),
    /// Its enter was dropped in flight.
    EnterDropped(usize),
    /// The body was polled for the first time. Recorded by [`Ledger::body`](super::Ledger::body) only.
    BodyStarted,
    /// The body ended, in any way. Recorded by [`Ledger::body`](super::Ledger::body) only.
    BodyEnded,
    /// The body was dropped in flight. Recorded by [`Ledger::body`](super::Ledger::body) only.
    BodyDropped,
    /// Its exit was polled for the first time, with this outcome.
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
    /// Returns the number of the member; `None` for an event of the body.
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

/// A law that was broken, with the member and its events, or a [check](super::Ledger::check_also) of the user's own
/// that failed, with the events until then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    law: String,
    member: Option<usize>,
    what: String,
    events: Vec<Event>,
}

impl Violation {
    /// Creates the violation of a law by the member that these events happened to.
    pub(super) fn of_member(law: &str, member: usize, what: &str, events: &[Event]) -> Self {
        Self { law: law.to_owned(), member: Some(member), what: what.to_owned(), events: events.to_vec() }
    }

    /// Creates the violation of a check that the user wrote.
    pub(super) fn of_check(name: String, what: &str, events: Vec<Event>) -> Self {
        Self { law: name, member: None, what: what.to_owned(), events }
    }

    /// Returns the name of the law, or of the check.
    #[must_use]
    pub fn law(&self) -> &str {
        &self.law
    }

    /// Returns the number of the member; `None` for a check of the user's own.
    #[must_use]
    pub fn member(&self) -> Option<usize> {
        self.member
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { law, member, what, events } = self;
        match member {
            Some(member) => write!(f, "law `{law}`: member {member} {what}; what happened to it: {events:?}"),
            None => write!(f, "`{law}` {what}; what happened: {events:?}"),
        }
    }
}

impl std::error::Error for Violation {}

/// Returns the events of each member.
pub(super) fn by_member(events: &[Event]) -> BTreeMap<usize, Vec<Event>> {
    let mut members = BTreeMap::<_, Vec<_>>::new();
    for event in events {
        if let Some(id) = event.member() {
            members.entry(id).or_default().push(*event);
        }
    }
    members
}

/// The state of a member.
#[derive(Clone, Copy, PartialEq, Eq)]
enum MemberState {
    Out,
    Entering,
    In,
    Exiting,
}

/// Checks the events of one member, which has to end as it began: not entered.
pub(super) fn follow(member: usize, events: &[Event]) -> Result<(), Violation> {
    let mut place = MemberState::Out;
    let violation = |law, what| Err(Violation::of_member(law, member, what, events));
    for event in events {
        place = match (place, event) {
            (MemberState::Out, Event::EnterStarted(_)) => MemberState::Entering,
            (MemberState::Entering, Event::Entered(_)) => MemberState::In,
            (MemberState::In, Event::ExitStarted(..)) => MemberState::Exiting,
            (MemberState::Entering, Event::EnterFailed(_) | Event::EnterPanicked(_) | Event::EnterDropped(_))
            | (MemberState::In, Event::Abandoned(_))
            | (
                MemberState::Exiting,
                Event::Exited(_) | Event::ExitFailed(_) | Event::ExitPanicked(_) | Event::ExitDropped(_),
            ) => MemberState::Out,
            (MemberState::Out, Event::ExitStarted(..) | Event::Abandoned(_)) => {
                return violation("never-entered", "was let go of although it was not in");
            }
            (MemberState::Exiting, Event::ExitStarted(..) | Event::Abandoned(_)) => {
                return violation("exactly-once", "was let go of twice");
            }
            _ => return violation("exactly-once", "was entered or exited out of turn"),
        };
    }
    match place {
        MemberState::Out => Ok(()),
        MemberState::Entering => violation("settle", "was left in the middle of its enter"),
        MemberState::In => violation("exactly-once", "entered, and was neither exited nor abandoned"),
        MemberState::Exiting => violation("wait-for-exits", "was left in the middle of its exit"),
    }
}

/// Checks the calls of `exit_dropped`, each by its member and the number of events before it: each has to follow a
/// dropped exit of its own.
pub(super) fn follow_calls(calls: &[(usize, usize)], events: &[Event]) -> Result<(), Violation> {
    let mut exits = BTreeSet::new();
    for (member, before) in calls {
        let is_own = |event: &Event| event.member() == Some(*member);
        let last = events[..*before].iter().rposition(is_own);
        let exit = last.filter(|last| matches!(events[*last], Event::ExitDropped(_)));
        let what = match exit {
            Some(exit) if exits.insert(exit) => continue,
            Some(_) => "was told by `exit_dropped` twice of one exit",
            None => "was told by `exit_dropped` of an exit that was not dropped",
        };
        let own: Vec<_> = events.iter().copied().filter(is_own).collect();
        return Err(Violation::of_member("drop-any-time", *member, what, &own));
    }
    Ok(())
}

/// Returns the names of the calls in flight: enters, exits and the body.
pub(super) fn in_flight(events: &[Event]) -> String {
    let mut flights = Vec::new();
    for event in events {
        let (flight, begins) = match event {
            Event::EnterStarted(id) => (format!("the enter of member {id}"), true),
            Event::ExitStarted(id, _) => (format!("the exit of member {id}"), true),
            Event::BodyStarted => ("the body".to_owned(), true),
            Event::Entered(id) | Event::EnterFailed(id) | Event::EnterPanicked(id) | Event::EnterDropped(id) => {
                (format!("the enter of member {id}"), false)
            }
            Event::Exited(id) | Event::ExitFailed(id) | Event::ExitPanicked(id) | Event::ExitDropped(id) => {
                (format!("the exit of member {id}"), false)
            }
            Event::BodyEnded | Event::BodyDropped => ("the body".to_owned(), false),
            Event::Abandoned(_) => continue,
        };
        if begins {
            flights.push(flight);
        } else if let Some(at) = flights.iter().position(|other| *other == flight) {
            flights.remove(at);
        }
    }
    if flights.is_empty() { "no member".to_owned() } else { flights.join(", ") }
}
