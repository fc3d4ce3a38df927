use super::Scope;
use super::body_error::{BodyEnd, OwnedOutcome, SharedError};
use super::driver::{Driver, OnDrop};
use super::end::{Finish, ScopeEnd};
use super::values::Values;
use crate::body::Body;
use crate::catch_unwind::{CallHooks, CatchUnwind, OnOutput};
use crate::kind::kind_of;
use crate::member::EnterState;
use crate::nest::{self, nestable};
use crate::observe::{BodyObserver, PhaseEnd, ScopeObserver, Span};
use crate::panic_log::{CatchOnDrop, PanicLog};
use crate::report::Report;
use crate::resource::Resource;
use crate::signal::{Fired, Signals};
use crate::stamp::Stamp;
use crate::unwind::{CaughtPanic, catch};
use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use core::future::{Future, poll_fn};
use core::pin::{Pin, pin};
use core::task::Poll;

/// Enters, body, exit: the order of events on every path.
///
/// Cancel safety rests on drop order. This future can be dropped at any await, and its locals then drop in reverse: the
/// future in flight, the lent guard, the driver, the signals, and at last the [`Values`], which collect the panics of
/// all these drops and resume the earliest. It is an async block that leaves the captured arguments where they are: an
/// `async fn` would store them twice.
pub(super) fn drive<X, R, F, B, S, A, T, O>(
    scope: Scope<R, S, F, A>,
    body: B,
    boxing: X::Boxing,
    finish: Finish<impl FnOnce(T) -> O, impl FnOnce(Report<T, X::Error>) -> O>,
) -> impl Future<Output = O>
where
    R: Resource,
    F: OnDrop<R>,
    B: for<'r> Body<&'r mut R::Guard, Result<T, X::Error>>,
    S: Future,
    A: Future,
    X: SharedError,
{
    let Scope { resource, signals, on_drop, observer } = scope;
    let mut values = Values::new(resource, on_drop, body, signals);
    let driving = async move {
        let observer = ScopeObserver::open(observer, || name_of(values.resource.as_ref()));
        let state = EnterState::new(values.signals.until.is_some() || nest::is_nested(), observer);
        let signals = pin!(values.signals.take());
        let on_drop = values.start();
        let Values { resource, body, end, panics, .. } = &mut values;
        let mut signals = Signals::new(signals, panics);
        let mut cancelled = signals.fires_if_given_up() || signals.is_armed() && signals.fires().await;
        let mut member_failed = false;
        let mut failures = {
            let mut driver = on_drop.driver::<X>(resource, &state, panics);
            // If this is dropped, the body is dropped before the driver (law `body-between`).
            let mut body = CatchOnDrop::new(body, panics);
            let state = driver.entering();
            let mut all_in = false;
            if !cancelled {
                let fired = |fired| {
                    cancelled |= match fired {
                        Fired::Until => state.cancel(),
                        Fired::Abandon => state.abandon(),
                    };
                };
                let (well, fired) = signals.during(pin!(driver.enter()), fired).await;
                all_in = driver.entered(well);
                cancelled = cancelled
                    || all_in && (fired || signals.fires_if_given_up() || signals.is_armed() && signals.fires().await);
            }
            if all_in && !cancelled {
                let mut loan = LentGuard::new(&mut driver, &mut body);
                let mut hooks = BodyHooks { end, panics, observer: state.observer().body() };
                let run = pin!(CatchUnwind::new(&mut hooks, || loan.call()));
                let given_up = unless_given_up(&mut signals, &state, run).await;
                cancelled = given_up == Some(GivenUp::Cancelled);
                member_failed = given_up == Some(GivenUp::MemberFailed);
            }
            // Before the exits, which may wait for something that the body captured or the signal holds.
            body.clear();
            signals.clear_until();
            nest::close(panics);
            if signals.is_abandoned() {
                state.abandon();
            }
            if cancelled || member_failed {
                // Of a body that ended by itself after it was given up.
                panics.clear(end);
            }
            let outcome = if !all_in {
                OwnedOutcome::RollBack
            } else if panics.has_bodys() {
                OwnedOutcome::Panicked
            } else if cancelled {
                OwnedOutcome::Cancelled
            } else if member_failed {
                OwnedOutcome::MemberFailed
            } else if let Some(BodyEnd::Returned(Err(error))) =
                end.take_if(|end| matches!(end, BodyEnd::Returned(Err(_))))
            {
                *end = Some(BodyEnd::split(error, boxing));
                OwnedOutcome::Failed
            } else {
                OwnedOutcome::Completed
            };
            let exits = driver.exit(outcome, end.as_mut().and_then(BodyEnd::shared));
            signals.during_exits(pin!(exits), || _ = state.abandon()).await;
            driver.take_failures()
        };
        let abandoned = signals.is_abandoned();
        drop(signals);
        nest::add_failures(&mut failures);
        values.clear_resource();
        if values.panics.is_empty() && failures.is_empty() && !cancelled && !nest::is_nested() {
            // A member whose work has failed is a failure.
            if let Some(BodyEnd::Returned(Ok(value))) =
                values.end.take_if(|end| matches!(end, BodyEnd::Returned(Ok(_))))
            {
                state.observer().close(&failures);
                return (finish.clean)(value);
            }
        }
        let scope = ScopeEnd { failures, cancelled, member_failed, abandoned };
        let (mut report, panicked) = scope.into_report(values.end.take(), &values.panics);
        state.observer().close(&report.failures);
        if nest::leave_body() {
            report = Box::pin(nest::rest(report, panicked.unwrap_or_else(Stamp::now))).await;
        }
        (finish.report)(report)
    };
    nestable(driving)
}

