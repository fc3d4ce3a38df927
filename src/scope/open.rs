//! A scope without a body: the caller owns what is up.

use super::drive::name_of;
use super::end::add_panics;
use super::values::Values;
use super::{OnDrop, Scope};
use crate::error::ScopeError;
use crate::nest::{self, nestable};
use crate::observe::ScopeObserver;
use crate::opened::{AbandonSignal, Members, Opened, Opening, enter, exit, let_go};
use crate::outcome::{Outcome, OutcomeCopy};
use crate::panic_log::{CatchOnDrop, PanicLog};
use crate::report::Report;
use crate::resource::Resource;
use crate::signal::{Fired, SignalPair, Signals};
use crate::stamp::Stamp;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::convert::Infallible;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;
use futures::future::BoxFuture;

impl<R: Resource, S: Future, F: OnDrop<R>, A: Future> Scope<R, S, F, A> {
    /// Enters all members, and returns an [`Opened`], which owns them: a field of a struct, the state of a server, a
    /// test fixture.
    ///
    /// With [`on`](Self::on), the members are exited on the reaper if the `Opened` is dropped, and a task of its
    /// spawner polls the work of members that work. The signal of [`until`](Self::until) ends with the enter: a signal
    /// that fires later does nothing. To react to it, `select!` it against what the program
    /// does with the `Opened`, and [`close`](Opened::close) that. The signal of [`abandon_on`](Self::abandon_on), which
    /// has to be `'static`, is kept, and polled again in `close`. An observer receives no event of a body.
    ///
    /// # Order
    ///
    /// The enters overlap (law [`concurrent-enter`](crate::laws#concurrent-enter)), and are first polled in member
    /// order. If one fails, the others run to completion ([`settle`](crate::laws#settle)), or are dropped under
    /// [`fail_fast`](crate::ResourceExt::fail_fast), and all members that entered are exited
    /// ([`roll-back`](crate::laws#roll-back)) before it returns.
    ///
    /// # Errors
    ///
    /// A [`ScopeError`] with every failure: of kind `Enter` if a member failed to enter, or its work failed before all
    /// were in, and `Cancelled` if the signal fired before all were in. The members that had entered are exited then.
    ///
    /// # Panics
    ///
    /// Resumes the earliest panic of a member, of the signal or of the spawner, once all members that entered are
    /// exited (law [`panic-last`](crate::laws#panic-last)).
    ///
    /// # Cancel safety
    ///
    /// If it is awaited in the body of another scope, and that body is given up, the enters settle, and all members
    /// that entered are exited first (law [`nested-until`](crate::laws#nested-until)). An `Opened` that the body owns
    /// is dropped with it.
    ///
    /// If the future is dropped, enters and exits in flight are dropped, and members that entered are
    /// [abandoned](Resource::abandon). On a reaper, the enters run to completion there, and all members that entered
    /// are exited (laws [`drop-any-time`](crate::laws#drop-any-time), [`reaped`](crate::laws#reaped)).
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{Scope, adopt};
    ///
    /// # futures::executor::block_on(async {
    /// let numbers = adopt(vec![1, 2], async |numbers, _| {
    ///     assert_eq!(numbers, [1, 2, 3]);
    ///     Ok(())
    /// });
    /// let mut opened = Scope::new(numbers).open().await?;
    /// opened.push(3); // an `Opened` derefs to the guard
    /// opened.close().await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[must_use = "a scope does nothing unless it is awaited"]
    pub fn open<'a>(self) -> impl Future<Output = Result<Opened<R>, ScopeError>> + Send + 'a
    where
        R: 'a,
        S: Send + 'a,
        F: 'a,
        A: Send + 'static, // the `Opened` keeps it
    {
        let Self { resource, signals, on_drop, observer } = self;
        let signals = SignalPair { until: signals.until, abandon: signals.abandon.map(AbandonSignal::new) };
        let mut values = Values::<_, _, _, _, _, Infallible>::new(resource, on_drop, (), signals);
        let opening = async move {
            let observer = ScopeObserver::open(observer, || name_of(values.resource.as_ref()));
            let opening = Opening::new(values.signals.until.is_some() || nest::is_nested(), observer);
            let signals = pin!(values.signals.take());
            let mut detach = values.start().detach();
            let members = Members::new(values.resource.take(), Arc::clone(&opening));
            let panics = &values.panics;
            let mut signals = Signals::new(signals, panics);
            let mut detach = CatchOnDrop::new(&mut detach, panics);

            let mut cancelled = signals.fires_if_given_up() || signals.is_armed() && signals.fires().await;
            if signals.is_abandoned() {
                opening.state.abandon();
            }
            let mut members = {
                let mut entering: Option<BoxFuture<'_, Members<R>>> = Some(match detach.get() {
                    Some(detach) => detach.enter(members, !cancelled, panics),
                    None => Box::pin(enter(members, !cancelled)),
                });
                let mut entering = CatchOnDrop::new(&mut entering, panics);
                let settled = poll_fn(|cx| {
                    let polled = entering.get().as_mut().expect("it is there until it is over").as_mut().poll(cx);
                    if polled.is_pending() && opening.is_failed() { Poll::Ready(None) } else { polled.map(Some) }
                });
                let fired = |fired| {
                    cancelled |= match fired {
                        Fired::Until => opening.state.cancel(),
                        Fired::Abandon => opening.state.abandon(),
                    };
                };
                let (settled, fired) = signals.during(pin!(settled), fired).await;
                let is_in = settled.as_ref().is_some_and(Members::is_in);
                cancelled = cancelled
                    || is_in && (fired || signals.fires_if_given_up() || signals.is_armed() && signals.fires().await);
                // Before the exits, which may wait for something that the signal holds.
                signals.clear_until();
                if signals.is_abandoned() {
                    opening.state.abandon();
                }
                match (settled, entering.get()) {
                    (None, Some(entering)) => {
                        signals.during_exits(entering.as_mut(), || _ = opening.state.abandon()).await
                    }
                    (Some(members), _) => members,
                    (None, None) => unreachable!("it is there until it is over"),
                }
            };
            let spawners = PanicLog::new();
            if members.is_in() && !cancelled && panics.is_empty() {
                if let (Some(detach), Some(work)) = (detach.get(), members.work()) {
                    detach.spawn(work, &spawners);
                }
                if spawners.is_empty() {
                    nest::leave_body(); // a body that is given up meanwhile drops what is returned
                    return Ok(Opened::new(members, detach.get().take(), signals.take_abandon()));
                }
            }
            let mut failures = if members.is_in() {
                let outcome = if cancelled { Outcome::Cancelled } else { Outcome::Panicked };
                let exits = async {
                    match detach.get() {
                        Some(detach) => detach.exit(members, OutcomeCopy::new(outcome, false), panics).await,
                        None => exit(members, outcome).await,
                    }
                };
                signals.during_exits(pin!(exits), || _ = opening.state.abandon()).await
            } else {
                members.take_failures()
            };
            add_panics(&mut failures, "signal", panics.take());
            add_panics(&mut failures, "reaper", spawners.take());
            if let Some(detach) = detach.get().take() {
                let_go(detach, &mut failures);
            }
            opening.state.observer().close(&failures);
            let mut report = Report {
                body: None,
                panic: None,
                failures,
                cancelled,
                suppressed: false,
                member_failed: false,
                abandoned: signals.is_abandoned(),
            };
            if nest::leave_body() {
                report = Box::pin(nest::rest(report, Stamp::now())).await;
            }
            report.into_result()
        };
        nestable(opening)
    }
}
