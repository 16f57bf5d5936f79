//! What a signal does. As the first process of a container nothing happens by default: a handler has to be there.

use std::time::Duration;

use crate::remote::surroundings::{Event, Stop, Surroundings};

/// A runner that cancels sends SIGINT, SIGTERM after 7.5 seconds, and kills 2.5 seconds later. This leaves time to
/// tell how far the run got.
const GRACE: Duration = Duration::from_secs(5);

/// How long giving tokens back may take after that.
pub(super) const LEAVE: Duration = Duration::from_secs(2);

/// Waits for SIGINT or SIGTERM (on Windows Ctrl+C or Ctrl+Break, which runners send there), asks everybody to begin nothing new, and ends when the time for that is over.
/// Without a signal it never ends.
pub(super) async fn grace_is_over(stop: &Stop, surroundings: &Surroundings) {
    if signal().await.is_err() {
        // No handler could be set: the default applies, and this never ends.
        std::future::pending::<()>().await;
    }
    stop.request();
    surroundings
        .progress
        .event(Event::Note("stopping: nothing new is begun, what is under way is waited for"));
    tokio::select! {
        () = tokio::time::sleep(GRACE) => {}
        // Whoever asks twice is in a hurry.
        _ = signal() => {}
    }
}

/// From here on a write beyond a limit on the size of files (`ulimit -f`) fails like one on a full disk, and can be told
/// and survived. Without a handler, the signal that comes with it ends the program.
#[cfg(unix)]
pub(super) fn outlive_file_limit() {
    use tokio::signal::unix::{SignalKind, signal};
    let excess = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
    // The handler stays when its listener is gone. Where none can be set, the default applies.
    drop(signal(excess));
}

/// Windows has no such limit.
#[cfg(windows)]
pub(super) fn outlive_file_limit() {}

#[cfg(unix)]
async fn signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(windows)]
async fn signal() -> std::io::Result<()> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let (mut interrupt, mut terminate) = (ctrl_c()?, ctrl_break()?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
