//! Laws `reaped` and `drop-any-time` in a real server: each request opens a scope of two members, and clients hang up
//! while it is entered, in its body, and while it is exited.

mod app;
mod client;

use app::{App, Moment, Phase};
use client::Client;
use std::time::Duration;
use tokio::net::TcpListener;
use withal::Reaper;

/// Longer than anything takes that does not hang.
const LIMIT: Duration = Duration::from_secs(60);

const HANG_UPS: usize = 200;

/// A server that runs until the runtime ends.
async fn start(app: App) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = Client::of(listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app.router()).await.unwrap() });
    client
}

/// In rotation enter, body and exit; with either member, and more or fewer awaits before it.
fn moments() -> impl Iterator<Item = Moment> {
    let phases = [Phase::Enter, Phase::Body, Phase::Exit].into_iter().cycle();
    phases.zip(0..HANG_UPS).map(|(phase, i)| Moment { phase, member: i / 3 % 2, awaits: i % 7 })
}

/// Hangs up at each moment: the handler is dropped while it is held up there.
async fn hang_up_at_each(app: &App, client: &Client) {
    for moment in moments() {
        let mut visit = app.expect(moment);
        let request = client.send(&visit.path).await;
        visit.held_up().await;
        drop(request);
        visit.dropped().await;
        visit.go_on();
    }
}

/// The server goes on answering.
async fn assert_answers(app: &App, client: &Client) {
    let visit = app.expect(Moment { phase: Phase::Body, member: 0, awaits: 3 });
    visit.go_on();
    let answer = client.get(&visit.path).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nmembers 0 and 1"), "{answer}");
}

fn play<F: Future<Output = ()> + Send + 'static>(test: fn() -> F) {
    for mut runtime in [tokio::runtime::Builder::new_multi_thread(), tokio::runtime::Builder::new_current_thread()] {
        let runtime = runtime.worker_threads(2).enable_all().build().unwrap();
        let task = runtime.spawn(test());
        runtime.block_on(async { tokio::time::timeout(LIMIT, task).await }).expect("it hangs").unwrap();
    }
}

#[test]
fn reaped_when_clients_hang_up() {
    play(|| async {
        let reaper = Reaper::new(|task| drop(tokio::spawn(task)));
        let app = App::on(&reaper);
        let client = start(app.clone()).await;
        assert_answers(&app, &client).await;
        hang_up_at_each(&app, &client).await;
        assert_answers(&app, &client).await;
        reaper.idle().await;
        assert_eq!(reaper.pending(), 0);
        let ledger = app.ledger();
        assert_eq!(ledger.visits, HANG_UPS + 2);
        ledger.assert_reaped();
    });
}

#[test]
fn drop_any_time_when_clients_hang_up() {
    play(|| async {
        let app = App::plain();
        let client = start(app.clone()).await;
        assert_answers(&app, &client).await;
        hang_up_at_each(&app, &client).await;
        assert_answers(&app, &client).await;
        let ledger = app.ledger();
        assert_eq!(ledger.visits, HANG_UPS + 2);
        ledger.assert_balanced();
    });
}

/// All at once: the clients hang up when all are held up, and the moments of the drops are the server's own.
#[test]
fn reaped_when_all_clients_hang_up_at_once() {
    play(|| async {
        let reaper = Reaper::new(|task| drop(tokio::spawn(task)));
        let app = App::on(&reaper);
        let client = start(app.clone()).await;
        let (mut visits, mut requests) = (Vec::new(), Vec::new());
        for moment in moments() {
            let visit = app.expect(moment);
            requests.push(client.send(&visit.path).await);
            visits.push(visit);
        }
        for visit in &mut visits {
            visit.held_up().await;
        }
        drop(requests);
        // Some go on before they are dropped, some after.
        for (i, visit) in visits.iter_mut().enumerate() {
            if i % 2 == 0 {
                visit.dropped().await;
            }
            visit.go_on();
        }
        for visit in visits.iter_mut().skip(1).step_by(2) {
            visit.dropped().await;
        }
        assert_answers(&app, &client).await;
        reaper.idle().await;
        let ledger = app.ledger();
        assert_eq!(ledger.visits, HANG_UPS + 1);
        ledger.assert_reaped();
    });
}
