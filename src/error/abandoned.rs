use core::fmt;

/// The error of a member that did not get to its end, because the signal of
/// [`Scope::abandon_on`](crate::Scope::abandon_on) fired.
///
/// It is in the failures of each member whose enter or exit was dropped, and of each member that was
/// [abandoned](crate::Resource::abandon) (law [`abandon-on`](crate::laws#abandon-on)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Abandoned(Dropped);

/// The call that was dropped in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Dropped {
    Enter,
    Exit,
    /// None was in flight: the member was up.
    Nothing,
}

impl Abandoned {
    pub(crate) const IN_ENTER: Self = Self(Dropped::Enter);
    pub(crate) const IN_EXIT: Self = Self(Dropped::Exit);
    pub(crate) const UP: Self = Self(Dropped::Nothing);

    /// Returns `true` if an enter or an exit was in flight, for which the scope was waiting, and `false` if the member
    /// was up, and its exit had not begun.
    ///
    /// A group that was entered into a stack or pool counts as one: `true` if any exit of its members was in flight.
    #[must_use]
    pub fn was_in_flight(&self) -> bool {
        self.0 != Dropped::Nothing
    }
}

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Dropped::Enter => "its enter was cut: the scope was abandoned",
            Dropped::Exit => "its exit was cut: the scope was abandoned",
            Dropped::Nothing => "the scope was abandoned before its exit began",
        })
    }
}

impl core::error::Error for Abandoned {}
