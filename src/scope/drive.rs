use super::Scope;
use super::crew::{Crew, Fate};
use super::signal::Signal;
use super::verdict::{Manner, Told, Verdict};
use crate::body::Body;
use crate::call::{Call, Note, Progress};
use crate::error::{Failures, Name, Phase};
use crate::hold::EntryState;
use crate::observe::{Body as Watched, How, Watch, Wrap};
use crate::panic::{Fragile, Panic, Panics, catch, discard};
use crate::report::Report;
use crate::resource::{Resource, type_name};
use alloc::borrow::ToOwned;
use alloc::string::String;
use core::future::Future;
use core::pin::pin;

/// Enter, body, exit: what happens in which order, on every path.
///
/// This future can be dropped at any await, and then its locals go in reverse: a future in flight, the loan, the crew,
/// the values of the user's. Each records its panics in the first locals, which go last and resume one. What the caller
/// gave stays where it was captured, which no `async fn` does: it would be in the future twice.
pub(super) fn drive<R, F, B, S, M, T, O>(
    mut scope: Scope<R, S, F>,
    body: B,
    manner: M,
    finish: impl FnOnce(Report<T, M::Error>) -> O,
) -> impl Future<Output = O>
where
    R: Resource,
    F: Fate<R>,
    B: for<'r> Body<&'r mut R::Guard, Result<T, M::Error>>,
    S: Future,
    M: Manner,
{
    let mut body = Some(body);
    async move {
        let (others, panics) = (Panics::new(), Panics::new());
        let state = EntryState::new(scope.signal.is_some());
        let signal = pin!(scope.signal);
        let mut signal = Signal::new(signal, &others);
        let watch = Watch::open(scope.observer, || name_of(scope.resource.as_ref()));
        let mut resource = Fragile::new(&mut scope.resource, &others);
        let (mut returned, mut kept, mut verdict) = (None, None, Some(Verdict::RollBack));
        let mut returned = Fragile::new(&mut returned, &panics);
        let mut kept = Fragile::new(&mut kept, &panics);
        let mut verdict = Fragile::new(&mut verdict, &panics);
        let mut failures = Failures::default();
        let mut cancelled = signal.is_armed() && signal.has_fired().await;
        if cancelled {
            panics.drop(body.take());
        } else {
            let mut crew = scope.fate.crew(&mut resource, &state, &panics, &watch);
            // On a drop the body goes before the crew (law `body-between`).
            let mut body = Fragile::new(&mut body, &panics);
            let all_in = {
                let entering = crew.entering();
                signal.during(pin!(crew.enter()), || cancelled = entering.cancel()).await
            };
            cancelled = cancelled || all_in && signal.is_armed() && signal.has_fired().await;
            if all_in && !cancelled {
                let mut loan = Loan::new(&mut crew);
                let ending = Ending { returned: &mut returned, panics: &panics, watched: watch.body() };
                let run = run(ending, || body.take().expect("a body runs once").call(loan.guard()));
                cancelled = signal.unless(pin!(run)).await.is_none();
            }
            // Neither what the body captured nor what the signal holds may be what an exit waits for.
            body.clear();
            signal.clear();
            if all_in {
                verdict.set(if !panics.is_empty() {
                    Verdict::Panicked
                } else if cancelled {
                    Verdict::Cancelled
                } else if let Some(Err(error)) = returned.take_if(|returned| returned.is_err()) {
                    let (left, told) = manner.split(error);
                    kept.set(left);
                    Verdict::Failed(told)
                } else {
                    Verdict::Completed
                });
            }
            crew.exit(&mut verdict).await;
            failures = crew.into_failures();
        }
        let mut suppressed = false;
        let body = match (verdict.take(), kept.take()) {
            (Some(Verdict::Failed(told)), Some(left)) => {
                suppressed = told.is_suppressed();
                Some(Err(M::join(left, told)))
            }
            _ => returned.take(),
        };
        let panic = panics.take_first().map(Panic::into_payload);
        add_panics(&mut failures, "body", &panics);
        add_panics(&mut failures, "signal", &others);
        resource.clear();
        add_panics(&mut failures, "resource", &others);
        watch.close(&failures);
        finish(Report { body, panic, failures, cancelled, suppressed })
    }
}

/// An async function, as the compiler cannot see that a scope is `Send` which holds a call of the body itself.
async fn run<F: Future>(note: impl Note<F::Output>, make: impl FnOnce() -> F) {
    Call::new(note, make).await;
}

/// What a scope is called where it is watched.
fn name_of<R: Resource>(resource: Option<&R>) -> String {
    let name = catch(|| resource.map_or_else(String::new, |resource| resource.name().to_owned()));
    name.unwrap_or_else(|panic| {
        discard(panic.into_payload());
        type_name::<R>().to_owned()
    })
}

/// Takes down how the body ends.
struct Ending<'r, 'p, T> {
    returned: &'r mut Fragile<'p, T>,
    panics: &'p Panics,
    watched: Watched,
}

impl<T> Progress for Ending<'_, '_, T> {
    fn begin(&mut self) -> Wrap {
        self.watched.begin()
    }

    fn panicked(&mut self, panic: Panic) {
        self.watched.end(How::Panicked);
        self.panics.push(panic);
    }

    fn dropped(&mut self) {
        self.watched.end(How::Dropped);
    }

    fn end(&mut self) -> bool {
        self.panics.is_empty()
    }
}

impl<T, E> Note<Result<T, E>> for Ending<'_, '_, Result<T, E>> {
    fn note(&mut self, returned: Result<T, E>) {
        self.watched.end(if returned.is_ok() { How::Done } else { How::Failed });
        self.returned.set(returned);
    }
}

/// Keeps the panics for which a report has no place of their own.
fn add_panics(failures: &mut Failures, name: &str, panics: &Panics) {
    if panics.is_empty() {
        return;
    }
    while let Some(panic) = panics.take_first() {
        failures.add_panic(Name::OfType(name), Phase::Exit, panic);
    }
}

/// The guard on loan to the body. It goes back to the crew when this is dropped.
struct Loan<'c, C: Crew> {
    crew: &'c mut C,
    guard: Option<C::Guard>,
}

impl<'c, C: Crew> Loan<'c, C> {
    fn new(crew: &'c mut C) -> Self {
        let guard = Some(crew.take());
        Self { crew, guard }
    }

    fn guard(&mut self) -> &mut C::Guard {
        self.guard.as_mut().expect("it is there until this is dropped")
    }
}

impl<C: Crew> Drop for Loan<'_, C> {
    fn drop(&mut self) {
        self.crew.put(self.guard.take());
    }
}
