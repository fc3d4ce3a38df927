//! Machines that are real processes: they boot at the same time, work, and stop at the same time.
//!
//! ```text
//! cargo run --example vms -- --machines 4 --hang 2
//! ```
//!
//! Whatever goes wrong in between, no process is left behind; `--help` lists what can be made to go wrong. Start with
//! `machine.rs`: the rest is there to show that it keeps its promise.
//!
//! Ctrl-C, or SIGTERM, is the signal of [`Scope::until`]: the body is dropped, and every machine is stopped as ever.
//! When that takes too long, the second one is the signal of [`Scope::abandon_on`]: nothing is awaited any more, the
//! machines are killed, and the error names those that hung.

mod events;
mod machine;
mod options;
#[path = "../common/picture.rs"]
mod picture;
mod progress;
mod server;
mod signals;

use events::{Event, Events};
use futures::future::try_join_all;
use machine::{Machine, Vm};
use options::{Command, HELP, Options};
use picture::Picture;
use progress::Progress;
use signals::{Interrupted, Signals};
use std::future::pending;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::sync::oneshot;
use withal::{Observe, ResourceExt, Scope, ScopeError, ScopeErrorKind};

fn main() -> ExitCode {
    let command = match options::parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => return fail(2, error),
    };
    let result = match command {
        Command::Help => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Run(options) => match Picture::new(options.svg.clone()) {
            Ok(picture) => run(&options, &picture).map(|()| ExitCode::SUCCESS),
            Err(error) => return fail(2, error),
        },
        Command::Serve(config) => server::serve(config).map_err(Into::into),
    };
    result.unwrap_or_else(|error| fail(exit_code(&error), format_args!("{error:#}")))
}

fn exit_code(error: &anyhow::Error) -> u8 {
    match (error.downcast_ref::<Interrupted>(), error.downcast_ref::<ScopeError>()) {
        (Some(interrupted), _) => interrupted.by.exit_code(),
        (_, Some(error)) if error.kind() == ScopeErrorKind::MemberFailed => 3,
        _ => 1,
    }
}

fn fail(code: u8, error: impl std::fmt::Display) -> ExitCode {
    eprintln!("vms: {error}");
    ExitCode::from(code)
}

#[tokio::main]
async fn run(options: &Options, picture: &Picture) -> anyhow::Result<()> {
    // First of all, so that no signal can end this process while there is a machine.
    let mut signals = Signals::listen()?;
    let progress = options.progress.then(Progress::on_terminal).flatten();
    let events = Events::new(progress.clone());
    // A machine that dies ends the body, and the others are stopped.
    let vm = |config| Vm::new(config, options.stop_limit, &events).watch(Machine::death);
    let vms: Vec<_> = options.configs().map(vm).collect();
    // Once machines are being stopped, the scope listens no more: they are stopped as they would have been anyway.
    let (stop, stopped) = oneshot::channel();
    let cancel = async {
        // It says no more than that it is there, and an error would say the same.
        let _ = stopped.await;
        events.remark(format_args!("the scope is cancelled"));
    };
    let (mut first, mut second) = (None, None);
    let abandon = async {
        let signal = *first.insert(signals.next().await);
        events.remark(format_args!("interrupted by {signal}"));
        picture.in_flight().iter().for_each(|line| events.remark(format_args!("{line}")));
        let _ = stop.send(());
        let signal = *second.insert(signals.next().await);
        events.remark(format_args!("interrupted again, by {signal}"));
    };
    let observer = progress.map(|progress| progress as Arc<dyn Observe>);
    let scope = picture.observe(Scope::new(vms), observer).until(cancel).abandon_on(abandon);
    let scope = scope.run(async |machines| {
        let work = machines.iter_mut().enumerate().map(async |(index, machine)| {
            let request = format!("sum 1 2 {index}");
            let answer = machine.ask(&request).await;
            let answer = answer.map_err(|error| anyhow::anyhow!("machine {index} did not answer: {error}"))?;
            events.add(index, &Event::Answered { request, answer });
            anyhow::Ok(())
        });
        try_join_all(work).await?;
        assert!(!options.panic, "the body panicked, as it was asked to");
        anyhow::ensure!(!options.body_error, "the body failed, as it was asked to");
        if options.hold {
            pending::<()>().await;
        }
        Ok(())
    });

    let result = scope.await;
    match first {
        Some(first) => Err(Interrupted::new(first, second.is_some(), result, "every machine was stopped").into()),
        None => result,
    }
}
