//! The spans of members of sets.

use crate::layer::Log;
use crate::world::{once, ready, run, slow, stuck};
use withal::{ExitPool, ExitStack, Handle, ResourceExt, Scope};

#[test]
fn in_a_set() {
    let log = Log::of(|_| {
        let members = (ready("a"), ExitPool::new().named("pool"));
        run(members.scope(async |(_, pool)| {
            let b = pool.enter(slow("b")).await?;
            pool.enter((ready("c"), stuck("d"))).await?;
            tracing::info!("body");
            Handle::exit(b).await?;
            anyhow::Ok(())
        }))
        .unwrap_err();
    });
    let expected = [
        "new scope tuple name=tuple in -",
        "new enter [0] name=a in scope tuple",
        "new body in scope tuple",
        // Its position is not known yet.
        "new enter [1] name=pool/b in scope tuple",
        "new enter [1, 0] name=pool/c in scope tuple",
        "new enter [1, 1] name=pool/d in scope tuple",
        "* body in body",
        "new exit [1, 0] name=pool/b outcome=Released in scope tuple",
        "new exit [1, 1, 1] name=pool/d outcome=Completed in scope tuple",
        "new exit [1, 1, 0] name=pool/c outcome=Completed in scope tuple",
        "new exit [0] name=a outcome=Completed in scope tuple",
    ];
    assert_eq!(log.that(&["new", "*"]), expected);
    assert_eq!(log.recorded()[0], "exit [1, 1, 1] error=member 0 fails, as scripted");
}

/// A scope's span is closed when the scope is over, also if members were moved out of it; and they are watched where
/// they go.
#[test]
fn moved() {
    let log = Log::of(|log| {
        let stack = run(ExitStack::new().named("first").scope(async |stack| {
            stack.enter(ready("a")).await?;
            anyhow::Ok(stack.take_all())
        }))
        .unwrap();
        assert_eq!(log.open(), [""; 0]);
        run(stack.named("second").scope(async |_| anyhow::Ok(()))).unwrap();
        let stack = run(ExitStack::new().scope(async |stack| {
            stack.enter(ready("b")).await?;
            anyhow::Ok(stack.take_all())
        }))
        .unwrap();
        run(stack.close()).unwrap();
    });
    assert_eq!(log.that(&["new exit"]), ["new exit [0] name=second/a outcome=Completed in scope second"]);
}

/// A member that is late when its set exits has no span any more when that is found out; the scope tells.
#[test]
fn late() {
    let log = Log::of(|_| {
        let members = ExitPool::new().exit_within(once);
        run(Scope::new(members).run(async |pool| {
            pool.enter(crate::world::member("a", withal::testing::READY, withal::testing::READY.pending(9))).await?;
            anyhow::Ok(())
        }))
        .unwrap_err();
    });
    assert_eq!(log.recorded().last().unwrap(), "scope ExitPool error=could not exit [0] a: its deadline has elapsed");
}
