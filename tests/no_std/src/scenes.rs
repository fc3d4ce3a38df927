//! What has to work where there is no `std`.

use crate::member::{Count, Member, pend};
use crate::run;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::future::{pending, ready};
use withal::{
    BoxError, ExitPool, OutcomeKind, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, adopt, background,
};

fn member(count: &Count) -> Member<'_> {
    Member { count, fails: false }
}

fn failing(count: &Count) -> Member<'_> {
    Member { count, fails: true }
}

/// Every shape, short and long, and the adaptors.
pub(crate) fn shapes() {
    let count = Count::default();
    let many = |len: usize| (0..len).map(|_| member(&count)).collect::<Vec<_>>();
    let shape = (
        member(&count),
        [member(&count), member(&count)].fail_fast(),
        many(5).limit(2),
        (member(&count), many(40)).in_order(),
        Some(member(&count).named("optional")).boxed(),
        member(&count).then(|_| member(&count)).map_err(|failures| failures),
        adopt(7_u8, async |seven, outcome| {
            assert_eq!((seven, outcome.kind()), (7, OutcomeKind::Completed));
            Ok(())
        }),
    );
    let entered = run(shape.scope(async |(a, rest, few, (b, list), c, (d, e), seven)| {
        let single = [Some(*a), Some(*b), *c, Some(*d), Some(*e)].iter().flatten().count();
        anyhow::Ok(single + rest.len() + few.len() + list.len() + usize::from(*seven == 7))
    }));
    assert!(entered.is_ok_and(|entered| entered == 5 + 2 + 5 + 40 + 1));
    count.expect(52, 0);
}

/// A failed enter rolls the others back, and a failed body is told.
pub(crate) fn failures() {
    let count = Count::default();
    let error = run((member(&count), [failing(&count), member(&count)]).scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [1, 0] Member: out of luck");
    count.expect(0, 2);
    let error = run((failing(&count), member(&count)).fail_fast().scope(async |_| anyhow::Ok(()))).unwrap_err();
    assert!(error.downcast_ref::<ScopeError>().is_some_and(|error| error.kind() == ScopeErrorKind::Enter));
    count.expect(0, 3);
    let report = run(Scope::new((member(&count), ())).report(async |_| Err::<(), _>("no")));
    assert!(report.body == Some(Err("no")) && report.failures.is_empty());
    count.expect(0, 4);
}

/// A signal, while members enter and in the body.
pub(crate) fn cancelled() {
    let count = Count::default();
    let body = async |_: &mut (usize, usize)| pending::<anyhow::Result<()>>().await;
    for polls in 0..4 {
        let mut left = polls;
        let signal = core::future::poll_fn(move |_| {
            left -= 1;
            if left < 0 { core::task::Poll::Ready(()) } else { core::task::Poll::Pending }
        });
        let pair = (member(&count), member(&count)).fail_fast();
        let error = run(Scope::new(pair).until(signal).run(body)).unwrap_err();
        assert_eq!(error.to_string(), "the scope was cancelled");
        count.expect(0, count.told_otherwise.load(core::sync::atomic::Ordering::SeqCst));
    }
    let pair = (member(&count), member(&count));
    assert!(run(Scope::new(pair).until(ready(())).run(body)).is_err());
}

/// A set, filled while the body runs.
pub(crate) fn members_that_come_and_go() {
    let count = Count::default();
    let sum = run(ExitPool::new().scope(async |pool| {
        let first = pool.enter(member(&count)).await?;
        let second = pool.enter((member(&count), member(&count))).await?;
        anyhow::Ok(*first + second.0 + second.1)
    }));
    assert_eq!(sum.unwrap_or(0), 3);
    count.expect(3, 0);
}

/// Works for three polls, and dies, or else works until it has to stop.
fn worker(dies: bool) -> impl Resource<Guard = u8, Error = BoxError> {
    let worker = background(async move |startup| {
        pend().await;
        let stop = startup.ready(7);
        for _ in 0..3 {
            pend().await;
        }
        if dies {
            return Err("out of order".into());
        }
        stop.await;
        Ok(())
    });
    worker.named("worker")
}

/// Work goes on until the member exits, and a death stops the body: of the work, and of what is watched.
pub(crate) fn members_that_work() {
    let count = Count::default();
    let seven = run((member(&count), worker(false)).scope(async |(_, seven)| {
        for _ in 0..5 {
            pend().await;
        }
        anyhow::Ok(*seven)
    }));
    assert!(seven.is_ok_and(|seven| seven == 7));
    count.expect(1, 0);

    let body = async |_: &mut (usize, u8)| pending::<anyhow::Result<()>>().await;
    let error = run((member(&count), worker(true)).scope(body)).unwrap_err();
    assert_eq!(error.to_string(), "[1] worker failed: out of order");
    count.expect(1, 1);

    let watched = member(&count).watch(|_| async {
        pend().await;
        "hung up"
    });
    let body = async |_: &mut (usize, u8)| pending::<anyhow::Result<()>>().await;
    let error = run((watched, worker(false)).scope(body)).unwrap_err();
    assert!(error.downcast_ref::<ScopeError>().is_some_and(|error| error.kind() == ScopeErrorKind::MemberFailed));
    assert_eq!(error.to_string(), "[0] Member failed: hung up");
    count.expect(1, 2);
}

/// A value instead of a body, and who polls the work of its members.
pub(crate) fn owned() {
    let count = Count::default();
    let opened = run(Scope::new((member(&count), worker(false))).open());
    let opened = opened.unwrap_or_else(|_| panic!("it opens"));
    assert_eq!(opened.1, 7);
    assert!(run(opened.close()).is_ok());
    count.expect(1, 0);

    let opened = run(Scope::new((member(&count), worker(true))).open());
    let opened = opened.unwrap_or_else(|_| panic!("it opens"));
    assert_eq!(run(opened.attend()).to_string(), "[1] worker failed: out of order");
    assert!(run(opened.close_with(withal::Outcome::Cancelled)).is_ok());
    count.expect(1, 1);
}
