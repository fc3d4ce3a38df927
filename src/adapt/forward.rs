//! `Box<R>` and `&mut R`: the same member, stored elsewhere. They add no path index.

use crate::group::{Group, Width, sealed};
use crate::hold::Hold;
use crate::outcome::Outcome;
use crate::resource::Resource;
use alloc::boxed::Box;

macro_rules! forward {
    ($(
        $(#[$doc:meta])*
        $holder:ty, $group:ty, |$own:ident| $hold:expr, |$width:ident| $hold_in:expr;
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

            fn hold(&mut self) -> impl Hold<Guard = R::Guard, Error = R::Error> {
                (**self).hold()
            }

            fn into_hold(self) -> impl Hold<Guard = R::Guard, Error = R::Error> {
                let $own = self;
                $hold
            }
        }

        impl<G: Group> sealed::Sealed for $group {}
        impl<G: Group> Group for $group {
            fn hold_in<W: Width>(&mut self, width: W) -> impl Hold<Guard = G::Guard, Error = G::Error> {
                (**self).hold_in(width)
            }

            fn into_hold_in<W: Width>(self, $width: W) -> impl Hold<Guard = G::Guard, Error = G::Error> {
                let $own = self;
                $hold_in
            }
        }
    )+};
}

forward! {
    /// The same member, on the heap.
    Box<R>, Box<G>, |own| R::into_hold(*own), |width| G::into_hold_in(*own, width);
    /// The same member, borrowed: it can be used again after the scope.
    &mut R, &mut G, |own| R::hold(own), |width| G::hold_in(own, width);
}
