//! Passes connections on to a server, and what clients say only after a while: a server in the same machine as far away as S3 is.
//!
//!     cargo run --release --example delay -- 127.0.0.1:9000 30
//!
//! Says the address to connect to, and passes on until it is ended.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(server), Some(millis)) = (arguments.next(), arguments.next()) else {
        anyhow::bail!("usage: delay ADDRESS MILLISECONDS");
    };
    let delay = Duration::from_millis(millis.parse()?);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?);
    for client in listener.incoming() {
        let (client, server) = (client?, TcpStream::connect(&server)?);
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (queue, waiting) = channel();
        let (from_client, from_server) = (client.try_clone()?, server.try_clone()?);
        thread::spawn(move || late(&waiting, server));
        thread::spawn(move || {
            read(from_client, |bytes| queue.send((Instant::now() + delay, bytes.to_vec())).is_ok())
        });
        thread::spawn(move || {
            let mut client = client;
            read(from_server, |bytes| client.write_all(bytes).is_ok());
            let _ = client.shutdown(Shutdown::Both);
        });
    }
    Ok(())
}

fn read(mut stream: TcpStream, mut take: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        if !take(&buffer[..length]) {
            return;
        }
    }
}

/// Writes each text when its time has come.
fn late(waiting: &Receiver<(Instant, Vec<u8>)>, mut stream: TcpStream) {
    for (time, bytes) in waiting {
        thread::sleep(time.saturating_duration_since(Instant::now()));
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
}
