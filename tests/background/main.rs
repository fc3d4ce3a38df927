//! Members that work while the scope is up: who polls the work, and what happens when it ends.

mod by_hand;
mod edges;
mod ends;
mod exhaustive;
#[cfg(feature = "local")]
mod local;
mod sets;
mod shapes;
mod sweeps;
mod watch;

use futures::channel::oneshot;
use futures::executor::LocalPool;
use futures::future::{Either, select};
use futures::task::LocalSpawnExt;
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use withal::{BoxError, Outcome, OutcomeKind, Resource, ScopeError, background};
use withal_common::{Log, pend};

type Death = oneshot::Sender<Result<(), BoxError>>;

/// Returns a member that works until it has to stop, or until it is told to end with a result.
fn worker(log: &Log, name: &'static str) -> (impl Resource<Guard = &'static str, Error = BoxError> + 'static, Death) {
    let (death, dies) = oneshot::channel();
    let log = log.clone();
    let worker = background(async move |startup| {
        log.add(format!("{name} enters"));
        let stop = startup.ready(name);
        let dies = pin!(async { if let Ok(end) = dies.await { end } else { std::future::pending().await } });
        match select(dies, stop).await {
            Either::Left((end, _)) => {
                log.add(format!("{name} ends"));
                end?;
            }
            Either::Right((told, _)) => log.add(format!("{name} stops {told:?}")),
        }
        Ok(())
    });
    (worker, death)
}

/// A plain member that is pending so often in its enter and its exit.
struct Plain(Log, &'static str, usize, usize);

impl Resource for Plain {
    type Guard = &'static str;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<&'static str, BoxError> {
        pend(self.2).await;
        self.0.add(format!("{} enters", self.1));
        Ok(self.1)
    }

    async fn exit(&mut self, _: &'static str, outcome: Outcome<'_>) -> Result<(), BoxError> {
        pend(self.3).await;
        self.0.add(format!("{} exits {:?}", self.1, outcome.kind()));
        Ok(())
    }

    fn abandon(&mut self, _: &'static str) {
        self.0.add(format!("{} abandoned", self.1));
    }
}

fn plain(log: &Log, name: &'static str) -> Plain {
    Plain(log.clone(), name, 0, 0)
}

/// A future on an executor that polls it only when it is woken.
struct Woken<T> {
    pool: LocalPool,
    output: Rc<RefCell<Option<T>>>,
}

impl<T: 'static> Woken<T> {
    fn new(future: impl Future<Output = T> + 'static) -> Self {
        let (pool, output) = (LocalPool::new(), Rc::new(RefCell::new(None)));
        let put = Rc::clone(&output);
        pool.spawner().spawn_local(async move { *put.borrow_mut() = Some(future.await) }).unwrap();
        let mut woken = Self { pool, output };
        woken.run();
        woken
    }

    fn run(&mut self) {
        self.pool.run_until_stalled();
    }

    /// Runs until nothing is woken, and returns the output.
    fn end(mut self) -> T {
        self.run();
        self.output.take().expect("it is over")
    }

    fn is_over(&mut self) -> bool {
        self.run();
        self.output.borrow().is_some()
    }
}

fn died() -> Result<(), BoxError> {
    Err("the lease was lost".into())
}

#[derive(Debug)]
enum Failed {
    Scope(ScopeError),
    #[expect(dead_code, reason = "it is printed")]
    Body(&'static str),
}

impl From<ScopeError> for Failed {
    fn from(error: ScopeError) -> Self {
        Self::Scope(error)
    }
}

impl From<Failed> for BoxError {
    fn from(failed: Failed) -> Self {
        format!("{failed:?}").into()
    }
}

fn scope_error<T: std::fmt::Debug>(result: Result<T, Failed>) -> ScopeError {
    match result.unwrap_err() {
        Failed::Scope(error) => error,
        failed @ Failed::Body(_) => panic!("{failed:?}"),
    }
}

/// A body that waits until it is dropped.
async fn waits<G>(_: &mut G) -> Result<OutcomeKind, Failed> {
    std::future::pending().await
}
