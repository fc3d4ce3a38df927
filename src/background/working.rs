use crate::error::{BoxError, Failures, NameKind, Phase};
use crate::member::{EnterContext, ExitContext, Fault, Hold, Interruption, MapError, OwnFaults, boxed};
use crate::work::{Attendance, Work, WorkFault};
use alloc::sync::Arc;
use core::future::Future;

/// A hold with some work, which the scope polls while the member is up.
pub(super) struct Working<H> {
    hold: H,
    work: Arc<Work>,
    /// The failure of the work before the exit began.
    up: Option<WorkFault>,
    /// Panics of destructors.
    own: OwnFaults,
}

impl<H: Hold> Working<H> {
    pub(super) fn new(hold: H, work: Arc<Work>) -> Self {
        Self { hold, work, up: None, own: OwnFaults::default() }
    }

    pub(super) fn work(&self) -> &Arc<Work> {
        &self.work
    }

    pub(super) fn own_mut(&mut self) -> &mut OwnFaults {
        &mut self.own
    }

    /// Drops the work. What it failed with before is kept.
    pub(super) fn clear(&mut self) {
        self.take_fault();
        self.own.caught(|| self.work.clear());
    }

    fn take_fault(&mut self) {
        if self.up.is_none() {
            self.up = self.work.take_fault();
        }
    }
}

impl<H: Hold> Hold for Working<H> {
    type Guard = H::Guard;
    type Error = BoxError;

    fn attend(&mut self, attendance: &Attendance) {
        attendance.add(&self.work);
        self.hold.attend(attendance);
    }

    fn enter(&mut self, entry: EnterContext<'_>) -> impl Future<Output = bool> + Send {
        self.hold.enter(entry)
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        self.take_fault();
        let well = self.hold.exit(exit).await;
        well && self.up.is_none() && self.own.is_empty()
    }

    fn abandon(&mut self) {
        self.clear();
        self.hold.abandon();
    }

    fn interrupt(&mut self, interruption: Interruption) {
        self.take_fault();
        self.hold.interrupt(interruption);
    }

    forward_hold!(hold: observe take put show is_in name_sets reach name);

    /// The failure of the work has a phase of its own, and comes first.
    fn failures(&mut self, phase: Phase, mut map: MapError<'_, BoxError>) -> Failures {
        let mut all = Failures::default();
        self.take_fault();
        if let Some(fault) = self.up.take() {
            let fault = match fault {
                WorkFault::Error(stamp, error) => Fault::Error(stamp, error),
                WorkFault::Panic(panic) => Fault::Panic(panic),
            };
            let phase = if phase == Phase::Enter { Phase::Enter } else { Phase::Up };
            fault.tell(NameKind::OfType(&self.hold.name()), phase, &mut map, &mut all);
        }
        all.append(boxed(&mut self.hold, phase, map));
        self.own.tell(&self.hold.name(), phase, &mut all);
        all
    }

    hold_of_boxed!();
}
