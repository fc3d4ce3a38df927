use std::io;
use withal::adopt;

async fn close(_: u32) -> io::Result<()> {
    Ok(())
}

fn main() {
    let connection = adopt(7, async |connection, _| close(connection).await);
}
