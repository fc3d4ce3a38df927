//! Every scene of three members: each pending 0 to 2 times in enter and exit, each ok, error or panic in enter and
//! exit, the body ok, error or panic, under both policies, for every shape that three members can take.
//!
//! Left out are only scenes that cannot differ from one that is in: the exit of a member that does not enter, and the
//! body where not all enter.

use crate::cancel::{reaped_at_any_poll, until_any_poll};
use crate::check::{Scene, check};
use crate::drops::sweep;
use crate::three::{SHAPES, Three};
use crate::world::{End, READY, Script, Step, World};

const STEPS: [Step; 9] = {
    let mut steps = [READY; 9];
    let mut i = 0;
    while i < 9 {
        let end = match i % 3 {
            0 => End::Ok,
            1 => End::Error,
            _ => End::Panic,
        };
        steps[i] = Step { pending: i / 3, end };
        i += 1;
    }
    steps
};

/// All that one member can do.
fn scripts() -> Vec<Script> {
    let exits = |enter: Step| if enter.end == End::Ok { &STEPS[..] } else { &STEPS[..1] };
    STEPS.iter().flat_map(|enter| exits(*enter).iter().map(|exit| Script { enter: *enter, exit: *exit })).collect()
}

/// What a member can do, without the exits that a cancelled scope cannot tell apart.
fn fewer_scripts() -> Vec<Script> {
    let mut scripts = scripts();
    scripts.retain(|script| script.exit.end != End::Error && script.exit.pending != 1);
    scripts
}

fn every_scene(scripts: &[Script], bodies: &[Step], mut run: impl FnMut(Scene<'_>)) {
    for a in scripts {
        for b in scripts {
            for c in scripts {
                let scripts = [*a, *b, *c];
                let all_in = scripts.iter().all(|script| script.enter.end == End::Ok);
                for body in &bodies[..if all_in { bodies.len() } else { 1 }] {
                    run(Scene { scripts: &scripts, body: *body });
                }
            }
        }
    }
}

/// What three members do of which some die: each is ready at once, slow, or fails to enter.
const LIVELY: [Script; 3] = [
    Script { enter: READY, exit: READY },
    Script { enter: READY.pending(2), exit: READY.pending(2) },
    Script { enter: Step::error().pending(1), exit: READY },
];

/// When they die: one at any poll, another one here or there.
fn every_life(first: &[Option<Step>], mut run: impl FnMut(&[Option<Step>; 3])) {
    let second = [None, Some(Step::error().pending(1)), Some(Step::panic().pending(3))];
    let third = [None, Some(Step::error().pending(2))];
    for a in first {
        for b in second {
            for c in third {
                let mut lives = [*a, b, c];
                if lives.iter().flatten().count() == 0 {
                    continue;
                }
                for _ in 0..3 {
                    run(&lives);
                    lives.rotate_right(1);
                }
            }
        }
    }
}

fn all_lives() -> Vec<Option<Step>> {
    let ends = |pending| [Some(Step::error().pending(pending)), Some(Step::panic().pending(pending))];
    (0..6).flat_map(ends).chain([None]).collect()
}

fn fewer_lives() -> Vec<Option<Step>> {
    vec![None, Some(Step::error()), Some(Step::panic().pending(2)), Some(Step::error().pending(4))]
}

fn named(name: &str) -> &'static Three {
    SHAPES.iter().find(|shape| shape.name == name).expect("a shape of this name")
}

macro_rules! check_all {
    ($($name:ident)+) => {
        pub const NAMES: &[&str] = &[$(stringify!($name)),+];

        $(mod $name {
            use super::super::*;

            #[test]
            fn does_what_the_model_tells() {
                let Three { tree, check, .. } = named(stringify!($name));
                let tree = tree();
                every_scene(&scripts(), &STEPS[..3], |scene| check(&tree, scene));
            }

            /// Laws `attended`, `death-stops-the-body` and `death-is-first`.
            #[test]
            fn has_members_that_die() {
                let Three { tree, mortal, .. } = named(stringify!($name));
                every_life(&all_lives(), |lives| {
                    let tree = tree().with_lives(lives);
                    every_scene(&LIVELY, &STEPS[3..7], |scene| {
                        check(|world, scripts| mortal(world, scripts, lives), &tree, scene);
                    });
                });
            }

            #[test]
            fn has_members_that_die_when_it_is_cancelled_or_dropped_at_any_poll() {
                let Three { tree, mortal, .. } = named(stringify!($name));
                every_life(&fewer_lives(), |lives| {
                    let (tree, shape) = (tree().with_lives(lives), |world: &World, scripts: &[Script]| mortal(world, scripts, lives));
                    every_scene(&LIVELY, &STEPS[6..7], |scene| {
                        sweep(&shape, scene);
                        until_any_poll(&shape, &tree, scene);
                        reaped_at_any_poll(&shape, &tree, scene);
                    });
                });
            }

            /// An error in an exit changes nothing for a drop, and neither does how the body would have ended.
            #[test]
            fn loses_nothing_when_it_is_dropped_at_any_poll() {
                let mut scripts = scripts();
                scripts.retain(|script| script.exit.end != End::Error);
                let Three { shape, .. } = named(stringify!($name));
                every_scene(&scripts, &STEPS[3..4], |scene| sweep(shape, scene));
            }

            #[test]
            fn is_cancelled_by_a_signal_at_any_poll() {
                let Three { tree, shape, .. } = named(stringify!($name));
                let tree = tree();
                every_scene(&fewer_scripts(), &STEPS[3..4], |scene| until_any_poll(shape, &tree, scene));
            }

            #[test]
            fn is_finished_by_a_reaper_when_it_is_dropped_at_any_poll() {
                let Three { tree, shape, .. } = named(stringify!($name));
                let tree = tree();
                every_scene(&fewer_scripts(), &STEPS[3..4], |scene| reaped_at_any_poll(shape, &tree, scene));
            }
        })+
    };
}

/// Shapes that the engine `futures-concurrency` drives: arrays of up to 30 members with no bound on those in flight.
mod by_the_engine {
    check_all! { array array_fail_fast }
}

/// Shapes that it never drives: tuples of up to four members, every `Vec`, groups with a bound, and `then`.
mod in_place {
    check_all! {
        flat_tuple left_nested right_nested vec
        flat_tuple_fail_fast left_nested_fail_fast right_nested_fail_fast vec_fail_fast
        one_by_one one_by_one_fail_fast two_at_a_time chained inner_fail_fast
    }
}

#[test]
fn no_shape_is_left_out() {
    let mut names = [by_the_engine::NAMES, in_place::NAMES].concat();
    let mut all: Vec<_> = SHAPES.iter().map(|shape| shape.name).collect();
    names.sort_unstable();
    all.sort_unstable();
    assert_eq!(names, all);
}
