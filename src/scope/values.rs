use super::driver::OnDrop;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use crate::signal::SignalPair;
use crate::unwind::{PanicOrigin, catch};

/// The values of a scope that are dropped with it, wherever it is: what the user passed in, and the end of the body.
///
/// Panics of their destructors are collected with all the others, and the earliest one resumes last. Before the first
/// poll, the body and the signals are dropped, and then the resource, which can have entered members, is left to the
/// [`OnDrop`] (laws `body-between`, `set-keeps`).
pub(super) struct Values<R: Resource, F: OnDrop<R>, B, S, A, V> {
    pub(super) resource: Option<R>,
    pub(super) body: Option<B>,
    pub(super) signals: SignalPair<S, A>,
    /// The end of the body, if it ended by itself.
    pub(super) end: Option<V>,
    on_drop: Option<F>,
    /// The last field: it resumes a panic when it is dropped.
    pub(super) panics: PanicLog,
}

impl<R: Resource, F: OnDrop<R>, B, S, A, V> Values<R, F, B, S, A, V> {
    pub(super) fn new(resource: Option<R>, on_drop: F, body: B, signals: SignalPair<S, A>) -> Self {
        Self { resource, body: Some(body), signals, end: None, on_drop: Some(on_drop), panics: PanicLog::new() }
    }

    /// Takes the `OnDrop`, on the first poll of the scope.
    pub(super) fn start(&mut self) -> F {
        self.on_drop.take().expect("a scope starts once")
    }

    /// Drops the resource, when its members are out.
    #[inline]
    pub(super) fn clear_resource(&mut self) {
        if let Some(resource) = self.resource.take() {
            self.panics.drop_of(PanicOrigin::Resource, resource);
        }
    }

    #[cold]
    fn leave(&mut self, on_drop: F) {
        self.panics.drop(self.body.take());
        self.panics.drop(self.signals.until.take());
        self.panics.drop(self.signals.abandon.take());
        if let Some(resource) = self.resource.take() {
            if let Err(panic) = catch(|| on_drop.leave(resource)) {
                self.panics.push(panic);
            }
        }
    }
}

impl<R: Resource, F: OnDrop<R>, B, S, A, V> Drop for Values<R, F, B, S, A, V> {
    #[inline]
    fn drop(&mut self) {
        if let Some(on_drop) = self.on_drop.take() {
            self.leave(on_drop);
        }
        self.panics.clear(&mut self.end);
        self.clear_resource();
    }
}
