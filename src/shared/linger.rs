use super::state::{Core, State};
use super::task::TaskWaiter;
use crate::error::{Failures, NameKind, Phase};
use crate::outcome::OutcomeCopy;
use crate::panic_log::PanicLog;
use crate::reaper::Reaper;
use crate::resource::Resource;
use crate::unwind::catch;
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::{Future, pending, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll};
use futures::future::BoxFuture;

/// How a shared resource lingers after its last use.
pub(super) struct Linger {
    timer: Arc<MakeTimer>,
    reaper: Reaper,
}

type MakeTimer = dyn Fn() -> BoxFuture<'static, ()> + Send + Sync;

impl Linger {
    pub(super) fn new<T: Future + Send + 'static>(
        timer: impl Fn() -> T + Send + Sync + 'static,
        reaper: Reaper,
    ) -> Self {
        let timer = move || -> BoxFuture<'static, ()> {
            let timer = timer();
            Box::pin(async move { drop(timer.await) })
        };
        Self { timer: Arc::new(timer), reaper }
    }

    /// Passes a resource without uses to the reaper, for the time of this number.
    pub(super) fn begin<R: Resource<Guard: Sync> + 'static>(
        &self,
        core: &Arc<Core<R>>,
        stay: usize,
        outcome: Arc<OutcomeCopy>,
    ) {
        let panics = PanicLog::new();
        let stay = Stay { core: Arc::clone(core), number: stay };
        self.reaper.finish(stay.run(Arc::clone(&self.timer), outcome), &panics);
    }
}

/// The time between the last use and the exit. If it is dropped, because the reaper's spawner refused its task or the
/// runtime dropped that, the resource is abandoned.
struct Stay<R: Resource<Guard: Sync> + 'static> {
    core: Arc<Core<R>>,
    number: usize,
}

impl<R: Resource<Guard: Sync> + 'static> Stay<R> {
    /// Waits for the timer, or for a death, and exits the resource, unless a user came meanwhile.
    async fn run(self, timer: Arc<MakeTimer>, outcome: Arc<OutcomeCopy>) -> Failures {
        let mut failures = Failures::default();
        {
            let panics = PanicLog::new();
            let mut timer = match catch(|| timer()) {
                Ok(timer) => Some(timer),
                Err(panic) => {
                    panics.push(panic);
                    None
                }
            };
            self.ends(&mut timer, &panics).await;
            panics.drop(timer);
            for panic in panics.take() {
                failures.add_panic(NameKind::OfType("timer"), Phase::Exit, panic);
            }
        }
        let exiting = {
            let mut state = self.core.state();
            let up = state.take_up_if(|up| up.lingers_for(self.number));
            up.and_then(|up| self.core.begin_exit(&mut state, up, &outcome))
        };
        if let Some(exiting) = exiting {
            let mut exiting = TaskWaiter::new(exiting);
            poll_fn(|cx| exiting.poll(cx)).await;
            failures.append(exiting.task().take_if(|_| true).unwrap_or_default());
        }
        failures
    }

    /// Polls the timer and the work of the members, until one of them ends, or a user comes.
    async fn ends(&self, timer: &mut Option<BoxFuture<'static, ()>>, panics: &PanicLog) {
        let work = match &*self.core.state() {
            State::Up(up) => up.work().map(Arc::clone),
            _ => None,
        };
        let mut died = pin!(async {
            match work {
                Some(work) => work.until(|| Some(())).await,
                None => pending().await,
            }
        });
        let mut left = Left { stay: self, number: None };
        poll_fn(|cx| {
            if left.poll(cx).is_ready() || poll_timer(timer, panics, cx).is_ready() {
                return Poll::Ready(());
            }
            died.as_mut().poll(cx)
        })
        .await;
    }

    fn is_over(&self) -> bool {
        !matches!(&*self.core.state(), State::Up(up) if up.lingers_for(self.number))
    }
}

impl<R: Resource<Guard: Sync> + 'static> Drop for Stay<R> {
    fn drop(&mut self) {
        let number = self.number;
        let up = self.core.state().take_up_if(|up| up.lingers_for(number));
        if let Some(up) = up {
            self.core.abandon(up);
        }
    }
}

/// Polls the timer. One that panics is ready.
fn poll_timer(timer: &mut Option<BoxFuture<'static, ()>>, panics: &PanicLog, cx: &mut Context<'_>) -> Poll<()> {
    let Some(future) = timer else { return Poll::Ready(()) };
    catch(|| future.as_mut().poll(cx)).unwrap_or_else(|panic| {
        panics.push(panic);
        Poll::Ready(())
    })
}

/// Waits until a user ends a stay.
struct Left<'s, R: Resource<Guard: Sync> + 'static> {
    stay: &'s Stay<R>,
    number: Option<u64>,
}

impl<R: Resource<Guard: Sync> + 'static> Left<'_, R> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.stay.core.waiting().poll(&mut self.number, cx, || self.stay.is_over().then_some(()))
    }
}

impl<R: Resource<Guard: Sync> + 'static> Drop for Left<'_, R> {
    fn drop(&mut self) {
        self.stay.core.waiting().leave(self.number);
    }
}
