//! What a timeline records, by a clock that is moved by hand.

mod in_flight;
mod phases;
mod several;
