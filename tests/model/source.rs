//! Trees and scripts from bytes.

use crate::world::{End, Script, Step};

/// Makes trees and scripts from bytes; when they are used up, the smallest ones.
pub struct Source<'a> {
    bytes: std::slice::Iter<'a, u8>,
    pub scripts: Vec<Script>,
    pub has_long: bool,
}

impl<'a> Source<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes: bytes.iter(), scripts: Vec::new(), has_long: false }
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

    /// A new member with a script of its own.
    pub fn member(&mut self) -> usize {
        let script = Script { enter: self.step(), exit: self.step() };
        self.scripts.push(script);
        self.scripts.len() - 1
    }
}
