//! The laws hold on every executor: one scene, whose acts name them, played on each.

mod scene;
mod stage;
mod while_up;

use scene::{scene, scene_local};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use tokio::runtime::Builder;

#[test]
fn tokio_on_many_threads() {
    let runtime = Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async { tokio::spawn(scene()).await.unwrap() });
}

#[test]
fn tokio_on_the_current_thread() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async { tokio::spawn(scene()).await.unwrap() });
}

#[test]
fn tokio_local_set() {
    let runtime = Builder::new_current_thread().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        tokio::task::spawn_local(scene_local()).await.unwrap();
        tokio::task::spawn_local(scene()).await.unwrap();
    });
}

#[test]
fn smol_global_executor() {
    smol::block_on(smol::spawn(scene()));
}

#[test]
fn smol_executor() {
    let executor = smol::Executor::new();
    smol::block_on(executor.run(executor.spawn(scene())));
}

#[test]
fn smol_local_executor() {
    let executor = smol::LocalExecutor::new();
    smol::block_on(executor.run(executor.spawn(scene_local())));
}

#[test]
fn async_std_task() {
    async_std::task::block_on(async_std::task::spawn(scene()));
}

#[test]
fn futures_local_pool() {
    use futures::task::LocalSpawnExt;
    let mut pool = futures::executor::LocalPool::new();
    let task = pool.spawner().spawn_local_with_handle(scene_local()).unwrap();
    pool.run_until(task);
    pool.run_until(scene());
}

#[test]
fn futures_thread_pool() {
    use futures::task::SpawnExt;
    let pool = futures::executor::ThreadPool::builder().pool_size(2).create().unwrap();
    futures::executor::block_on(pool.spawn_with_handle(scene()).unwrap());
}

/// All that an executor has to be: it polls, and sleeps until it is woken.
#[test]
fn an_executor_of_ones_own() {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    fn block_on<F: Future>(future: F) -> F::Output {
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => return output,
                Poll::Pending => thread::park(),
            }
        }
    }

    block_on(scene());
    block_on(scene_local());
}
