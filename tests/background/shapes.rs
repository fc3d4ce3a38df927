//! Every shape, every adaptor: the work is polled, and its death stops the body.

use super::{Failed, Woken, died, plain, scope_error, waits, worker};
use std::future::pending;
use withal::{BoxError, Group, OutcomeKind, Phase, Resource, ResourceExt, ScopeErrorKind};
use withal_common::Log;

/// Opens a scope over a shape of one worker and others, and lets the worker die while the body runs.
fn dies_in<R: Resource + 'static>(
    make: impl FnOnce(&Log, Box<dyn FnOnce() -> Worker + Send>) -> R,
) -> (String, Vec<usize>) {
    let log = Log::default();
    let (lease, death) = worker(&log, "lease");
    let lease: Worker = lease.named("lease").boxed();
    let shape = make(&log, Box::new(move || lease));
    let mut scope = Woken::new(shape.scope(async |_| waits(&mut ()).await));
    assert!(!scope.is_over());
    log.take();
    death.send(died()).unwrap();
    let error = scope_error::<OutcomeKind>(scope.end());
    assert_eq!(error.kind(), ScopeErrorKind::MemberFailed, "{error}");
    let first = error.failures().first().unwrap();
    assert_eq!(first.phase(), Phase::Up, "{error}");
    let others = log.take();
    assert!(others.iter().all(|event| event == "lease ends" || event.ends_with("exits MemberFailed")), "{others:?}");
    (error.to_string(), first.path().to_vec())
}

type Worker = withal::BoxResource<'static, &'static str>;

fn policies<G: Group + 'static>(make: impl Fn(&Log, Worker) -> G, path: &[usize]) {
    let plain: Vec<(String, Vec<usize>)> = vec![
        dies_in(|log, lease| make(log, lease())),
        dies_in(|log, lease| make(log, lease()).in_order()),
        dies_in(|log, lease| make(log, lease()).limit(1)),
        dies_in(|log, lease| make(log, lease()).limit(2)),
        dies_in(|log, lease| make(log, lease()).fail_fast()),
        dies_in(|log, lease| make(log, lease()).enter_within(pending::<()>)),
        dies_in(|log, lease| make(log, lease()).exit_within(pending::<()>)),
        dies_in(|log, lease| Some(make(log, lease()))),
        dies_in(|log, lease| make(log, lease()).boxed()),
    ];
    for (text, at) in plain {
        assert_eq!((text, &*at), (format!("{path:?} lease failed: the lease was lost"), path));
    }
    let (text, _) = dies_in(|log, lease| make(log, lease()).named("all"));
    assert_eq!(text, format!("{path:?} all/lease failed: the lease was lost"));
    let (text, at) =
        dies_in(|log, lease| make(log, lease()).map_err(|failures| BoxError::from(format!("<{}>", failures.into()))));
    assert!(text.ends_with(&format!("failed: <{path:?} lease failed: the lease was lost>")), "{text}");
    assert_eq!(at, [] as [usize; 0]);
}

#[test]
fn tuples() {
    policies(|log, lease| (plain(log, "a"), lease, plain(log, "b")), &[1]);
    policies(|log, lease| (plain(log, "a"), (plain(log, "b"), lease)), &[1, 1]);
    let dozen = |log: &Log, lease| {
        let p = || plain(log, "p");
        (p(), p(), p(), p(), p(), lease, p(), p(), p(), p(), p(), p())
    };
    policies(dozen, &[5]);
}

#[test]
fn arrays_and_lists() {
    policies(|log, lease| [plain(log, "a").boxed(), lease, plain(log, "b").boxed()], &[1]);
    for length in [1, 5, 40, 600] {
        let list = move |log: &Log, lease: Worker| {
            let mut list: Vec<Worker> = (1..length).map(|_| plain(log, "p").boxed()).collect();
            list.push(lease);
            list
        };
        policies(list, &[length - 1]);
    }
}

#[test]
fn chains_and_lone_members() {
    assert_eq!(dies_in(|_, lease| lease()).0, "lease failed: the lease was lost");
    assert_eq!(dies_in(|_, lease| Some(Box::new(lease()))).0, "lease failed: the lease was lost");
    assert_eq!(
        dies_in(|log, lease| lease().then({
            let a = plain(log, "a");
            let mut a = Some(a);
            move |_| a.take().unwrap()
        }))
        .1,
        [0]
    );
    let second = |log: &Log, lease: Box<dyn FnOnce() -> Worker + Send>| {
        let mut lease = Some(lease);
        plain(log, "a").then(move |_| lease.take().unwrap()())
    };
    assert_eq!(dies_in(|log, lease| second(log, lease)).1, [1]);
}

#[test]
fn borrowed_members_work_again() {
    let log = Log::default();
    let mut members = (plain(&log, "a"), plain(&log, "b"));
    for _ in 0..2 {
        let (lease, death) = worker(&log, "lease");
        death.send(Ok(())).unwrap();
        withal_common::run((&mut members, lease).scope(async |_| Ok::<_, Failed>(()))).unwrap();
    }
    let exits = log.take().iter().filter(|event| event.ends_with("exits Completed")).count();
    assert_eq!(exits, 4);
}
