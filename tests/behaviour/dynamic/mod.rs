//! Members that come and go while a body runs: the laws of `ExitStack` and `ExitPool`.

mod closed_by_hand;
mod exit_order;
mod late_exits;
mod limited_pool;
mod many_members;
mod moved_members;
mod random_bodies;
mod set_keeps;
mod spawned_tasks;
