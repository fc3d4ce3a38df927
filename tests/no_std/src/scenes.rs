//! What has to work where there is no `std`.

use crate::member::{Count, Member};
use crate::run;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::future::{pending, ready};
use withal::{ExitPool, OutcomeKind, ResourceExt, Scope, ScopeError, ScopeErrorKind, adopt};

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
