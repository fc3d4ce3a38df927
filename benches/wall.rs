//! Times some of the scenes by the clock: see `benches/README.md`.

mod scene;

use criterion::{Criterion, criterion_group, criterion_main};
use scene::list::{Scene, scenes};
use std::time::Duration;

/// Of the ways and shapes, those that tell most: the rest is counted, not timed.
const WAYS: [&str; 4] = ["scope", "expert", "guaranteed by futures", "written with futures"];
const SHAPES: [&str; 5] = ["2", "12", "[8]", "Vec 10", "Vec 1000"];
const WAITS: [&str; 2] = ["pending once", "woken one by one"];

fn is_timed(scene: &Scene) -> bool {
    WAYS.contains(&scene.way) && SHAPES.contains(&scene.shape) && WAITS.contains(&scene.wait)
}

fn time(criterion: &mut Criterion) {
    for scene in scenes().iter().filter(|scene| is_timed(scene)) {
        criterion.bench_function(&scene.to_string(), |bencher| bencher.iter((scene.prepare)()));
    }
}

/// Short, as there are forty of them.
fn config() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1))
        .sample_size(50)
        .without_plots()
}

criterion_group! { name = all; config = config(); targets = time }
criterion_main!(all);
