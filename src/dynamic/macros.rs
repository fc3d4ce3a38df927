//! The methods that a stack and a pool have in common. The two differ only in the order of exits.

macro_rules! dynamic_set {
    ($(#[$closed_doc:meta])* $Closed:ident, $(#[$open_doc:meta])* $Open:ident, $order:expr) => {
        $(#[$closed_doc])*
        #[derive(Default)]
        #[must_use = "its members are abandoned when it is dropped"]
        pub struct $Closed<'a> {
            set: Set<'a>,
        }

        impl<'a> $Closed<'a> {
            /// Creates an empty set.
            pub fn new() -> Self {
                Self::default()
            }

            /// Returns the number of members, which were moved out of a body. Exits whose future was dropped continue
            /// here and are not counted, so close it even if the number is 0.
            #[must_use]
            pub fn len(&self) -> usize {
                self.set.len()
            }

            /// Returns `true` if it has no members.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Opens it by hand, to enter members without a body, for example in a field of a struct that owns it. If
            /// it is dropped without being closed, its members are [abandoned](Resource::abandon).
            ///
            /// # Examples
            ///
            /// ```
            /// use withal::resource;
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let set = withal::", stringify!($Closed), "::new().open();")]
            /// let text = set.enter(resource(async || Ok("up"), async |_, _| Ok(()))).await?;
            /// assert_eq!(*text, "up");
            /// drop(text);
            /// set.close().await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            pub fn open(mut self) -> $Open<'a> {
                $Open { set: core::mem::take(&mut self.set) }
            }

            /// Exits all members by hand, with the outcome `Completed`.
            ///
            /// [`close_with`](Self::close_with) exits them with another outcome.
            ///
            /// # Order
            ///
            /// The order of the exits in a scope.
            ///
            /// # Errors
            ///
            /// The failures of the exits, as a [`ScopeError`] of kind `Exit`.
            ///
            /// # Panics
            ///
            /// Resumes the earliest panic of an exit, when all have ended.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, exits in flight are dropped, and members whose exit has not begun are
            /// [abandoned](Resource::abandon), the last one first.
            ///
            /// # Examples
            ///
            /// ```
            /// use withal::{ResourceExt, defer};
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let set = withal::", stringify!($Closed), "::new();")]
            /// let full = set.scope(async |set| {
            ///     set.enter(defer(async |outcome| Ok(println!("{outcome:?}")))).await?;
            ///     anyhow::Ok(set.take_all())
            /// });
            /// full.await?.close().await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            #[doc(alias = "aclose")]
            #[doc(alias = "dispose")]
            #[doc(alias = "shutdown")]
            pub fn close(self) -> impl Future<Output = Result<(), ScopeError>> + Send {
                self.close_with(Outcome::Completed)
            }

            /// Exits all members by hand, with this outcome.
            ///
            /// # Order
            ///
            /// The order of the exits in a scope.
            ///
            /// # Errors
            ///
            /// The failures of the exits, as a [`ScopeError`] of kind `Exit`. In an exit of your own,
            /// `.map_err(ScopeError::into_failures)` keeps the positions of the members. To exit them with an error as
            /// the cause, run a scope that fails: `stack.scope(async |_| Err(error))`.
            ///
            /// # Panics
            ///
            /// Resumes the earliest panic of an exit, when all have ended.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, exits in flight are dropped, and members whose exit has not begun are
            /// [abandoned](Resource::abandon), the last one first.
            ///
            /// # Examples
            ///
            /// ```
            /// use withal::{Outcome, OutcomeKind, ResourceExt, defer};
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let set = withal::", stringify!($Closed), "::new();")]
            /// let full = set.scope(async |set| {
            ///     set.enter(defer(async |outcome| Ok(assert_eq!(outcome.kind(), OutcomeKind::Cancelled)))).await?;
            ///     anyhow::Ok(set.take_all())
            /// });
            /// full.await?.close_with(Outcome::Cancelled).await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            pub fn close_with(mut self, outcome: Outcome<'_>) -> impl Future<Output = Result<(), ScopeError>> + Send {
                async move {
                    let open = $Open { set: core::mem::take(&mut self.set) };
                    let failures = group::exit(self.hold(HoldToken), open, outcome).await.err().unwrap_or_default();
                    closed(ScopeErrorKind::Exit, failures)
                }
            }
        }

        impl fmt::Debug for $Closed<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Closed)).field("len", &self.len()).finish()
            }
        }

        impl<'a> Resource for $Closed<'a> {
            type Guard = $Open<'a>;
            type Error = Failures;

            by_hand!();

            fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = $Open<'a>, Error = Failures> {
                Held::new(&mut self.set)
            }

            fn into_hold(mut self, _: HoldToken) -> impl Hold<Guard = $Open<'a>, Error = Failures> {
                Held::new(core::mem::take(&mut self.set))
            }
        }

        $(#[$open_doc])*
        #[must_use = "its members are abandoned when it is dropped"]
        pub struct $Open<'a> {
            set: Set<'a>,
        }

        impl<'a> $Open<'a> {
            /// Enters a resource now, and exits it with the other members of the set.
            ///
            /// Several resources can be entered concurrently, by a `join` of these futures. The set owns the resource,
            /// which can borrow from anything that outlives the scope.
            ///
            /// # Errors
            ///
            /// The failures of the enter, as a [`ScopeError`] of kind [`Set`](crate::ScopeErrorKind::Set), as the body
            /// did run. The set is unchanged. If the resource is a group, its members that had entered are exited.
            ///
            /// # Panics
            ///
            /// Resumes a panic of the enter. The set is unchanged.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, the enters in flight are dropped, and the resource does not become a member.
            /// Members of a group that had entered stay with the set, which exits them by awaiting when it
            /// [settles](Self::settle), or with its other members (law [`set-keeps`](crate::laws#set-keeps)), and
            /// reports their failures then. Their outcome is `Cancelled`, or that of a failed enter if a member of the
            /// group had failed. Members that were entered before, such as those of a stack that was moved out of
            /// another, stay with the set even if the future is dropped before its first poll.
            ///
            /// For a deadline, enter `resource.enter_within(timer)`: the members of a group that had entered are then
            /// exited before `enter` returns.
            ///
            /// # Examples
            ///
            /// ```
            /// use withal::{ResourceExt, resource};
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let set = withal::", stringify!($Closed), "::new();")]
            /// set.scope(async |set| {
            ///     let a = set.enter(resource(async || Ok(1), async |_, _| Ok(()))).await?;
            ///     let next = *a + 1;
            ///     let b = set.enter(resource(async move || Ok(next), async |_, _| Ok(()))).await?;
            ///     assert_eq!((*a, *b), (1, 2));
            ///     anyhow::Ok(())
            /// })
            /// .await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            // Not an `async fn`, and the guard is a separate parameter: in a spawned task the compiler looks into an
            // `async fn`, and at the guard of `R`, to prove that it is `Send`, and it cannot infer the lifetime of a
            // boxed error there.
            #[doc(alias = "enter_async_context")]
            #[doc(alias = "use")]
            pub fn enter<G, R>(
                &self,
                resource: R,
            ) -> impl Future<Output = Result<Handle<'_, 'a, G>, ScopeError>> + Send
            where
                G: Send + 'a,
                R: Resource<Guard = G> + 'a, // it outlives the body: owned, or borrowed from outside of the scope
            {
                self.set.enter(resource)
            }

            /// Adds a guard that exists already, with an async closure that exits it, as [`adopt`](crate::adopt()).
            ///
            /// # Examples
            ///
            /// ```
            /// use withal::ResourceExt;
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let set = withal::", stringify!($Closed), "::new();")]
            /// set.scope(async |set| {
            ///     let mut lines = set.adopt(Vec::new(), async |lines, _| Ok(assert_eq!(lines, ["one"])));
            ///     lines.push("one");
            ///     anyhow::Ok(())
            /// })
            /// .await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            #[doc(alias = "push_async_exit")]
            pub fn adopt<G, X>(&self, guard: G, exit: X) -> Handle<'_, 'a, G>
            where
                G: Send + 'a,
                for<'o> X: SendExit<G, Outcome<'o>> + 'a,
            {
                self.set.insert(Adopt::without_guard(exit), guard)
            }

            /// Adds an async closure that runs when the set exits, and receives the outcome, as
            /// [`defer`](crate::defer()).
            ///
            /// The handle can be dropped, or be used to run the exit early.
            ///
            /// # Examples
            ///
            /// ```
            /// use withal::{Handle, ResourceExt};
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let set = withal::", stringify!($Closed), "::new();")]
            /// set.scope(async |set| {
            ///     set.defer(async |outcome| Ok(println!("at the end: {outcome:?}")));
            ///     let early = set.defer(async |outcome| Ok(println!("now: {outcome:?}")));
            ///     Handle::exit(early).await?;
            ///     anyhow::Ok(())
            /// })
            /// .await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            #[doc(alias = "callback")]
            #[doc(alias = "push_async_callback")]
            #[doc(alias = "onDispose")]
            pub fn defer<X>(&self, exit: X) -> Handle<'_, 'a, ()>
            where
                for<'o> X: SendDefer<Outcome<'o>> + 'a,
            {
                self.set.insert(Defer::entered(exit), ())
            }

            /// Runs the pending exits to completion: early exits whose future was dropped, and the exits of members
            /// that had entered when the future of an [`enter`](Self::enter) was dropped. Without this call they do not
            /// continue until the set exits, and keep everything that they hold.
            ///
            /// Exits for which another call waits already are left to that call.
            ///
            /// # Errors
            ///
            /// The failures of these exits, by the positions of the members, as a [`ScopeError`] of kind `Set`. They
            /// are returned here, and not again when the set exits.
            ///
            /// # Panics
            ///
            /// Resumes the earliest panic of an exit, when all of them have ended.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, the exits continue when the set settles again, or exits. The failures up to
            /// then are reported there.
            ///
            /// # Examples
            ///
            /// ```
            /// use futures::FutureExt;
            /// use withal::{Handle, ResourceExt};
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let set = withal::", stringify!($Closed), "::new();")]
            /// set.scope(async |set| {
            ///     let slow = set.defer(async |_| Ok(smol::future::yield_now().await));
            ///     assert_eq!(set.len(), 1);
            ///     assert!(Handle::exit(slow).now_or_never().is_none()); // dropped half-way
            ///     assert_eq!(set.len(), 0);
            ///     set.settle().await?; // and now it is over
            ///     anyhow::Ok(())
            /// })
            /// .await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            pub async fn settle(&self) -> Result<(), ScopeError> {
                self.set.settle().await
            }

            /// Polls the [work](crate::background()) of the members, for a set that was opened by hand. Resolves once
            /// the work of a member has failed, to its failures.
            ///
            /// In a scope nobody has to call this: the scope polls the work, and drops the body if it fails.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, the work is not polled until it is called again, or the set exits.
            ///
            /// # Examples
            ///
            /// ```
            /// use withal::{ResourceExt, background};
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let mut set = withal::", stringify!($Closed), "::new().open();")]
            /// let (kill, killed) = futures::channel::oneshot::channel::<()>();
            /// let worker = background(async move |startup| {
            ///     let _stop = startup.ready(());
            ///     let _ = killed.await;
            ///     Err("the worker died".into())
            /// });
            /// set.enter(worker.named("worker")).await?;
            /// drop(kill);
            /// assert_eq!(set.attend().await.to_string(), "[0] worker failed: the worker died");
            /// set.close().await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            pub async fn attend(&self) -> ScopeError {
                self.set.work().await
            }

            /// Moves all members out, to be exited elsewhere (law [`moved`](crate::laws#moved)): by hand, or as a
            /// resource.
            ///
            /// They keep their order and their positions, and an exit that was begun early continues there. Their
            /// guards move with them. To use the guard of a member later, use [`Handle::take`] instead.
            ///
            /// If a body returns the members that it moved out, they can be lost: if another member of the scope fails
            /// to exit, [`run`](crate::Scope::run) returns that error and drops the body's value, which abandons them.
            /// [`Scope::report`](crate::Scope::report) returns both.
            ///
            /// As a member of another scope they count as entered from the start: they are exited by awaiting even if
            /// they were not entered there (law [`set-keeps`](crate::laws#set-keeps)).
            ///
            /// # Examples
            ///
            /// ```
            /// use withal::ResourceExt;
            ///
            /// # futures::executor::block_on(async {
            #[doc = concat!("let set = withal::", stringify!($Closed), "::new();")]
            /// let full = set.scope(async |set| {
            ///     set.defer(async |_| Ok(()));
            ///     anyhow::Ok(set.take_all())
            /// });
            /// let full = full.await?;
            /// assert_eq!(full.len(), 1);
            /// full.close().await?;
            /// # anyhow::Ok(()) }).unwrap();
            /// ```
            #[doc(alias = "pop_all")]
            #[doc(alias = "move")]
            pub fn take_all(&mut self) -> $Closed<'a> {
                $Closed { set: self.set.take() }
            }

            /// Exits all members by hand, with the outcome `Completed`.
            ///
            /// It is for a set that was opened by hand: in a body, the scope exits the members.
            /// [`close_with`](Self::close_with) exits them with another outcome.
            ///
            /// # Errors
            ///
            /// The failures of the exits, as a [`ScopeError`] of kind `Exit`.
            ///
            /// # Panics
            ///
            /// Resumes the earliest panic of an exit, when all have ended.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, exits in flight are dropped, and members whose exit has not begun are
            /// [abandoned](Resource::abandon), the last one first.
            #[doc(alias = "aclose")]
            #[doc(alias = "dispose")]
            #[doc(alias = "shutdown")]
            pub fn close(self) -> impl Future<Output = Result<(), ScopeError>> + Send {
                self.close_with(Outcome::Completed)
            }

            /// Exits all members by hand, with this outcome.
            ///
            /// It is for a set that was opened by hand: in a body, the scope exits the members.
            ///
            /// # Errors
            ///
            /// The failures of the exits, as a [`ScopeError`] of kind `Exit`.
            ///
            /// # Panics
            ///
            /// Resumes the earliest panic of an exit, when all have ended.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, exits in flight are dropped, and members whose exit has not begun are
            /// [abandoned](Resource::abandon), the last one first.
            pub fn close_with(mut self, outcome: Outcome<'_>) -> impl Future<Output = Result<(), ScopeError>> + Send {
                self.take_all().close_with(outcome)
            }

            /// Returns the number of members. A member that exits early is not counted, even while its exit is in
            /// flight.
            #[must_use]
            pub fn len(&self) -> usize {
                self.set.len()
            }

            /// Returns `true` if it has no members.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }
        }

        impl fmt::Debug for $Open<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Open)).field("len", &self.len()).finish()
            }
        }

        impl<'a> OpenSet<'a> for $Open<'a> {
            const NAME: &'static str = stringify!($Closed);
            const ORDER: Order = $order;

            fn open(set: Set<'a>) -> Self {
                Self { set }
            }

            fn set(&mut self) -> &mut Set<'a> {
                &mut self.set
            }

            fn up_failures(&self) -> Failures {
                self.set.up_failures(crate::error::Phase::Up)
            }
        }
    };
}
