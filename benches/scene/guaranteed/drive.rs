//! The frames: one for each number of members, and one for a `Vec`.

use super::log::{Log, Report};
use super::slot::{Slot, Slots, call};
use super::{Drive, Guaranteed};
use crate::scene::engine::{Engine, Futures, Tokio, engine_all, for_each_number, join};
use crate::scene::{Body, Member, Told, What};
use futures::future::join_all;
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
        let mut returned = None;
        {
            let $log = &log;
            $($slots)+
            // After the members, so that a drop has it go before them.
            let body = $body;
            if $all_in {
                let note = |ended| match ended {
                    Ok(ended) => returned = Some(ended),
                    Err(payload) => log.push(None, Phase::Exit, What::from(payload)),
                };
                call(|| async { body.end($sum).await }, note).await;
            } else {
                log.discard(body);
            }
            let $told = returned.as_ref().map_or_else(|| log.told(), Told::of);
            $exit;
        }
        $finish(Report { body: returned, failures: log.end() })
    }};
}

macro_rules! guaranteed {
    ($N:literal $By:ident [$($slot:ident $index:literal $guard:ident),+] [$($reverse:ident $last:literal)+]) => {
        impl<M: Member> Drive<[M; $N]> for Guaranteed<$By> {
            async fn drive<B: Body, O: Send>(
                members: [M; $N],
                body: B,
                finish: impl FnOnce(Report) -> O + Send,
            ) -> O {
                frame! {
                    members body finish
                    slots(log): {
                        let [$($slot),+] = members;
                        $(let mut $slot = Slot::new($slot, $index, log);)+
                    }
                    all_in: <[bool; $N]>::from(join!($By $N: $($slot.enter()),+)).into_iter().all(|is_in| is_in),
                    sum: 0 $(+ $slot.guard.unwrap_or_default())+,
                    exit(told): join!($By $N: $($reverse.exit(told)),+),
                }
            }
        }
    };
}

for_each_number! { guaranteed! by Futures Tokio Engine }

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
