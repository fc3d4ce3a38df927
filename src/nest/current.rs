//! What this thread polls right now.
//!
//! It is a set of flags, so that a scope with none around it and none within it reads and writes that, and nothing
//! else. The levels of the bodies that have one are in a list beside it, the innermost last.
//!
//! | flags | what is polled |
//! |---|---|
//! | none | no scope, or one that has none around it and none within it |
//! | `BODY` | a body, or the region of a shield |
//! | `BODY`, `LEVEL` | the same, after something within it was polled; the level is that of this body |
//! | `LEVEL` | a scope, and not its body; the level is that of its body |
//! | `LEVEL`, `NESTED` | the same, within another body |
//! | `LEVEL`, `NESTED`, `GIVEN_UP` | the same, within a body that is given up |

use super::OwnLevel;
use super::level::{Level, Stage};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::task::Context;
use std::thread_local;

/// No scope, and no body that a scope within could belong to.
const NOTHING: u8 = 0;
/// A body, or the region of a shield. What else a scope polls and drops is no part of the body around that scope.
const BODY: u8 = 1;
/// A scope whose body has a level, which is the last one of `LEVELS`.
const LEVEL: u8 = 2;
/// A scope within the body of another one.
const NESTED: u8 = 4;
/// A scope within a body that is given up.
const GIVEN_UP: u8 = 8;

thread_local! {
    static CURRENT: Cell<u8> = const { Cell::new(NOTHING) };
    static LEVELS: RefCell<Vec<Arc<Level>>> = const { RefCell::new(Vec::new()) };
}

/// Returns `true` if the current scope is within the body of another one.
#[inline]
pub(crate) fn is_nested() -> bool {
    CURRENT.get() & NESTED != 0
}

/// Returns `true` if the current scope is within a body that is given up.
#[inline]
pub(crate) fn is_given_up() -> bool {
    CURRENT.get() & GIVEN_UP != 0
}

/// Returns `true` if a scope or a shield was polled within the body of the current scope.
#[inline]
pub(super) fn has_level() -> bool {
    CURRENT.get() & (BODY | LEVEL) == LEVEL
}

/// Returns the level of the current scope's body, if something was polled within that body.
pub(super) fn level() -> Option<Arc<Level>> {
    if has_level() { last() } else { None }
}

/// Returns `true` if this thread polls the body of this level, and nothing else within it that has a body.
pub(super) fn is_body_of(level: &Arc<Level>) -> bool {
    CURRENT.get() & (BODY | LEVEL) == BODY | LEVEL && last().is_some_and(|last| Arc::ptr_eq(&last, level))
}

/// Returns the level of the body that this thread polls, or else that of the current scope's body, if it has one.
pub(super) fn innermost() -> Option<Arc<Level>> {
    if CURRENT.get() & LEVEL != 0 { last() } else { level_of_body() }
}

/// Returns the innermost level. A thread that ends has none.
fn last() -> Option<Arc<Level>> {
    LEVELS.try_with(|levels| levels.borrow().last().cloned()).ok().flatten()
}

/// Returns the level of the body that is polled right now, if one is. It is created for the first one that asks.
pub(super) fn level_of_body() -> Option<Arc<Level>> {
    let current = CURRENT.get();
    if current & BODY == 0 {
        return None;
    }
    if current & LEVEL != 0 {
        return last();
    }
    let level = Arc::<Level>::default();
    push(&level, current).then_some(level)
}

/// Adds a level as the innermost one. Returns `false` if the thread ends.
fn push(level: &Arc<Level>, current: u8) -> bool {
    let is_pushed = LEVELS.try_with(|levels| levels.borrow_mut().push(Arc::clone(level))).is_ok();
    CURRENT.set(if is_pushed { current | LEVEL } else { current });
    is_pushed
}

/// Polls the body of the current scope.
#[inline]
pub(crate) fn in_body<T>(poll: impl FnOnce() -> T) -> T {
    struct End;
    impl Drop for End {
        #[inline]
        fn drop(&mut self) {
            CURRENT.set(CURRENT.get() & !BODY);
        }
    }
    CURRENT.set(CURRENT.get() | BODY);
    let _end = End;
    poll()
}

/// Polls something that a body may poll, and that is no part of this body: it can go on when the body is gone.
pub(crate) fn apart<T>(poll: impl FnOnce() -> T) -> T {
    struct End(u8);
    impl Drop for End {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let _end = End(CURRENT.replace(NOTHING));
    poll()
}

/// One poll, or the drop, of a scope or of a shield. When this is dropped, what was polled around it is current again.
pub(super) struct Frame<'n> {
    level: &'n mut Option<OwnLevel>,
    around: u8,
}

impl<'n> Frame<'n> {
    #[inline]
    pub(super) fn new(level: &'n mut Option<OwnLevel>) -> Self {
        Self { level, around: CURRENT.get() }
    }

    /// Returns `true` if there is a scope around, or was one within. If there is none, the scope is current already.
    #[inline]
    pub(super) fn is_needed(&self) -> bool {
        self.around != NOTHING || self.level.is_some()
    }

    /// Sets a scope as the current one, for a poll, and registers a new one with the body around it, if there is one.
    /// The poll's waker is woken when that body is given up.
    #[cold]
    pub(super) fn poll_scope(&mut self, is_new: bool, cx: &mut Context<'_>) {
        if is_new {
            *self.level = level_of_body().map(Level::within).map(OwnLevel);
            self.around = CURRENT.get();
        }
        let stage = self.level.as_ref().and_then(|level| level.poll_around(cx));
        let nested = match stage {
            None => NOTHING,
            Some(Stage::Running) => NESTED,
            Some(Stage::GivenUp | Stage::Dropped) => NESTED | GIVEN_UP,
        };
        self.make_current(nested);
    }

    /// Sets a scope as the current one, for its drop.
    #[cold]
    pub(super) fn drop_scope(&self) {
        self.make_current(NOTHING);
    }

    /// Sets the region of a shield as the current one.
    pub(super) fn poll_region(&self) {
        self.make_current(BODY);
    }

    fn make_current(&self, current: u8) {
        CURRENT.set(current);
        if let Some(level) = &*self.level {
            push(&level.0, current);
        }
    }

    #[cold]
    fn end(&mut self) {
        if CURRENT.replace(self.around) & LEVEL == 0 {
            return;
        }
        if let Ok(Some(level)) = LEVELS.try_with(|levels| levels.borrow_mut().pop()) {
            self.level.get_or_insert_with(|| OwnLevel(level));
        }
    }
}

impl Drop for Frame<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.around | CURRENT.get() != NOTHING {
            self.end();
        }
    }
}
