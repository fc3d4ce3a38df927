//! One machine in the hands of a scope: a child process that is started, used over TCP, stopped, and never leaked.

use crate::events::{Event, Events};
use crate::server::Config;
use std::io;
use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy, sink};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;
use withal::{Outcome, Resource};

/// Longer than any boot takes, also where all 64 start on a busy computer.
const BOOT_LIMIT: Duration = Duration::from_secs(30);

/// A machine that can be started: the member of the scope.
pub(crate) struct Vm<'t> {
    config: Config,
    /// A machine that takes longer to stop is killed.
    stop_limit: Duration,
    events: &'t Events,
}

/// A machine that is up: the guard, which the body works with.
pub(crate) struct Machine {
    connection: BufReader<TcpStream>,
    /// It ends when the machine does.
    stdout: Option<BufReader<ChildStdout>>,
    child: Child,
    /// The machine ends when this is closed. It stands apart from `child`, whose `wait` closes the stdin that it holds,
    /// and would so stop a machine that ignores the request to.
    _lifeline: Option<ChildStdin>,
}

impl<'t> Vm<'t> {
    pub(crate) fn new(config: Config, stop_limit: Duration, events: &'t Events) -> Self {
        Self { config, stop_limit, events }
    }

    fn note(&self, event: &Event) {
        self.events.add(self.config.index, event);
    }
}

impl Resource for Vm<'_> {
    type Guard = Machine;
    type Error = io::Error;

    async fn enter(&mut self) -> io::Result<Machine> {
        let mut command = Command::new(std::env::current_exe()?);
        // A terminal sends Ctrl-C to a whole process group: so it is the scope that ends the machines, not the
        // terminal. Only between its fork and this can a machine be hit, and then it fails to boot.
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command
            .args(self.config.to_args())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // The last resort: `enter` dropped before it is done, or `exit` before it is.
            .kill_on_drop(true)
            .spawn()?;
        self.note(&Event::Started { pid: child.id() });

        match within(BOOT_LIMIT, "boot", boot(&mut child)).await {
            Ok((connection, stdout)) => {
                self.note(&Event::Ready);
                Ok(Machine { connection, stdout: Some(stdout), _lifeline: child.stdin.take(), child })
            }
            Err(error) => {
                // Nobody exits what did not enter: an `enter` that fails ends what it started.
                child.kill().await?;
                self.note(&Event::BootFailed);
                Err(error)
            }
        }
    }

    async fn exit(&mut self, mut machine: Machine, outcome: Outcome<'_>) -> io::Result<()> {
        self.note(&Event::ToldToStop(outcome.kind()));
        let stopped = within(self.stop_limit, "stop", machine.stop()).await;
        if stopped.is_ok() {
            self.note(&Event::Ended);
        } else {
            machine.child.kill().await?;
            self.note(&Event::Killed);
        }
        stopped
    }

    fn abandon(&mut self, mut machine: Machine) {
        // There is nobody to tell of a failure, and the drop of the guard tries again.
        if machine.child.start_kill().is_ok() {
            self.note(&Event::Killed);
        }
    }
}

impl Machine {
    /// Sends the machine a request, and waits for its answer.
    pub(crate) async fn ask(&mut self, request: &str) -> io::Result<String> {
        ask(&mut self.connection, request).await
    }

    /// Waits until the machine has ended by itself, for [`watch`](withal::ResourceExt::watch). Its exit says how.
    pub(crate) fn death(&mut self) -> impl Future<Output = &'static str> + use<> {
        let stdout = self.stdout.take();
        async move {
            if let Some(mut stdout) = stdout {
                // An error means that there is nothing left to read, the same as the end.
                let _ = copy(&mut stdout, &mut sink()).await;
            }
            "ended by itself"
        }
    }

    /// Asks the machine to stop, and waits until its process has ended.
    async fn stop(&mut self) -> io::Result<()> {
        // One that has died does not hear it, and its status says more than the broken connection.
        let _ = send(&mut self.connection, "stop").await;
        let status = self.child.wait().await?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("ended with {status}"))) }
    }
}

/// Waits until the machine answers over TCP, at the port that it prints.
async fn boot(child: &mut Child) -> io::Result<(BufReader<TcpStream>, BufReader<ChildStdout>)> {
    let mut port = String::new();
    let mut stdout = BufReader::new(child.stdout.take().expect("it is a pipe"));
    stdout.read_line(&mut port).await?;
    let port: u16 = port.trim().parse().map_err(|_| io::Error::other("ended before it listened"))?;
    let mut connection = BufReader::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?);
    match ask(&mut connection, "hello").await?.as_str() {
        "ready" => Ok((connection, stdout)),
        refusal => Err(io::Error::other(format!("refused to boot: {refusal}"))),
    }
}

async fn ask(connection: &mut BufReader<TcpStream>, request: &str) -> io::Result<String> {
    send(connection, request).await?;
    let mut answer = String::new();
    if connection.read_line(&mut answer).await? == 0 {
        return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "closed the connection"));
    }
    Ok(answer.trim_end().to_owned())
}

async fn send(connection: &mut BufReader<TcpStream>, line: &str) -> io::Result<()> {
    connection.write_all(format!("{line}\n").as_bytes()).await
}

/// Fails what takes longer than the limit, in words that follow the machine's name.
async fn within<T>(limit: Duration, verb: &str, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match timeout(limit, work).await {
        Ok(result) => result,
        Err(_) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("did not {verb} within {limit:?}, and was killed")))
        }
    }
}
