//! Users on several threads, each with an executor of its own.

use futures::executor::{ThreadPool, block_on};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, LazyLock};
use std::thread;
use withal::testing::{Event, Ledger, READY, Script, Scripted};
use withal::{Outcome, Reaper, Resource, ResourceExt, Scope, Shared, shared};
use withal_common::pend;

/// Records how many are up, which is never more than one.
struct One(Arc<AtomicUsize>);

impl Resource for One {
    type Guard = usize;
    type Error = std::convert::Infallible;

    async fn enter(&mut self) -> Result<usize, Self::Error> {
        pend(2).await;
        Ok(self.0.fetch_add(1, SeqCst))
    }

    async fn exit(&mut self, guard: usize, _: Outcome<'_>) -> Result<(), Self::Error> {
        self.abandon(guard);
        pend(2).await;
        Ok(())
    }

    fn abandon(&mut self, guard: usize) {
        assert_eq!((guard, self.0.fetch_sub(1, SeqCst)), (0, 1));
    }
}

#[test]
fn on_several_threads() {
    let up = Arc::<AtomicUsize>::default();
    let one = shared(One(Arc::clone(&up)));
    let start = Barrier::new(4);
    thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                start.wait();
                for n in 0..200 {
                    let scope = one.clone().scope(async |guard| {
                        assert_eq!((**guard, up.load(SeqCst)), (0, 1));
                        pend(n % 3).await;
                        anyhow::Ok(())
                    });
                    if n % 7 == 0 {
                        let _ = block_on(futures::future::select(Box::pin(scope), Box::pin(pend(n % 5))));
                    } else {
                        block_on(scope).unwrap();
                    }
                }
            });
        }
    });
    assert_eq!(up.load(SeqCst), 0);
    assert!(format!("{one:?}").contains("out"));
}

#[test]
fn dropped_on_a_reaper_on_another_thread() {
    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    let reaper = Reaper::new(move |task| pool.spawn_ok(task));
    let up = Arc::<AtomicUsize>::default();
    let one = shared(One(Arc::clone(&up))).linger(|| pend(3), &reaper);
    thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                for n in 0..100 {
                    let scope = Scope::new(one.clone()).on(&reaper).run(async |_| {
                        pend(n % 3).await;
                        anyhow::Ok(())
                    });
                    let _ = block_on(futures::future::select(Box::pin(scope), Box::pin(pend(n % 5))));
                }
            });
        }
    });
    block_on(reaper.idle());
    assert_eq!(up.load(SeqCst), 0);
}

/// One for the whole program: users of two runtimes, one after the other.
#[test]
fn two_runtimes_share_a_static() {
    static LEDGER: LazyLock<Ledger> = LazyLock::new(Ledger::new);
    static DB: LazyLock<Shared<Scripted>> = LazyLock::new(|| {
        let script = Script { enter: READY.pending(500), exit: READY.pending(1) };
        shared(LEDGER.member(0, script))
    });
    let runtime = || tokio::runtime::Builder::new_current_thread().build().unwrap();
    let use_it = || DB.clone().scope(async |db| anyhow::Ok(db.0));
    for _ in 0..2 {
        runtime().block_on(async { tokio::join!(use_it(), use_it()) }).0.unwrap();
    }
    // The runtime of a user ends in the middle of the enter, and a user of another one goes on with it.
    let (ended, other) = (runtime(), runtime());
    let task = ended.spawn(DB.clone().scope(async |_| std::future::pending::<anyhow::Result<()>>().await));
    ended.block_on(tokio::task::yield_now());
    let scope = other.spawn(use_it());
    other.block_on(tokio::task::yield_now());
    drop((ended, task));
    other.block_on(scope).unwrap().unwrap();
    LEDGER.check().unwrap();
    let enters = LEDGER.events().iter().filter(|event| matches!(event, Event::EnterStarted(_))).count();
    assert_eq!(enters, LEDGER.events().iter().filter(|event| matches!(event, Event::Exited(_))).count());
}
