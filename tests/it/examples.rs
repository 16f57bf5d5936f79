//! The examples use this action as it is: modes and inputs that exist, in the order that the product stands for.

use std::path::PathBuf;

use release_action::action::schema::{ModeName, inputs_of};

use crate::support::workflow_files::{UsingStep, examples, using_steps};

#[test]
fn examples_give_each_mode_inputs_that_it_reads() {
    for file in examples() {
        let text = std::fs::read_to_string(&file).expect("it was listed");
        let steps = using_steps(&text);
        assert!(steps.len() >= 5, "{} uses us in {} steps only", file.display(), steps.len());
        for step in steps {
            let at = format!("{}:{}", file.display(), step.line);
            let mode =
                step.with.iter().find(|(key, _)| key == "mode").unwrap_or_else(|| panic!("{at}: no mode"));
            let mode: ModeName = mode.1.parse().unwrap_or_else(|error| panic!("{at}: {error}"));
            for (key, _) in &step.with {
                assert!(
                    inputs_of(mode).any(|input| input.name == key),
                    "{at}: `{mode}` has no input `{key}`"
                );
            }
        }
    }
}

#[test]
fn examples_play_the_modes_in_the_order_of_a_release() {
    let order = |file: &PathBuf| -> Vec<String> {
        let steps = using_steps(&std::fs::read_to_string(file).expect("it was listed"));
        let value = |step: &UsingStep, name: &str| {
            step.with.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value).to_owned()
        };
        steps
            .iter()
            .map(|step| format!("{} {}", value(step, "mode"), value(step, "publish")).trim().to_owned())
            .collect()
    };
    let last = ["validate-wheels", "create-release false", "publish", "create-release true"];
    for file in examples() {
        let order = order(&file);
        assert_eq!(order.first().map(String::as_str), Some("verify-tag"), "{}", file.display());
        assert!(order.ends_with(&last.map(str::to_owned)), "{}: {order:?}", file.display());
    }
}
