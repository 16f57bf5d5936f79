//! create-release meets drafts, releases and files that are there already.

use crate::support::world::{Phase, World};

#[test]
fn checksums_that_are_not_those_of_the_manifest_go_nowhere() {
    let world = World::new();
    world.play_until(Phase::Draft);
    world.write("release-manifest/SHA256SUMS", "0000  sample-1.2.0.tar.gz\n");
    let before = world.writes();
    let outcome = world.phase(Phase::Draft).run().expect_code(1);
    assert!(outcome.finds("manifest/mismatch", "SHA256SUMS"), "{}", outcome.told());
    assert_eq!(world.writes(), before);
}
