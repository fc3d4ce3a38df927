//! Scenes, recorded by a clock that is moved by hand, and the pictures that come of them.

mod lookups;
mod odd;
mod scenes;
mod svg;
mod text;
mod words;
