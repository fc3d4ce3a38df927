use super::Scope;
use super::crew::{Crew, OnDrop, Unpolled};
use super::signal::Signal;
use super::verdict::{Ended, Manner, Verdict};
use crate::body::Body;
use crate::call::{Call, Note, Progress};
use crate::error::{Failures, Name, Phase};
use crate::hold::EntryState;
use crate::kind::kind_of;
use crate::observe::{BodyObserver, PhaseEnd, ScopeObserver, SpanGuard};
use crate::panic::{Fragile, Panics};
use crate::report::Report;
use crate::resource::Resource;
use crate::unwind::{Panic, catch};
use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::future::Future;
use core::pin::pin;

/// Enter, body, exit: the order of events on every path.
///
/// Cancel safety rests on drop order. This future can be dropped at any await, and its locals then drop in reverse: the
/// future in flight, the loan, the crew, the user's values. Panics of these drops are collected in `panics`, the first
/// local, which drops last and resumes the earliest. It is an async block that leaves the captured arguments where they
/// are: an `async fn` would store them twice.
pub(super) fn drive<R, F, B, S, M, T, O>(
    scope: Scope<R, S, F>,
    body: B,
    manner: M,
    finish: impl FnOnce(Report<T, M::Error>) -> O,
) -> impl Future<Output = O>
where
    R: Resource,
    F: OnDrop<R>,
    B: for<'r> Body<&'r mut R::Guard, Result<T, M::Error>>,
    S: Future,
    M: Manner,
{
    let Scope { resource, signal, on_drop, observer } = scope;
    let mut unpolled = Unpolled::new(resource, on_drop, body, signal);
    async move {
        let panics = Panics::new();
        let observer = ScopeObserver::open(observer, || name_of(unpolled.resource.as_ref()));
        let state = EntryState::new(unpolled.signal.is_some(), observer);
        let signal = pin!(unpolled.signal.take());
        let mut signal = Signal::new(signal, &panics);
        let on_drop = unpolled.start();
        let mut resource = Fragile::new(&mut unpolled.resource, &panics);
        let mut ended = Fragile::new(None, &panics);
        let mut cancelled = signal.is_armed() && signal.fires().await;
        let mut failures = {
            let mut crew = on_drop.crew(resource.get(), &state, &panics);
            // If this is dropped, the body is dropped before the crew (law `body-between`).
            let mut body = Fragile::new(&mut unpolled.body, &panics);
            let mut all_in = false;
            if !cancelled {
                let (entered, fired) = {
                    let entering = crew.entering();
                    signal.during(pin!(crew.enter()), || cancelled = entering.cancel()).await
                };
                all_in = entered;
                cancelled = cancelled || all_in && (fired || signal.is_armed() && signal.fires().await);
            }
            if all_in && !cancelled {
                let mut loan = Loan::new(&mut crew, &mut body);
                let ending = Ending { ended: &mut ended, observer: state.observer().body() };
                let run = run(ending, || {
                    let (body, guard) = loan.lend();
                    body.call(guard)
                });
                cancelled = signal.unless(pin!(run)).await.is_none();
            }
            // Before the exits, which may wait for something that the body captured or the signal holds.
            body.clear();
            signal.clear();
            let verdict = if !all_in {
                Verdict::RollBack
            } else if panics.has_bodys() {
                Verdict::Panicked
            } else if cancelled {
                Verdict::Cancelled
            } else if let Some(Ended::Err(error)) = ended.get().take_if(|ended| matches!(ended, Ended::Err(_))) {
                ended.set(Ended::tell(error, manner));
                Verdict::Failed
            } else {
                Verdict::Completed
            };
            crew.exit(verdict, ended.get().as_mut().and_then(Ended::told)).await;
            crew.take_failures()
        };
        let (body, suppressed) = ended.get().take().map_or((None, false), Ended::into_result);
        let mut panic = None;
        if !panics.is_empty() {
            let (signals, mut bodys) = panics.take().into_iter().partition::<Vec<_>, _>(|panic| panic.is_signals);
            panic = (!bodys.is_empty()).then(|| bodys.remove(0).into_payload());
            add_panics(&mut failures, "body", bodys);
            add_panics(&mut failures, "signal", signals);
        }
        resource.clear();
        if !panics.is_empty() {
            add_panics(&mut failures, "resource", panics.take());
        }
        state.observer().close(&failures);
        finish(Report { body, panic, failures, cancelled, suppressed })
    }
}

/// An `async fn`, because the compiler cannot prove that a scope is `Send` if it holds the body's `Call` directly.
async fn run<F: Future>(note: impl Note<F::Output>, make: impl FnOnce() -> F) {
    Call::new(note, make).await;
}

/// Returns the name of an observed scope.
fn name_of<R: Resource>(resource: Option<&R>) -> String {
    let name = catch(|| resource.map_or_else(String::new, |resource| resource.name().to_owned()));
    name.unwrap_or_else(|_| kind_of::<R>().to_owned())
}

/// Records how the body ended.
struct Ending<'r, 'p, T, M: Manner> {
    ended: &'r mut Fragile<'p, Option<Ended<T, M>>>,
    observer: BodyObserver<'r>,
}

impl<T, M: Manner> Progress for Ending<'_, '_, T, M> {
    fn begin(&mut self) {
        self.observer.begin();
    }

    fn enter_span(&self) -> SpanGuard<'_> {
        self.observer.enter_span()
    }

    fn panicked(&mut self, panic: Panic) {
        self.observer.panicked(&panic);
        self.ended.panics().push(panic);
    }

    fn dropped(&mut self) {
        self.observer.end(PhaseEnd::Dropped);
    }

    fn end(&mut self) -> bool {
        self.ended.panics().is_empty()
    }
}

impl<T, M: Manner> Note<Result<T, M::Error>> for Ending<'_, '_, T, M> {
    fn note(&mut self, returned: Result<T, M::Error>) {
        self.observer.end(if returned.is_ok() { PhaseEnd::Done } else { PhaseEnd::Failed });
        self.ended.set(Ended::returned(returned));
    }
}

/// Adds panics that have no field of their own in a report.
#[cold]
fn add_panics(failures: &mut Failures, name: &str, panics: Vec<Panic>) {
    for panic in panics {
        failures.add_panic(Name::OfType(name), Phase::Exit, panic);
    }
}

/// The body, and the guard that is lent to it. On drop, the guard returns to the crew.
struct Loan<'c, 'p, C: Crew, B> {
    crew: &'c mut C,
    body: &'c mut Fragile<'p, &'p mut Option<B>>,
    guard: Option<C::Guard>,
}

impl<'c, 'p, C: Crew, B> Loan<'c, 'p, C, B> {
    fn new(crew: &'c mut C, body: &'c mut Fragile<'p, &'p mut Option<B>>) -> Self {
        let guard = Some(crew.take());
        Self { crew, body, guard }
    }

    fn lend(&mut self) -> (B, &mut C::Guard) {
        let body = self.body.get().take().expect("a body runs once");
        (body, self.guard.as_mut().expect("it is there until this is dropped"))
    }
}

impl<C: Crew, B> Drop for Loan<'_, '_, C, B> {
    fn drop(&mut self) {
        self.crew.put(self.guard.take());
    }
}
