//! The end of a scope, and what it returns.

use super::body_error::{BodyEnd, SharedError};
use crate::error::{Failures, NameKind, Phase};
use crate::panic_log::PanicLog;
use crate::report::Report;
use crate::stamp::Stamp;
use crate::unwind::{CaughtPanic, PanicOrigin};
use alloc::vec::Vec;

/// Converts what happened in a scope into what it returns.
pub(super) struct Finish<C, F> {
    /// Converts the value of the body, if nothing failed.
    pub(super) clean: C,
    pub(super) report: F,
}

/// The end of a scope in which something failed.
pub(super) struct ScopeEnd {
    pub(super) failures: Failures,
    pub(super) cancelled: bool,
    pub(super) member_failed: bool,
    pub(super) abandoned: bool,
}

impl ScopeEnd {
    /// Returns the report, and the time of the panic in it.
    #[cold]
    #[inline(never)]
    pub(super) fn into_report<T, X: SharedError>(
        self,
        body: Option<BodyEnd<T, X>>,
        panics: &PanicLog,
    ) -> (Report<T, X::Error>, Option<Stamp>) {
        let Self { mut failures, cancelled, member_failed, abandoned } = self;
        let (body, suppressed) = body.map_or((None, false), BodyEnd::into_result);
        let (mut bodys, mut signals, mut resources) = (Vec::new(), Vec::new(), Vec::new());
        for panic in panics.take() {
            match panic.origin {
                PanicOrigin::Body => bodys.push(panic),
                PanicOrigin::Signal => signals.push(panic),
                PanicOrigin::Resource => resources.push(panic),
            }
        }
        bodys.sort_by_key(|panic| panic.stamp);
        let panicked = bodys.first().map(|first| first.stamp);
        let panic = (!bodys.is_empty()).then(|| bodys.remove(0).into_payload());
        add_panics(&mut failures, "body", bodys);
        add_panics(&mut failures, "signal", signals);
        add_panics(&mut failures, "resource", resources);
        (Report { body, panic, failures, cancelled, suppressed, member_failed, abandoned }, panicked)
    }
}

/// Adds panics that have no field of their own in a report.
#[cold]
pub(super) fn add_panics(failures: &mut Failures, name: &str, panics: Vec<CaughtPanic>) {
    for panic in panics {
        failures.add_panic(NameKind::OfType(name), Phase::Exit, panic);
    }
}
