//! Any number of members, in a `Vec`.

use super::body::run_body;
use super::call::{Call, exit};
use super::{Expert, abandon};
use crate::scene::guaranteed::log::Log;
use crate::scene::{Body, Failed, Member, Told, Way, What};
use futures::future::join_all;
use futures::{FutureExt, StreamExt};
use futures_buffered::FuturesUnorderedBounded;
use pin_project_lite::pin_project;
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use withal::Phase;

/// Up to this number, polling all of them is cheaper than a list of those that were woken.
const FEW: usize = 30;

struct Entry<M> {
    member: M,
    guard: Option<u64>,
}

/// The members and their guards. Those that are in are abandoned in reverse when it is dropped.
struct Entries<'l, M: Member> {
    entries: Vec<Entry<M>>,
    log: &'l Log,
}

impl<M: Member> Drop for Entries<'_, M> {
    fn drop(&mut self) {
        for (index, entry) in self.entries.iter_mut().enumerate().rev() {
            if let Some(guard) = entry.guard.take() {
                abandon(&mut entry.member, guard, index, self.log);
            }
        }
    }
}

pin_project! {
    /// A call with a `catch_unwind` of its own. Returns whether it went well, which `note` tells.
    struct Caught<'l, K, F, N> {
        #[pin]
        call: Call<'l, K, F>,
        note: N,
    }
}

impl<K: FnOnce() -> F, F: Future, N: FnMut(F::Output) -> bool> Future for Caught<'_, K, F, N> {
    type Output = bool;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
        let mut this = self.project();
        let mut well = true;
        let polled =
            catch_unwind(AssertUnwindSafe(|| this.call.as_mut().poll(cx, |output| well = (this.note)(output))));
        match polled {
            Ok(polled) => polled.map(|()| well),
            Err(payload) => {
                this.call.as_mut().give_up(payload);
                Poll::Ready(false)
            }
        }
    }
}

/// Drives all to their end. Returns whether all of them went well.
fn all<F: Future<Output = bool> + Send>(
    futures: impl ExactSizeIterator<Item = F>,
) -> impl Future<Output = bool> + Send {
    if futures.len() <= FEW {
        join_all(futures).map(|all| all.into_iter().all(|well| well)).left_future()
    } else {
        let mut futures: FuturesUnorderedBounded<F> = futures.collect();
        let mut all_well = true;
        let drive = poll_fn(move |cx| {
            loop {
                match futures.poll_next_unpin(cx) {
                    Poll::Ready(Some(well)) => all_well &= well,
                    Poll::Ready(None) => return Poll::Ready(all_well),
                    Poll::Pending => return Poll::Pending,
                }
            }
        });
        drive.right_future()
    }
}

/// Keeps an error: it did not go well.
#[cold]
fn failed(log: &Log, index: usize, phase: Phase, error: io::Error) -> bool {
    log.push(Some(index), phase, What::Error(error));
    false
}

impl<M: Member> Way<Vec<M>> for Expert {
    async fn run<B: Body>(members: Vec<M>, body: B) -> Result<u64, Failed> {
        let log = Log::default();
        let mut returned = None;
        {
            let log = &log;
            let entries = members.into_iter().map(|member| Entry { member, guard: None }).collect();
            let mut list = Entries { entries, log };
            // After the members, so that a drop of the future drops it before them.
            let body = body;
            let well = all(list.entries.iter_mut().enumerate().map(|(index, Entry { member, guard })| Caught {
                call: Call::new(|| member.enter(), log, Some(index), Phase::Enter),
                note: move |entered| match entered {
                    Ok(entered) => {
                        *guard = Some(entered);
                        true
                    }
                    Err(error) => failed(log, index, Phase::Enter, error),
                },
            }))
            .await;
            if well {
                let sum = list.entries.iter().filter_map(|entry| entry.guard).sum();
                run_body(body, sum, &mut returned, log).await;
            } else {
                log.discard(body);
            }
            let told = returned.as_ref().map_or_else(|| log.told(), Told::of);
            all(list.entries.iter_mut().enumerate().rev().map(|(index, Entry { member, guard })| Caught {
                call: exit(guard, move |guard| member.leave(guard, told), log, index),
                note: move |exited| match exited {
                    Ok(()) => true,
                    Err(error) => failed(log, index, Phase::Exit, error),
                },
            }))
            .await;
        }
        log.into_result(returned)
    }
}
