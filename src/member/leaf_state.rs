//! The state of a single resource, and the hooks of its enter and exit, which change it.

use super::{AttemptState, Fault};
use crate::catch_unwind::{CallHooks, OnOutput};
use crate::error::Phase;
use crate::observe::{MemberObserver, PhaseEnd, Span};
use crate::outcome::Outcome;
use crate::stamp::Stamp;
use crate::thin_vec::ThinVec;
use crate::unwind::CaughtPanic;
use alloc::boxed::Box;

/// The progress of a call into a resource.
pub(super) struct LeafState<E> {
    pub(super) in_flight: Option<Phase>,
    /// Whether its name is put before the names of the members that it delegates to.
    pub(super) adds_name: bool,
    /// `None` while nothing has failed and nobody looks on, which takes one check of a pointer.
    pub(super) extra: Option<Box<LeafExtra<E>>>,
}

pub(super) struct LeafExtra<E> {
    pub(super) faults: ThinVec<Fault<E>>,
    pub(super) observer: Option<MemberObserver>,
}

impl<E> LeafState<E> {
    fn begin(&mut self, phase: Phase, outcome: Option<&Outcome<'_>>) {
        self.in_flight = Some(phase);
        if self.extra.is_some() {
            self.begin_observed(outcome);
        }
    }

    #[cold]
    #[inline(never)]
    fn begin_observed(&mut self, outcome: Option<&Outcome<'_>>) {
        if let Some(observer) = self.observer() {
            observer.begin(outcome);
        }
    }

    #[inline]
    pub(super) fn observer(&mut self) -> Option<&mut MemberObserver> {
        self.extra.as_mut()?.observer.as_mut()
    }

    #[inline]
    fn span(&self) -> Option<&Span> {
        self.extra.as_ref()?.observer.as_ref()?.span()
    }

    #[cold]
    pub(super) fn extra_mut(&mut self) -> &mut LeafExtra<E> {
        self.extra.get_or_insert_with(|| Box::new(LeafExtra { faults: ThinVec::new(), observer: None }))
    }

    #[cold]
    pub(super) fn push(&mut self, fault: Fault<E>) {
        self.extra_mut().faults.push(fault);
    }

    pub(super) fn has_faults(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| !extra.faults.is_empty())
    }

    fn note<T>(&mut self, output: Result<T, E>) -> Option<T> {
        output.map_err(|error| self.returned(error)).ok()
    }

    #[cold]
    #[inline(never)]
    fn returned(&mut self, error: E) {
        self.failed(Fault::Error(Stamp::now(), error), PhaseEnd::Failed);
    }

    #[cold]
    fn failed(&mut self, fault: Fault<E>, end: PhaseEnd) {
        self.push(fault);
        if let Some(observer) = self.observer() {
            observer.note(end);
        }
    }

    #[cold]
    #[inline(never)]
    fn panicked(&mut self, panic: CaughtPanic) {
        self.failed(Fault::Panic(panic), PhaseEnd::Panicked);
    }

    /// Leaves `in_flight` as it is: `interrupt` reads it.
    #[cold]
    #[inline(never)]
    fn dropped(&mut self, phase: Phase) {
        if let Some(observer) = self.observer() {
            observer.note(PhaseEnd::Dropped);
            observer.end(phase);
        }
    }

    fn end(&mut self) -> bool {
        let phase = self.in_flight.take();
        self.extra.as_mut().is_none_or(|extra| extra.end(phase))
    }
}

impl<E> LeafExtra<E> {
    #[cold]
    #[inline(never)]
    fn end(&mut self, phase: Option<Phase>) -> bool {
        if let (Some(observer), Some(phase)) = (&mut self.observer, phase) {
            observer.end(phase);
        }
        self.faults.is_empty()
    }
}

impl<E> Drop for LeafState<E> {
    #[inline]
    fn drop(&mut self) {
        if let Some(extra) = self.extra.take() {
            dispose(extra);
        }
    }
}

#[cold]
fn dispose<T>(extra: T) {
    drop(extra);
}

pub(super) struct EnterHooks<'h, 'e, G, E> {
    pub(super) guard: &'h mut Option<G>,
    pub(super) state: &'h mut LeafState<E>,
    pub(super) entry: &'e AttemptState<'e>,
}

impl<G, E> CallHooks for EnterHooks<'_, '_, G, E> {
    fn begin(&mut self) {
        self.state.begin(Phase::Enter, None);
    }

    fn span(&self) -> Option<&Span> {
        self.state.span()
    }

    fn panicked(&mut self, panic: CaughtPanic) {
        self.state.panicked(panic);
    }

    fn dropped(&mut self) {
        self.state.dropped(Phase::Enter);
    }

    fn end(&mut self) -> bool {
        let well = self.state.end();
        if !well {
            self.entry.note_failure();
        }
        well
    }
}

impl<G, E> OnOutput<Result<G, E>> for EnterHooks<'_, '_, G, E> {
    fn note(&mut self, entered: Result<G, E>) {
        if let Some(guard) = self.state.note(entered) {
            *self.guard = Some(guard);
            self.entry.note_entered();
        }
    }
}

pub(super) struct ExitHooks<'h, 'e, E> {
    pub(super) state: &'h mut LeafState<E>,
    pub(super) outcome: &'e Outcome<'e>,
}

impl<E> CallHooks for ExitHooks<'_, '_, E> {
    fn begin(&mut self) {
        self.state.begin(Phase::Exit, Some(self.outcome));
    }

    fn span(&self) -> Option<&Span> {
        self.state.span()
    }

    fn panicked(&mut self, panic: CaughtPanic) {
        self.state.panicked(panic);
    }

    fn dropped(&mut self) {
        self.state.dropped(Phase::Exit);
    }

    fn end(&mut self) -> bool {
        self.state.end()
    }
}

impl<E> OnOutput<Result<(), E>> for ExitHooks<'_, '_, E> {
    fn note(&mut self, exited: Result<(), E>) {
        self.state.note(exited);
    }
}
