//! Where nobody listens nothing is made.

use crate::layer::Log;
use crate::world::{ready, run, slow, stuck};
use tracing_subscriber::filter::{LevelFilter, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use withal::{ExitPool, ResourceExt};

fn scene() {
    let members = (slow("a"), stuck("b"), ExitPool::new());
    run(members.scope(async |(_, _, pool)| {
        pool.enter(ready("c")).await?;
        anyhow::Ok(())
    }))
    .unwrap_err();
}

#[test]
fn at_a_level_that_is_too_high() {
    let log = Log::default();
    let filtered = tracing_subscriber::registry().with(log.clone().with_filter(LevelFilter::WARN));
    tracing::subscriber::with_default(filtered, scene);
    assert_eq!(log.lines(), [""; 0]);

    let level = tracing_subscriber::registry().with(LevelFilter::WARN).with(log.clone());
    tracing::subscriber::with_default(level, scene);
    assert_eq!(log.lines(), [""; 0]);
}

/// One layer that wants none of it does not keep it from another.
#[test]
fn for_one_layer_of_two() {
    let (deaf, log) = (Log::default(), Log::default());
    let both = tracing_subscriber::registry().with(deaf.clone().with_filter(LevelFilter::WARN));
    tracing::subscriber::with_default(both.with(log.clone()), scene);
    assert_eq!(deaf.lines(), [""; 0]);
    log.check();
    assert_eq!(log.that(&["new exit"]).len(), 3);
}

fn is_span(metadata: &tracing::Metadata<'_>) -> bool {
    metadata.is_span()
}

/// A filter is asked of spans, not of hints: one that lets only spans through lets ours through.
#[test]
fn for_spans_alone() {
    let log = Log::default();
    let spans = tracing_subscriber::registry().with(filter_fn(is_span)).with(log.clone());
    tracing::subscriber::with_default(spans, scene);
    log.check();
    assert_eq!(log.that(&["new"]).len(), 8);
}

/// Without the scope's span there are none of its members.
#[test]
fn for_other_targets() {
    let log = Log::default();
    let others = filter_fn(|metadata| metadata.name() != "scope");
    let subscriber = tracing_subscriber::registry().with(others).with(log.clone());
    tracing::subscriber::with_default(subscriber, || {
        scene();
        #[cfg(feature = "timeline")]
        run(withal::Scope::new(ready("a")).observe(&withal::Timeline::new()).run(async |_| anyhow::Ok(()))).unwrap();
    });
    assert_eq!(log.lines(), [""; 0]);
}

/// One of the two phases alone can be filtered out.
#[test]
fn for_exits_alone() {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(filter_fn(|metadata| metadata.name() != "enter"));
    tracing::subscriber::with_default(subscriber.with(log.clone()), scene);
    log.check();
    assert_eq!((log.that(&["new enter"]).len(), log.that(&["new exit"]).len()), (0, 3));
}

/// Without a span of its own, the body is in that of the scope.
#[test]
fn for_bodies() {
    let log = Log::default();
    let subscriber = tracing_subscriber::registry().with(filter_fn(|metadata| metadata.name() != "body"));
    tracing::subscriber::with_default(subscriber.with(log.clone()), || {
        let body = async |_: &mut _| {
            tracing::info!("hello");
            anyhow::Ok(())
        };
        run(ready("a").scope(body)).unwrap();
    });
    log.check();
    assert_eq!(log.that(&["*"]), ["* hello in scope a"]);
}

#[test]
fn without_a_subscriber() {
    scene();
    tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::new(), scene);
}
