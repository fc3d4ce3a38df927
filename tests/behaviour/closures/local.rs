//! Members that hold an `Rc`: on their thread on several runtimes, and on another thread a panic and nothing else.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use withal::testing::{Ledger, Script};
use withal::{BoxError, LocalResource, MemberPanic, Outcome, ResourceExt, Scope, local};
use withal_common::caught;

type Log = Rc<RefCell<Vec<String>>>;

struct Shared(Log, &'static str);

impl LocalResource for Shared {
    type Guard = Log;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    async fn enter(&mut self) -> Result<Log, BoxError> {
        let log = Rc::clone(&self.0);
        tokio::task::yield_now().await; // the `Rc` lives across it
        log.borrow_mut().push(format!("{} in", self.1));
        Ok(log)
    }

    async fn exit(&mut self, log: Log, outcome: Outcome<'_>) -> Result<(), BoxError> {
        tokio::task::yield_now().await;
        log.borrow_mut().push(format!("{} out: {:?}", self.1, outcome.kind()));
        Ok(())
    }

    fn name(&self) -> &str {
        self.1
    }
}

async fn two(log: &Log) -> anyhow::Result<usize> {
    (local(Shared(log.clone(), "a")), local(Shared(log.clone(), "b")))
        .scope_local(async |(a, b)| {
            assert!(Rc::ptr_eq(a, b));
            tokio::task::yield_now().await;
            anyhow::Ok(a.borrow().len())
        })
        .await
}

/// Each is pending once, and the second round begins with the one that was polled second.
const EXPECTED: [&str; 4] = ["b in", "a in", "a out: Completed", "b out: Completed"];

#[test]
fn on_a_local_set_of_tokio() {
    let log = Log::default();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    let task_log = log.clone();
    let length =
        tasks.block_on(&runtime, async { tokio::task::spawn_local(async move { two(&task_log).await }).await });
    assert_eq!(length.unwrap().unwrap(), 2);
    assert_eq!(*log.borrow(), EXPECTED);
}

#[test]
fn on_a_local_executor_of_smol() {
    let log = Log::default();
    let executor = smol::LocalExecutor::new();
    let task_log = log.clone();
    let length = smol::block_on(executor.run(executor.spawn(async move { two(&task_log).await })));
    assert_eq!(length.unwrap(), 2);
    assert_eq!(*log.borrow(), EXPECTED);
}

/// With others in one group: a body that keeps nothing of the guard across an await goes into `scope`.
#[test]
fn beside_members_that_are_send() {
    let (log, ledger) = (Log::default(), Ledger::new());
    let members = (local(Shared(log.clone(), "a")), ledger.member(0, Script::default()));
    futures::executor::block_on(members.scope(async |(_, _)| anyhow::Ok(()))).unwrap();
    assert_eq!(*log.borrow(), ["a in", "a out: Completed"]);
    ledger.check().unwrap();
}

/// Counts what of it is touched.
struct Counted(Rc<()>, Arc<AtomicUsize>);

impl LocalResource for Counted {
    type Guard = Rc<()>;
    type Error = std::convert::Infallible;

    async fn enter(&mut self) -> Result<Rc<()>, Self::Error> {
        self.1.fetch_add(1, SeqCst);
        Ok(Rc::clone(&self.0))
    }

    async fn exit(&mut self, _: Rc<()>, _: Outcome<'_>) -> Result<(), Self::Error> {
        self.1.fetch_add(1, SeqCst);
        Ok(())
    }

    fn abandon(&mut self, _: Rc<()>) {
        self.1.fetch_add(1, SeqCst);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_add(1, SeqCst);
    }
}

fn elsewhere<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(what).join().unwrap())
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic.downcast_ref::<String>().map_or("", String::as_str)
}

/// Entered elsewhere: a panic that says what to do; nothing of the value is touched, and the others are exited.
#[test]
fn entered_on_another_thread() {
    let (touched, ledger) = (Arc::new(AtomicUsize::new(0)), Ledger::new());
    let members = (ledger.member(0, Script::default()), local(Counted(Rc::new(()), Arc::clone(&touched))));
    let panic = elsewhere(move || {
        catch_unwind(AssertUnwindSafe(|| futures::executor::block_on(members.scope(async |_| anyhow::Ok(())))))
    });
    let told = message(&*panic.unwrap_err()).to_owned();
    assert!(told.contains("another thread") && told.contains("LocalSet"), "{told}");
    assert_eq!(touched.load(SeqCst), 0);
    ledger.check().unwrap();
}

/// Entered here, and moved before the exit: the panics are failures, each of them clear, and nothing is touched.
#[test]
fn exited_on_another_thread() {
    let (touched, ledger) = (Arc::new(AtomicUsize::new(0)), Ledger::new());
    let members = (ledger.member(0, Script::default()), local(Counted(Rc::new(()), Arc::clone(&touched))));
    let mut scope = Box::pin(Scope::new(members).report(async |_| {
        ledger.pend(1).await;
        Ok::<_, BoxError>(())
    }));
    assert!(ledger.poll(scope.as_mut()).is_pending());
    assert_eq!(touched.load(SeqCst), 1);
    let report = elsewhere(|| match ledger.poll(scope.as_mut()) {
        std::task::Poll::Ready(report) => report,
        std::task::Poll::Pending => panic!("it hangs"),
    });
    assert_eq!(touched.load(SeqCst), 1);
    ledger.check().unwrap();
    assert!(report.body.unwrap().is_ok());
    assert!(!report.failures.is_empty());
    for failure in &report.failures {
        let panic = failure.error().downcast_ref::<MemberPanic>().unwrap();
        assert!(panic.message().contains("another thread"), "{panic}");
    }
}

/// Dropped elsewhere, in each phase: one panic, no abort, nothing touched.
#[test]
fn dropped_on_another_thread() {
    for polls in 0..2 {
        let (touched, ledger) = (Arc::new(AtomicUsize::new(0)), Ledger::new());
        let member = local(Counted(Rc::new(()), Arc::clone(&touched)));
        let mut scope = Box::pin(member.scope(async |_| {
            ledger.pend(1).await;
            anyhow::Ok(())
        }));
        for _ in 0..polls {
            assert!(ledger.poll(scope.as_mut()).is_pending());
        }
        let panic = elsewhere(move || caught(|| drop(scope))).unwrap();
        assert!(message(&*panic).contains("another thread"));
        assert_eq!(touched.load(SeqCst), polls, "an enter at most");
    }
}

/// Looked at elsewhere, in the body: the body panics, and its panic is the one that resumes.
#[test]
fn a_guard_on_another_thread() {
    let touched = Arc::new(AtomicUsize::new(0));
    let member = local(Counted(Rc::new(()), Arc::clone(&touched)));
    let report = futures::executor::block_on(Scope::new(member).report(async |guard| {
        let seen = elsewhere(|| {
            catch_unwind(AssertUnwindSafe(|| Rc::strong_count(guard))).map_err(|panic| message(&*panic).to_owned())
        });
        let debug = elsewhere(|| format!("{guard:?}"));
        Ok::<_, BoxError>((seen.unwrap_err(), debug, format!("{guard:?}")))
    }));
    let (told, there, here) = report.body.unwrap().unwrap();
    assert!(told.contains("another thread"), "{told}");
    assert_eq!((there.as_str(), here.as_str()), ("LocalGuard { .. }", "LocalGuard(())"));
    assert!(report.failures.is_empty());
    assert_eq!(touched.load(SeqCst), 3, "enter, exit and drop, all here");
}
