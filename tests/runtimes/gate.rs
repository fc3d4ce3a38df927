//! Where futures wait until they are let through.

use std::sync::Arc;
use tokio::sync::Semaphore;

/// A gate that counts who came, and stays open once it is opened. It needs no runtime.
#[derive(Clone, Debug)]
pub struct Gate(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    came: Semaphore,
    open: Semaphore,
}

impl Gate {
    pub fn closed() -> Self {
        Self(Arc::new(Inner { came: Semaphore::new(0), open: Semaphore::new(0) }))
    }

    pub async fn pass(&self) {
        self.0.came.add_permits(1);
        // A closed semaphore is an open gate.
        let _ = self.0.open.acquire().await;
    }

    pub fn open(&self) {
        self.0.open.close();
    }

    /// Waits until one more has come.
    pub async fn reached(&self) {
        self.0.came.acquire().await.expect("it is never closed").forget();
    }
}
