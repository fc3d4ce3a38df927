use super::crowd::{Crowd, Member, Round, or_stop};
use super::{Free, Gate, Group, Width, enter_all, exit_all, sealed};
use crate::error::{Failures, Phase};
use crate::hold::{Convert, Cut, Entry, Hold};
use crate::observe::Place;
use crate::outcome::Outcome;
use crate::resource::Resource;
use core::future::Future;
use core::pin::pin;
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
        }

        impl<$($M: Resource),+> sealed::Sealed for ($($M,)+) {}
        impl<$($M: Resource),+> Group for ($($M,)+) {
            fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = Self::Guard, Error = Failures> {
                Tuple(($(self.$i.hold(),)+), width)
            }
        }

        impl<$($M: Hold,)+ W: Width> Hold for Tuple<($($M,)+), W> {
            type Guard = ($($M::Guard,)+);
            type Error = Failures;

            fn observe(&mut self, place: &Place) {
                $(self.0.$i.observe(&place.child($i));)+
            }

            async fn enter(&mut self, entry: Entry<'_>) -> bool {
                let gate = self.1.gate();
                $(let $m = pin!(gate.pass($i, Some(entry), self.0.$i.enter(entry)));)+
                enter_all(($(Member::Running($m),)+), entry.policy()).await
            }

            async fn exit(&mut self, outcome: &Outcome<'_>) -> bool {
                let (gate, last) = (self.1.gate(), [$($i),+].len() - 1);
                // In member order, so that a drop goes in reverse.
                $(let $m = pin!(gate.pass(last - $i, None, self.0.$i.exit(outcome)));)+
                exit_all(($(Member::Running($r),)+)).await
            }

            fn take(&mut self) -> Self::Guard {
                ($(self.0.$i.take(),)+)
            }

            fn put(&mut self, guard: Option<Self::Guard>) {
                if let Some(($($m,)+)) = guard {
                    $(self.0.$i.put(Some($m));)+
                } else {
                    $(self.0.$i.put(None);)+
                }
            }

            fn abandon(&mut self) {
                $(self.0.$j.abandon();)+
            }

            fn cut(&mut self, cut: Cut) {
                $(self.0.$j.cut(cut);)+
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
            fn poll_each(&mut self, round: &mut Round<'_, '_>) {
                $(round.poll(&mut self.$i);)+
            }

            fn join(self) -> impl Future<Output = bool> + Send {
                Join::join(self).map(|($($m,)+)| true $(&& $m)+)
            }

            fn try_join(self) -> impl Future<Output = bool> + Send {
                TryJoin::try_join(($(self.$i.map(or_stop),)+)).map(|all| all.is_ok())
            }
        }
    };
}

for_each_tuple!(impl_tuple);
