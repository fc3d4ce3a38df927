//! Law `signal-is-heard` on tokio, whose cooperative budget a busy future can use up: then no future of tokio's is
//! ready any more for the rest of the poll.

use crate::scene::{Member, Phase};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use withal::{Elapsed, Outcome, Report, Resource, ResourceExt, Scope, ScopeError};
use withal_common::Log;

/// What tokio lets a task do in one poll is 128 units.
const A_FEW_POLLS: usize = 4 * 128;

/// When the signal is sent.
const SENT: usize = 10_000;

/// How long a busy future goes on that nobody stops.
const END: usize = 1_000_000;

/// Is always busy, and counts what it does; after some time it sends the signal.
#[derive(Clone)]
struct Busy {
    units: Arc<AtomicUsize>,
    send: Arc<std::sync::Mutex<Option<oneshot::Sender<()>>>>,
}

impl Busy {
    fn new() -> (Self, oneshot::Receiver<()>) {
        let (sender, sent) = oneshot::channel();
        (Self { units: Arc::default(), send: Arc::new(std::sync::Mutex::new(Some(sender))) }, sent)
    }

    async fn work(&self) {
        let always = Semaphore::new(1);
        while self.units.fetch_add(1, SeqCst) < END {
            drop(always.acquire().await);
            if self.units.load(SeqCst) == SENT {
                drop(self.send.lock().unwrap().take());
            }
        }
    }

    /// It was stopped after at most one more poll.
    #[track_caller]
    fn assert_stopped(&self) {
        let units = self.units.load(SeqCst);
        assert!((SENT..SENT + A_FEW_POLLS).contains(&units), "stopped after {units} units");
    }
}

/// A member that is busy in one phase.
struct BusyMember(Phase, Busy);

impl Resource for BusyMember {
    type Guard = ();
    type Error = std::convert::Infallible;

    async fn enter(&mut self) -> Result<(), Self::Error> {
        if self.0 == Phase::Enter {
            self.1.work().await;
        }
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Self::Error> {
        if self.0 == Phase::Exit {
            self.1.work().await;
        }
        Ok(())
    }
}

fn runtimes() -> [Runtime; 2] {
    let many = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    [many, Builder::new_current_thread().enable_all().build().unwrap()]
}

/// Runs a scope as a task of either runtime.
fn on_each<T: Send + 'static, F>(mut scene: impl FnMut() -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let run = |runtime: Runtime| runtime.block_on(runtime.spawn(scene())).unwrap();
    runtimes().into_iter().map(run).collect()
}

type Done = Report<(), ScopeError>;

#[test]
fn a_busy_body_hears_its_signal() {
    for report in on_each::<(Busy, Log, Done), _>(|| async {
        let ((busy, sent), log) = (Busy::new(), Log::default());
        let members = (Member::new("a", &log), Member::new("b", &log));
        let body = async |_: &mut _| {
            busy.work().await;
            Ok(())
        };
        let report = Scope::new(members).until(sent).report(body).await;
        (busy, log, report)
    }) {
        let (busy, log, report) = report;
        assert!(report.cancelled && report.body.is_none(), "{report:?}");
        busy.assert_stopped();
        let each = "entered, told Cancelled, exited";
        assert_eq!(log.story(), format!("a: {each}; b: {each}"));
    }
}

/// The signal is a timer of the runtime, as most are.
#[test]
fn a_busy_body_hears_its_timer() {
    for report in on_each::<Done, _>(|| async {
        let always = Semaphore::new(1);
        let begun = std::time::Instant::now();
        let body = async |()| {
            while begun.elapsed() < Duration::from_secs(30) {
                drop(always.acquire().await);
            }
            Ok(())
        };
        let mut timer = tokio::time::interval(Duration::from_millis(1));
        timer.tick().await;
        Scope::new(()).until(timer.tick()).report(async |(): &mut ()| body(()).await).await
    }) {
        assert!(report.cancelled && report.body.is_none(), "{report:?}");
    }
}

/// Under `fail_fast` the busy enter is dropped; else it settles, and the body does not run.
#[test]
fn a_busy_enter_hears_its_signal() {
    for (busy, report) in on_each::<(Busy, Done), _>(|| async {
        let (busy, sent) = Busy::new();
        let members = (BusyMember(Phase::Enter, busy.clone()), ()).fail_fast();
        let report = Scope::new(members).until(sent).report(async |_| Ok(())).await;
        (busy, report)
    }) {
        assert!(report.cancelled && report.body.is_none(), "{report:?}");
        busy.assert_stopped();
    }
    for (busy, report) in on_each::<(Busy, Done), _>(|| async {
        let (busy, sent) = Busy::new();
        let members = (BusyMember(Phase::Enter, busy.clone()), ());
        let report = Scope::new(members).until(sent).report(async |_| Ok(())).await;
        (busy, report)
    }) {
        assert!(report.cancelled && report.body.is_none(), "{report:?}");
        assert!(busy.units.load(SeqCst) >= END, "it settles");
    }
}

/// A deadline on a member, on a group, and on a set, whose members are busy.
#[test]
fn busy_members_miss_their_deadlines() {
    fn check<R>(phase: Phase, make: impl Fn(Busy, oneshot::Receiver<()>) -> R)
    where
        R: Resource<Guard: Send> + 'static,
    {
        let scopes = on_each::<(Busy, Done), _>(|| {
            let (busy, sent) = Busy::new();
            let resource = make(busy.clone(), sent);
            async move { (busy, Scope::new(resource).report(async |_| Ok(())).await) }
        });
        for (busy, report) in scopes {
            let first = report.failures.first().unwrap_or_else(|| panic!("{phase:?}: {report:?}"));
            assert!(first.error().is::<Elapsed>(), "{phase:?}: {report:?}");
            assert_eq!(report.body.is_none(), phase == Phase::Enter);
            busy.assert_stopped();
        }
    }
    fn once<T>(timer: T) -> impl FnMut() -> T {
        let mut timer = Some(timer);
        move || timer.take().expect("a timer is made once")
    }
    check(Phase::Enter, |busy, sent| BusyMember(Phase::Enter, busy).enter_within(once(sent)));
    check(Phase::Exit, |busy, sent| BusyMember(Phase::Exit, busy).exit_within(once(sent)));
    check(Phase::Enter, |busy, sent| ((), [BusyMember(Phase::Enter, busy)]).enter_within(once(sent)));
    check(Phase::Exit, |busy, sent| ((), [BusyMember(Phase::Exit, busy)]).exit_within(once(sent)));
    check(Phase::Enter, |busy, sent| vec![BusyMember(Phase::Enter, busy)].fail_fast().enter_within(once(sent)));
    check(Phase::Exit, |busy, sent| Some(Box::new(BusyMember(Phase::Exit, busy))).boxed().exit_within(once(sent)));
}
