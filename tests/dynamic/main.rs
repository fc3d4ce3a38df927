//! Members that come and go while a body runs: the laws of `ExitStack` and `ExitPool`.

mod by_hand;
mod kept;
mod large;
mod late;
mod moving;
mod order;
mod random;
mod spawned;
mod world;
