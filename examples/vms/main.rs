//! Machines that are real processes: they boot at the same time, work, and stop at the same time.
//!
//! ```text
//! cargo run --example vms -- --machines 4 --hang 2
//! ```
//!
//! Whatever goes wrong in between, no process is left behind; `--help` lists what can be made to go wrong. Start with
//! `machine.rs`: the rest is there to show that it keeps its promise.

mod machine;
mod options;
mod server;
mod timeline;

use futures::future::try_join_all;
use machine::Vm;
use options::{Command, HELP, Options};
use std::process::ExitCode;
use timeline::{Event, Timeline};
use withal::ResourceExt;

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
        Command::Run(options) => run(&options),
        Command::Serve(config) => server::serve(config).map_err(Into::into),
    };
    // A scope's error puts its sources into its own words already: `{:#}` would say them twice.
    result.unwrap_or_else(|error| fail(1, error))
}

fn fail(code: u8, error: impl std::fmt::Display) -> ExitCode {
    eprintln!("vms: {error}");
    ExitCode::from(code)
}

#[tokio::main]
async fn run(options: &Options) -> anyhow::Result<ExitCode> {
    // It prints its chart when it is dropped, so that a panic, which passes through here, is charted too.
    let timeline = Timeline::new(options.machines);
    let vms: Vec<_> = options.configs().map(|config| Vm::new(config, &timeline)).collect();
    let scope = vms.scope(async |machines| {
        let work = machines.iter_mut().enumerate().map(async |(index, machine)| {
            let request = format!("sum 1 2 {index}");
            let answer = machine.ask(&request).await;
            let answer = answer.map_err(|error| anyhow::anyhow!("machine {index} did not answer: {error}"))?;
            timeline.add(index, Event::Answered { request, answer });
            anyhow::Ok(())
        });
        try_join_all(work).await?;
        assert!(!options.panic, "the body panicked, as it was asked to");
        anyhow::ensure!(!options.body_error, "the body failed, as it was asked to");
        Ok(ExitCode::SUCCESS)
    });
    tokio::select! {
        // In this order, so that Ctrl-C is watched before the first machine starts.
        biased;
        // The scope is dropped in the middle of whatever it does, and nothing of it is awaited any more.
        Ok(()) = tokio::signal::ctrl_c() => Ok(fail(130, "interrupted, and every machine was killed")),
        result = scope => result,
    }
}
