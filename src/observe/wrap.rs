/// What becomes of a future that is watched.
#[cfg(feature = "tracing")]
pub(crate) type Watched<F> = tracing::instrument::Instrumented<F>;
#[cfg(not(feature = "tracing"))]
pub(crate) type Watched<F> = F;

/// Watches one call: its span is entered when the future is made, whenever it is polled, and when it is dropped.
#[derive(Debug)]
pub(crate) struct Wrap {
    #[cfg(feature = "tracing")]
    pub(super) span: tracing::Span,
}

impl Wrap {
    #[cfg(feature = "tracing")]
    pub(crate) fn around<F>(self, make: impl FnOnce() -> F) -> Watched<F> {
        let future = self.span.in_scope(make);
        tracing::Instrument::instrument(future, self.span)
    }

    #[cfg(not(feature = "tracing"))]
    pub(crate) fn around<F>(self, make: impl FnOnce() -> F) -> Watched<F> {
        let Self {} = self;
        make()
    }
}
