//! Servers that are nobody's simulator: they give every request one canned answer.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// Status, content type, body.
pub(crate) type Answer = (u16, &'static str, String);

/// Starts a server that makes its answer of the request's head, and gives its origin. It lives as long as the tests.
pub(crate) fn canned(answer: impl Fn(&str) -> Answer + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    let address = listener.local_addr().expect("it is bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that went away wants no answer.
            drop(exchange(stream, &answer));
        }
    });
    format!("http://{address}")
}

/// The page with which a wireless network greets everybody.
pub(crate) fn log_in_page(_head: &str) -> Answer {
    let page = "<!doctype html><html><head><title>Sign in</title></head><body>Welcome.</body></html>";
    (200, "text/html", page.to_owned())
}

fn exchange(mut stream: TcpStream, answer: &impl Fn(&str) -> Answer) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head)? > 0 {}
    let length = head
        .lines()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    std::io::copy(&mut reader.take(length.unwrap_or(0)), &mut std::io::sink())?;
    let (status, content_type, body) = answer(&head);
    write!(
        stream,
        "HTTP/1.1 {status} Whatever\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The origin of a port that nobody listens on.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback is there");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}
