use super::timer::CatchTimer;
use crate::error::{BoxError, Failures, Phase};
use crate::group::{Group, sealed};
use crate::member::{EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError, OwnFaults, boxed};
use crate::resource::Resource;
use core::fmt;
use core::future::{Future, poll_fn};
use core::mem::replace;
use core::pin::pin;
use core::task::Poll;

/// Sets a deadline for the enter or the exit of a resource. Returned by
/// [`enter_within`](crate::ResourceExt::enter_within) and [`exit_within`](crate::ResourceExt::exit_within).
#[must_use = "a resource does nothing until a scope enters it"]
pub struct Within<R, F> {
    resource: R,
    phase: Phase,
    timer: F,
}

impl<R, F> Within<R, F> {
    pub(super) fn new(resource: R, phase: Phase, timer: F) -> Self {
        Self { resource, phase, timer }
    }
}

impl<R: fmt::Debug, F> fmt::Debug for Within<R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, phase, timer: _ } = self;
        f.debug_struct("Within").field("resource", resource).field("phase", phase).finish_non_exhaustive()
    }
}

impl<R: Resource, F: FnMut() -> T + Send, T: Future + Send> Resource for Within<R, F> {
    type Guard = R::Guard;
    type Error = BoxError;

    by_hand!();
    delegate_resource!(resource: abandon name);

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = BoxError> {
        Held {
            hold: self.resource.hold(HoldToken),
            phase: self.phase,
            timer: &mut self.timer,
            notes: OwnFaults::default(),
        }
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = BoxError> {
        Held {
            hold: self.resource.into_hold(HoldToken),
            phase: self.phase,
            timer: self.timer,
            notes: OwnFaults::default(),
        }
    }
}

impl<G: Group, F: FnMut() -> T + Send, T: Future + Send> sealed::Sealed for Within<G, F> {}
impl<G: Group, F: FnMut() -> T + Send, T: Future + Send> Group for Within<G, F> {}

struct Held<H, F> {
    hold: H,
    phase: Phase,
    timer: F,
    notes: OwnFaults,
}

impl<H: Hold, F: FnMut() -> T + Send, T: Future + Send> Hold for Held<H, F> {
    type Guard = H::Guard;
    type Error = BoxError;

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        let Self { hold, phase, timer, notes } = self;
        let timer = (*phase == Phase::Enter).then_some(timer);
        let entered = within(hold.enter(entry), timer, notes).await;
        if entered.is_none() {
            self.hold.interrupt(Interruption::EnterTimedOut);
        }
        let well = entered == Some(true) && self.notes.is_empty();
        if !well {
            entry.state().note_failure();
        }
        well
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        let Self { hold, phase, timer, notes } = self;
        let timer = (*phase == Phase::Exit).then_some(timer);
        let exited = within(hold.exit(exit), timer, notes).await;
        if exited.is_none() {
            self.hold.interrupt(Interruption::ExitTimedOut);
        }
        exited == Some(true) && self.notes.is_empty()
    }

    forward_hold!(hold: attend observe take put show abandon interrupt is_in name_sets reach name);
    hold_of_boxed!();

    fn failures(&mut self, phase: Phase, map: MapError<'_, BoxError>) -> Failures {
        let mut all = boxed(&mut self.hold, phase, map);
        if !self.notes.is_empty() {
            self.notes.tell("timer", phase, &mut all);
        }
        all
    }
}

/// Runs some work until it is done, or until the timer is ready: returns `None` then.
///
/// After the first poll the timer is polled first, before busy work can use up the budget of a cooperative runtime (law
/// [`signal-is-heard`](crate::laws#signal-is-heard)). Work that is ready in the same poll takes precedence. If the work
/// is ready in its first poll, the timer is not polled at all. After a panic of the timer the work runs without a
/// limit.
async fn within<W: Future<Output = bool>, T: Future>(
    work: W,
    timer: Option<&mut impl FnMut() -> T>,
    notes: &mut OwnFaults,
) -> Option<bool> {
    let mut work = pin!(work);
    let place = pin!(None);
    let mut clock = CatchTimer::new(place, notes);
    if let Some(timer) = timer {
        clock.start(timer);
    }
    let mut is_first = true;
    poll_fn(|cx| {
        let is_first = replace(&mut is_first, false);
        let is_up = if is_first { Poll::Pending } else { clock.poll(cx) };
        match work.as_mut().poll(cx) {
            Poll::Ready(well) => Poll::Ready(Some(well)),
            Poll::Pending if is_first => clock.poll(cx).map(|()| None),
            Poll::Pending => is_up.map(|()| None),
        }
    })
    .await
}
