//! What the signatures promise, as tables: who may go to another thread, be shared, be printed, be compared.
//!
//! The laws that rest on it: `nothing-lost` (errors reach whoever looks at them, on any thread), `same-outcome` (every
//! member can be told, keep and compare it), `borrow` (a scope whose guard or body borrows can still be spawned).

mod futures;
mod types;

use std::marker::PhantomData;
use std::panic::UnwindSafe;

/// Asks whether a type has a trait. A method of the type itself is preferred to one of a trait, if its bounds hold.
struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// For a type that has no name. It comes from a function of its own, or the compiler does not know it well enough.
    fn of(_: &T) -> Self {
        Self(PhantomData)
    }
}

macro_rules! probe {
    ($($method:ident: $trait:ident;)+) => {
        trait Otherwise {
            $(fn $method(&self) -> bool { false })+
        }
        impl<T> Otherwise for Probe<T> {}
        $(impl<T: $trait> Probe<T> {
            fn $method(&self) -> bool {
                let Self(PhantomData) = self;
                true
            }
        })+
    };
}

probe! {
    send: Send;
    sync: Sync;
    unpin: Unpin;
    unwind_safe: UnwindSafe;
}
