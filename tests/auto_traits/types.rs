//! Every public type, and what it is.

use crate::{Otherwise, Probe};
use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::{PhantomData, PhantomPinned};
use std::rc::Rc;
use withal::{
    Abandon, BodyError, BoxError, Cause, Elapsed, FailFast, Failure, Failures, MemberPanic, Never, Outcome,
    OutcomeKind, Phase, Reaped, Reaper, Report, ResourceExt, Scope, ScopeError, ScopeErrorKind, Within,
};

/// Lists the auto traits of each type, and compares them with what is promised.
macro_rules! auto_traits {
    ($($type:ty: $promised:literal;)+) => {$({
        let probe = Probe::<$type>(PhantomData);
        let asked = [
            ("Send", probe.send()), ("Sync", probe.sync()), ("Unpin", probe.unpin()), ("UnwindSafe", probe.unwind_safe()),
        ];
        let has: Vec<_> = asked.into_iter().filter_map(|(name, has)| has.then_some(name)).collect();
        assert_eq!(has.join(" "), $promised, "{}", stringify!($type));
    })+};
}

/// An error that is not `UnwindSafe` holds a boxed one, as `io::Error` does; a report is not `Sync` for the panic in it.
#[test]
fn nothing_lost_on_the_way_to_another_thread() {
    auto_traits! {
        Phase:                "Send Sync Unpin UnwindSafe";
        ScopeErrorKind:       "Send Sync Unpin UnwindSafe";
        MemberPanic:          "Send Sync Unpin UnwindSafe";
        BoxError:             "Send Sync Unpin";
        Elapsed:              "Send Sync Unpin UnwindSafe";
        Reaper:               "Send Sync Unpin";
        Reaped:               "Send Unpin";
        Failure:              "Send Sync Unpin";
        Failures:             "Send Sync Unpin";
        ScopeError:           "Send Sync Unpin";
        Report<u8, u8>:       "Send Unpin";
        Report<Rc<u8>, u8>:   "Unpin";
        Report<u8, Rc<u8>>:   "Unpin";
    }
}

#[test]
fn same_outcome_on_every_thread() {
    auto_traits! {
        OutcomeKind:          "Send Sync Unpin UnwindSafe";
        Outcome<'static>:     "Send Sync Unpin";
        Cause<'static>:       "Send Sync Unpin";
    }
}

/// A scope that does not run yet and an adaptor are what they hold.
#[test]
fn guard_kept_and_all_else_of_the_resource() {
    auto_traits! {
        Scope<u8>:               "Send Sync Unpin UnwindSafe";
        Scope<Cell<u8>>:         "Send Unpin UnwindSafe";
        Scope<Rc<u8>>:           "Unpin UnwindSafe";
        Scope<PhantomPinned>:    "Send Sync UnwindSafe";
        Scope<&'static mut u8>:  "Send Sync Unpin";
        Scope<u8, Rc<u8>>:       "Unpin UnwindSafe";
        Scope<u8, u8, Reaper>:   "Send Sync Unpin";
        Abandon:                 "Send Sync Unpin UnwindSafe";
        Never:                   "Send Sync Unpin UnwindSafe";
        Within<u8, fn()>:        "Send Sync Unpin UnwindSafe";
        Within<u8, Rc<u8>>:      "Unpin UnwindSafe";
        FailFast<u8>:            "Send Sync Unpin UnwindSafe";
        FailFast<Cell<u8>>:      "Send Unpin UnwindSafe";
        FailFast<Rc<u8>>:        "Unpin UnwindSafe";
        FailFast<PhantomPinned>: "Send Sync UnwindSafe";
    }
}

/// States that each type has the traits.
macro_rules! has {
    ($($trait:path),+: $($type:ty),+ $(,)?) => {{
        fn promise<T: $($trait +)+>() {}
        $(promise::<$type>();)+
    }};
}

#[test]
fn nothing_lost_in_print() {
    has!(Debug: Phase, ScopeErrorKind, OutcomeKind, Outcome<'_>, Cause<'_>, Failure, Failures, MemberPanic, ScopeError);
    has!(Debug: Report<u8, u8>, Scope<u8>, Scope<u8, fn(), Reaper>, FailFast<u8>, Within<u8, fn()>, BoxError);
    has!(Debug: Elapsed, Reaper, Reaped, Abandon, Never);
    has!(Error: Failure, Failures, ScopeError, MemberPanic);
    has!(BodyError: ScopeError, BoxError, anyhow::Error);
    assert_eq!(
        format!("{:?}", Scope::new([(), ()].fail_fast())),
        "Scope { resource: FailFast { group: [(), ()] }, .. }"
    );
}

#[test]
fn same_outcome_to_keep_and_compare() {
    has!(Copy, Eq, Hash: Phase, ScopeErrorKind, OutcomeKind);
    has!(Copy: Outcome<'_>, Cause<'_>);
}
