//! Scopes within the body of another scope: how they come down together.

mod apart;
mod failures;
mod moved;
mod reap;
mod shields;
mod stack;
mod sweeps;
mod until;
mod waits;

use futures::channel::oneshot;
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use withal::{BoxError, Outcome, Resource, Scope};
use withal_common::{Log, pend};

/// A member that is pending so often in its exit.
struct Member(Log, &'static str, usize);

impl Resource for Member {
    type Guard = &'static str;
    type Error = BoxError;

    async fn enter(&mut self) -> Result<&'static str, BoxError> {
        self.0.add(format!("{} in", self.1));
        Ok(self.1)
    }

    async fn exit(&mut self, _: &'static str, outcome: Outcome<'_>) -> Result<(), BoxError> {
        self.0.add(format!("{} told {:?}", self.1, outcome.kind()));
        pend(self.2).await;
        self.0.add(format!("{} out", self.1));
        Ok(())
    }

    fn abandon(&mut self, _: &'static str) {
        self.0.add(format!("{} abandoned", self.1));
    }
}

/// A member whose exit takes three polls.
fn slow(log: &Log, name: &'static str) -> Member {
    Member(log.clone(), name, 2)
}

/// A member whose exit never ends.
struct Hangs(Log, &'static str);

impl Resource for Hangs {
    type Guard = ();
    type Error = BoxError;

    async fn enter(&mut self) -> Result<(), BoxError> {
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), BoxError> {
        self.0.add(format!("{} hangs", self.1));
        pending().await
    }
}

/// A scope over a slow member, with a body that waits for ever.
async fn waits(log: &Log, name: &'static str) -> anyhow::Result<()> {
    Scope::new(slow(log, name)).run(async |_| pending().await).await
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
        pool.spawner()
            .spawn_local(async move {
                let ended = future.await;
                *put.borrow_mut() = Some(ended);
            })
            .unwrap();
        let mut woken = Self { pool, output };
        woken.run();
        woken
    }

    /// Runs until nothing is woken.
    fn run(&mut self) {
        self.pool.run_until_stalled();
    }

    fn is_over(&mut self) -> bool {
        self.run();
        self.output.borrow().is_some()
    }

    fn end(mut self) -> T {
        self.run();
        self.output.take().expect("it is over")
    }
}

/// Runs a scope until nothing is woken, fires its signal, and runs it to its end.
fn cancelled<T: 'static, F: Future<Output = T> + 'static>(scene: impl FnOnce(oneshot::Receiver<()>) -> F) -> T {
    let (fire, fired) = oneshot::channel();
    let scene = Woken::new(scene(fired));
    fire.send(()).ok();
    scene.end()
}
