//! `resource`, `adopt` and `defer`: what their closures are told, and that each is called once.

use futures::executor::block_on;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use withal::OutcomeKind::{self, Cancelled, Completed, EnterFailed, Failed, Panicked};
use withal::{BoxError, Outcome, Resource, ResourceExt, Scope, ScopeErrorKind, adopt, around, defer, resource};

type Told = Arc<Mutex<Vec<OutcomeKind>>>;

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

/// The outcome of every way in which a scope ends, at all three that are told one.
#[test]
fn exits_are_told_how_the_scope_ended() {
    let told = Told::default();
    let tell = |outcome: Outcome<'_>| told.lock().unwrap().push(outcome.kind());
    let members = || {
        (
            resource(async || Ok("guard"), async |guard, outcome| Ok(assert_guard(guard, tell(outcome)))),
            adopt("guard", async |guard, outcome| Ok(assert_guard(guard, tell(outcome)))),
            defer(async |outcome| Ok(tell(outcome))),
        )
    };
    let check = |kind| assert_eq!(std::mem::take(&mut *told.lock().unwrap()), [kind; 3]);
    block_on(async {
        members().scope(async |_| anyhow::Ok(())).await.unwrap();
        check(Completed);
        members().scope(async |_| Err::<(), _>(anyhow::anyhow!("no"))).await.unwrap_err();
        check(Failed);
        let broken = resource(async || Err::<(), _>(refused().into()), async |(), _| Ok(()));
        (members(), broken).scope(async |_| anyhow::Ok(())).await.unwrap_err();
        check(EnterFailed);
        let report = Scope::new(members()).report(async |_| -> Result<(), BoxError> { panic!("as expected") }).await;
        assert!(report.panic.is_some());
        check(Panicked);
        let signal = async {
            let mut polls = 0;
            std::future::poll_fn(|_| {
                polls += 1;
                if polls > 2 { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
            })
            .await;
        };
        let forever = async |_: &mut _| std::future::pending::<Result<(), BoxError>>().await;
        Scope::new(members()).until(signal).run(forever).await.unwrap_err();
        check(Cancelled);
    });
}

fn assert_guard(guard: &str, (): ()) {
    assert_eq!(guard, "guard");
}

/// Errors are told as they are, and downcast to their own type.
#[test]
fn errors_are_the_closures_own() {
    block_on(async {
        let enter = resource(async || Err::<(), _>(refused().into()), async |(), _| Ok(()));
        let report =
            Scope::new((enter, defer(async |_| Err(refused().into())))).report(async |_| Ok::<_, io::Error>(())).await;
        let told: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["could not enter [0] ResourceFn: connection refused", "could not exit [1] Defer: connection refused"]
        );
        assert!(report.failures.iter().all(|failure| failure.error().is::<io::Error>()));
    });
}

async fn twice<R: Resource>(mut resource: R) -> String {
    (&mut resource).scope(async |_| anyhow::Ok(())).await.unwrap();
    let error = (&mut resource).scope(async |_| anyhow::Ok(())).await.unwrap_err();
    assert_eq!(error.downcast_ref::<withal::ScopeError>().unwrap().kind(), ScopeErrorKind::Enter);
    error.to_string()
}

/// A second enter is an error that says what to do, and runs nothing.
#[test]
fn a_second_enter_is_an_error() {
    let runs = AtomicUsize::new(0);
    let count = async || Ok(_ = runs.fetch_add(1, SeqCst));
    block_on(async {
        let told =
            "it can be entered only once, as its closures can be called only once: make a new one for each scope";
        let again = twice(resource(count, async |(), _| count().await)).await;
        assert_eq!(again, format!("could not enter ResourceFn: {told}"));
        assert_eq!(twice(adopt((), async |(), _| count().await)).await, format!("could not enter Adopt: {told}"));
        assert_eq!(twice(defer(async |_| count().await)).await, format!("could not enter Defer: {told}"));
        let function = around(async |lend| {
            lend.lend(()).await;
            count().await
        });
        assert_eq!(twice(function).await, format!("could not enter Around: {told}"));
    });
    assert_eq!(runs.load(SeqCst), 5);
}

struct Guard<'a>(&'a AtomicUsize);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// What is never entered drops its guard, and runs no exit; and so does what is dropped in the body.
#[test]
fn no_exit_without_an_enter_or_an_await() {
    let (drops, runs) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let exit = async || Ok(_ = runs.fetch_add(1, SeqCst));
    let members = || {
        (
            adopt(Guard(&drops), async |_guard, _| exit().await),
            resource(async || Ok(Guard(&drops)), async |_guard, _| exit().await),
            defer(async |_| exit().await),
        )
    };
    drop(members());
    assert_eq!(drops.swap(0, SeqCst), 1, "the one that was adopted");
    let mut scope = Box::pin(members().scope(async |_| std::future::pending::<anyhow::Result<()>>().await));
    assert!(block_on(async { futures::poll!(&mut scope) }).is_pending());
    drop(scope);
    assert_eq!((drops.load(SeqCst), runs.load(SeqCst)), (2, 0));
}

/// Closures borrow from where they stand, and live across awaits in a spawned task.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closures_borrow_and_are_spawned() {
    let task = tokio::spawn(async {
        let (text, left) = (String::from("text"), Mutex::new(Vec::new()));
        let borrowed = resource(
            async || {
                tokio::task::yield_now().await;
                Ok(text.as_str())
            },
            async |guard: &str, _| {
                tokio::task::yield_now().await;
                left.lock().unwrap().push(guard.to_owned());
                Ok(())
            },
        );
        let length = (borrowed, defer(async |_| Ok(left.lock().unwrap().push("deferred".to_owned()))))
            .scope(async |(guard, ())| {
                tokio::task::yield_now().await;
                anyhow::Ok(guard.len())
            })
            .await?;
        anyhow::Ok((length, left.into_inner()?.len()))
    });
    assert_eq!(task.await.unwrap().unwrap(), (4, 2));
}
