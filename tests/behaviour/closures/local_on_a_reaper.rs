//! Members made by `local` in a scope on a reaper: exited where its tasks run on their thread; elsewhere one panic that
//! says what to do, in whatever phase, and nothing is touched.

use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use withal::testing::{Ledger, Script};
use withal::{
    BoxError, Failures, LocalResource, MemberPanic, Outcome, Reaped, Reaper, ResourceExt, Scope, local, resource,
};
use withal_common::{Task, caught, pend, poll};

/// Is pending once in its enter and once in its exit, and counts what of it is touched.
struct Counted(Rc<()>, Counts);

type Counts = Arc<[AtomicUsize; 4]>;
type Heard = Arc<Mutex<Vec<Reaped>>>;

const ENTERED: usize = 0;
const EXITED: usize = 1;
const ABANDONED: usize = 2;
const DROPPED: usize = 3;

impl Counted {
    fn new() -> (Self, Counts) {
        let touched = Arc::default();
        (Self(Rc::new(()), Arc::clone(&touched)), touched)
    }

    fn touch(&self, what: usize) {
        self.1[what].fetch_add(1, SeqCst);
    }
}

fn touched(counts: &[AtomicUsize; 4]) -> [usize; 4] {
    [ENTERED, EXITED, ABANDONED, DROPPED].map(|what| counts[what].load(SeqCst))
}

impl LocalResource for Counted {
    type Guard = Rc<()>;
    type Error = std::convert::Infallible;

    async fn enter(&mut self) -> Result<Rc<()>, Self::Error> {
        pend(1).await;
        self.touch(ENTERED);
        Ok(Rc::clone(&self.0))
    }

    async fn exit(&mut self, guard: Rc<()>, _: Outcome<'_>) -> Result<(), Self::Error> {
        pend(1).await;
        drop(guard);
        self.touch(EXITED);
        Ok(())
    }

    fn abandon(&mut self, _: Rc<()>) {
        self.touch(ABANDONED);
    }

    fn name(&self) -> &'static str {
        "counted"
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.touch(DROPPED);
    }
}

fn elsewhere<T: Send>(what: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(what).join().unwrap())
}

/// Law `nothing-lost`, and nothing twice: one panic of the one member, under its own name, with what to do.
fn assert_told_once(failures: &Failures, what: &str) {
    assert_eq!(failures.len(), 1, "{what}: {failures}");
    let failure = failures.first().unwrap();
    assert_eq!((failure.path(), failure.name()), (&[1][..], "Counted"), "{what}");
    let panic = failure.error().downcast_ref::<MemberPanic>().unwrap();
    for word in ["`Counted`", "another thread", "LocalSet", "Reaper"] {
        assert!(panic.message().contains(word), "{what}: {panic}");
    }
}

fn hearing(spawn: impl Fn(Task) + Send + Sync + 'static) -> (Reaper, Heard) {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let list = Arc::clone(&heard);
    (Reaper::new(spawn).on_failure(move |reaped| list.lock().unwrap().push(reaped)), heard)
}

/// Dropped after so many polls: in its enter, in the body, in its exit.
const POLLS: std::ops::Range<usize> = 1..4;

/// Drops a scope of two on a reaper: what of its local member is touched.
fn drop_scope(polls: usize, ledger: &Ledger, reaper: &Reaper) -> Counts {
    let (member, counts) = Counted::new();
    let members = (ledger.member(0, Script::default()), local(member));
    let mut scope = Box::pin(Scope::new(members).on(reaper).run(async |_| {
        pend(1).await;
        Ok::<_, BoxError>(())
    }));
    for _ in 0..polls {
        assert!(poll(scope.as_mut()).is_pending());
    }
    counts
}

/// The task of a scope that was dropped on a reaper, what is heard, and what of the local member is touched.
fn left(polls: usize, ledger: &Ledger) -> (Task, Reaper, Heard, Counts) {
    let tasks = Arc::new(Mutex::new(Vec::new()));
    let queue = Arc::clone(&tasks);
    let (reaper, heard) = hearing(move |task| queue.lock().unwrap().push(task));
    let counts = drop_scope(polls, ledger, &reaper);
    let task = tasks.lock().unwrap().pop().unwrap();
    (task, reaper, heard, counts)
}

#[test]
fn exited_on_a_reaper_of_the_same_thread() {
    for polls in POLLS {
        let ledger = Ledger::new();
        let (mut task, reaper, heard, counts) = left(polls, &ledger);
        assert!((0..5).any(|_| poll(task.as_mut()).is_ready()), "it hangs");
        assert_eq!((reaper.pending(), heard.lock().unwrap().len()), (0, 0));
        assert_eq!(touched(&counts), [1, 1, 0, 1], "entered, exited and dropped");
        ledger.check().unwrap();
    }
}

