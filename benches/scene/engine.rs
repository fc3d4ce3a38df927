//! What drives the members of a phase by hand.

/// `futures::join!`, or `join_all`.
pub struct Futures;

/// `tokio::join!`.
pub struct Tokio;

/// `join` of `futures-concurrency`, which drives the tuples and arrays of a scope, too.
pub struct Engine;

/// Nothing: one after the other.
pub struct InSeries;

/// Awaits so many futures by one of these; gives a tuple or an array of what they gave.
macro_rules! join {
    (Futures $N:literal: $($future:expr),+) => { futures::join!($($future),+) };
    (Tokio $N:literal: $($future:expr),+) => { tokio::join!($($future),+) };
    (Engine 8: $($future:expr),+) => { futures_concurrency::future::Join::join([$($future),+]).await };
    (Engine $N:literal: $($future:expr),+) => { futures_concurrency::future::Join::join(($($future,)+)).await };
    (InSeries $N:literal: $($future:expr),+) => { ($($future.await,)+) };
}
pub(super) use join;

/// `join` of a `Vec`, as `join_all` is called.
pub fn engine_all<F: Future + Send>(futures: impl Iterator<Item = F>) -> impl Future<Output = Vec<F::Output>> + Send
where
    F::Output: Send,
{
    futures_concurrency::future::Join::join(futures.collect::<Vec<_>>())
}

/// Awaits them in series, as `join_all` is called.
pub async fn each_in_series<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut outputs = Vec::new();
    for future in futures {
        outputs.push(future.await);
    }
    outputs
}

/// Gives a callback macro the shapes with a number of members: names for them and for their guards.
macro_rules! for_each_number {
    ($callback:ident! by $($By:ident)+) => {$(
        $callback! { 2 $By [a 0 x, b 1 y] [b 1 a 0] }
        $callback! { 4 $By [a 0 w, b 1 x, c 2 y, d 3 z] [d 3 c 2 b 1 a 0] }
        $callback! { 8 $By [a 0 s, b 1 t, c 2 u, d 3 v, e 4 w, f 5 x, g 6 y, h 7 z] [h 7 g 6 f 5 e 4 d 3 c 2 b 1 a 0] }
        $callback! {
            12 $By
            [a 0 o, b 1 p, c 2 q, d 3 r, e 4 s, f 5 t, g 6 u, h 7 v, i 8 w, j 9 x, k 10 y, l 11 z]
            [l 11 k 10 j 9 i 8 h 7 g 6 f 5 e 4 d 3 c 2 b 1 a 0]
        }
    )+};
}
pub(super) use for_each_number;
