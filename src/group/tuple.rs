use super::in_place::{Crowd, Few, drive_crowd};
use super::join::{DynFuture, drive_dyn, or_stop};
use super::limit::may_start;
use super::tuple_rounds::{Forward, Order, Reverse, TupleRounds};
use super::{Group, is_short, sealed};
use crate::error::{Failures, Phase};
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError, Policy};
use crate::member_future::{Catching, Caught, MemberFuture};
use crate::observe::MemberPath;
use crate::resource::Resource;
use crate::unwind::CaughtPanic;
use crate::work::Attendance;
use alloc::boxed::Box;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll};
use futures::FutureExt;
use futures::future::Either;
use futures_concurrency::future::{Join, TryJoin};
use pin_project_lite::pin_project;

/// The holds of a tuple's members.
struct Tuple<T>(T);

/// Creates the future of a tuple with few members, which is always driven in place, and of one with more.
macro_rules! drive_tuple {
    ([$_a:tt $($_b:tt $($_c:tt $($_d:tt)?)?)?] $is_short:expr, $members:expr, $large:expr) => {
        if $is_short {
            Few::InPlace { members: $members }
        } else {
            Few::Boxed { future: Catching::new(Box::pin($large)) }
        }
    };
    ([$($_:tt)+] $is_short:expr, $members:expr, $large:expr) => {
        Catching::new(async move { if $is_short { drive_crowd(pin!($members)).await } else { $large.await } })
    };
}

