/// Calls a macro for tuples of 1 to 12 members: with the members in order, and with the members in reverse.
macro_rules! for_each_tuple {
    ($callback:ident) => {
        for_each_tuple! { @grow $callback [] []
            (A a 0) (B b 1) (C c 2) (D d 3) (E e 4) (F f 5) (G g 6) (H h 7) (I i 8) (J j 9) (K k 10) (L l 11)
        }
    };
    (@grow $callback:ident [$($up:tt)*] [$($down:tt)*] $next:tt $($rest:tt)*) => {
        $callback! { [$($up)* $next] [$next $($down)*] }
        for_each_tuple! { @grow $callback [$($up)* $next] [$next $($down)*] $($rest)* }
    };
    (@grow $callback:ident $up:tt $down:tt) => {};
}

/// Implements `enter` and `exit` outside a scope, by the hold: for a group, and for an adaptor that drives one.
macro_rules! by_hand {
    () => {
        async fn enter(&mut self) -> Result<Self::Guard, Self::Error> {
            crate::group::enter(self.hold(crate::member::HoldToken)).await.map_err(Self::Error::from)
        }

        async fn exit(&mut self, guard: Self::Guard, outcome: crate::outcome::Outcome<'_>) -> Result<(), Self::Error> {
            crate::group::exit(self.hold(crate::member::HoldToken), guard, outcome).await.map_err(Self::Error::from)
        }
    };
}

/// Forwards methods of `Resource` to the resource in a field.
macro_rules! delegate_resource {
    ($field:tt: $($method:ident)+) => { $(delegate_resource! { @$method $field })+ };
    (@abandon $field:tt) => {
        fn abandon(&mut self, guard: Self::Guard) {
            self.$field.abandon(guard);
        }
    };
    (@exit_dropped $field:tt) => {
        fn exit_dropped(&mut self) {
            self.$field.exit_dropped();
        }
    };
    (@name $field:tt) => {
        fn name(&self) -> &str {
            self.$field.name()
        }
    };
    (@hold $field:tt) => {
        fn hold(&mut self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Self::Error> {
            self.$field.hold(HoldToken)
        }

        fn into_hold(self, _: HoldToken) -> impl Hold<Guard = Self::Guard, Error = Self::Error> {
            self.$field.into_hold(HoldToken)
        }
    };
}

/// Implements the methods of a group's hold for its name and its error.
macro_rules! hold_of_group {
    ($name:literal) => {
        fn name(&self) -> alloc::string::String {
            alloc::borrow::ToOwned::to_owned($name)
        }

        hold_of_group!();
    };
    () => {
        fn failures_in(error: &mut crate::error::Failures) -> Option<&mut crate::error::Failures> {
            Some(error)
        }
    };
}

/// Implements the methods for the error of an adaptor's hold whose error type is boxed.
macro_rules! hold_of_boxed {
    () => {
        fn failures_in(error: &mut crate::error::BoxError) -> Option<&mut crate::error::Failures> {
            error.downcast_mut()
        }
    };
}

/// Implements the methods of a list's hold that go to each of the holds in a field, the last one first where guards are
/// dropped.
macro_rules! hold_of_each {
    ($field:ident) => {
        fn observe(&mut self, place: &crate::observe::MemberPath) {
            for (index, hold) in self.$field.iter_mut().enumerate() {
                hold.observe(&place.child(index));
            }
        }

        fn attend(&mut self, attendance: &crate::work::Attendance) {
            self.$field.iter_mut().for_each(|hold| hold.attend(attendance));
        }

        fn abandon(&mut self) {
            self.$field.iter_mut().rev().for_each(H::abandon);
        }

        fn interrupt(&mut self, interruption: crate::member::Interruption) {
            self.$field.iter_mut().rev().for_each(|hold| hold.interrupt(interruption));
        }

        fn name_sets(&mut self, name: &str) {
            self.$field.iter_mut().for_each(|hold| hold.name_sets(name));
        }

        fn is_in(&self) -> bool {
            self.$field.iter().any(H::is_in)
        }

        fn reach(&self) -> usize {
            self.$field.iter().map(H::reach).sum()
        }
    };
}

/// Forwards methods of `Hold` to the hold `H` in a field.
macro_rules! forward_hold {
    ($field:tt: $($method:ident)+) => { $(forward_hold! { @$method $field })+ };
    (@name_sets $field:tt) => {
        fn name_sets(&mut self, name: &str) {
            self.$field.name_sets(name);
        }
    };
    (@is_in $field:tt) => {
        fn is_in(&self) -> bool {
            self.$field.is_in()
        }
    };
    (@reach $field:tt) => {
        fn reach(&self) -> usize {
            self.$field.reach()
        }
    };
    (@attend $field:tt) => {
        fn attend(&mut self, attendance: &crate::work::Attendance) {
            self.$field.attend(attendance);
        }
    };
    (@observe $field:tt) => {
        fn observe(&mut self, place: &crate::observe::MemberPath) {
            self.$field.observe(place);
        }
    };
    (@enter $field:tt) => {
        fn enter(&mut self, entry: EnterContext<'_>) -> impl Future<Output = bool> + Send {
            self.$field.enter(entry)
        }

        fn enter_unwind(&mut self, entry: EnterContext<'_>) -> impl crate::member_future::MemberFuture {
            self.$field.enter_unwind(entry)
        }
    };
    (@exit $field:tt) => {
        fn exit(&mut self, exit: crate::member::ExitContext<'_>) -> impl Future<Output = bool> + Send {
            self.$field.exit(exit)
        }

        fn exit_unwind(&mut self, exit: crate::member::ExitContext<'_>) -> impl crate::member_future::MemberFuture {
            self.$field.exit_unwind(exit)
        }
    };
    (@take $field:tt) => {
        fn take(&mut self) -> H::Guard {
            self.$field.take()
        }
    };
    (@put $field:tt) => {
        fn put(&mut self, guard: Option<H::Guard>, by: crate::member::Borrower) -> bool {
            self.$field.put(guard, by)
        }
    };
    (@show $field:tt) => {
        fn show(&mut self, guard: &H::Guard) {
            self.$field.show(guard);
        }
    };
    (@abandon $field:tt) => {
        fn abandon(&mut self) {
            self.$field.abandon();
        }
    };
    (@interrupt $field:tt) => {
        fn interrupt(&mut self, interruption: Interruption) {
            self.$field.interrupt(interruption);
        }
    };
    (@name $field:tt) => {
        fn name(&self) -> alloc::string::String {
            self.$field.name()
        }
    };
    (@add_names $field:tt) => {
        fn add_names(&mut self, phase: Phase, failures: &mut crate::error::Failures) {
            self.$field.add_names(phase, failures);
        }
    };
}
