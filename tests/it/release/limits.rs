//! GitHub's limits on what is created, as it publishes them, and a release that would meet them if it did not wait.

use std::sync::{Arc, Mutex, PoisonError};

use release_action::archive::build::{SdistBuilder, WheelBuilder};
use release_action::rehearse::trial;
use release_action::sim::journal::Exchange;

use crate::support::contract::Contract;

#[test]
fn a_hundred_files_go_out_below_the_limits() {
    let platforms =
        ["manylinux_2_17", "manylinux_2_24", "manylinux_2_28", "manylinux_2_31", "musllinux_1_1"]
            .iter()
            .flat_map(|libc| ["x86_64", "aarch64"].map(|machine| format!("{libc}_{machine}")))
            .chain((11..=15).flat_map(|version| {
                ["x86_64", "arm64"].map(|machine| format!("macosx_{version}_0_{machine}"))
            }))
            .collect::<Vec<_>>();
    let pythons = ["cp310", "cp311", "cp312", "cp313", "cp314"];
    let wheels = pythons.iter().flat_map(|python| platforms.iter().map(move |platform| (python, platform)));
    let wheels = wheels
        .map(|(python, platform)| WheelBuilder::new("sample", "1.2.0", python, python, platform).build());
    let files: Vec<_> = wheels.chain([SdistBuilder::new("sample", "1.2.0").build()]).collect();
    assert_eq!(files.len(), 101);

    let contract = Contract::keep();
    let judge = contract.observer();
    let refused = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&refused);
    let observer = Arc::new(move |exchange: &Exchange| {
        judge(exchange);
        let status = exchange.response.as_ref().map_or(0, |response| response.status);
        if [403, 429].contains(&status) {
            let what = format!("{} {} -> {status}", exchange.request.method, exchange.request.path);
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(what);
        }
    });
    let trial = trial::play(Some(files), Vec::new(), Some(observer)).expect("there is something to play");
    assert!(trial.is_good, "{:#?} {:#?}", trial.findings, trial.errors);
    assert_eq!(trial.rows.iter().filter(|row| row.release.is_some()).count(), 103, "files and two records");
    let refused = refused.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*refused, Vec::<String>::new(), "whoever waits is not refused");
}
