//! The methods that a stack and a pool have in common: they differ in the order of exits alone.

macro_rules! dynamic_set {
    ($(#[$closed_doc:meta])* $Closed:ident, $(#[$open_doc:meta])* $Open:ident, $order:expr) => {
        $(#[$closed_doc])*
        #[derive(Default)]
        #[must_use = "its members are abandoned when it is dropped"]
        pub struct $Closed<'a> {
            set: Set<'a>,
        }

        impl<'a> $Closed<'a> {
            /// Creates one without members.
            pub fn new() -> Self {
                Self::default()
            }

            /// Counts the members that are in: those that were moved out of a body with it. Exits that were given up go
            /// on here and are not counted: close it all the same.
            #[must_use]
            pub fn len(&self) -> usize {
                self.set.len()
            }

            /// Returns whether it has no members.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Opens it by hand, to enter members where there is no body: in a field of something that owns it, say. If
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

            /// Exits all members by hand, and tells them `Completed`.
            ///
            /// [`close_with`](Self::close_with) tells them another outcome.
            ///
            /// # Order
            ///
            /// The order of the exits in a scope.
            ///
            /// # Errors
            ///
            /// What they failed with, as a [`ScopeError`] of kind `Exit`.
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

            /// Exits all members by hand, and tells them this outcome.
            ///
            /// # Order
            ///
            /// The order of the exits in a scope.
            ///
            /// # Errors
            ///
            /// What they failed with, as a [`ScopeError`] of kind `Exit`. In an exit of your own,
            /// `.map_err(ScopeError::into_failures)` keeps the places of the members. To tell them an error, enter this
            /// and fail: `stack.scope(async |_| Err(error))`.
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
                    let failures = group::exit(self.hold(), open, outcome).await.err().unwrap_or_default();
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

            fn hold(&mut self) -> impl Hold<Guard = $Open<'a>, Error = Failures> {
                Held::new(&mut self.set)
            }

            fn into_hold(mut self) -> impl Hold<Guard = $Open<'a>, Error = Failures> {
                Held::new(core::mem::take(&mut self.set))
            }
        }

        $(#[$open_doc])*
        #[must_use = "its members are abandoned when it is dropped"]
        pub struct $Open<'a> {
            set: Set<'a>,
        }

        impl<'a> $Open<'a> {
            /// Enters a resource now, and exits it with all others.
            ///
            /// Several can be entered at once, by a `join` of these futures. The resource is owned; it can borrow what
            /// outlives the scope.
            ///
            /// # Errors
            ///
            /// What it failed with, as a [`ScopeError`] of kind [`Set`](crate::ScopeErrorKind::Set): the body did run.
            /// Nothing is taken in then: of a group, what had entered is exited.
            ///
            /// # Panics
            ///
            /// Resumes a panic of the enter; nothing is taken in then.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, the enters in flight are dropped, and nothing is taken in. Members of a group
            /// that had entered stay with the set, which exits them by awaiting when it [settles](Self::settle), or
            /// with all others (law `set-keeps`). They are told `Cancelled`, or what befits a member that had failed by
            /// then, and their failures are reported there. Members that were in already, as those of a stack that was
            /// moved out of another, stay with the set even if the future is dropped before its first poll.
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
            // Not an `async fn`, and the guard a parameter of its own: in a spawned task the compiler looks into an
            // `async fn`, and at the guard of `R`, to see that all is `Send`, and there it cannot tell how long a boxed
            // error lives.
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
                self.set.enter(resource).map_ok(|(guard, place)| Handle::new(&self.set, place, guard))
            }

            /// Takes in what is up already, with the exit that takes it down, as [`adopt`](crate::adopt()) does.
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
                Handle::new(&self.set, self.set.insert(Adopt::without_guard(exit)), guard)
            }

            /// Adds an exit that is told how the scope ended, as [`defer`](crate::defer()) does.
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
                Handle::new(&self.set, self.set.insert(Defer::entered(exit)), ())
            }

            /// Waits until the exits are over that were given up: early exits whose future was dropped, and the exits
            /// of what had entered when the future of an [`enter`](Self::enter) was dropped. Nothing drives them
            /// otherwise until the set exits, and they hold what they hold.
            ///
            /// What another call of this waits for already is left to that call.
            ///
            /// # Errors
            ///
            /// What they failed with, by the positions of the members, as a [`ScopeError`] of kind `Set`. It is
            /// returned here, and not again when the set exits.
            ///
            /// # Panics
            ///
            /// Resumes the earliest panic of an exit, when all of them have ended.
            ///
            /// # Cancel safety
            ///
            /// If the future is dropped, the exits go on when the set settles again, or exits. What had failed by then
            /// is reported there.
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
            ///     assert!(Handle::exit(slow).now_or_never().is_none()); // given up half-way
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

            /// Moves all members out, to be exited elsewhere (law `moved`): by hand, or as a resource.
            ///
            /// They keep their order and their positions, and an exit that was begun early goes on there. Their guards
            /// are with them: a member whose guard is to be used later goes by [`Handle::take`].
            ///
            /// A body that returns what it moved out can lose it: if a neighbour in the scope fails to exit,
            /// [`run`](crate::Scope::run) returns that error in place of the body's value, which is dropped, and the
            /// members are abandoned. [`Scope::report`](crate::Scope::report) returns both.
            ///
            /// As a member of another scope they count as entered from the start: they are exited by awaiting even if
            /// their turn to enter does not come (law `set-keeps`).
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

            /// Exits all members by hand, and tells them `Completed`.
            ///
            /// It is for a set that was opened by hand: in a body, the scope exits the members.
            /// [`close_with`](Self::close_with) tells them another outcome.
            ///
            /// # Errors
            ///
            /// What they failed with, as a [`ScopeError`] of kind `Exit`.
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

            /// Exits all members by hand, and tells them this outcome.
            ///
            /// It is for a set that was opened by hand: in a body, the scope exits the members.
            ///
            /// # Errors
            ///
            /// What they failed with, as a [`ScopeError`] of kind `Exit`.
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

            /// Counts the members that are in. One that exits early is no longer counted, though its exit can be under
            /// way.
            #[must_use]
            pub fn len(&self) -> usize {
                self.set.len()
            }

            /// Returns whether it has no members.
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

        impl<'a> Open<'a> for $Open<'a> {
            const NAME: &'static str = stringify!($Closed);
            const ORDER: Order = $order;

            fn open(set: Set<'a>) -> Self {
                Self { set }
            }

            fn set(&mut self) -> &mut Set<'a> {
                &mut self.set
            }
        }
    };
}
