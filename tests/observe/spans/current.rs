//! Which span is the current one: in enters, exits, the body, in what is dropped, and in a scope within.

use crate::layer::Log;
use crate::world::{once, poll, ready, run};
use std::convert::Infallible;
use std::pin::pin;
use withal::{Outcome, Resource, ResourceExt, Scope};

/// Tells when it is dropped.
struct Tells(&'static str);

impl Drop for Tells {
    fn drop(&mut self) {
        tracing::info!("{} dropped", self.0);
    }
}

/// Tells what is done to it.
struct Teller;

impl Resource for Teller {
    type Guard = Tells;
    type Error = Infallible;

    fn enter(&mut self) -> impl Future<Output = Result<Tells, Infallible>> + Send {
        tracing::info!("making the enter");
        async {
            let _local = Tells("local");
            tracing::info!("entering");
            once().await;
            tracing::info!("entered");
            Ok(Tells("guard"))
        }
    }

    async fn exit(&mut self, _guard: Tells, _: Outcome<'_>) -> Result<(), Infallible> {
        tracing::info!("exiting");
        once().await;
        tracing::info!("exited");
        Ok(())
    }

    fn abandon(&mut self, guard: Tells) {
        tracing::info!("abandoning");
        drop(guard);
    }

    fn name(&self) -> &'static str {
        "teller"
    }
}

#[test]
fn in_its_own() {
    let log = Log::of(|_| {
        run((Teller, ()).scope(async |_| {
            tracing::info!("body");
            once().await;
            let _local = Tells("body's");
            anyhow::Ok(())
        }))
        .unwrap();
    });
    let expected = [
        "* making the enter in enter [0]",
        "* entering in enter [0]",
        "* entered in enter [0]",
        "* local dropped in enter [0]",
        "* body in body",
        "* body's dropped in body",
        "* exiting in exit [0]",
        "* exited in exit [0]",
        "* guard dropped in exit [0]",
    ];
    assert_eq!(log.that(&["*"]), expected);
}

/// Members that are polled in turn do not see each other's spans; `Log` minds that on every enter.
#[test]
fn not_in_anothers() {
    let log = Log::of(|_| run((Teller, [Teller, Teller]).scope(async |_| anyhow::Ok(()))).unwrap());
    for path in ["[0]", "[1, 0]", "[1, 1]"] {
        let own = log.that(&["*"]).into_iter().filter(|line| line.ends_with(path));
        assert_eq!(own.count(), 7, "{path}");
    }
}

#[test]
fn dropped_in_its_own() {
    let log = Log::of(|log| {
        let mut scope = Box::pin(Teller.scope(async |_| anyhow::Ok(())));
        assert!(poll(scope.as_mut()).is_pending());
        log.news();
        drop(scope);
    });
    assert_eq!(log.that(&["*"]), ["* local dropped in enter []"]);

    let log = Log::of(|log| {
        let mut scope = Box::pin(Teller.scope(async |_| {
            let _local = Tells("body's");
            std::future::pending::<anyhow::Result<()>>().await
        }));
        for _ in 0..2 {
            assert!(poll(scope.as_mut()).is_pending());
        }
        log.news();
        drop(scope);
    });
    let expected = [
        "* body's dropped in body",
        "* abandoned [] name=teller in scope teller",
        "* abandoning in scope teller",
        "* guard dropped in scope teller",
    ];
    assert_eq!(log.that(&["*"]), expected);
}

#[test]
fn below_the_callers() {
    let log = Log::of(|_| {
        let span = tracing::info_span!("request", name = "GET");
        let mut scope = pin!(ready("a").scope(async |_| anyhow::Ok(())));
        assert!(span.in_scope(|| poll(scope.as_mut())).is_ready());
    });
    assert_eq!(log.that(&["new scope"]), ["new scope a name=a in request GET"]);
}

#[test]
fn a_scope_in_the_body() {
    let log = Log::of(|_| {
        run(ready("outer").scope(async |_| {
            once().await;
            let inner = async |_: &mut _| {
                tracing::info!("hello");
                anyhow::Ok(())
            };
            ready("inner").scope(inner).await?;
            tracing::info!("bye");
            anyhow::Ok(())
        }))
        .unwrap();
    });
    let expected = [
        "new scope outer name=outer in -",
        "new enter [] name=outer in scope outer",
        "new body in scope outer",
        "new scope inner name=inner in body",
        "new enter [] name=inner in scope inner",
        "new body in scope inner",
        "* hello in body",
        "new exit [] name=inner outcome=Completed in scope inner",
        "* bye in body",
        "new exit [] name=outer outcome=Completed in scope outer",
    ];
    assert_eq!(log.that(&["new", "*"]), expected);
}

/// A scope within a member's enter is below that.
#[test]
fn a_scope_in_an_enter() {
    let log = Log::of(|_| {
        let enter = async || Ok(ready("inner").scope(async |_| anyhow::Ok(())).await?);
        let opener = withal::resource(enter, async |(), _| Ok(())).named("opener");
        run(Scope::new((opener, ())).run(async |_| anyhow::Ok(()))).unwrap();
    });
    assert_eq!(log.that(&["new scope inner"]), ["new scope inner name=inner in enter [0]"]);
}
