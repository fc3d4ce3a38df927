use super::{EnterContext, Hold, Interruption, MapError};
use crate::error::{BoxError, Failures, Phase};
use crate::observe::MemberPath;
use alloc::borrow::ToOwned;
use alloc::string::String;

/// The hold of a resource whose name in errors is set from outside: by an adaptor, or by the key of a map.
pub(crate) struct NamedHold<H, N> {
    hold: H,
    name: N,
}

impl<H: Hold, N: AsRef<str>> NamedHold<H, N> {
    pub(crate) fn new(mut hold: H, name: N) -> Self {
        hold.name_sets(name.as_ref());
        Self { hold, name }
    }
}

impl<H: Hold, N: AsRef<str> + Send> Hold for NamedHold<H, N> {
    type Guard = H::Guard;
    type Error = H::Error;

    fn observe(&mut self, place: &MemberPath) {
        self.hold.observe(&place.named(self.name.as_ref()));
    }

    forward_hold!(hold: attend enter exit take put show abandon interrupt is_in name_sets reach);

    /// The names are added first, so that a function that maps a group's failures receives them with the group's name.
    fn failures(&mut self, phase: Phase, map: MapError<'_, H::Error>) -> Failures {
        let name = self.name.as_ref();
        let mut all = match map {
            None => self.hold.failures(phase, None),
            Some(map) => {
                let mut named = |mut error: Result<H::Error, BoxError>| {
                    if let Ok(Some(failures)) = error.as_mut().map(H::failures_in) {
                        failures.rename(name);
                    }
                    map(error)
                };
                self.hold.failures(phase, Some(&mut named))
            }
        };
        all.rename(name);
        all
    }

    fn name(&self) -> String {
        self.name.as_ref().to_owned()
    }

    fn failures_in(error: &mut H::Error) -> Option<&mut Failures> {
        H::failures_in(error)
    }

    fn add_names(&mut self, phase: Phase, failures: &mut Failures) {
        self.hold.add_names(phase, failures);
        failures.rename(self.name.as_ref());
    }
}
