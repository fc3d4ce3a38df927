use super::place::Spot;
use super::span::Span;
use super::watch::Shared;
use super::{How, Place, Wrap};
use crate::error::{Failures, Phase};
use crate::outcome::{Outcome, OutcomeKind};
#[cfg(feature = "timeline")]
use crate::timeline::{Recorder, Row};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Observes a member.
#[derive(Debug, Default)]
pub(crate) struct Seat(Option<Box<Seated>>);

#[derive(Debug)]
struct Seated {
    shared: Arc<Shared>,
    spot: Spot,
    name: String,
    how: How,
    #[cfg(feature = "timeline")]
    row: Option<Row>,
    /// The span of the phase in flight, or of a failed phase whose error is not recorded yet.
    span: Span,
}

/// The outcome that an exit receives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told(Option<OutcomeKind>);

impl Told {
    pub(crate) const NOTHING: Self = Self(None);

    pub(crate) fn of(outcome: &Outcome<'_>) -> Self {
        Self(Some(outcome.kind()))
    }
}

impl Seat {
    pub(crate) fn at(place: &Place, own_name: &str) -> Self {
        Self(place.spot().and_then(|spot| {
            Some(Box::new(Seated {
                shared: spot.shared.upgrade()?,
                name: spot.name(own_name),
                spot: spot.clone(),
                how: How::Dropped,
                #[cfg(feature = "timeline")]
                row: None,
                span: Span::none(),
            }))
        }))
    }

    pub(crate) fn begin(&mut self, phase: Phase, told: Told) -> Wrap {
        self.0.as_mut().map_or_else(Wrap::default, |seated| seated.begin(phase, told))
    }

    /// Stores how the phase is going to end, as far as is known.
    pub(crate) fn note(&mut self, how: How) {
        if let Some(seated) = &mut self.0 {
            seated.how = how;
        }
    }

    /// Records that the phase has ended. The span of a failed one stays open for its error.
    #[cfg_attr(not(feature = "timeline"), expect(unused_variables, reason = "a span knows its phase"))]
    pub(crate) fn end(&mut self, phase: Phase) {
        if let Some(seated) = &mut self.0 {
            #[cfg(feature = "timeline")]
            if let (Some(recorder), Some(row)) = (&seated.shared.recorder, seated.row) {
                recorder.end(row, phase, seated.how.into());
            }
            if seated.how == How::Done {
                seated.span = Span::none();
            }
        }
    }

    /// Closes the span.
    pub(crate) fn close(&mut self) {
        if let Some(seated) = &mut self.0 {
            seated.span = Span::none();
        }
    }

    /// Records the failures as text, and closes the span.
    #[cfg_attr(not(feature = "timeline"), expect(unused_variables, reason = "a span knows its phase"))]
    pub(crate) fn explain(&mut self, phase: Phase, failures: &Failures) {
        let Some(seated) = &mut self.0 else { return };
        let words = failures.iter().map(|failure| {
            if failure.path().is_empty() { crate::error::words(failure.error()) } else { failure.to_string() }
        });
        let words = words.collect::<Vec<_>>().join("; ");
        #[cfg(feature = "timeline")]
        if let Some((recorder, row)) = seated.row() {
            recorder.explain(row, phase, &words);
        }
        seated.span.record_error(&words);
        self.close();
    }

    pub(crate) fn abandon(&mut self) -> Wrap {
        let Some(seated) = &mut self.0 else { return Wrap::default() };
        #[cfg(feature = "timeline")]
        if let Some((recorder, row)) = seated.row() {
            recorder.abandoned(row);
        }
        let scope = &seated.shared.span;
        scope.abandoned(&seated.name, &seated.spot.path());
        Wrap::new(scope.clone())
    }
}

impl Seated {
    fn begin(&mut self, phase: Phase, told: Told) -> Wrap {
        self.how = How::Dropped;
        #[cfg(feature = "timeline")]
        if let Some((recorder, row)) = self.row() {
            recorder.begin(row, phase, told.0);
        }
        let (scope, path) = (&self.shared.span, self.spot.path());
        self.span = match phase {
            Phase::Enter => scope.enter_of(&self.name, &path),
            Phase::Exit => scope.exit_of(&self.name, &path, told.0),
        };
        Wrap::new(self.span.clone())
    }

    /// Returns the member's row on the timeline, which may exist from an earlier phase.
    #[cfg(feature = "timeline")]
    fn row(&mut self) -> Option<(&Recorder, Row)> {
        let Self { shared, spot, name, row, .. } = self;
        let recorder = shared.recorder.as_ref()?;
        let row = *row.get_or_insert_with(|| shared.row(recorder, spot, name));
        Some((recorder, row))
    }
}
