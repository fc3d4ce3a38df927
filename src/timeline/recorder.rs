use super::{End, MemberRecord, ScopeRecord, Timeline};
use crate::error::Phase;
use crate::observe::{Event, EventKind, Observe};
use std::time::Duration;

/// Records the events, of any number of scopes and in any order. The clock is read before the lock is taken.
impl Observe for Timeline {
    fn event(&self, event: &Event<'_>) {
        let now = match event.kind() {
            EventKind::UpBegan | EventKind::UpEnded(End::Done | End::Dropped) => return,
            EventKind::Failed(..) | EventKind::PathChanged => Duration::ZERO,
            _ => self.now(),
        };
        let mut scopes = self.records();
        if event.kind() == EventKind::ScopeBegan {
            scopes.insert(event.scope(), ScopeRecord::new(event.scope_name(), now));
        } else if let Some(scope) = scopes.get_mut(&event.scope()) {
            match event.member() {
                Some(number) => scope.member(number, event).record(now, event),
                None => scope.record(now, event.kind()),
            }
        }
    }
}

impl ScopeRecord {
    /// Records an event of the scope or its body.
    fn record(&mut self, now: Duration, kind: EventKind<'_>) {
        match kind {
            EventKind::ScopeEnded(outcome) => {
                self.closed.get_or_insert((now, outcome));
            }
            EventKind::BodyBegan => self.body = Some(super::Span::new(now)),
            EventKind::BodyEnded(end) => self.body.get_or_insert(super::Span::new(now)).finish(now, end),
            _ => {}
        }
    }

    /// Returns the member with this number, which is added if there is none. They are in the order of their numbers.
    fn member(&mut self, number: usize, event: &Event<'_>) -> &mut MemberRecord {
        let index = self.members.binary_search_by_key(&number, |member| member.number).unwrap_or_else(|index| {
            self.members.insert(index, MemberRecord::new(number, event.path().into(), event.name().into()));
            index
        });
        &mut self.members[index]
    }
}

impl MemberRecord {
    fn record(&mut self, now: Duration, event: &Event<'_>) {
        match event.kind() {
            EventKind::EnterBegan => self.begin(now, Phase::Enter),
            EventKind::EnterEnded(end) => self.end(now, Phase::Enter, end),
            EventKind::UpEnded(end) => self.end(now, Phase::Up, end),
            EventKind::ExitBegan(outcome) => {
                self.begin(now, Phase::Exit);
                self.told = Some(outcome);
            }
            EventKind::ExitEnded(end) => self.end(now, Phase::Exit, end),
            EventKind::Abandoned => self.abandoned = Some(now),
            EventKind::Failed(phase, words) => self.explain(phase, words),
            EventKind::PathChanged => self.path = event.path().into(),
            _ => {}
        }
    }
}
