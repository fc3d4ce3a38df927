use super::Members;
use crate::error::{Failures, NameKind, Phase};
use crate::outcome::OutcomeCopy;
use crate::panic_log::PanicLog;
use crate::resource::Resource;
use alloc::boxed::Box;
use futures::future::BoxFuture;

/// Finishes, on a runtime, the enters and exits of an owned scope whose futures are dropped.
///
/// It is an object, because it needs a resource that is `'static`, and an [`Opened`](crate::Opened) can have any.
pub trait Detach<R: Resource>: Send + Sync {
    /// Enters the members, if `begins`, or else rolls back those that are in. If the future is dropped, this goes on
    /// elsewhere, and then all members that have entered are exited.
    fn enter<'a>(&'a self, members: Members<R>, begins: bool, panics: &'a PanicLog) -> BoxFuture<'a, Members<R>>
    where
        R: 'a;

    /// Exits the members. If the future is dropped, this goes on elsewhere.
    fn exit<'a>(&'a self, members: Members<R>, outcome: OutcomeCopy, panics: &'a PanicLog) -> BoxFuture<'a, Failures>
    where
        R: 'a;

    /// Exits the members elsewhere.
    fn leave(&self, members: Members<R>, panics: &PanicLog);

    /// Spawns a task, and records a panic of the spawner. The task is dropped if the spawner refuses it.
    fn spawn(&self, task: BoxFuture<'static, ()>, panics: &PanicLog);

    /// Drops the user's values, and records their panics.
    fn let_go(self: Box<Self>, panics: &PanicLog);
}

/// Drops a reaper, and adds the panics of its values.
pub(crate) fn let_go<R: Resource>(detach: Box<dyn Detach<R>>, failures: &mut Failures) {
    let panics = PanicLog::new();
    detach.let_go(&panics);
    for panic in panics.take() {
        failures.add_panic(NameKind::OfType("reaper"), Phase::Exit, panic);
    }
}
