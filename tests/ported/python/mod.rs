//! `contextlib` of `CPython`: its `ExitStack` and `AsyncExitStack`, and what stands here for `asynccontextmanager`,
//! `aclosing`, `nullcontext` and `suppress`.

mod around;
mod failures;
mod ready_made;
mod stack;
