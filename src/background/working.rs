use crate::error::{BoxError, Failures, NameKind, Phase};
use crate::member::{EnterContext, ExitContext, Fault, Hold, Interruption, MapError, OwnFaults, boxed};
use crate::observe::{MemberPath, WorkObserver};
use crate::thin_vec::ThinVec;
use crate::work::{Attendance, Work, WorkFault};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// A hold with some work, which the scope polls while the member is up.
pub(crate) struct Working<H> {
    hold: H,
    work: Arc<Work>,
    observer: Option<Arc<WorkObserver>>,
    is_up: bool,
    /// The failures of the work before the exit began.
    up: ThinVec<WorkFault>,
    is_exiting: bool,
    /// What the enter or the exit left of the failures of the work.
    rest: ThinVec<WorkFault>,
    /// Panics of destructors.
    own: OwnFaults,
}

impl<H: Hold> Working<H> {
    pub(crate) fn new(hold: H, work: Arc<Work>) -> Self {
        Self {
            hold,
            work,
            observer: None,
            is_up: false,
            is_exiting: false,
            up: ThinVec::new(),
            rest: ThinVec::new(),
            own: OwnFaults::default(),
        }
    }

    pub(crate) fn work(&self) -> &Arc<Work> {
        &self.work
    }

    pub(crate) fn hold_mut(&mut self) -> &mut H {
        &mut self.hold
    }

    pub(crate) fn own_mut(&mut self) -> &mut OwnFaults {
        &mut self.own
    }

    /// Drops the work. What it failed with before is kept.
    pub(crate) fn clear(&mut self) {
        self.take_faults();
        self.own.caught(|| self.work.clear());
    }

    fn take_faults(&mut self) {
        let faults = self.work.take_faults();
        if !faults.is_empty() {
            let list = if self.is_exiting { &mut self.rest } else { &mut self.up };
            list.as_mut_vec().extend(faults);
        }
    }

    fn has_faults(&self) -> bool {
        !(self.up.is_empty() && self.rest.is_empty() && self.own.is_empty())
    }

    /// Adds failures of the work, and tells the observer.
    fn tell(&self, faults: Vec<WorkFault>, phase: Phase, map: &mut MapError<'_, BoxError>, to: &mut Failures) {
        let mut failures = Failures::default();
        for fault in faults {
            let fault = match fault {
                WorkFault::Error(stamp, error) => Fault::Error(stamp, error),
                WorkFault::Panic(panic) => Fault::Panic(panic),
            };
            fault.tell(NameKind::OfType(&self.hold.name()), phase, map, &mut failures);
        }
        if let Some(observer) = &self.observer {
            observer.explain(phase, &failures);
        }
        to.append(failures);
    }
}

impl<H: Hold> Hold for Working<H> {
    type Guard = H::Guard;
    type Error = BoxError;

    fn attend(&mut self, attendance: &Attendance) {
        attendance.add(&self.work);
        self.hold.attend(attendance);
    }

    fn observe(&mut self, place: &MemberPath) {
        self.observer = WorkObserver::new(place, || self.hold.name()).map(Arc::new);
        if self.is_up {
            self.work.observe(self.observer.clone());
        }
        self.hold.observe(place);
    }

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        let entered = self.hold.enter(entry).await;
        if entered {
            self.is_up = true;
            self.work.observe(self.observer.clone());
        }
        entered
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        self.take_faults();
        self.is_exiting = true;
        self.is_up = false;
        self.work.note_exit();
        self.work.observe(None);
        let well = self.hold.exit(exit).await;
        self.take_faults();
        well && !self.has_faults()
    }

    fn abandon(&mut self) {
        self.clear();
        self.hold.abandon();
    }

    fn interrupt(&mut self, interruption: Interruption) {
        self.take_faults();
        self.hold.interrupt(interruption);
    }

    forward_hold!(hold: take put show is_in name_sets reach name);

    /// The failures of the work have a phase of their own, and come first.
    fn failures(&mut self, phase: Phase, mut map: MapError<'_, BoxError>) -> Failures {
        let mut all = Failures::default();
        self.take_faults();
        let (up, rest) = (self.up.take(), self.rest.take());
        self.tell(up, if phase == Phase::Enter { Phase::Enter } else { Phase::Up }, &mut map, &mut all);
        self.tell(rest, phase, &mut map, &mut all);
        all.append(boxed(&mut self.hold, phase, map));
        self.own.tell(&self.hold.name(), phase, &mut all);
        all
    }

    hold_of_boxed!();
}
