//! Law `shared`: the first one in enters, the last one out exits, however many there are.

use super::{Users, run_all, short, slow, told};
use std::convert::Infallible;
use std::ptr;
use withal::testing::{READY, Script};
use withal::{Outcome, OutcomeKind, Resource, ResourceExt, Scope, SharedGuard, shared};
use withal_common::{World, pend};

#[test]
fn many_users_enter_it_once() {
    for users in [1, 2, 10, 1000] {
        let world = World::default();
        let db = slow(&world, 3, 2);
        let all: Users<'_, _> = (0..users)
            .map(|user| {
                let body = async move |db: &mut SharedGuard<withal::testing::Token>| {
                    pend(user % 5).await;
                    anyhow::Ok(db.0)
                };
                super::user(db.clone().scope(body))
            })
            .collect();
        assert!(run_all(&world, all).into_iter().all(|output| output.unwrap().unwrap() == 0));
        assert_eq!(short(&world), "ex", "{users} users");
    }
}

#[test]
fn it_is_entered_anew_after_its_exit() {
    let world = World::default();
    let db = slow(&world, 1, 1);
    for _ in 0..3 {
        world.run(db.clone().scope(async |_| anyhow::Ok(()))).unwrap();
        assert_eq!(short(&world), "ex");
    }
}

#[test]
fn users_of_one_scope_share_one_guard() {
    let world = World::default();
    let db = slow(&world, 1, 1);
    let two = (db.clone(), [db.clone(), db]).scope(async |(a, [b, c])| {
        assert!(ptr::eq(&raw const **a, &raw const **b) && ptr::eq(&raw const **b, &raw const **c));
        assert_eq!(format!("{a:?}"), "SharedGuard(Token(0))");
        anyhow::Ok(())
    });
    world.run(two).unwrap();
    assert_eq!(short(&world), "ex");
}

/// A user that comes while it is up does not wait, and the exit is told the outcome of the last one out.
#[test]
fn the_last_one_out_exits_it() {
    let world = World::default();
    let db = slow(&world, 0, 1);
    let mut lasting = Box::pin(db.clone().scope(async |_| {
        pend(3).await;
        anyhow::Ok(())
    }));
    assert!(world.0.poll(lasting.as_mut()).is_pending());
    let error = world.run(db.scope(async |_| anyhow::Ok(Err::<(), _>(std::io::Error::other("no"))?))).unwrap_err();
    assert_eq!(error.to_string(), "no");
    world.run(lasting).unwrap();
    assert_eq!(told(&world), [OutcomeKind::Completed], "the failed user left earlier");
}

/// By hand, in a resource that wraps a user.
#[test]
fn by_hand() {
    struct Wrapper<R>(R);
    impl<R: Resource> Resource for Wrapper<R> {
        type Guard = R::Guard;
        type Error = R::Error;
        async fn enter(&mut self) -> Result<R::Guard, R::Error> {
            self.0.enter().await
        }
        async fn exit(&mut self, guard: R::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
            self.0.exit(guard, outcome).await
        }
    }
    let world = World::default();
    let db = slow(&world, 1, 1);
    let members = (Wrapper(db.clone()), Wrapper(db.clone()), db);
    world.run(members.scope(async |_| anyhow::Ok(()))).unwrap();
    assert_eq!(short(&world), "ex");
}

/// A clone is a user, and what is behind it is dropped with the last of them.
#[test]
fn a_group_is_shared_as_one() {
    let world = World::default();
    let slow = Script { enter: READY.pending(2), exit: READY.pending(1) };
    let pair = shared((world.0.member(0, slow), vec![world.ready(1), world.ready(2)]));
    let all: Users<'_, _> = (0..3)
        .map(|_| {
            let scope = Scope::new(pair.clone()).report(async |pair| Ok::<_, Infallible>(pair.1[1].0));
            super::user(scope)
        })
        .collect();
    for report in run_all(&world, all) {
        assert_eq!(report.unwrap().body, Some(Ok(2)));
    }
    assert_eq!(short(&world), "eeexxx");
}

#[test]
fn debug() {
    let world = World::default();
    let db = slow(&world, 1, 1);
    let shown = || format!("{db:?}");
    assert_eq!(shown(), r#"Shared { name: "Scripted", state: "out", uses: 0, .. }"#);
    let mut scope = Box::pin((db.clone(), db.clone()).scope(async |_| {
        pend(1).await;
        anyhow::Ok(())
    }));
    for state in [r#""entering", uses: 0"#, r#""up", uses: 2"#, r#""exiting", uses: 0"#] {
        assert!(world.0.poll(scope.as_mut()).is_pending());
        assert!(shown().contains(state), "{}", shown());
    }
    world.run(scope).unwrap();
    assert!(shown().contains("out"));
}

#[test]
fn auto_traits() {
    fn all<T: Send + Sync + Unpin + Clone + 'static>(_: &T) {}
    fn guard<T: Send + Sync + Unpin + 'static>() {}
    all(&slow(&World::default(), 0, 0));
    guard::<SharedGuard<String>>();
}
