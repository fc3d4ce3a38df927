//! The trait, the groups and the scope without `std`: on an allocator, and on an executor of ten lines.

#![no_std]
#![no_main]

extern crate alloc;

mod member;
mod scenes;

use core::ffi::{c_char, c_int};
use core::future::Future;
use core::panic::PanicInfo;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

#[global_allocator]
static ALLOCATOR: libc_alloc::LibcAlloc = libc_alloc::LibcAlloc;

/// A program that fails says so by its exit code, and where by its last words.
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let line = info.location().map_or(0, core::panic::Location::line);
    // SAFETY: the format takes one number, which is there; the program ends.
    unsafe {
        libc::printf(c"failed in line %d\n".as_ptr(), c_int::try_from(line).unwrap_or(0));
        libc::exit(1)
    }
}

// `alloc` comes built to unwind and asks for these two, which nobody calls: a panic ends the program.
// SAFETY: no other function of this program has one of these three names.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

#[unsafe(no_mangle)]
extern "C" fn _Unwind_Resume() -> ! {
    panic!()
}

#[unsafe(no_mangle)]
extern "C" fn main(_: c_int, _: *const *const c_char) -> c_int {
    let scenes = [
        scenes::shapes,
        scenes::failures,
        scenes::cancelled,
        scenes::members_that_come_and_go,
        scenes::members_that_work,
        scenes::owned,
    ];
    for scene in scenes {
        scene();
    }
    // SAFETY: the text takes no arguments.
    unsafe { libc::printf(c"6 scenes passed\n".as_ptr()) };
    0
}

/// Polls to the end: what waits here has woken its task already.
pub(crate) fn run<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
}
