//! Generic code asks for a `SendBody`, and may wrap it in a body of its own.

#[path = "../db.rs"]
mod db;

use db::{Motto, spawn, yield_now};
use withal::{Resource, ResourceExt, SendBody};

async fn logged<R, F>(resource: R, body: F) -> anyhow::Result<()>
where
    R: Resource,
    for<'r> F: SendBody<&'r mut R::Guard, anyhow::Result<()>>,
{
    println!("entering");
    resource.scope(body).await
}

async fn wrapped<R, F>(resource: R, body: F) -> anyhow::Result<()>
where
    R: Resource,
    for<'r> F: SendBody<&'r mut R::Guard, anyhow::Result<()>>,
{
    let body = async |guard: &mut R::Guard| {
        println!("entered");
        body(guard).await
    };
    logged(resource, body).await
}

pub fn main() {
    let mut seen = 0;
    let task = async move {
        let body = async |motto: &mut &'static str| {
            yield_now().await;
            seen += motto.len();
            Ok(())
        };
        wrapped(Motto, body).await.map(|()| seen)
    };
    assert_eq!(spawn(task).unwrap(), 13);
}
