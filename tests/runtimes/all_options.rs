//! Every combination of what a scope can be asked for compiles, is spawned where it may be, and does what it should:
//! `until`, `on`, deadlines on enter and exit, `fail_fast`; `run`, `run_local`, `report`, `report_local`.

use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Pending, pending};
use std::rc::Rc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::runtime::{Builder, Runtime};
use withal::{Outcome, Reaper, Resource, ResourceExt, Scope, ScopeError};
use withal_common::{run, settle};

/// How many members are entered and not exited.
struct Count {
    inside: AtomicUsize,
    exited: AtomicUsize,
}

impl Count {
    const fn new() -> Self {
        Self { inside: AtomicUsize::new(0), exited: AtomicUsize::new(0) }
    }

    /// How many are inside, and how many were exited since the last call.
    fn take(&self) -> [usize; 2] {
        [self.inside.load(SeqCst), self.exited.swap(0, SeqCst)]
    }
}

/// Lends a text, and makes something boxed: guards with lifetimes in them.
struct Text<'a>(&'a str, &'a Count);
struct Boxed<'a>(&'a Count);

impl<'a> Resource for Text<'a> {
    type Guard = &'a str;
    type Error = Infallible;

    async fn enter(&mut self) -> Result<&'a str, Infallible> {
        tokio::task::yield_now().await;
        self.1.inside.fetch_add(1, SeqCst);
        Ok(self.0)
    }

    async fn exit(&mut self, _: &'a str, _: Outcome<'_>) -> Result<(), Infallible> {
        tokio::task::yield_now().await;
        self.1.inside.fetch_sub(1, SeqCst);
        self.1.exited.fetch_add(1, SeqCst);
        Ok(())
    }

    fn abandon(&mut self, _: &'a str) {
        self.1.inside.fetch_sub(1, SeqCst);
    }
}

impl Resource for Boxed<'_> {
    type Guard = Box<dyn Debug + Send>;
    type Error = ScopeError;

    async fn enter(&mut self) -> Result<Self::Guard, ScopeError> {
        self.0.inside.fetch_add(1, SeqCst);
        Ok(Box::new(3))
    }

    async fn exit(&mut self, _: Self::Guard, _: Outcome<'_>) -> Result<(), ScopeError> {
        self.0.inside.fetch_sub(1, SeqCst);
        self.0.exited.fetch_add(1, SeqCst);
        Ok(())
    }

    fn abandon(&mut self, _: Self::Guard) {
        self.0.inside.fetch_sub(1, SeqCst);
    }
}

fn members<'a>(text: &'a str, count: &'a Count) -> (Text<'a>, (Boxed<'a>, [Text<'a>; 1])) {
    (Text(text, count), (Boxed(count), [Text(text, count)]))
}

fn never() -> Pending<()> {
    pending()
}

fn reaper() -> Reaper {
    Reaper::new(run)
}

fn spawned<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).build().unwrap());
    RUNTIME.block_on(async { RUNTIME.spawn(future).await.unwrap() })
}

/// What the bodies return: the letters of what they are lent.
const LETTERS: usize = "one3one".len();

/// The scope of a combination, over these members.
macro_rules! scope {
    ([$($group:tt)*] [$($options:tt)*] $members:expr) => {
        Scope::new($members $($group)*) $($options)*
    };
}

