//! Ten thousand members (law `linear`): so many rows and spans, and no more work than that.

use crate::world::once;
use std::convert::Infallible;
use withal::{ExitPool, Outcome, Resource, ResourceExt};

const MANY: usize = 10_000;

struct Yields;

impl Resource for Yields {
    type Guard = ();
    type Error = Infallible;

    async fn enter(&mut self) -> Result<(), Infallible> {
        once().await;
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Infallible> {
        once().await;
        Ok(())
    }
}

fn list() -> impl Resource<Guard = Vec<()>> {
    (0..MANY).map(|_| Yields).collect::<Vec<_>>().named("list")
}

/// Enters all of them at once in the body.
async fn fill(pool: &withal::OpenPool<'static>) -> Result<(), withal::ScopeError> {
    futures::future::try_join_all((0..MANY).map(|_| pool.enter(Yields))).await?;
    Ok(())
}

#[cfg(feature = "timeline")]
#[test]
fn on_the_timeline() {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;
    let readings = std::sync::Arc::new(AtomicUsize::new(0));
    let clock = readings.clone();
    let timeline = withal::Timeline::with_clock(move || {
        clock.fetch_add(1, SeqCst);
        Duration::ZERO
    });
    let members = (list(), ExitPool::new());
    let scope = withal::Scope::new(members).observe(&timeline);
    futures::executor::block_on(scope.run(async |(_, pool)| fill(pool).await)).unwrap();

    // Begin and end of each phase, and of the body and the scope.
    assert_eq!(readings.load(SeqCst), 2 * MANY * 4 + 4);
    let members = timeline.members();
    assert_eq!(members.len(), 2 * MANY);
    assert_eq!((members[7].path(), members[7].name()), (&[0, 7][..], "list/Yields"));
    assert_eq!(members[MANY + 7].path(), [1, 7]);
    assert!(timeline.in_flight().is_empty());
}

#[cfg(feature = "tracing")]
#[test]
fn spans() {
    let log = crate::layer::Log::of(|_| {
        let scope = (list(), ExitPool::new()).scope(async |(_, pool)| fill(pool).await);
        futures::executor::block_on(scope).unwrap();
    });
    let lines = log.lines();
    let count = |begin| lines.iter().filter(|line| line.starts_with(begin)).count();
    assert_eq!((count("new "), count("end ")), (2 * MANY * 2 + 2, 2 * MANY * 2 + 2));
    // Made, polled twice, dropped; and so is the body.
    assert!(count("> ") <= 2 * MANY * 2 * 4 + MANY, "{}", count("> "));
}
