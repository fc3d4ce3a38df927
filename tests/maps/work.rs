//! Members that work: the key names the one that dies.

use std::collections::BTreeMap;
use std::future::pending;
use withal::{Background, BoxError, ExitPool, ResourceExt, Scope, ScopeErrorKind, background};
use withal_common::{World, pend};

/// A member that dies when it was polled twice.
fn dies() -> Background<(), impl FnOnce(withal::Startup<()>) -> Work + Send, Work> {
    background(|startup: withal::Startup<()>| -> Work {
        Box::pin(async move {
            let _stop = startup.ready(());
            pend(2).await;
            Err("out of memory".into())
        })
    })
}

type Work = std::pin::Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

#[test]
fn a_member_that_dies() {
    let scope = BTreeMap::from([("a", dies())]).scope(async |_| -> anyhow::Result<()> { pending().await });
    let failed = World::default().run(scope).unwrap_err();
    assert_eq!(failed.to_string(), "[0] a failed: out of memory");
}

#[test]
fn a_member_of_a_set_that_dies() {
    let map = BTreeMap::from([("a", ExitPool::new()), ("b", ExitPool::new())]);
    let scope = map.scope(async |pools| -> anyhow::Result<()> {
        pools["b"].enter(dies()).await?;
        pending().await
    });
    let failed = World::default().run(scope).unwrap_err();
    assert_eq!(failed.to_string(), "[1, 0] b/Background failed: out of memory");
    assert_eq!(failed.downcast::<withal::ScopeError>().unwrap().kind(), ScopeErrorKind::MemberFailed);
}

/// The guards of a scope that is owned are with its owner: the sets in them are asked there.
#[test]
fn a_member_of_a_set_dies_in_an_owned_scope() {
    let world = World::default();
    let map = BTreeMap::from([("a", ExitPool::new()), ("b", ExitPool::new())]);
    let opened = world.run(Scope::new(map).open()).unwrap();
    world.run(opened["b"].enter(dies())).unwrap();
    assert_eq!(world.run(opened.attend()).to_string(), "[1, 0] b/Background failed: out of memory");
    world.run(opened.close()).unwrap();
}
