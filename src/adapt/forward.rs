//! `Box<R>` and `&mut R`: the same member, stored elsewhere. They add no path index.

use crate::group::{Group, sealed};
use crate::member::{Hold, HoldToken};
use crate::outcome::Outcome;
use crate::resource::Resource;
use alloc::boxed::Box;

macro_rules! forward {
    ($(
        $(#[$doc:meta])*
        $holder:ty, $group:ty, |$own:ident| $hold:expr;
    )+) => {$(
        $(#[$doc])*
        impl<R: Resource> Resource for $holder {
            type Guard = R::Guard;
            type Error = R::Error;

            fn enter(&mut self) -> impl Future<Output = Result<R::Guard, R::Error>> + Send {
                (**self).enter()
            }

            fn exit(
                &mut self,
                guard: R::Guard,
                outcome: Outcome<'_>,
            ) -> impl Future<Output = Result<(), R::Error>> + Send {
                (**self).exit(guard, outcome)
            }

            fn abandon(&mut self, guard: R::Guard) {
                (**self).abandon(guard);
            }

            fn exit_dropped(&mut self) {
                (**self).exit_dropped();
            }

            fn name(&self) -> &str {
                (**self).name()
            }

            fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = R::Error> {
                (**self).hold(HoldToken)
            }

            fn into_hold(self, _: HoldToken) -> impl Hold<Guard = R::Guard, Error = R::Error> {
                let $own = self;
                $hold
            }
        }

        impl<G: Group> sealed::Sealed for $group {}
        impl<G: Group> Group for $group {}
    )+};
}

forward! {
    /// The same member, on the heap.
    Box<R>, Box<G>, |own| R::into_hold(*own, HoldToken);
    /// The same member, borrowed: it can be used again after the scope.
    &mut R, &mut G, |own| R::hold(own, HoldToken);
}
