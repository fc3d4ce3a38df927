//! Trees and scripts from bytes.

use crate::world::{End, READY, Script, Step};

/// Makes trees and scripts from bytes; when they are used up, the smallest ones.
pub struct Source<'a> {
    bytes: std::slice::Iter<'a, u8>,
    pub scripts: Vec<Script>,
    pub has_long: bool,
    /// Whether members can die.
    pub has_lives: bool,
    /// Whether there are so many members that all groups of more than a few are long.
    pub is_large: bool,
}

impl<'a> Source<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), scripts: Vec::new(), has_long: false, has_lives: false, is_large: false }
    }

    pub fn below(&mut self, bound: u8) -> u8 {
        self.bytes.next().copied().unwrap_or(0) % bound
    }

    pub fn step(&mut self) -> Step {
        let end = match self.below(16) {
            13 | 14 => End::Error,
            15 => End::Panic,
            _ => End::Ok,
        };
        Step { pending: self.below(4).into(), end }
    }

    /// When a member dies, and how; or it lives on.
    pub fn life(&mut self) -> Option<Step> {
        let end = match self.below(4) {
            0 | 1 => return None,
            2 => End::Error,
            _ => End::Panic,
        };
        Some(Step { pending: self.below(8).into(), end })
    }

    /// A new member with a script of its own.
    pub fn member(&mut self) -> usize {
        let script = Script { enter: self.step(), exit: self.step() };
        self.follow(script)
    }

    /// A new member that is ready at once.
    pub fn ready_member(&mut self) -> usize {
        self.follow(Script { enter: READY, exit: READY })
    }

    fn follow(&mut self, script: Script) -> usize {
        self.scripts.push(script);
        self.scripts.len() - 1
    }
}
