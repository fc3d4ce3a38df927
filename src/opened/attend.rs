use super::Opened;
use crate::error::ScopeError;
use crate::resource::Resource;
use alloc::sync::Arc;
use core::future::pending;

impl<R: Resource> Opened<R> {
    /// Polls the [work](crate::background()) of the members. Resolves once the work of a member has failed, to its
    /// failures, each of which is returned once.
    ///
    /// On a reaper, a task polls the work, and this only waits for a failure. Without one, the work is polled only
    /// while this future is. Several calls can wait at the same time; one of them gets a failure. While no work fails,
    /// it does not resolve.
    ///
    /// # Errors
    ///
    /// The [`ScopeError`] that it returns is of kind [`MemberFailed`](crate::ScopeErrorKind::MemberFailed). A panic of
    /// the work is a failure in it, whose error is a [`MemberPanic`](crate::MemberPanic), and does not resume.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, the work stays as it is, and no failure is lost. Without a reaper the work is not
    /// polled until this is called again, or the members are exited.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{ResourceExt, Scope, background};
    ///
    /// # futures::executor::block_on(async {
    /// let (kill, killed) = futures::channel::oneshot::channel::<()>();
    /// let worker = background(async move |startup| {
    ///     let _stop = startup.ready("it is up");
    ///     let _ = killed.await;
    ///     Err("the worker died".into())
    /// });
    /// let opened = Scope::new(worker.named("worker")).open().await?;
    /// assert_eq!(*opened, "it is up");
    /// drop(kill);
    /// assert_eq!(opened.attend().await.to_string(), "worker failed: the worker died");
    /// opened.close().await?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub async fn attend(&self) -> ScopeError {
        let attended = self.members.lock().as_ref().and_then(|members| members.attended().map(Arc::clone));
        match attended {
            Some(attended) => attended.until(|| self.members.lock().as_mut()?.up_failures(self)).await,
            None => pending().await,
        }
    }
}
