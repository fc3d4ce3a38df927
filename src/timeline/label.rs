use super::words::{Charset, clean, columns, short};
use std::format;
use std::string::String;

/// A member's path and name, as a [`Failure`](crate::Failure) prints them.
pub(super) struct Label {
    path: String,
    name: String,
}

impl Label {
    pub(super) fn new(path: &[usize], name: &str) -> Self {
        let path = if path.is_empty() { String::new() } else { format!("{path:?} ") };
        Self { path, name: clean(name) }
    }

    pub(super) fn columns(&self) -> usize {
        self.path.len() + columns(&self.name)
    }

    /// Returns the label, shortened to `most` columns. The path is not shortened, unless it leaves no room for a name.
    pub(super) fn within(&self, most: usize, script: Charset) -> String {
        match most.checked_sub(self.path.len()) {
            Some(left @ 8..) => format!("{}{}", self.path, script.name(&short(&self.name, left, script))),
            _ => short(&self.in_full(script), most, script),
        }
    }

    pub(super) fn in_full(&self, script: Charset) -> String {
        format!("{}{}", self.path, script.name(&self.name))
    }
}
