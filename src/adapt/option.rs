use crate::error::{Failures, Phase};
use crate::group::{Group, sealed};
use crate::kind::kind_of;
use crate::member::{Borrower, EnterContext, ExitContext, Hold, HoldToken, Interruption, MapError, OwnFaults};
use crate::observe::MemberPath;
use crate::outcome::Outcome;
use crate::resource::Resource;
use crate::work::Attendance;
use alloc::borrow::ToOwned;
use alloc::string::String;

/// An optional member: `None` enters and exits immediately, with the guard `None`.
///
/// If the body takes the guard out of its `Option`, the member cannot be exited, which is reported as a failure.
impl<R: Resource> Resource for Option<R> {
    type Guard = Option<R::Guard>;
    type Error = R::Error;

    async fn enter(&mut self) -> Result<Self::Guard, R::Error> {
        match self {
            Some(resource) => resource.enter().await.map(Some),
            None => Ok(None),
        }
    }

    async fn exit(&mut self, guard: Self::Guard, outcome: Outcome<'_>) -> Result<(), R::Error> {
        match (self, guard) {
            (Some(resource), Some(guard)) => resource.exit(guard, outcome).await,
            _ => Ok(()),
        }
    }

    fn abandon(&mut self, guard: Self::Guard) {
        if let (Some(resource), Some(guard)) = (self, guard) {
            resource.abandon(guard);
        }
    }

    fn exit_dropped(&mut self) {
        if let Some(resource) = self {
            resource.exit_dropped();
        }
    }

    fn name(&self) -> &str {
        self.as_ref().map_or(kind_of::<R>(), R::name)
    }

    fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = R::Error> {
        Held::new(self.as_mut().map(|member| member.hold(HoldToken)), kind_of::<R>())
    }

    fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = R::Error> {
        Held::new(self.map(|member| member.into_hold(HoldToken)), kind_of::<R>())
    }
}

impl<G: Group> sealed::Sealed for Option<G> {}
impl<G: Group> Group for Option<G> {}

struct Held<H> {
    hold: Option<H>,
    name: &'static str,
    notes: OwnFaults,
}

impl<H> Held<H> {
    fn new(hold: Option<H>, name: &'static str) -> Self {
        Self { hold, name, notes: OwnFaults::default() }
    }
}

impl<H: Hold> Hold for Held<H> {
    type Guard = Option<H::Guard>;
    type Error = H::Error;

    fn observe(&mut self, place: &MemberPath) {
        if let Some(hold) = &mut self.hold {
            hold.observe(place);
        }
    }

    fn attend(&mut self, attendance: &Attendance) {
        if let Some(hold) = &mut self.hold {
            hold.attend(attendance);
        }
    }

    async fn enter(&mut self, entry: EnterContext<'_>) -> bool {
        match &mut self.hold {
            Some(hold) => hold.enter(entry).await,
            None => true,
        }
    }

    async fn exit(&mut self, exit: ExitContext<'_>) -> bool {
        let well = match &mut self.hold {
            Some(hold) => hold.exit(exit).await,
            None => true,
        };
        well && self.notes.is_empty()
    }

    fn take(&mut self) -> Self::Guard {
        self.hold.as_mut().map(H::take)
    }

    fn put(&mut self, guard: Option<Self::Guard>, by: Borrower) -> bool {
        match (&mut self.hold, guard.flatten()) {
            (Some(hold), guard) => return hold.put(guard, by),
            (None, Some(stray)) => self.notes.stray(stray, by),
            (None, None) => {}
        }
        self.notes.is_empty()
    }

    fn show(&mut self, guard: &Self::Guard) {
        if let (Some(hold), Some(guard)) = (&mut self.hold, guard) {
            hold.show(guard);
        }
    }

    fn abandon(&mut self) {
        if let Some(hold) = &mut self.hold {
            hold.abandon();
        }
    }

    fn interrupt(&mut self, interruption: Interruption) {
        if let Some(hold) = &mut self.hold {
            hold.interrupt(interruption);
        }
    }

    fn name_sets(&mut self, name: &str) {
        if let Some(hold) = &mut self.hold {
            hold.name_sets(name);
        }
    }

    fn is_in(&self) -> bool {
        self.hold.as_ref().is_some_and(H::is_in)
    }

    fn reach(&self) -> usize {
        self.hold.as_ref().map_or(0, H::reach)
    }

    fn failures(&mut self, phase: Phase, map: MapError<'_, H::Error>) -> Failures {
        let mut all = self.hold.as_mut().map(|hold| hold.failures(phase, map)).unwrap_or_default();
        self.notes.tell(self.name, phase, &mut all);
        all
    }

    fn name(&self) -> String {
        self.hold.as_ref().map_or_else(|| self.name.to_owned(), H::name)
    }

    fn failures_in(error: &mut H::Error) -> Option<&mut Failures> {
        H::failures_in(error)
    }

    fn add_names(&mut self, phase: Phase, failures: &mut Failures) {
        if let Some(hold) = &mut self.hold {
            hold.add_names(phase, failures);
        }
    }
}