/// The reason why a body is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GivenUp {
    Cancelled,
    MemberFailed,
}

/// Runs the body until it ends, or until it is given up and all scopes within it are out, or until the scope is
/// abandoned. Polls the work of the members after each of its polls.
///
/// The signals are polled first, as in [`Signals::during`]. A body that is ready in the same poll takes precedence, and
/// so does work that fails.
fn unless_given_up<B: Future, S: Future, A: Future>(
    signals: &mut Signals<'_, S, A>,
    works: &EnterState,
    mut body: Pin<&mut B>,
) -> impl Future<Output = Option<GivenUp>> {
    let mut given_up = None;
    poll_fn(move |cx| {
        let fires = signals.poll(cx);
        let polled = nest::in_body(|| body.as_mut().poll(cx));
        if polled.is_ready() {
            return Poll::Ready(given_up);
        }
        let work_failed = works.poll_work(cx);
        if given_up.is_none() {
            given_up = match (work_failed, fires) {
                (true, _) => Some(GivenUp::MemberFailed),
                (false, true) => Some(GivenUp::Cancelled),
                (false, false) => return Poll::Pending,
            };
            if !signals.is_abandoned() {
                nest::give_up();
            }
        }
        if signals.is_abandoned() || nest::is_quiet(cx) { Poll::Ready(given_up) } else { Poll::Pending }
    })
}

/// Returns the name of an observed scope.
pub(super) fn name_of<R: Resource>(resource: Option<&R>) -> String {
    let name = catch(|| resource.map_or_else(String::new, |resource| resource.name().to_owned()));
    name.unwrap_or_else(|_| kind_of::<R>().to_owned())
}

/// Records how the body ended.
struct BodyHooks<'r, 'p, T, X: SharedError> {
    end: &'r mut Option<BodyEnd<T, X>>,
    panics: &'p PanicLog,
    observer: BodyObserver<'r>,
}

impl<T, X: SharedError> CallHooks for BodyHooks<'_, '_, T, X> {
    fn begin(&mut self) {
        self.observer.begin();
    }

    fn span(&self) -> Option<&Span> {
        self.observer.span()
    }

    fn panicked(&mut self, panic: CaughtPanic) {
        self.observer.panicked(&panic);
        self.panics.push(panic);
    }

    fn dropped(&mut self) {
        self.observer.end(PhaseEnd::Dropped);
    }

    fn end(&mut self) -> bool {
        self.panics.is_empty()
    }
}

impl<T, X: SharedError> OnOutput<Result<T, X::Error>> for BodyHooks<'_, '_, T, X> {
    fn note(&mut self, returned: Result<T, X::Error>) {
        self.observer.end(if returned.is_ok() { PhaseEnd::Done } else { PhaseEnd::Failed });
        *self.end = Some(BodyEnd::Returned(returned));
    }
}

/// The body, and the guard that is lent to it. On drop, the guard returns to the driver.
struct LentGuard<'c, 'p, C: Driver, B> {
    driver: &'c mut C,
    body: &'c mut CatchOnDrop<'p, B>,
    guard: Option<C::Guard>,
}

impl<'c, 'p, C: Driver, B> LentGuard<'c, 'p, C, B> {
    fn new(driver: &'c mut C, body: &'c mut CatchOnDrop<'p, B>) -> Self {
        let guard = Some(driver.take());
        Self { driver, body, guard }
    }

    /// Calls the body. It is moved as seldom as can be: each move takes space on the stack in a build without
    /// optimisation.
    fn call<R>(&mut self) -> impl Future<Output = R> + use<'_, 'c, 'p, C, B, R>
    where
        B: for<'r> Body<&'r mut C::Guard, R>,
    {
        match (self.body.get().take(), &mut self.guard) {
            (Some(body), Some(guard)) => body.call(guard),
            _ => unreachable!("a body runs once, and has the guard"),
        }
    }
}

impl<C: Driver, B> Drop for LentGuard<'_, '_, C, B> {
    fn drop(&mut self) {
        self.driver.put(self.guard.take());
    }
}
