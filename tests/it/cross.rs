//! The program for the systems that builders run on: a Windows program is linked, and the types are checked as for
//! Apple's systems, where only Apple's own linker has the libraries.

use std::collections::BTreeSet;

use object::read::pe::{ImageNtHeaders as _, PeFile64};

use crate::support::cross::System;
use crate::support::workflow_files::root;

#[test]
fn a_program_for_windows_links_and_needs_windows_alone() {
    let Some(folder) = System::Windows.cargo(&["build", "--bin", "release-action"]) else { return };
    let bytes = std::fs::read(folder.join("release-action.exe")).expect("it was linked");
    let file = PeFile64::parse(&*bytes).expect("a program for 64-bit Windows");
    let machine = file.nt_headers().file_header().machine.get(object::LittleEndian);
    assert_eq!(machine, object::pe::IMAGE_FILE_MACHINE_AMD64);
    let needed = needed(&file);
    assert!(needed.iter().any(|name| name == "kernel32.dll"), "{needed:?}");
    let of_windows = of_windows();
    // Names of this kind stand for sets of functions, which Windows itself finds.
    let libraries = needed.iter().filter(|name| !name.starts_with("api-ms-win-"));
    let others: Vec<_> = libraries.filter(|name| !of_windows.contains(*name)).collect();
    assert!(others.is_empty(), "a builder may lack {others:?}");
}

/// The libraries that every 64-bit Windows has. Those of compilers, such as `libgcc_s_seh-1.dll`, are not among them.
fn of_windows() -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("data/windows-dlls.txt")).expect("the list is there");
    let rows = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let names = rows.filter(|(machines, _)| machines.contains('x')).flat_map(|(_, names)| names.split(' '));
    let names: BTreeSet<_> = names.map(|name| format!("{name}.dll")).collect();
    assert!(names.contains("kernel32.dll") && !names.contains("libgcc_s_seh-1.dll"));
    names
}

/// The libraries that Windows loads with a program.
fn needed(file: &PeFile64<'_>) -> Vec<String> {
    let table = file.import_table().expect("readable").expect("a program imports");
    let mut descriptors = table.descriptors().expect("readable");
    let mut names = Vec::new();
    while let Some(descriptor) = descriptors.next().expect("readable") {
        let name = table.name(descriptor.name.get(object::LittleEndian)).expect("readable");
        names.push(String::from_utf8_lossy(name).to_lowercase());
    }
    names
}

#[test]
fn the_program_is_one_for_macos_on_apples_processors() {
    System::AppleArm.cargo(&["check", "--bin", "release-action"]);
}

#[test]
fn the_program_is_one_for_macos_on_intels_processors() {
    System::AppleIntel.cargo(&["check", "--bin", "release-action"]);
}
