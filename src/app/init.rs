//! The command `init`: a configuration file to begin with, made of what lies in this folder.
//!
//! [`find`] looks, [`draft`] writes the text. What is there already is never changed.

mod draft;
mod find;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::refuse;
use crate::action::account::Trouble;
use crate::action::config::FILE;
use crate::action::console::Console;
use crate::action::env::Environment;
use crate::action::error::InputError;
use crate::action::files;
use crate::action::inputs::Inputs;
use crate::action::line::Line;
use crate::action::outcome::Exit;
use crate::action::render;
use crate::modes::project::tree::DiskTree;
use crate::remote::disk::read::DiskRead;

/// Looks at the project in the current folder, and writes its configuration unless this is a dry run.
pub(super) fn run(inputs: &Inputs, console: &Console, environment: &Environment) -> ExitCode {
    let is_dry_run = match inputs.flag("dry-run") {
        Ok(is_dry_run) => is_dry_run,
        Err(error) => return refuse(&error, console, environment),
    };
    let file = inputs.text("config").unwrap_or(FILE);
    let is_there = files::is_there(Path::new(file));
    if is_there && !is_dry_run {
        let error = InputError::Config {
            file: file.to_owned(),
            line: None,
            why: "it is there already, and is never changed".to_owned(),
            hint: Some(
                "name another file by `--config`, or see with `--dry-run` what it would say".to_owned(),
            ),
        };
        return refuse(&error, console, environment);
    }
    let unsure = |error: &dyn std::error::Error| {
        console.lines(&render::trouble(&Trouble::of(error, None)));
        Exit::Unsure.into()
    };
    let found = match find::look(&DiskTree::new(DiskRead::default(), PathBuf::from("."))) {
        Ok(found) => found,
        Err(error) => return unsure(&error),
    };
    let draft = draft::draft(&found);
    let mut lines = draft.because;
    lines.push(String::new());
    if is_dry_run {
        lines.push(format!("`{file}` would say:"));
        lines.push(String::new());
        lines.extend(draft.text.lines().map(str::to_owned));
        if is_there {
            lines.push(String::new());
            lines.push(format!("`{file}` is there already: it would not be written."));
        }
    } else {
        if let Err(error) = files::new_config(Path::new(file), &draft.text) {
            return unsure(&error);
        }
        lines.push(format!(
            "Written to `{file}`. Read it; `release-action explain-config` shows what holds then."
        ));
    }
    let text: String = lines.iter().map(|line| Line::plain(line.as_str()).text() + "\n").collect();
    match files::write_output(&text) {
        Ok(()) => Exit::Settled.into(),
        Err(error) => unsure(&error),
    }
}
