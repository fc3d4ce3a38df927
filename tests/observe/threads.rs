//! A scope that moves between threads.

use crate::world::once;
use std::convert::Infallible;
use withal::{Outcome, Resource, ResourceExt, Scope};

/// Yields to the runtime a few times in each phase, so that it is polled on this thread and that.
struct Yields;

async fn yields() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

impl Resource for Yields {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        yields().await;
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
        yields().await;
        Ok(())
    }
}

async fn scope(scope: Scope<(Yields, Vec<Yields>)>) {
    let body = async |_: &mut _| {
        yields().await;
        let inner = async |_: &mut _| {
            once().await;
            Ok::<_, withal::ScopeError>(())
        };
        (Yields, ()).scope(inner).await
    };
    scope.run(body).await.unwrap();
}

fn members() -> (Yields, Vec<Yields>) {
    (Yields, (0..40).map(|_| Yields).collect())
}

/// Runs sixteen of them, each as a task of its own, on four threads.
fn on_four_threads<F: Future<Output = ()> + Send + 'static>(one: impl Fn() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    runtime.block_on(async {
        let tasks: Vec<_> = (0..16).map(|_| tokio::spawn(one())).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[cfg(feature = "timeline")]
#[test]
fn on_the_timeline() {
    let timeline = withal::Timeline::new();
    on_four_threads(|| scope(Scope::new(members()).observe(&timeline)));
    assert!(timeline.in_flight().is_empty());
    assert_eq!(timeline.scopes().len(), 16);
    for scope in timeline.scopes() {
        assert_eq!((scope.members().len(), scope.outcome()), (41, Some(withal::OutcomeKind::Completed)));
        assert!(scope.members().iter().all(|member| member.exit().is_some_and(|exit| exit.end() <= scope.closed())));
    }
}

/// The tasks know their subscriber, as those of a program with a global one do.
#[cfg(feature = "tracing")]
#[test]
fn spans() {
    use tracing::instrument::WithSubscriber;
    let log = crate::layer::Log::default();
    let dispatch = tracing::Dispatch::new(log.subscriber());
    on_four_threads(|| scope(Scope::new(members())).with_subscriber(dispatch.clone()));
    log.check();
    assert_eq!(log.that(&["new scope"]).len(), 32);
    assert_eq!(log.that(&["new enter", "new exit"]).len(), 16 * (41 + 1) * 2);
}

/// And so do those that nobody told: the scope keeps to the subscriber that it began with.
#[cfg(feature = "tracing")]
#[test]
fn with_a_subscriber_on_the_first_thread_only() {
    let log = crate::layer::Log::default();
    let mut running = Box::pin(scope(Scope::new(members())));
    log.run(|| assert!(crate::world::poll(running.as_mut()).is_pending()));
    std::thread::spawn(|| crate::world::run(running)).join().unwrap();
    log.check();
    assert_eq!(log.that(&["new exit"]).len(), 41);
}
