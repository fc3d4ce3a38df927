//! The frames: one for each number of members, and one for a `Vec`.

use super::log::{Log, Report, told};
use super::slot::{Slot, Slots, call};
use super::{Drive, Engine, Futures, Guaranteed, Tokio};
use crate::scene::{Body, Member, What};
use futures::future::join_all;
use futures_concurrency::future::Join;
use withal::Phase;

/// Enter, body, exit, and what is told: the same for every shape.
macro_rules! frame {
    (
        $members:ident $body:ident $finish:ident
        slots($log:ident): { $($slots:tt)+ }
        all_in: $all_in:expr,
        sum: $sum:expr,
        exit($told:ident): $exit:expr $(,)?
    ) => {{
        let mut log = Log::default();
        let (mut returned, mut panicked, mut failures) = (None, false, Vec::new());
        {
            let $log = &log;
            $($slots)+
            // After the members, so that a drop has it go before them.
            let body = $body;
            if $all_in {
                let note = |ended| match ended {
                    Ok(ended) => returned = Some(ended),
                    Err(payload) => {
                        panicked = true;
                        log.push(None, Phase::Exit, What::from(payload));
                    }
                };
                call(|| async { body.end($sum).await }, note).await;
            } else {
                failures = log.take();
                log.discard(body);
            }
            let $told = told(returned.as_ref(), panicked, &failures);
            $exit;
        }
        $finish(Report { body: returned, failures: log.end(failures) })
    }};
}

/// Awaits all, by one engine or another.
macro_rules! join {
    (Futures $N:literal: $($future:expr),+) => { futures::join!($($future),+) };
    (Tokio $N:literal: $($future:expr),+) => { tokio::join!($($future),+) };
    (Engine 8: $($future:expr),+) => { [$($future),+].join().await };
    (Engine $N:literal: $($future:expr),+) => { ($($future,)+).join().await };
}

macro_rules! guaranteed {
    ($($N:tt by $($By:ident)+: $slots:tt $reverse:tt)+) => {
        $($(guaranteed! { @ $N $By $slots $reverse })+)+
    };
    (@ $N:tt $By:ident [$($slot:ident)+] [$($reverse:ident)+]) => {
        impl<M: Member> Drive<[M; $N]> for Guaranteed<$By> {
            #[expect(clippy::many_single_char_names, reason = "they are so many of a kind")]
            async fn drive<B: Body, O: Send>(
                members: [M; $N],
                body: B,
                finish: impl FnOnce(Report) -> O + Send,
            ) -> O {
                frame! {
                    members body finish
                    slots(log): {
                        let [$($slot),+] = members;
                        let mut indices = 0..;
                        $(let mut $slot = Slot::new($slot, indices.next().unwrap_or_default(), log);)+
                    }
                    all_in: <[bool; $N]>::from(join!($By $N: $($slot.enter()),+)).into_iter().all(|is_in| is_in),
                    sum: 0 $(+ $slot.guard.unwrap_or_default())+,
                    exit(told): join!($By $N: $($reverse.exit(told)),+),
                }
            }
        }
    };
}

guaranteed! {
    2 by Futures Tokio Engine: [a b] [b a]
    4 by Futures Tokio Engine: [a b c d] [d c b a]
    8 by Futures Tokio Engine: [a b c d e f g h] [h g f e d c b a]
    12 by Futures Tokio Engine: [a b c d e f g h i j k l] [l k j i h g f e d c b a]
}

macro_rules! guaranteed_vec {
    ($($By:ident: $join:expr;)+) => {$(
        impl<M: Member> Drive<Vec<M>> for Guaranteed<$By> {
            async fn drive<B: Body, O: Send>(
                members: Vec<M>,
                body: B,
                finish: impl FnOnce(Report) -> O + Send,
            ) -> O {
                frame! {
                    members body finish
                    slots(log): {
                        let slots = members.into_iter().enumerate().map(|(index, member)| Slot::new(member, index, log));
                        let mut slots = Slots(slots.collect());
                    }
                    all_in: $join(slots.0.iter_mut().map(Slot::enter)).await.into_iter().all(|is_in| is_in),
                    sum: slots.0.iter_mut().filter_map(|slot| slot.guard).sum(),
                    exit(told): $join(slots.0.iter_mut().rev().map(|slot| slot.exit(told))).await,
                }
            }
        }
    )+};
}

guaranteed_vec! {
    Futures: join_all;
    Engine: engine_all;
}

fn engine_all<F: Future + Send>(futures: impl Iterator<Item = F>) -> impl Future<Output = Vec<F::Output>> {
    futures.collect::<Vec<_>>().join()
}
