//! Every public type, and what it is.

use super::{Otherwise, Probe};
use std::cell::Cell;
use std::error::Error;
use std::fmt::Debug;
use std::hash::Hash;
use std::marker::{PhantomData, PhantomPinned};
use std::rc::Rc;
use withal::{
    Abandon, Abandoned, Adopt, Around, Background, BodyError, BoxError, BoxResource, Cause, Defer, Elapsed, ExitPool,
    ExitStack, FailFast, Failure, Failures, Handle, InOrder, Lend, Limit, MapErr, MemberPanic, Named, NoSignal,
    OpenPool, OpenStack, Opened, OrAbandon, Outcome, OutcomeKind, Phase, ReadyWhen, Reaped, Reaper, Remake, Report,
    ResourceExt, ResourceFn, Retry, Scope, ScopeError, ScopeErrorKind, Shared, SharedGuard, Startup, Stop, Suppress,
    Taken, Then, Watch, Within,
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

/// A boxed error is not `UnwindSafe`, but an error that holds one is: nobody sees it half changed. A report is not
/// `Sync` for the panic in it.
#[test]
fn nothing_lost_on_the_way_to_another_thread() {
    auto_traits! {
        Phase:                "Send Sync Unpin UnwindSafe";
        ScopeErrorKind:       "Send Sync Unpin UnwindSafe";
        MemberPanic:          "Send Sync Unpin UnwindSafe";
        BoxError:             "Send Sync Unpin";
        Elapsed:              "Send Sync Unpin UnwindSafe";
        Reaper:               "Send Sync Unpin UnwindSafe";
        Reaped:               "Send Unpin UnwindSafe";
        Failure:              "Send Sync Unpin UnwindSafe";
        Failures:             "Send Sync Unpin UnwindSafe";
        ScopeError:           "Send Sync Unpin UnwindSafe";
        Report<u8, u8>:       "Send Unpin UnwindSafe";
        Report<Rc<u8>, u8>:   "Unpin UnwindSafe";
        Report<u8, Rc<u8>>:   "Unpin UnwindSafe";
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
        Scope<u8, u8, Reaper>:   "Send Sync Unpin UnwindSafe";
        Abandon:                 "Send Sync Unpin UnwindSafe";
        NoSignal:                   "Send Sync Unpin UnwindSafe";
        Within<u8, fn()>:        "Send Sync Unpin UnwindSafe";
        Retry<u8, fn()>:         "Send Sync Unpin UnwindSafe";
        Retry<Rc<u8>, u8>:       "Unpin UnwindSafe";
        Remake<u8, fn()>:        "Send Sync Unpin UnwindSafe";
        ReadyWhen<u8, fn()>:     "Send Sync Unpin UnwindSafe";
        ReadyWhen<u8, Rc<u8>>:   "Unpin UnwindSafe";
        OrAbandon<u8, fn()>:     "Send Sync Unpin UnwindSafe";
        Abandoned:               "Send Sync Unpin UnwindSafe";
        SharedGuard<u8>:         "Send Sync Unpin";
        Shared<()>:              "Send Sync Unpin UnwindSafe";
        Within<u8, Rc<u8>>:      "Unpin UnwindSafe";
        FailFast<u8>:            "Send Sync Unpin UnwindSafe";
        FailFast<Cell<u8>>:      "Send Unpin UnwindSafe";
        FailFast<Rc<u8>>:        "Unpin UnwindSafe";
        FailFast<PhantomPinned>: "Send Sync UnwindSafe";
        InOrder<u8>:             "Send Sync Unpin UnwindSafe";
        Limit<u8>:               "Send Sync Unpin UnwindSafe";
        Named<Rc<u8>>:           "Unpin UnwindSafe";
        MapErr<u8, fn()>:        "Send Sync Unpin UnwindSafe";
        Then<u8, fn(), u8>:      "Send Sync Unpin UnwindSafe";
        Then<u8, fn(), Rc<u8>>:  "Unpin UnwindSafe";
    }
}

/// What is boxed can be moved to another thread; what has members can be shared, as handles are made of a borrow.
#[test]
fn moved_to_any_thread() {
    auto_traits! {
        BoxResource<'static, u8>:    "Send Unpin";
        ResourceFn<u8, u8, u8, u8>:  "Send Sync Unpin UnwindSafe";
        ResourceFn<u8, u8, u8, PhantomPinned>: "Send Sync Unpin UnwindSafe";
        ResourceFn<u8, Rc<u8>, u8, u8>: "Unpin UnwindSafe";
        Adopt<u8, u8>:               "Send Sync Unpin UnwindSafe";
        Adopt<Rc<u8>, u8>:           "Unpin UnwindSafe";
        Defer<u8>:                   "Send Sync Unpin UnwindSafe";
        Around<u8, u8, u8>:          "Send Sync Unpin UnwindSafe";
        Around<u8, u8, PhantomPinned>: "Send Sync Unpin UnwindSafe";
        Lend<u8>:                    "Send Sync Unpin UnwindSafe";
        Background<u8, u8, u8>:      "Send Sync Unpin UnwindSafe";
        Background<u8, Rc<u8>, u8>:  "Unpin UnwindSafe";
        Background<u8, u8, PhantomPinned>: "Send Sync Unpin UnwindSafe";
        Startup<u8>:                 "Send Sync Unpin UnwindSafe";
        Startup<Cell<u8>>:           "Send Sync Unpin UnwindSafe";
        Startup<Rc<u8>>:             "Unpin UnwindSafe";
        Stop:                        "Send Sync Unpin UnwindSafe";
        Watch<u8, fn()>:             "Send Sync Unpin UnwindSafe";
        Watch<u8, Rc<u8>>:           "Unpin UnwindSafe";
        Suppress<Rc<u8>>:            "Send Sync Unpin UnwindSafe";
        ExitStack<'static>:          "Send Sync Unpin UnwindSafe";
        OpenStack<'static>:          "Send Sync Unpin UnwindSafe";
        ExitPool<'static>:           "Send Sync Unpin UnwindSafe";
        OpenPool<'static>:           "Send Sync Unpin UnwindSafe";
        Handle<'static, 'static, u8>: "Send Sync Unpin UnwindSafe";
        Handle<'static, 'static, Rc<u8>>: "Unpin UnwindSafe";
        Taken<'static, u8>:          "Send Sync Unpin UnwindSafe";
        Taken<'static, Cell<u8>>:    "Send Unpin UnwindSafe";
        Opened<()>:                  "Send Sync Unpin";
        Opened<BoxResource<'static, u8>>: "Send Sync Unpin";
        Opened<BoxResource<'static, Cell<u8>>>: "Send Unpin";
    }
}

/// What is checked to stay on its thread may be carried anywhere.
#[cfg(feature = "local")]
#[test]
fn local_is_checked_when_it_runs() {
    auto_traits! {
        withal::Local<Rc<u8>>:       "Send Sync Unpin UnwindSafe";
        withal::LocalGuard<Rc<u8>>:  "Send Sync Unpin UnwindSafe";
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
    has!(Debug: Elapsed, Reaper, Reaped, Abandon, NoSignal);
    has!(Debug: InOrder<u8>, Limit<u8>, Named<u8>, MapErr<u8, fn()>, Then<u8, fn(), u8>, BoxResource<'_, fn()>);
    has!(Debug: ResourceFn<u8, u8, u8, u8>, Adopt<u8, u8>, Defer<u8>, Around<u8, u8, u8>, Lend<fn()>, Suppress<fn()>);
    has!(Debug: Retry<u8, fn()>, Remake<u8, fn()>, ReadyWhen<u8, fn()>, OrAbandon<u8, fn()>, Shared<()>, SharedGuard<u8>);
    has!(Debug: Background<u8, fn(), u8>, Startup<fn()>, Stop, Watch<u8, fn()>);
    has!(Debug: ExitStack<'_>, OpenStack<'_>, ExitPool<'_>, OpenPool<'_>, Handle<'_, '_, u8>, Taken<'_, u8>);
    has!(Debug: Opened<BoxResource<'_, u8>>);
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
