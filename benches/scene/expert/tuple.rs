//! Two, four, eight and twelve members, each pinned in the frame of the scope.

use super::body::run_body;
use super::call::{Call, exit};
use super::{Expert, ExpertInSeries, abandon};
use crate::scene::engine::for_each_number;
use crate::scene::guaranteed::log::Log;
use crate::scene::{Body, Failed, Member, Told, Way, What};
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use withal::Phase;

/// The members and their guards. Those that are in are abandoned in reverse when it is dropped.
struct Frame<'l, M: Member, const N: usize> {
    members: [M; N],
    guards: [Option<u64>; N],
    log: &'l Log,
}

impl<M: Member, const N: usize> Drop for Frame<'_, M, N> {
    #[inline]
    fn drop(&mut self) {
        for index in (0..N).rev() {
            if let Some(guard) = self.guards[index].take() {
                abandon(&mut self.members[index], guard, index, self.log);
            }
        }
    }
}

/// Polls pinned calls to their end, all of them in each round. A round is one `catch_unwind`: after a panic it goes on
/// behind the call that panicked. Is true if none panicked.
macro_rules! poll_all {
    ($($call:ident => $note:expr),+ $(,)?) => {{
        let mut no_panic = true;
        poll_fn(|cx| {
            let (mut from, mut pending) = (0usize, false);
            loop {
                let round = catch_unwind(AssertUnwindSafe(|| {
                    let mut turn = 0;
                    $(
                        if from <= turn {
                            from = turn;
                            pending |= $call.as_mut().poll(cx, $note).is_pending();
                        }
                        turn += 1;
                    )+
                    let _ = turn;
                }));
                let Err(payload) = round else { break };
                no_panic = false;
                from += 1;
                let mut turn = 0;
                $(
                    turn += 1;
                    if turn == from {
                        $call.as_mut().give_up(payload);
                        continue;
                    }
                )+
                unreachable!("one of them panicked");
            }
            if pending { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        no_panic
    }};
}

/// Decides what the exits are told, and settles what the scope returns: the same for all.
macro_rules! frame {
    (
        $N:literal $members:ident $body:ident
        enter($log:ident, $all:ident): $enter:expr,
        exit($told:ident): $exit:expr $(,)?
    ) => {{
        let log = Log::default();
        let mut returned = None;
        {
            let $log = &log;
            let mut $all = Frame { members: $members, guards: [None; $N], log: $log };
            // After the members, so that a drop of the future drops it before them.
            let body = $body;
            if $enter {
                let sum = $all.guards.iter().map(|guard| guard.unwrap_or_default()).sum();
                run_body(body, sum, &mut returned, $log).await;
            } else {
                $log.discard(body);
            }
            let $told = returned.as_ref().map_or_else(|| $log.told(), Told::of);
            $exit;
        }
        log.into_result(returned)
    }};
}

/// Keeps the guard of a member that entered, or its error.
macro_rules! keep_guard {
    ($log:ident, $index:literal, $guard:ident, $well:ident) => {
        |entered| match entered {
            Ok(guard) => *$guard = Some(guard),
            Err(error) => {
                $well = false;
                $log.push(Some($index), Phase::Enter, What::Error(error));
            }
        }
    };
}

/// Keeps the error of an exit.
macro_rules! keep_error {
    ($log:ident, $index:literal) => {
        |exited| {
            if let Err(error) = exited {
                $log.push(Some($index), Phase::Exit, What::Error(error));
            }
        }
    };
}

macro_rules! expert {
    ($N:literal Expert [$($member:ident $index:literal $guard:ident),+] [$($reverse:ident $last:literal)+]) => {
        impl<M: Member> Way<[M; $N]> for Expert {
            async fn run<B: Body>(members: [M; $N], body: B) -> Result<u64, Failed> {
                frame! {
                    $N members body
                    enter(log, all): {
                        let Frame { members: [$($member),+], guards: [$($guard),+], .. } = &mut all;
                        $(let mut $member = pin!(Call::new(|| $member.enter(), log, Some($index), Phase::Enter));)+
                        let mut well = true;
                        let no_panic = poll_all!($($member => keep_guard!(log, $index, $guard, well)),+);
                        well && no_panic
                    },
                    exit(told): {
                        let Frame { members: [$($member),+], guards: [$($guard),+], .. } = &mut all;
                        $(let mut $member = pin!(exit($guard, |guard| $member.leave(guard, told), log, $index));)+
                        poll_all!($($reverse => keep_error!(log, $last)),+)
                    },
                }
            }
        }
    };
}

for_each_number! { expert! by Expert }

impl<M: Member> Way<[M; 2]> for ExpertInSeries {
    async fn run<B: Body>(members: [M; 2], body: B) -> Result<u64, Failed> {
        frame! {
            2 members body
            enter(log, all): {
                let Frame { members: [a, b], guards: [x, y], .. } = &mut all;
                let mut well = true;
                {
                    let mut a = pin!(Call::new(|| a.enter(), log, Some(0), Phase::Enter));
                    well &= poll_all!(a => keep_guard!(log, 0, x, well));
                }
                if well {
                    let mut b = pin!(Call::new(|| b.enter(), log, Some(1), Phase::Enter));
                    well &= poll_all!(b => keep_guard!(log, 1, y, well));
                }
                well
            },
            exit(told): {
                let Frame { members: [a, b], guards: [x, y], .. } = &mut all;
                {
                    let mut b = pin!(exit(y, |guard| b.leave(guard, told), log, 1));
                    poll_all!(b => keep_error!(log, 1));
                }
                let mut a = pin!(exit(x, |guard| a.leave(guard, told), log, 0));
                poll_all!(a => keep_error!(log, 0))
            },
        }
    }
}
