use super::join::{DynFuture, JoinAll, MaybeDone, Round, drive, drive_dyn, or_stop};
use super::limit::may_start;
use super::{Group, is_short, sealed};
use crate::error::{Failures, Phase};
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError, Policy};
use crate::observe::MemberPath;
use crate::resource::Resource;
use crate::work::Attendance;
use core::future::Future;
use core::pin::pin;
use futures::FutureExt;
use futures_concurrency::future::{Join, TryJoin};

/// The holds of a tuple's members.
struct Tuple<T>(T);

macro_rules! impl_tuple {
    ([$(($M:ident $m:ident $i:tt))+] [$(($_M:ident $r:ident $j:tt))+]) => {
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

            async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
                let (is_short, policy) = (is_short(self.reach(), || entry.is_large()), entry.policy());
                let (limit, entry) = entry.of_members();
                $(let $m = pin!(self.0.$i.enter(entry));)+
                if is_short && limit >= [$($i),+].len() {
                    drive(($(MaybeDone::Running($m),)+), policy).await
                } else {
                    let members: [DynFuture<'_>; [$($i),+].len()] = [$($m),+];
                    let may_start = |turn| may_start(turn, limit, entry);
                    drive_dyn(members.into_iter(), limit, policy, is_short, may_start).await
                }
            }

            async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
                let is_short = is_short(self.reach(), || exit.is_large());
                let (limit, exit) = exit.of_members();
                // Declared in member order, so that they are dropped in reverse.
                $(let $m = pin!(self.0.$i.exit(exit));)+
                if is_short && limit >= [$($i),+].len() {
                    drive(($(MaybeDone::Running($r),)+), Policy::Settle).await
                } else {
                    let members: [DynFuture<'_>; [$($i),+].len()] = [$($r),+];
                    drive_dyn(members.into_iter(), limit, Policy::Settle, is_short, |_| true).await
                }
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

        impl<$($M: Future<Output = bool> + Unpin + Send),+> JoinAll for ($(MaybeDone<$M>,)+) {
            const LEN: usize = [$($i),+].len();

            fn poll_each(&mut self, round: &mut Round<'_, '_>) {
                $(round.poll(&mut self.$i);)+
            }

            /// A separate function, so that the code of the first round is as short as possible.
            #[inline(never)]
            fn poll_from(&mut self, first: usize, round: &mut Round<'_, '_>) {
                let mut index = first;
                for _ in 0..Self::LEN {
                    match index {
                        $($i => round.poll(&mut self.$i),)+
                        _ => {}
                    }
                    index = if index + 1 == Self::LEN { 0 } else { index + 1 };
                }
            }

            fn join(&mut self) -> impl Future<Output = bool> + Send {
                Join::join(($(&mut self.$i,)+)).map(|($($m,)+)| true $(&& $m)+)
            }

            fn try_join(&mut self) -> impl Future<Output = bool> + Send {
                TryJoin::try_join(($((&mut self.$i).map(or_stop),)+)).map(|all| all.is_ok())
            }
        }
    };
}

for_each_tuple!(impl_tuple);
