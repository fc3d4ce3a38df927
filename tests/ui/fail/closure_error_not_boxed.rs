use std::io;
use withal::resource;

async fn connect() -> io::Result<u32> {
    Ok(7)
}

fn main() {
    let connection = resource(async || connect().await, async |_, _| Ok(()));
}
