//! `release-action`: see the library of the same name.

fn main() -> std::process::ExitCode {
    release_action::app::run()
}
