//! Where lines go: a terminal, a plain log, or the runner, which also takes commands.
//!
//! Everything goes to one stream, so that it stays in order. In the runner that is standard output; it is standard
//! error elsewhere, and wherever the report takes standard output for itself.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressDrawTarget;
use tracing_subscriber::fmt::MakeWriter;

use super::annotate::{Command, masks};
use super::bars::Bars;
use super::env::Environment;
use super::line::Line;
use super::redaction::Redaction;
use super::render;
use crate::remote::surroundings::{Event, Masks, Progress};

/// What the stream is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manner {
    /// A runner reads it for commands.
    pub(crate) is_runner: bool,
    /// The user asked the runner for debug lines.
    pub(crate) is_debug: bool,
    /// A person sees it at once, and in colour if they like.
    pub(crate) is_terminal: bool,
    /// They do not like colour.
    pub(crate) no_color: bool,
}

impl Manner {
    /// A runner's log is no terminal, whatever the stream says.
    fn of(environment: &Environment, is_terminal: bool) -> Self {
        let is_runner = environment.get("GITHUB_ACTIONS") == Some("true");
        Self {
            is_runner,
            is_debug: environment.get("RUNNER_DEBUG") == Some("1"),
            is_terminal: is_terminal && !is_runner && environment.get("TERM") != Some("dumb"),
            no_color: environment.get("NO_COLOR").is_some(),
        }
    }
}

/// One of the two streams of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stream {
    Output,
    Error,
}

impl Stream {
    const fn of(is_runner: bool, report_takes_output: bool) -> Self {
        if is_runner && !report_takes_output { Self::Output } else { Self::Error }
    }
}

/// Prints lines and commands, and knows every secret that must not be in them.
pub(crate) struct Console {
    stream: Mutex<Box<dyn Write + Send>>,
    manner: Manner,
    bars: Option<Bars>,
    redaction: Redaction,
}

impl Console {
    /// The console of this process. It knows the environment's secrets from its first line on.
    ///
    /// `report_takes_output` keeps everything off standard output; say so too while it is not known yet.
    pub(crate) fn of_process(environment: &Environment, report_takes_output: bool) -> Self {
        let manner = Manner::of(environment, io::stderr().is_terminal());
        let stream: Box<dyn Write + Send> = match Stream::of(manner.is_runner, report_takes_output) {
            Stream::Output => Box::new(io::stdout()),
            Stream::Error => Box::new(io::stderr()),
        };
        let console = Self::new(stream, manner);
        environment.secrets().into_iter().for_each(|secret| console.mask(secret));
        console
    }

    /// A console that writes to `stream`.
    pub(crate) fn new(stream: Box<dyn Write + Send>, manner: Manner) -> Self {
        let bars = manner.is_terminal.then(|| Bars::new(ProgressDrawTarget::stderr()));
        Self { stream: Mutex::new(stream), manner, bars, redaction: Redaction::default() }
    }

    /// What it knows to hide; every other way out of the program asks it too.
    pub(crate) const fn redaction(&self) -> &Redaction {
        &self.redaction
    }

    /// Prints lines, without secrets and without anything that is no text.
    pub(crate) fn lines(&self, lines: &[Line]) {
        // Bars are redrawn around every write, even of nothing.
        if lines.is_empty() {
            return;
        }
        let is_colored = self.manner.is_terminal && !self.manner.no_color;
        let text = lines.iter().map(|line| {
            let line = line.map(|text| self.redaction.apply(text));
            if is_colored {
                line.painted() + "\n"
            } else {
                // A secret may also stand across two pieces of the line.
                self.redaction.apply(&line.text()) + "\n"
            }
        });
        self.write(&text.collect::<String>());
    }

    /// Sends commands to the runner. Elsewhere nobody would understand them.
    pub(crate) fn commands(&self, commands: &[Command]) {
        if self.manner.is_runner {
            let text =
                commands.iter().map(|command| command.map(|text| self.redaction.apply(text)).line() + "\n");
            self.write(&text.collect::<String>());
        }
    }

    fn write(&self, text: &str) {
        let print = || {
            let mut stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody listens any more: the release goes on, and its report and exit code tell of it.
            drop(stream.write_all(text.as_bytes()).and_then(|()| stream.flush()));
        };
        match &self.bars {
            Some(bars) => bars.pause(print),
            None => print(),
        }
    }
}

impl Masks for Console {
    fn mask(&self, secret: &str) {
        if self.redaction.knows(secret) {
            return;
        }
        // The command has to show the secret once, so it goes out before we begin to hide it ourselves.
        if self.manner.is_runner {
            let text = masks(secret).iter().map(|command| command.line() + "\n").collect::<String>();
            self.write(&text);
        }
        self.redaction.learn(secret);
    }

    fn hide(&self, text: &str) -> String {
        self.redaction.apply(text)
    }
}

