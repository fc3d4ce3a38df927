//! A function that lends two guards at once, and one that makes a new resource each time.

use withal::{Resource, ResourceExt, around};

fn number(number: u32) -> impl Resource<Guard = u32> {
    around(async move |lend| {
        lend.lend(number).await;
        Ok(())
    })
}

async fn work() -> anyhow::Result<u32> {
    let both = around(async |lend| {
        lend.lend((1, 2)).await;
        Ok(())
    });
    let mut sum = both.scope(async |(one, two)| anyhow::Ok(*one + *two)).await?;
    for each in [3, 4] {
        sum += number(each).scope(async |number| anyhow::Ok(*number)).await?;
    }
    Ok(sum)
}

pub fn main() {
    assert_eq!(futures::executor::block_on(work()).unwrap(), 10);
}