type Guards<'a> = (&'a str, (Box<dyn Debug + Send>, [&'a str; 1]));

/// A body that pends, as a function: it has the same type wherever it is.
async fn body((text, (boxed, [other])): &mut Guards<'_>) -> Result<usize, ScopeError> {
    tokio::task::yield_now().await;
    Ok(format!("{text}{boxed:?}{other}").len())
}

/// One that keeps what is not `Send` across an await.
async fn local_body(guards: &mut Guards<'_>) -> Result<usize, ScopeError> {
    let one = Rc::new(1);
    Ok(body(guards).await? * *one)
}

async fn hang<G>(_: &mut G) -> Result<(), ScopeError> {
    pending().await
}

/// The same bodies as closures, each of a type of its own.
macro_rules! body {
    (local) => {
        async |(text, (boxed, [other]))| {
            let one = Rc::new(1);
            tokio::task::yield_now().await;
            Ok::<_, ScopeError>(format!("{text}{boxed:?}{other}").len() * *one)
        }
    };
    () => {
        async |(text, (boxed, [other]))| {
            tokio::task::yield_now().await;
            Ok::<_, ScopeError>(format!("{text}{boxed:?}{other}").len())
        }
    };
}

/// Law `untouched-body`, in a task of its own where it may be.
macro_rules! with_static_guards {
    ($body:expr, $local:expr, $group:tt $options:tt) => {{
        static COUNT: Count = Count::new();
        assert_eq!(spawned(scope!($group $options members("one", &COUNT)).run($body)).unwrap(), LETTERS);
        assert_eq!(run(scope!($group $options members("one", &COUNT)).run_local($local)).unwrap(), LETTERS);
        let report = spawned(scope!($group $options members("one", &COUNT)).report($body));
        assert!(report.is_clean() && matches!(report.body, Some(Ok(LETTERS))));
        let report = run(scope!($group $options members("one", &COUNT)).report_local($local));
        assert!(report.is_clean() && matches!(report.body, Some(Ok(LETTERS))));
        assert_eq!(COUNT.take(), [0, 4 * 3]);
    }};
}

/// The same, with guards that borrow from the task that is spawned.
macro_rules! with_borrowed_guards {
    ($body:expr, $local:expr, $group:tt $options:tt) => {{
        spawned(async {
            let (text, count) = (String::from("one"), Count::new());
            assert_eq!(scope!($group $options members(&text, &count)).run($body).await.unwrap(), LETTERS);
            let report = scope!($group $options members(&text, &count)).report($body).await;
            assert!(report.is_clean() && matches!(report.body, Some(Ok(LETTERS))));
            assert_eq!(count.take(), [0, 2 * 3]);
        });
        run(async {
            let (text, count) = (String::from("one"), Count::new());
            assert_eq!(scope!($group $options members(&text, &count)).run_local($local).await.unwrap(), LETTERS);
            let report = scope!($group $options members(&text, &count)).report_local($local).await;
            assert!(report.is_clean() && matches!(report.body, Some(Ok(LETTERS))));
            assert_eq!(count.take(), [0, 2 * 3]);
        });
    }};
}

/// Laws `drop-any-time` and `reaped`: dropped in the body, all are exited on the reaper, or abandoned.
macro_rules! dropped {
    ($exited:literal $group:tt $options:tt) => {{
        static COUNT: Count = Count::new();
        settle(Box::pin(scope!($group $options members("one", &COUNT)).run(hang)).as_mut());
        assert_eq!(COUNT.take(), [0, $exited]);
        settle(Box::pin(scope!($group $options members("one", &COUNT)).report_local(hang)).as_mut());
        assert_eq!(COUNT.take(), [0, $exited]);
    }};
}

/// A group in scopes with every option.
macro_rules! scopes {
    ($body:expr, $local:expr, $group:tt) => {
        with_static_guards!($body, $local, $group []);
        with_static_guards!($body, $local, $group [.until(never())]);
        with_static_guards!($body, $local, $group [.on(&reaper())]);
        with_static_guards!($body, $local, $group [.until(never()).on(&reaper())]);
        with_borrowed_guards!($body, $local, $group []);
        with_borrowed_guards!($body, $local, $group [.until(never())]);
        dropped!(0 $group []);
        dropped!(0 $group [.until(never())]);
        dropped!(3 $group [.on(&reaper())]);
        dropped!(3 $group [.until(never()).on(&reaper())]);
    };
}

/// All types are checked, and what is run is boxed: no machine code is made of what is never called.
macro_rules! options {
    ($($group:tt)*) => {
        let _ = || {
            scopes!(body!(), body!(local), [$($group)*]);
        };
        scopes!(body, local_body, [$($group)*.boxed()]);
    };
}

#[test]
fn untouched_body_with_all_options() {
    options!();
}

#[test]
fn untouched_body_with_all_options_and_fail_fast() {
    options!(.fail_fast());
}

#[test]
fn untouched_body_with_all_options_and_an_enter_deadline() {
    options!(.enter_within(never));
}

#[test]
fn untouched_body_with_all_options_and_an_exit_deadline() {
    options!(.exit_within(never));
}

#[test]
fn untouched_body_with_all_options_and_both_deadlines() {
    options!(.enter_within(never).exit_within(never));
}

#[test]
fn untouched_body_with_all_options_fail_fast_and_an_enter_deadline() {
    options!(.fail_fast().enter_within(never));
}

#[test]
fn untouched_body_with_all_options_fail_fast_and_an_exit_deadline() {
    options!(.fail_fast().exit_within(never));
}

/// As it is, and not boxed.
#[test]
fn untouched_body_with_everything() {
    scopes!(body!(), body!(local), [.fail_fast().enter_within(never).exit_within(never)]);
    // The options of a group, and of a scope, come in any order.
    with_static_guards!(
        body!(), body!(local), [.exit_within(never).enter_within(never).fail_fast()] [.on(&reaper()).until(never())]
    );
}
