//! Progress bars, where a person watches on a terminal.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::annotate::neutral;
use crate::remote::surroundings::Event;

/// Bars by what they stand for. They are drawn on standard error and vanish when their work is done.
pub(crate) struct Bars {
    all: MultiProgress,
    running: Mutex<HashMap<String, ProgressBar>>,
}

impl Bars {
    /// Draws on `target`: standard error, or nothing in tests.
    pub(crate) fn new(target: ProgressDrawTarget) -> Self {
        Self { all: MultiProgress::with_draw_target(target), running: Mutex::default() }
    }

    /// Runs `print` while no bar is drawn, so that lines and bars do not mix.
    pub(crate) fn pause(&self, print: impl FnOnce()) {
        self.all.suspend(print);
    }

    /// Shows what an event says. `text` is what may be shown of a text: without secrets.
    pub(crate) fn event(&self, event: Event<'_>, text: impl Fn(&str) -> String) {
        match event {
            Event::Started(step) => {
                let bar = self.bar(step, None, &text);
                bar.enable_steady_tick(Duration::from_millis(120));
            }
            Event::Bytes { what, done, total } => {
                self.bar(what, total, &text).set_position(done);
                if total == Some(done) {
                    self.remove(what);
                }
            }
            Event::Finished(step) | Event::Failed(step, _) => self.remove(step),
            Event::Plan(_) | Event::Waiting { .. } | Event::Note(_) => {}
        }
    }

    fn bar(&self, what: &str, total: Option<u64>, text: impl Fn(&str) -> String) -> ProgressBar {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = running.entry(what.to_owned()).or_insert_with(|| {
            let bar = self.all.add(ProgressBar::no_length().with_style(spinner()));
            bar.set_message(neutral(&text(what)));
            bar
        });
        if let Some(total) = total.filter(|total| bar.length() != Some(*total)) {
            bar.set_length(total);
            bar.set_style(transfer());
        }
        bar.clone()
    }

    fn remove(&self, what: &str) {
        let bar = self.running.lock().unwrap_or_else(PoisonError::into_inner).remove(what);
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
    }
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("  {spinner} {wide_msg}").expect("the template is good")
}

fn transfer() -> ProgressStyle {
    ProgressStyle::with_template("  [{bar:24}] {bytes:>10} of {total_bytes:<10} {wide_msg}")
        .expect("the template is good")
        .progress_chars("=> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_vanish_when_their_work_is_done() {
        let bars = Bars::new(ProgressDrawTarget::hidden());
        let count = || bars.running.lock().expect("no panic").len();
        let event = |event| bars.event(event, str::to_owned);
        event(Event::Started("upload `a`"));
        event(Event::Bytes { what: "a", done: 1, total: Some(3) });
        event(Event::Bytes { what: "b", done: 1, total: None });
        assert_eq!(count(), 3);
        event(Event::Bytes { what: "a", done: 3, total: Some(3) });
        event(Event::Failed("b", "it broke off"));
        event(Event::Finished("upload `a`"));
        event(Event::Finished("never begun"));
        assert_eq!(count(), 0);
    }
}
