//! A service as it runs in production: an HTTP server, two workers and the queue between them, in one scope.
//!
//! ```text
//! cargo run --example server
//! curl --data tea localhost:8080/jobs
//! ```
//!
//! Ctrl-C, or SIGTERM, stops it: first the server answers the requests that are under way, then the workers do the jobs
//! that are in the queue. A member that dies stops the others in the same way.
//!
//! Exit codes: 0 if it was stopped and every job is done; 3 if a member died; 2 if the command line is wrong; 1 for
//! anything else, such as a port that is taken, or a member that did not stop in time. The message names the member.

use async_channel::{Receiver, Sender, bounded};
use axum::{Router, extract::State, http::StatusCode, routing::post};
use clap::Parser;
use std::{future::pending, net::SocketAddr, process::ExitCode, time::Duration};
use tokio::{net::TcpListener, signal, time::sleep};
use withal::{Phase, Resource, ResourceExt, Scope, ScopeError, background, defer};

/// Takes jobs over HTTP, and has two workers do them.
#[derive(Clone, Copy, Parser)]
struct Options {
    /// The address to listen at
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The worker that gets a job dies of it
    #[arg(long)]
    die: bool,
    /// The worker that gets a job never ends it
    #[arg(long)]
    hang: bool,
}

fn server(listen: SocketAddr, queue: Sender<String>) -> impl Resource<Guard = ()> {
    background(async move |startup| {
        let listener = TcpListener::bind(listen).await?;
        println!("listening at {}", listener.local_addr()?);
        let stop = startup.ready(());
        let router = Router::new().route("/jobs", post(accept)).with_state(queue);
        Ok(axum::serve(listener, router).with_graceful_shutdown(async { _ = stop.await }).await?)
    })
}

/// Accepts a job if there is room in the queue. If not, the client may try again later.
async fn accept(State(queue): State<Sender<String>>, job: String) -> StatusCode {
    queue.try_send(job).map_or(StatusCode::SERVICE_UNAVAILABLE, |()| StatusCode::ACCEPTED)
}

/// Does jobs until the queue is closed and empty, so that no job is lost that was accepted.
fn worker(jobs: Receiver<String>, options: Options) -> impl Resource<Guard = ()> {
    background(async move |startup| {
        let _stop = startup.ready(());
        while let Ok(job) = jobs.recv().await {
            if options.die {
                return Err(format!("cannot do {job}").into());
            }
            sleep(if options.hang { Duration::MAX } else { Duration::from_millis(50) }).await;
            println!("{job} is done");
        }
        Ok(())
    })
}

/// Waits for Ctrl-C, or for the SIGTERM of a supervisor.
async fn interrupted() {
    #[cfg(unix)]
    let term = async { signal::unix::signal(signal::unix::SignalKind::terminate()).expect("a handler").recv().await };
    #[cfg(not(unix))]
    let term = pending::<()>();
    tokio::select! { Ok(()) = signal::ctrl_c() => {}, _ = term => {} }
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let (queue, jobs) = bounded(100);
    let limit = || sleep(Duration::from_secs(5));
    let workers = ["worker a", "worker b"].map(|id| worker(jobs.clone(), options).named(id).exit_within(limit));
    let server = server(options.listen, queue).named("server").exit_within(limit);
    // Entered from left to right, and exited from right to left: the queue is closed after the server has stopped.
    let scope = Scope::new((workers, defer(async |_| Ok(_ = jobs.close())), server).in_order()).until(interrupted());
    let report = scope.report(async |_| pending::<Result<(), ScopeError>>().await).await;
    let Some(first) = report.failures.first() else { return ExitCode::SUCCESS };
    eprintln!("server: {}", report.failures);
    ExitCode::from(if first.phase() == Phase::Up { 3 } else { 1 })
}
