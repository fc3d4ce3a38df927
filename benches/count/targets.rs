//! What a scope may cost at most, as a multiple of the instructions of another way.

#![allow(dead_code, reason = "only plain scopes have targets")]

use crate::scene::list::Scene;
use crate::table::Target;

/// The targets of this build.
pub fn targets() -> &'static [Target] {
    let with_std = std::env::var("FEATURES").is_ok_and(|features| features.contains("futures-concurrency/std"));
    if with_std { &WITH_STD } else { &TARGETS }
}

const TARGETS: [Target; 8] = [
    target("a pair", 1.3, "expert", |scene| scene.shape == "2" && scene.wait != ONE_BY_ONE),
    target("a pair woken one by one", 1.3, "expert", |scene| scene.shape == "2" && scene.wait == ONE_BY_ONE),
    target("twelve, ready", 1.2, "expert", |scene| scene.shape == "12" && scene.wait == "ready"),
    target("twelve, pending", 1.4, "expert", |scene| scene.shape == "12" && scene.wait.starts_with("pending")),
    target("twelve woken one by one", 1.15, "expert", |scene| scene.shape == "12" && scene.wait == ONE_BY_ONE),
    target("a Vec of 100 or 1000", 1.0, "expert", |scene| {
        ["Vec 100", "Vec 1000"].contains(&scene.shape) && scene.wait != ONE_BY_ONE
    }),
    target("a Vec of 1000, ready", 1.5, "written with the engine", |scene| {
        scene.shape == "Vec 1000" && scene.wait == "ready"
    }),
    target("a Vec of 1000 woken one by one", 1.25, "expert", |scene| {
        scene.shape == "Vec 1000" && scene.wait == ONE_BY_ONE
    }),
];

/// With the engine's feature `std`.
const WITH_STD: [Target; 1] =
    [target("tuples and arrays", 1.1, "guaranteed by the engine", |scene| !scene.shape.starts_with("Vec"))];

const ONE_BY_ONE: &str = "woken one by one";

const fn target(what: &'static str, most: f64, other: &'static str, holds_for: fn(&Scene) -> bool) -> Target {
    Target { what, most, other, holds_for }
}
