use super::crowd::{Crowd, Member, Round, drive, drive_many, or_stop};
use super::{Free, Gate, Group, Width, is_short, sealed};
use crate::error::{Failures, Phase};
use crate::hold::{Borrower, Convert, Cut, Entry, Exit, Hold, Policy};
use crate::observe::MemberPath;
use crate::resource::Resource;
use core::future::Future;
use core::pin::{Pin, pin};
use futures::FutureExt;
use futures_concurrency::future::{Join, TryJoin};

/// The holds of a tuple's members.
struct Tuple<T, W>(T, W);

macro_rules! impl_tuple {
    ([$(($M:ident $m:ident $i:tt))+] [$(($_M:ident $r:ident $j:tt))+]) => {
        impl<$($M: Resource),+> Resource for ($($M,)+) {
            type Guard = ($($M::Guard,)+);
            type Error = Failures;

            by_hand!();

            fn abandon(&mut self, guard: Self::Guard) {
                super::abandon(self.hold(), guard);
            }

            fn name(&self) -> &'static str {
                "tuple"
            }

            fn hold(&mut self) -> impl Hold<Guard = Self::Guard, Error = Failures> {
                self.hold_in(Free)
            }

            fn into_hold(self) -> impl Hold<Guard = Self::Guard, Error = Failures> {
                self.into_hold_in(Free)
            }
        }

        impl<$($M: Resource),+> sealed::Sealed for ($($M,)+) {}
        impl<$($M: Resource),+> Group for ($($M,)+) {
            fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = Self::Guard, Error = Failures> {
                Tuple(($(self.$i.hold(),)+), width)
            }

            fn into_hold_in<W: Width>(self, width: W) -> impl Hold<Guard = Self::Guard, Error = Failures> {
                Tuple(($(self.$i.into_hold(),)+), width)
            }
        }

        impl<$($M: Hold,)+ W: Width> Hold for Tuple<($($M,)+), W> {
            type Guard = ($($M::Guard,)+);
            type Error = Failures;

            fn observe(&mut self, place: &MemberPath) {
                $(self.0.$i.observe(&place.child($i));)+
            }

            async fn enter(&mut self, entry: Entry<'_>) -> bool {
                let (is_short, policy) = (is_short(self.reach(), || entry.is_large()), entry.policy());
                let gate = self.1.gate();
                $(let $m = pin!(gate.pass($i, Some(entry), self.0.$i.enter(entry)));)+
                if is_short {
                    drive(($(Member::Running($m),)+), policy, gate.begun()).await
                } else {
                    let members: [Pin<&mut (dyn Future<Output = bool> + Send)>; [$($i),+].len()] = [$($m),+];
                    drive_many(members.into_iter(), policy).await
                }
            }

            async fn exit(&mut self, exit: &Exit<'_>) -> bool {
                let is_short = is_short(self.reach(), || exit.is_large);
                let (gate, last) = (self.1.gate(), [$($i),+].len() - 1);
                // Declared in member order, so that they are dropped in reverse.
                $(let $m = pin!(gate.pass(last - $i, None, self.0.$i.exit(exit)));)+
                if is_short {
                    drive(($(Member::Running($r),)+), Policy::Settle, gate.begun()).await
                } else {
                    let members: [Pin<&mut (dyn Future<Output = bool> + Send)>; [$($i),+].len()] = [$($r),+];
                    drive_many(members.into_iter(), Policy::Settle).await
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

            fn abandon(&mut self) {
                $(self.0.$j.abandon();)+
            }

            fn cut(&mut self, cut: Cut) {
                $(self.0.$j.cut(cut);)+
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

            fn failures(&mut self, phase: Phase, convert: Convert<'_, Failures>) -> Failures {
                let mut all = Failures::default();
                $(all.add_member($i, self.0.$i.failures(phase, Convert::Into));)+
                all.converted("tuple", phase, convert)
            }

            hold_of_group!("tuple");
        }

        impl<$($M: Future<Output = bool> + Unpin + Send),+> Crowd for ($(Member<$M>,)+) {
            const LEN: usize = [$($i),+].len();

            fn poll_each(&mut self, round: &mut Round<'_, '_>) {
                $(round.poll(&mut self.$i);)+
            }

            /// A separate function, so that the code of the first round is as short as possible.
            #[inline(never)]
            fn poll_from(&mut self, first: usize, begun: usize, round: &mut Round<'_, '_>) {
                let mut index = first;
                for polled in 1..=Self::LEN {
                    match index {
                        $($i => round.poll(&mut self.$i),)+
                        _ => {}
                    }
                    index += 1;
                    if polled < begun {
                        index = if index == begun { 0 } else { index };
                    } else if polled == begun {
                        index = begun;
                    }
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
