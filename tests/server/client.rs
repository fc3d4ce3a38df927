//! A client that can hang up.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Client(SocketAddr);

impl Client {
    pub fn of(server: SocketAddr) -> Self {
        Self(server)
    }

    /// Sends a request and does not wait for the answer: to drop this is to hang up.
    pub async fn send(&self, path: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    pub async fn get(&self, path: &str) -> String {
        let mut answer = String::new();
        self.send(path).await.read_to_string(&mut answer).await.unwrap();
        answer
    }
}
