use super::Scope;
use super::crew::{Crew, Fate};
use super::signal::Signal;
use super::verdict::{Manner, Told, Verdict};
use crate::body::Body;
use crate::call::call;
use crate::error::{Failures, Name, Phase};
use crate::hold::EntryState;
use crate::panic::{Fragile, Panic, Panics};
use crate::report::Report;
use crate::resource::Resource;
use std::future::Future;
use std::pin::pin;

/// Enter, body, exit: what happens in which order, on every path.
///
/// This future can be dropped at any await, and then its locals go in reverse: a future in flight, the loan, the crew,
/// the values of the user's. Each records its panics in the first locals, which go last and resume one.
pub(super) async fn drive<R, F, B, S, M, T, O>(
    Scope { resource, fate, signal }: Scope<R, S, F>,
    body: B,
    manner: M,
    finish: impl FnOnce(Report<T, M::Error>) -> O,
) -> O
where
    R: Resource,
    F: Fate<R>,
    B: for<'r> Body<&'r mut R::Guard, Result<T, M::Error>>,
    S: Future,
    M: Manner,
{
    let (others, panics) = (Panics::new(), Panics::new());
    let state = EntryState::new(signal.is_some());
    let signal = pin!(signal);
    let mut signal = Signal::new(signal, &others);
    let mut resource = Fragile::new(resource, &others);
    let mut unrun = Fragile::new(body, &panics);
    let mut returned = Fragile::empty(&panics);
    let mut kept = Fragile::empty(&panics);
    let mut verdict = Fragile::new(Verdict::RollBack, &panics);
    let mut failures = Failures::default();
    let mut cancelled = signal.is_armed() && signal.has_fired().await;
    if cancelled {
        unrun.clear();
    } else {
        let mut crew = fate.crew(&mut resource, &state, &panics);
        // From here on a drop has the body go before the crew (law `body-between`).
        let mut body = unrun;
        let all_in = {
            let entering = crew.entering();
            signal.during(pin!(crew.enter()), || cancelled = entering.cancel()).await
        };
        cancelled = cancelled || all_in && signal.is_armed() && signal.has_fired().await;
        if all_in && !cancelled {
            let mut loan = Loan::new(&mut crew);
            let note = |ended| match ended {
                Ok(ended) => returned.set(ended),
                Err(panic) => panics.push(panic),
            };
            let running = call(|| body.take().expect("a body runs once").call(loan.guard()), note);
            cancelled = signal.unless(pin!(running)).await.is_none();
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
    finish(Report { body, panic, failures, cancelled, suppressed })
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
