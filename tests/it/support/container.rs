//! The image of this action, built from the project's `Dockerfile` once a run, where a container engine runs.

use std::process::{Command, Output};
use std::sync::OnceLock;

use super::tools::or_skip;
use super::workflow_files::root;

/// What the image is called. Tests alone make and use it.
const IMAGE: &str = "release-action-test:latest";

/// What the image that compiles is called; the name keeps its layers for the next build.
const BUILD_IMAGE: &str = "release-action-test-build:latest";

/// The name of the image, built now from the sources; nothing where that cannot be.
pub(crate) fn image() -> Option<&'static str> {
    static BUILT: OnceLock<Option<()>> = OnceLock::new();
    (*BUILT.get_or_init(|| {
        or_skip("the container's image", base_image())?;
        build();
        Some(())
    }))
    .map(|()| IMAGE)
}

/// The image's size on disk.
pub(crate) fn size_bytes(image: &str) -> u64 {
    let size = docker(&["image", "inspect", "--format", "{{.Size}}", image]).expect("the image was built");
    size.trim().parse().expect("docker tells a size in bytes")
}

/// The files of an image.
pub(crate) fn files(image: &str) -> Vec<String> {
    let container = docker(&["create", image]).expect("the image was built");
    let exported =
        Command::new("docker").args(["export", container.trim()]).output().expect("docker is installed");
    docker(&["rm", container.trim()]).expect("the container was made above");
    let mut archive = tar::Archive::new(exported.stdout.as_slice());
    let entries = archive.entries().expect("docker exports a tar archive");
    let files = entries.map(|entry| entry.expect("docker exports a tar archive"));
    files.filter(|file| file.header().entry_type().is_file()).map(|file| path_of(&file)).collect()
}

fn path_of(file: &tar::Entry<'_, impl std::io::Read>) -> String {
    file.path().expect("docker exports a tar archive").display().to_string()
}

/// Makes sure of an engine and of the image that the `Dockerfile` builds on.
fn base_image() -> Result<(), String> {
    docker(&["info"]).map_err(|error| format!("no container engine runs: {error}"))?;
    let dockerfile = std::fs::read_to_string(root().join("Dockerfile")).map_err(|error| error.to_string())?;
    let base = dockerfile.lines().find_map(|line| line.strip_prefix("FROM ")?.split(' ').next());
    let base = base.ok_or("the Dockerfile names no base image")?;
    docker(&["image", "inspect", base]).or_else(|_| docker(&["pull", base])).map(drop)
}

/// Builds the image, and removes what an earlier build of other sources left.
fn build() {
    let earlier = [IMAGE, BUILD_IMAGE].map(|name| docker(&["image", "inspect", "--format", "{{.Id}}", name]));
    for arguments in [&["--target", "build", "--tag", BUILD_IMAGE][..], &["--tag", IMAGE]] {
        let mut command = Command::new("docker");
        command.args(["build", "--network", "host"]).args(arguments).arg(root());
        let Output { status, stdout, stderr } = command.output().expect("docker is installed");
        let told = || format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success(), "docker build {arguments:?}:\n{}", told());
    }
    let now = [IMAGE, BUILD_IMAGE].map(|name| docker(&["image", "inspect", "--format", "{{.Id}}", name]));
    for (earlier, now) in earlier.into_iter().zip(now) {
        if let Ok(earlier) = earlier.as_ref().map(|id| id.trim()).map_err(String::as_str)
            && Ok(earlier) != now.as_ref().map(|id| id.trim()).map_err(String::as_str)
        {
            // Someone may still run it; then it stays, which harms nothing.
            drop(docker(&["image", "rm", earlier]));
        }
    }
}

/// What a docker command says on standard output, or why it failed.
fn docker(arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new("docker").args(arguments).output().map_err(|error| format!("docker: {error}"))?;
    let told = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(told(&output.stdout)) } else { Err(told(&output.stderr)) }
}
