//! Cancellation as it happens: timeouts, aborted tasks, locks, runtimes that end, and the reaper that finishes a scope;
//! and one scene on every executor.

mod all_options;
mod blocking_exits;
mod busy_member_starves_nobody;
mod deadlines;
mod deadlines_of_groups;
mod drop_order;
mod executors;
mod gate;
mod linear_polls;
mod locks_across_exits;
mod nested_scopes;
mod owned_scopes;
mod panicking_signals;
mod panicking_timers;
mod real_timers;
mod reaper_allocations;
mod reaper_failures;
mod reaper_idle;
mod refusing_spawners;
mod scene;
mod signal_races;
mod spawner_owns_executor;
mod tasks_on_smol_and_async_std;
mod tasks_on_tokio;
mod tokio_budget;
mod yielding_members;
