use super::place::Spot;
use super::{How, Place, Wrap};
use crate::error::{Failures, Phase};
use crate::outcome::{Outcome, OutcomeKind};
#[cfg(feature = "timeline")]
use crate::timeline::{Recorder, Row};
use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

/// Watches a member.
#[derive(Debug, Default)]
pub(crate) struct Seat(Option<Box<Seated>>);

#[derive(Debug)]
struct Seated {
    spot: Spot,
    name: String,
    how: How,
    #[cfg(feature = "timeline")]
    row: Option<Row>,
    /// That of the phase in flight, or of one that failed and is not explained yet.
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

/// What an exit is told.
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
        Self(place.spot().map(|spot| {
            Box::new(Seated {
                name: spot.name(own_name),
                spot: spot.clone(),
                how: How::Dropped,
                #[cfg(feature = "timeline")]
                row: None,
                #[cfg(feature = "tracing")]
                span: tracing::Span::none(),
            })
        }))
    }

    /// A phase begins.
    pub(crate) fn begin(&mut self, phase: Phase, told: Told) -> Wrap {
        match &mut self.0 {
            Some(seated) => seated.begin(phase, told),
            None => Wrap {
                #[cfg(feature = "tracing")]
                span: tracing::Span::none(),
            },
        }
    }

    /// It is going to end like this, as far as it is known.
    pub(crate) fn note(&mut self, how: How) {
        if let Some(seated) = &mut self.0 {
            seated.how = how;
        }
    }

    /// It has ended.
    #[cfg_attr(not(feature = "timeline"), expect(unused_variables, reason = "a span knows its phase"))]
    pub(crate) fn end(&mut self, phase: Phase) {
        if let Some(seated) = &mut self.0 {
            #[cfg(feature = "timeline")]
            if let (Some(recorder), Some(row)) = (&seated.spot.shared.recorder, seated.row) {
                recorder.end(row, phase, seated.how.into());
            }
            #[cfg(feature = "tracing")]
            if matches!(seated.how, How::Done | How::Dropped) {
                seated.span = tracing::Span::none();
            }
        }
    }

    /// What went wrong, in words.
    #[cfg_attr(not(feature = "timeline"), expect(unused_variables, reason = "a span knows its phase"))]
    pub(crate) fn explain(&mut self, phase: Phase, failures: &Failures) {
        let Some(seated) = &mut self.0 else { return };
        if failures.is_empty() {
            return;
        }
        let words = failures.iter().map(|failure| {
            if failure.path().is_empty() { crate::error::words(failure.error()) } else { failure.to_string() }
        });
        let words = words.collect::<Vec<_>>().join("; ");
        #[cfg(feature = "timeline")]
        if let Some((recorder, row)) = seated.row() {
            recorder.explain(row, phase, &words);
        }
        #[cfg(feature = "tracing")]
        core::mem::replace(&mut seated.span, tracing::Span::none()).record("error", words);
    }

    /// It is abandoned.
    pub(crate) fn abandoned(&mut self) {
        #[cfg(feature = "timeline")]
        if let Some((recorder, row)) = self.0.as_mut().and_then(|seated| seated.row()) {
            recorder.abandoned(row);
        }
        #[cfg(feature = "tracing")]
        if let Some(Seated { spot, name, .. }) = self.0.as_deref() {
            let path = tracing::field::debug(&spot.path);
            tracing::info!(target: "withal", parent: &spot.shared.span, name, path, "abandoned");
        }
    }
}

impl Seated {
    fn begin(&mut self, phase: Phase, told: Told) -> Wrap {
        self.how = How::Dropped;
        #[cfg(feature = "timeline")]
        if let Some((recorder, row)) = self.row() {
            recorder.begin(row, phase, told.0);
        }
        #[cfg(feature = "tracing")]
        {
            self.span = self.new_span(phase, told);
        }
        Wrap {
            #[cfg(feature = "tracing")]
            span: self.span.clone(),
        }
    }

    #[cfg(feature = "tracing")]
    fn new_span(&self, phase: Phase, told: Told) -> tracing::Span {
        use tracing::field::{Empty, debug};
        let (parent, name, path) = (&self.spot.shared.span, &*self.name, debug(&self.spot.path));
        match phase {
            Phase::Enter => {
                tracing::info_span!(target: "withal", parent: parent, "enter", name, path, error = Empty)
            }
            Phase::Exit => {
                let outcome = told.0.map(debug);
                tracing::info_span!(target: "withal", parent: parent, "exit", name, path, outcome, error = Empty)
            }
        }
    }

    /// The member's row on the timeline, which it may have had in an earlier phase.
    #[cfg(feature = "timeline")]
    fn row(&mut self) -> Option<(&Recorder, Row)> {
        let Self { spot, name, row, .. } = self;
        let recorder = spot.shared.recorder.as_ref()?;
        let row = *row.get_or_insert_with(|| {
            let mut rows = spot.shared.rows.lock();
            if let Some(row) = rows.get(&spot.key) {
                recorder.set_path(*row, &spot.path);
                return *row;
            }
            let row = recorder.member(&spot.path, name);
            rows.insert(spot.key.clone(), row);
            row
        });
        Some((recorder, row))
    }
}