/// Implements the traits for a tuple. The documentation lists one of them for all.
macro_rules! impl_tuple {
    ([$first:tt $second:tt] $reversed:tt) => {
        impl_tuple! {
            #[doc = "This trait is implemented for tuples of 1 to 12 resources."]
            [$first $second] $reversed
        }
    };
    ([$($members:tt)+] $reversed:tt) => { impl_tuple! { #[doc(hidden)] [$($members)+] $reversed } };
    (#[$doc:meta] [$(($M:ident $m:ident $i:tt))+] [$(($R:ident $r:ident $j:tt))+]) => { const _: () = {
        const LEN: u8 = 0 $(+ { let _: usize = $i; 1 })+;

        #[$doc]
        impl<$($M: Resource),+> Resource for ($($M,)+) {
            type Guard = ($($M::Guard,)+);
            type Error = Failures;

            by_hand!();

            fn abandon(&mut self, guard: Self::Guard) {
                super::abandon(self.hold(HoldToken), guard);
            }

            fn name(&self) -> &'static str {
                "tuple"
            }

            fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
                Tuple(($(self.$i.hold(HoldToken),)+))
            }

            fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Failures> {
                Tuple(($(self.$i.into_hold(HoldToken),)+))
            }
        }

        impl<$($M: Resource),+> sealed::Sealed for ($($M,)+) {}
        #[$doc]
        impl<$($M: Resource),+> Group for ($($M,)+) {}

        impl<$($M: Hold),+> Hold for Tuple<($($M,)+)> {
            type Guard = ($($M::Guard,)+);
            type Error = Failures;

            fn observe(&mut self, place: &MemberPath) {
                $(self.0.$i.observe(&place.child($i));)+
            }

            fn attend(&mut self, attendance: &Attendance) {
                $(self.0.$i.attend(attendance);)+
            }

            fn enter(&mut self, entry: EnterContext<'_>) -> impl Future<Output = bool> + Send {
                Caught { future: self.enter_unwind(entry) }
            }

            fn exit(&mut self, exit: ExitContext<'_>) -> impl Future<Output = bool> + Send {
                Caught { future: self.exit_unwind(exit) }
            }

            fn enter_unwind(&mut self, entry: EnterContext<'_>) -> impl MemberFuture {
                let (is_short, policy) = (is_short(self.reach(), || entry.is_large()), entry.policy());
                let (limit, entry) = entry.of_members();
                let holds = &mut self.0;
                drive_tuple!(
                    [$($i)+] is_short,
                    TupleFuture {
                        $($m: holds.$i.enter_unwind(entry),)+
                        rounds: TupleRounds::<Forward>::new(LEN, limit, policy, Some(entry.state())),
                    },
                    async move {
                        $(let $m = pin!(holds.$i.enter(entry));)+
                        let members: [DynFuture<'_>; LEN as usize] = [$($m),+];
                        let may_start = |turn| may_start(turn, limit, entry);
                        drive_dyn(members.into_iter(), limit, policy, may_start).await
                    }
                )
            }

            fn exit_unwind(&mut self, exit: ExitContext<'_>) -> impl MemberFuture {
                let is_short = is_short(self.reach(), || exit.is_large());
                let (limit, exit) = exit.of_members();
                let holds = &mut self.0;
                drive_tuple!(
                    [$($i)+] is_short,
                    TupleFuture {
                        $($m: holds.$i.exit_unwind(exit),)+
                        rounds: TupleRounds::<Reverse>::new(LEN, limit, Policy::Settle, None),
                    },
                    async move {
                        // Declared in member order, so that they are dropped in reverse.
                        $(let $m = pin!(holds.$i.exit(exit));)+
                        let members: [DynFuture<'_>; LEN as usize] = [$($r),+];
                        drive_dyn(members.into_iter(), limit, Policy::Settle, |_| true).await
                    }
                )
            }

            fn take(&mut self) -> Self::Guard {
                ($(self.0.$i.take(),)+)
            }

            fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool {
                if let Some(($($m,)+)) = guard {
                    true $(& self.0.$i.put(Some($m), by))+
                } else {
                    true $(& self.0.$i.put(None, by))+
                }
            }

            fn show(&mut self, guard: &Self::Guard) {
                $(self.0.$i.show(&guard.$i);)+
            }

            fn abandon(&mut self) {
                $(self.0.$j.abandon();)+
            }

            fn interrupt(&mut self, interruption: Interruption) {
                $(self.0.$j.interrupt(interruption);)+
            }

            fn name_sets(&mut self, name: &str) {
                $(self.0.$i.name_sets(name);)+
            }

            fn is_in(&self) -> bool {
                false $(|| self.0.$i.is_in())+
            }

            fn reach(&self) -> usize {
                0 $(+ self.0.$i.reach())+
            }

            fn failures(&mut self, phase: Phase, map: MapError<'_, Failures>) -> Failures {
                let mut all = Failures::default();
                $(all.add_member($i, self.0.$i.failures(phase, None));)+
                all.mapped("tuple", phase, map)
            }

            hold_of_group!("tuple");
        }

        pin_project! {
            /// The futures of the members. The fields are in reverse, so that they are dropped in reverse.
            struct TupleFuture<'s, O, $($R),+> {
                $(#[pin] $r: $R,)+
                rounds: TupleRounds<'s, O>,
            }
        }

        impl<O: Order, $($M: MemberFuture),+> Future for TupleFuture<'_, O, $($R),+> {
            type Output = bool;

            fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
                self.poll_caught(cx)
            }
        }

        impl<O: Order, $($M: MemberFuture),+> MemberFuture for TupleFuture<'_, O, $($R),+> {
            const UNWINDS: bool = false $(|| $M::UNWINDS)+;

            #[inline]
            fn poll_unwind(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<bool> {
                let mut this = self.project();
                this.rounds.begin();
                loop {
                    if O::IS_REVERSED {
                        $(if this.rounds.is(LEN - 1 - $j) {
                            let polled = this.$r.as_mut().poll_unwind(cx);
                            this.rounds.note(LEN - 1 - $j, polled);
                        })+
                    } else {
                        $(if this.rounds.is($i) {
                            let polled = this.$m.as_mut().poll_unwind(cx);
                            this.rounds.note($i, polled);
                        })+
                    }
                    if !this.rounds.goes_on() {
                        return this.rounds.end();
                    }
                }
            }

            #[cold]
            fn record_panic(self: Pin<&mut Self>, panic: CaughtPanic) {
                let this = self.project();
                let turn = this.rounds.panicked();
                match if O::IS_REVERSED { LEN - 1 - turn } else { turn } {
                    $($i => this.$m.record_panic(panic),)+
                    _ => {}
                }
            }
        }

        impl<O: Order, $($M: MemberFuture),+> Crowd for TupleFuture<'_, O, $($R),+> {
            fn is_crowded(&self, few: u8) -> bool {
                self.rounds.is_crowded(few)
            }

            fn policy(&self) -> Policy {
                self.rounds.policy()
            }

            fn join(self: Pin<&mut Self>) -> impl Future<Output = bool> + Send {
                let this = self.project();
                if O::IS_REVERSED {
                    Either::Left(Join::join(($(Caught { future: this.$r },)+)).map(|($($r,)+)| true $(&& $r)+))
                } else {
                    Either::Right(Join::join(($(Caught { future: this.$m },)+)).map(|($($m,)+)| true $(&& $m)+))
                }
            }

            fn try_join(self: Pin<&mut Self>) -> impl Future<Output = bool> + Send {
                let this = self.project();
                TryJoin::try_join(($(Caught { future: this.$m }.map(or_stop),)+)).map(|all| all.is_ok())
            }
        }
    }; };
}

for_each_tuple!(impl_tuple);