#[test]
fn told_once_on_a_reaper_of_another_thread() {
    for polls in POLLS {
        let ledger = Ledger::new();
        let (mut task, reaper, heard, counts) = left(polls, &ledger);
        let before = touched(&counts);
        elsewhere(move || {
            assert!((0..5).any(|_| poll(task.as_mut()).is_ready()), "it hangs");
            drop(task);
        });
        assert_eq!((reaper.pending(), heard.lock().unwrap().len()), (0, 1));
        let told = heard.lock().unwrap().pop().unwrap();
        assert_told_once(&told.failures, &format!("dropped after {polls} polls"));
        assert!(told.panic.is_none() && told.body.is_none());
        assert_eq!(touched(&counts), before, "nothing is touched there");
        ledger.check().unwrap();
    }
}

/// The task of a reaper that is dropped on another thread before it is polled there, or where nobody runs it.
#[test]
fn told_once_where_the_task_is_dropped_on_another_thread() {
    for polls in POLLS {
        let ledger = Ledger::new();
        let (task, reaper, heard, counts) = left(polls, &ledger);
        let before = touched(&counts);
        let panic = elsewhere(move || caught(|| drop(task))).unwrap();
        let told = panic.downcast_ref::<String>().unwrap();
        assert!(told.contains("`Counted`") && told.contains("another thread"), "{told}");
        assert_eq!((reaper.pending(), heard.lock().unwrap().len(), touched(&counts)), (0, 0, before));
    }
}

/// The same without a reaper: what is moved in the middle of its enter or exit is told once, too.
#[test]
fn told_once_on_another_thread_in_every_phase() {
    for polls in POLLS {
        let (ledger, (member, counts)) = (Ledger::new(), Counted::new());
        let members = (ledger.member(0, Script::default()), local(member));
        let mut scope = Box::pin(Scope::new(members).report(async |_| {
            pend(1).await;
            Ok::<_, BoxError>(())
        }));
        for _ in 0..polls {
            assert!(poll(scope.as_mut()).is_pending());
        }
        let before = touched(&counts);
        let report = elsewhere(|| {
            (0..5).find_map(|_| match poll(scope.as_mut()) {
                Poll::Ready(report) => Some(report),
                Poll::Pending => None,
            })
        });
        assert_told_once(&report.expect("it hangs").failures, &format!("moved after {polls} polls"));
        assert_eq!(touched(&counts), before);
        ledger.check().unwrap();
    }
}

/// An enter in flight that is given up there, so that its future is dropped and not polled.
#[test]
fn told_once_where_an_enter_is_dropped_on_another_thread() {
    let (member, counts) = Counted::new();
    let failing = resource(
        async || {
            pend(1).await;
            Err::<(), _>("refused".into())
        },
        async |(), _| Ok(()),
    );
    let members = (local(member), failing).fail_fast();
    // The second one fails there before the first is polled: the second round begins with it.
    let mut scope = Box::pin(Scope::new(members).report(async |_| Ok::<_, BoxError>(())));
    assert!(poll(scope.as_mut()).is_pending());
    let Poll::Ready(report) = elsewhere(|| poll(scope.as_mut())) else { panic!("it hangs") };
    let paths: Vec<_> = report.failures.iter().map(|failure| (failure.path(), failure.name())).collect();
    assert_eq!(paths, [(&[0][..], "Counted"), (&[1][..], "ResourceFn")], "{}", report.failures);
    assert_eq!(touched(&counts), [0; 4]);
}

/// As `#[tokio::main]` has it: the scope on the main thread, the tasks on the workers.
#[test]
fn told_once_on_the_workers_of_tokio() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    runtime.block_on(async {
        for polls in POLLS {
            let (reaper, heard) = hearing(|task| drop(tokio::spawn(task)));
            let ledger = Ledger::new();
            let counts = drop_scope(polls, &ledger, &reaper);
            tokio::time::timeout(std::time::Duration::from_secs(60), reaper.idle()).await.expect("it hangs");
            let told = heard.lock().unwrap().pop().unwrap();
            assert_told_once(&told.failures, &format!("dropped after {polls} polls"));
            assert_eq!(touched(&counts)[EXITED..], [0, 0, 0]);
            ledger.check().unwrap();
        }
    });
}

/// The spawner of a `LocalSet` spawns on the same thread.
#[test]
fn exited_on_a_local_set_of_tokio() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let (reaper, heard) = hearing(|task| drop(tokio::task::spawn_local(task)));
        let (member, counts) = Counted::new();
        let mut scope = Box::pin(
            Scope::new((local(member), ()))
                .on(&reaper)
                .run(async |_| -> Result<(), BoxError> { std::future::pending().await }),
        );
        assert!((0..3).all(|_| poll(scope.as_mut()).is_pending()));
        drop(scope);
        tokio::time::timeout(std::time::Duration::from_secs(60), reaper.idle()).await.expect("it hangs");
        assert_eq!((heard.lock().unwrap().len(), touched(&counts)), (0, [1, 1, 0, 1]));
    });
}

/// What is boxed asks for the name when it is printed.
#[test]
fn the_name_on_another_thread_is_that_of_the_type() {
    let (member, _) = Counted::new();
    let mut member = local(member).boxed();
    assert!(format!("{member:?}").contains("counted"));
    let moved = &mut member;
    assert!(elsewhere(move || format!("{moved:?}")).contains("Counted"));
}