impl Progress for Console {
    fn event(&self, event: Event<'_>) {
        if let Some(bars) = &self.bars {
            bars.event(event, |text| self.redaction.apply(text));
        }
        match event {
            Event::Plan(waves) => self.lines(&render::plan(waves)),
            Event::Started(step) if self.manner.is_debug => {
                self.commands(&[Command::debug(&format!("begins: {step}"))]);
            }
            event => self.lines(render::event(event).as_slice()),
        }
    }
}

/// Lets `tracing` write through the console, so that no library's log shows a secret or becomes a command.
#[derive(Clone)]
pub(crate) struct Log(pub(crate) Arc<Console>);

/// One event of the log, printed when it is whole.
pub(crate) struct LogLines<'a> {
    console: &'a Console,
    bytes: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = LogLines<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        LogLines { console: &self.0, bytes: Vec::new() }
    }
}

impl Write for LogLines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogLines<'_> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.bytes);
        let lines: Vec<_> = text.lines().map(Line::plain).collect();
        self.console.lines(&lines);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::line::Tone;
    use super::*;

    /// A stream that can be read back.
    #[derive(Clone, Default)]
    pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

    impl Paper {
        /// All that was written.
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text")
        }
    }

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A runner with debug lines.
    pub(crate) const RUNNER: Manner =
        Manner { is_runner: true, is_debug: true, is_terminal: false, no_color: false };

    fn printed(manner: Manner, print: impl FnOnce(&Arc<Console>)) -> String {
        let paper = Paper::default();
        let console = Arc::new(Console::new(Box::new(paper.clone()), manner));
        print(&console);
        paper.text()
    }

    #[test]
    fn a_report_on_standard_output_has_it_for_itself() {
        assert_eq!(Stream::of(true, false), Stream::Output);
        assert_eq!(Stream::of(true, true), Stream::Error);
        assert_eq!(Stream::of(false, false), Stream::Error);
    }

    #[test]
    fn the_environment_says_what_the_stream_is_like() {
        let manner = |variables: &[(&str, &str)]| Manner::of(&variables.iter().copied().collect(), true);
        let terminal = Manner { is_terminal: true, ..Manner::default() };
        assert_eq!(manner(&[]), terminal);
        assert_eq!(manner(&[("NO_COLOR", "1")]), Manner { no_color: true, ..terminal });
        assert_eq!(manner(&[("TERM", "dumb")]), Manner::default());
        assert_eq!(manner(&[("GITHUB_ACTIONS", "true"), ("RUNNER_DEBUG", "1")]), RUNNER);
    }

    #[test]
    fn a_secret_is_masked_once_and_never_shown_again() {
        let print = |console: &Arc<Console>| {
            console.mask("hunter2\nline-two");
            console.mask("hunter2");
            console.lines(&[Line::plain("x hun").then(Tone::Bad, "ter2 y line-two")]);
            console.commands(&[Command::debug("hunter2")]);
            console.event(Event::Note("hunter2"));
            console.event(Event::Started("hunter2"));
        };
        assert_eq!(
            printed(RUNNER, print),
            "::add-mask::hunter2\n::add-mask::line-two\nx *** y ***\n::debug::***\n  ***\n::debug::begins: ***\n"
        );
        assert_eq!(printed(Manner::default(), print), "x *** y ***\n  ***\n");
    }

    #[test]
    fn colour_is_for_terminals_only() {
        let print = |console: &Arc<Console>| console.lines(&[Line::toned(Tone::Good, "done")]);
        assert_eq!(printed(Manner::default(), print), "done\n");
        assert_eq!(printed(RUNNER, print), "done\n");
        let terminal = Manner { is_terminal: true, ..Manner::default() };
        assert_eq!(printed(terminal, print), "\u{1b}[32mdone\u{1b}[0m\n");
        assert_eq!(printed(Manner { no_color: true, ..terminal }, print), "done\n");
    }

    #[test]
    fn the_plan_is_printed_as_it_comes() {
        let waves = [vec!["+ a ##[set-output name=x;]y".to_owned()]];
        let print = |console: &Arc<Console>| console.event(Event::Plan(&waves));
        assert_eq!(printed(RUNNER, print), "plan: 1 step\n  + a ##\\[set-output name=x;]y\n");
    }

    #[test]
    fn logs_of_libraries_pass_the_console() {
        let shown = printed(RUNNER, |console| {
            console.mask("hunter2");
            let log = Log(Arc::clone(console));
            let mut writer = log.make_writer();
            writer.write_all(b"GET /?token=hun").expect("written");
            writer.write_all(b"ter2\n::error::x\n\xff\x1b[0m\n").expect("written");
        });
        assert_eq!(shown, "::add-mask::hunter2\nGET /?token=***\n\\::error::x\n\u{fffd}\\u{1b}[0m\n");
    }
}
