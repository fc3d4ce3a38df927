//! `Box<R>` and `&mut R`: the same member, held elsewhere. They add no path index.

use crate::hold::Hold;
use crate::outcome::Outcome;
use crate::resource::Resource;

macro_rules! forward {
    ($($(#[$doc:meta])* $holder:ty;)+) => {$(
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

            fn name(&self) -> &str {
                (**self).name()
            }

            fn hold(&mut self) -> impl Hold<Guard = R::Guard, Error = R::Error> {
                (**self).hold()
            }
        }
    )+};
}

forward! {
    /// The same member, on the heap.
    Box<R>;
    /// The same member, borrowed: it can be used again after the scope.
    &mut R;
}
