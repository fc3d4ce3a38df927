//! Ten thousand members: no recursion, and linear time (law `linear`).

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use withal::{ExitPool, ExitStack, Handle, Outcome, Resource, ResourceExt};

/// Counts the polls that its phases take, on a stack that is far too small for a frame for each member.
struct Counted<'a>(&'a AtomicUsize);

impl Resource for Counted<'_> {
    type Guard = ();
    type Error = std::convert::Infallible;

    async fn enter(&mut self) -> Result<(), Self::Error> {
        self.0.fetch_add(1, SeqCst);
        Ok(())
    }

    async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), Self::Error> {
        let mut pending = true;
        std::future::poll_fn(|cx| {
            self.0.fetch_add(1, SeqCst);
            if std::mem::take(&mut pending) {
                cx.waker().wake_by_ref();
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(Ok(()))
        })
        .await
    }
}

const MEMBERS: usize = 10_000;

fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 * 1024).spawn(test).unwrap().join().unwrap();
}

/// One poll for each enter, two for each exit, whatever the number of members.
#[test]
fn a_stack_of_ten_thousand() {
    on_a_small_stack(|| {
        let polls = AtomicUsize::new(0);
        let scope = ExitStack::new().scope(async |stack| {
            for _ in 0..MEMBERS {
                stack.enter(Counted(&polls)).await?;
            }
            anyhow::Ok(())
        });
        futures::executor::block_on(scope).unwrap();
        assert_eq!(polls.load(SeqCst), 3 * MEMBERS);
    });
}

#[test]
fn a_pool_of_ten_thousand() {
    on_a_small_stack(|| {
        let polls = AtomicUsize::new(0);
        let scope = ExitPool::new().scope(async |pool| {
            for _ in 0..MEMBERS {
                pool.enter(Counted(&polls)).await?;
            }
            anyhow::Ok(())
        });
        futures::executor::block_on(scope).unwrap();
        // The engine looks at each once more when it takes over.
        assert!(polls.load(SeqCst) <= 4 * MEMBERS, "{polls:?}");
    });
}

/// What was released leaves nothing behind, so that a stack can serve for long.
#[test]
fn ten_thousand_early_exits() {
    on_a_small_stack(|| {
        let polls = AtomicUsize::new(0);
        let scope = ExitStack::new().scope(async |stack| {
            for _ in 0..MEMBERS {
                let member = stack.enter(Counted(&polls)).await?;
                assert_eq!(stack.len(), 1);
                Handle::exit(member).await?;
            }
            anyhow::Ok(())
        });
        futures::executor::block_on(scope).unwrap();
        assert_eq!(polls.load(SeqCst), 3 * MEMBERS);
    });
}

#[test]
fn ten_thousand_are_abandoned() {
    on_a_small_stack(|| {
        let polls = AtomicUsize::new(0);
        let scope = ExitStack::new().scope(async |stack| {
            for _ in 0..MEMBERS {
                stack.enter(Counted(&polls)).await?;
            }
            anyhow::Ok(stack.take_all())
        });
        drop(futures::executor::block_on(scope).unwrap());
        assert_eq!(polls.load(SeqCst), MEMBERS);
    });
}

/// The same for groups whose members wait for their turn.
#[test]
fn ten_thousand_in_order_and_bounded() {
    on_a_small_stack(|| {
        let polls = AtomicUsize::new(0);
        let members = || (0..MEMBERS).map(|_| Counted(&polls)).collect::<Vec<_>>();
        futures::executor::block_on(async {
            members().in_order().scope(async |_| anyhow::Ok(())).await?;
            assert!(polls.swap(0, SeqCst) <= 4 * MEMBERS);
            members().limit(7).scope(async |_| anyhow::Ok(())).await?;
            assert!(polls.swap(0, SeqCst) <= 4 * MEMBERS);
            anyhow::Ok(())
        })
        .unwrap();
    });
}
