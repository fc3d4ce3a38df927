//! Members that give control back and wake themselves at once, in a list so long that only those are polled who were
//! woken; polled by hand.

use smol::future::yield_now;
use std::future::{Future, pending, poll_fn};
use std::task::Poll;
use withal::{BoxError, ExitPool, Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, adopt, resource};
use withal_common::{Log, run};

/// A member that yields in each phase.
fn member(log: &Log, id: usize) -> impl Resource<Guard = ()> {
    resource(
        async move || {
            log.add(format!("+{id}"));
            yield_now().await;
            Ok(())
        },
        async move |(), _| {
            log.add(format!("-{id}"));
            yield_now().await;
            Ok(())
        },
    )
}

/// Is ready when it is polled for this time.
fn signal(at: usize, fires: impl Fn() + Send) -> impl Future + Send {
    let mut polls = 0;
    poll_fn(move |_| {
        polls += 1;
        if polls < at {
            return Poll::Pending;
        }
        fires();
        Poll::Ready(())
    })
}

fn numbered(sign: char, numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| format!("{sign}{number}")).collect()
}

/// Laws `member-order` and `reverse-start`: nobody beside such a list comes in between.
#[test]
fn reverse_start() {
    for count in [29, 30, 31, 64] {
        let log = Log::default();
        let many: Vec<_> = (1..=count).map(|id| member(&log, id)).collect();
        run((member(&log, 0), many, member(&log, 99)).scope(async |_| Ok::<_, ScopeError>(()))).unwrap();
        let all: Vec<_> = (0..=count).chain([99]).collect();
        let (enters, exits) = (numbered('+', all.clone()), numbered('-', all.into_iter().rev()));
        assert_eq!(log.take(), [enters, exits].concat());
    }
}

/// The same of a pool: law `stack-order`.
#[test]
fn stack_order() {
    let log = Log::default();
    run((member(&log, 0), ExitPool::new()).scope(async |((), pool)| {
        for id in 1..=40 {
            pool.enter(member(&log, id)).await?;
        }
        log.take();
        Ok::<_, ScopeError>(())
    }))
    .unwrap();
    assert_eq!(log.take(), numbered('-', (0..=40).rev()));
}

/// Law `until`: all are in flight when the signal is looked at, and nobody begins after it.
#[test]
fn until() {
    let log = Log::default();
    let many: Vec<_> = (0..40).map(|id| member(&log, id)).collect();
    let scope = Scope::new(many).until(signal(2, || log.add("signal".to_owned())));
    let error = run(scope.run(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
    let signalled = vec!["signal".to_owned()];
    assert_eq!(log.take(), [numbered('+', 0..40), signalled, numbered('-', (0..40).rev())].concat());
}

/// Law `fail-fast`: those that stand behind the failure do not begin, and those before it are exited.
#[test]
fn fail_fast() {
    let log = Log::default();
    let member = |id| {
        let fails = resource(async || Err("refused".into()), async |(), _| Ok(()));
        if id == 20 { fails.boxed() } else { member(&log, id).boxed() }
    };
    let many: Vec<_> = (0..40).map(member).collect();
    let error = run(many.fail_fast().scope(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(error.to_string(), "could not enter [20] ResourceFn: refused");
    assert_eq!(log.take(), numbered('+', 0..20));
}

fn hangs() -> impl withal::Group {
    (resource(async || pending::<Result<(), BoxError>>().await, async |(), _| Ok(())), adopt(1, async |_, _| Ok(())))
}

/// Law `until`: what fails fast is stopped, even if it begins when the signal has fired.
#[test]
fn until_in_a_fail_fast_group() {
    let log = Log::default();
    let turns = (member(&log, 0), member(&log, 1), hangs().fail_fast());
    let scope = Scope::new((hangs().fail_fast(), turns.limit(2))).until(signal(2, || {}));
    let error = run(scope.run(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(error.kind(), ScopeErrorKind::Cancelled);
}

/// And if an enter failed before the signal: that is what ended the scope, but nobody waits for those who hang.
#[test]
fn until_in_a_fail_fast_group_beside_a_failure() {
    let fails = resource(async || Err::<(), _>("refused".into()), async |(), _| Ok(()));
    let scope = Scope::new((fails, hangs().fail_fast())).until(signal(4, || {}));
    let error = run(scope.run(async |_| Ok::<_, ScopeError>(()))).unwrap_err();
    assert_eq!(
        (error.kind(), error.to_string().as_str()),
        (ScopeErrorKind::Enter, "could not enter [0] ResourceFn: refused")
    );
}
