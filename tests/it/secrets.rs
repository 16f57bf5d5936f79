//! What nobody may see, and what nobody may say: secrets stay inside, and strangers' words give no commands.

mod hostile;

use std::sync::{Arc, Mutex, PoisonError};

use release_action::sim::fault::Fault;
use release_action::sim::index::Publisher;
use release_action::sim::journal::Exchange;
use serde_json::Value;

use crate::support::canned::{Answer, canned};
use crate::support::program::{Outcome, Program, forms_of};
use crate::support::world::{PHASES, Phase, REPOSITORY, TOKEN, World};

/// What the services saw: the secrets that they handed out, and everything about a request that must not be so.
#[derive(Default)]
struct Watch {
    /// Identity tokens and upload tokens, in the order they were minted.
    minted: Vec<String>,
    /// Signatures of addresses in the store of files.
    signatures: Vec<String>,
    /// Addresses that were asked, with who answers there.
    asked: Vec<(&'static str, String)>,
    faults: Vec<String>,
}

/// A world in which the index trusts the job, and somebody who watches.
fn watched() -> (World, Arc<Mutex<Watch>>) {
    let world = World::new();
    let publisher = Publisher::new("sample".parse().expect("a name"), REPOSITORY, "release.yml");
    world.universe.index(|index| index.register(publisher));
    let watch = Arc::new(Mutex::new(Watch::default()));
    let seen = Arc::clone(&watch);
    world.universe.observe(Arc::new(move |exchange| {
        seen.lock().unwrap_or_else(PoisonError::into_inner).see(exchange);
    }));
    (world, watch)
}

impl Watch {
    fn see(&mut self, exchange: &Exchange) {
        let request = &exchange.request;
        self.asked.push((exchange.service, format!("{}?{}", request.path, request.query)));
        if exchange.service == "storage" {
            if request.header("authorization").is_some() {
                self.faults.push(format!("the token went to the store of files: {}", request.path));
            }
            let signs = |name: &str| name.to_lowercase().contains("sig");
            let pairs = request.query.split('&').filter_map(|pair| pair.split_once('='));
            self.signatures.extend(pairs.filter(|(name, _)| signs(name)).map(|(_, value)| value.to_owned()));
        }
        let body = exchange.response.as_ref().map(|response| response.body.clone()).unwrap_or_default();
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let key = match (exchange.service, request.path.as_str()) {
            ("oidc", _) => "value",
            ("index", "/_/oidc/mint-token") => "token",
            _ => return,
        };
        self.minted.extend(answer[key].as_str().map(str::to_owned));
    }
}

/// A phase with everything that makes a run talkative, and without any long-lived secret for the index.
fn talkative(world: &World, phase: Phase) -> Program {
    let addresses = world.universe.addresses();
    let program = world.phase(phase).env("RUNNER_DEBUG", "1").env("ACTIONS_STEP_DEBUG", "true");
    match phase {
        Phase::Publish => program
            .input("password", "")
            .env("ACTIONS_ID_TOKEN_REQUEST_URL", &addresses.oidc_request_url)
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", &addresses.oidc_request_token),
        _ => program,
    }
}

/// Nothing that the run left, and no address that it asked, shows a secret.
#[track_caller]
fn assert_kept(world: &World, watch: &Mutex<Watch>, outcome: &Outcome) {
    let watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(watch.faults.is_empty(), "{:?}", watch.faults);
    let secrets: Vec<String> = watch
        .minted
        .iter()
        .chain(&watch.signatures)
        .cloned()
        .chain([TOKEN.to_owned(), world.universe.addresses().oidc_request_token])
        .collect();
    outcome.keeps(&secrets);
    let files = world.workspace_files();
    for secret in &secrets {
        for form in forms_of(secret) {
            let bytes = form.as_bytes();
            let holds = |content: &[u8]| content.windows(bytes.len()).any(|window| window == bytes);
            let holder = files.iter().find(|(_, content)| holds(content));
            assert!(holder.is_none(), "`{secret}` is in {}", holder.map_or("", |(path, _)| path));
            let foreign = |service: &str| service != "storage" || !watch.signatures.contains(secret);
            let address =
                watch.asked.iter().find(|(service, asked)| foreign(service) && asked.contains(&form));
            assert!(address.is_none(), "`{secret}` is in the address {address:?}");
        }
    }
}

#[test]
fn a_release_shows_no_secret_to_anybody() {
    let (world, watch) = watched();
    for phase in PHASES {
        let outcome = talkative(&world, phase).run().expect_code(0);
        assert_kept(&world, &watch, &outcome);
    }
    let watch = watch.lock().expect("nobody panicked");
    assert!(watch.minted.len() >= 2 && !watch.signatures.is_empty(), "{:?}", watch.asked);
}

#[test]
fn a_minted_token_is_hidden_before_anything_is_done_with_it() {
    let (world, watch) = watched();
    world.play_until(Phase::Publish);
    let outcome = talkative(&world, Phase::Publish).run().expect_code(0);
    let minted = watch.lock().expect("nobody panicked").minted.clone();
    assert!(minted.len() >= 2, "an identity, and a token for it");
    for token in &minted {
        let mask = outcome.stdout.find(&format!("::add-mask::{token}\n"));
        let mask = mask.unwrap_or_else(|| panic!("{token} is not hidden\n{}", outcome.told()));
        assert_eq!(outcome.stdout.find(token.as_str()), Some(mask + "::add-mask::".len()));
        let used = outcome.stdout.rfind("done    upload").expect("the last file is told");
        assert!(mask < used, "{}", outcome.told());
    }
    // What was known from the beginning is hidden before the first word.
    let request_token = world.universe.addresses().oidc_request_token;
    let first = outcome.stdout.lines().position(|line| !line.starts_with("::add-mask::")).expect("a line");
    assert!(
        outcome.stdout.lines().take(first).any(|line| line.ends_with(&request_token)),
        "{}",
        outcome.told()
    );
}

#[test]
fn signatures_of_addresses_are_hidden() {
    let (world, watch) = watched();
    let outcome = talkative(&world, Phase::Collect).run().expect_code(0);
    let signatures = watch.lock().expect("nobody panicked").signatures.clone();
    assert!(!signatures.is_empty());
    for signature in signatures {
        assert!(outcome.stdout.contains(&format!("::add-mask::{signature}\n")), "{}", outcome.told());
    }
}

/// Plays all phases with one fault in the way, and again after it.
fn story_with(fault: &str) {
    let (world, watch) = watched();
    world.universe.inject(fault.parse::<Fault>().expect("a fault"));
    for round in 0..2 {
        for phase in PHASES {
            let outcome = talkative(&world, phase).run();
            assert!(round == 0 || outcome.code == Some(0), "{fault}: {}", outcome.told());
            assert_kept(&world, &watch, &outcome);
        }
    }
    assert!(world.universe.pending_faults().is_empty(), "{fault} never struck");
}

#[test]
fn a_lost_reply_shows_no_secret() {
    for fault in ["lost@oidc:1", "lost@index:3", "lost@index:4", "lost@storage:1", "lost@uploads:1"] {
        story_with(fault);
    }
}

#[test]
fn a_page_in_the_place_of_an_answer_shows_no_secret() {
    for fault in ["html@oidc:1", "html@index:2", "html@index:3", "html@storage:1", "html@github:3"] {
        story_with(fault);
    }
}

#[test]
fn a_refusal_shows_no_secret() {
    let (world, watch) = watched();
    world.play_until(Phase::Publish);
    world.universe.index(|index| index.set_trusted_publishing(false));
    let outcome = talkative(&world, Phase::Publish).run().expect_code(2);
    assert_kept(&world, &watch, &outcome);
    world.universe.index(|index| index.set_trusted_publishing(true));
    world.universe.oidc(|oidc| oidc.set_claim("repository", "somebody/else"));
    let outcome = talkative(&world, Phase::Publish).run().expect_code(2);
    assert_kept(&world, &watch, &outcome);
    world.universe.oidc(|oidc| oidc.set_claim("repository", REPOSITORY));
    for phase in [Phase::VerifyTag, Phase::Collect, Phase::Draft] {
        let outcome =
            talkative(&world, phase).input("github-token", "ghs_a_wrong_token").run().expect_code(2);
        assert_kept(&world, &watch, &outcome);
    }
    let request_token = "a-wrong-request-token";
    let program = talkative(&world, Phase::Publish).env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", request_token);
    assert_kept(&world, &watch, &program.run().expect_code(2));
}

/// What a service in debug mode does: it tells everybody by what right it was asked.
fn echo(head: &str) -> Answer {
    let mut lines = head.lines();
    let asked = lines.next().unwrap_or_default().to_owned();
    let right =
        lines.find(|line| line.to_lowercase().starts_with("authorization:")).unwrap_or("no authorization");
    (
        403,
        "application/json",
        serde_json::json!({ "message": format!("refused: {asked} {right}") }).to_string(),
    )
}

#[test]
fn a_service_that_repeats_the_request_gives_no_secret_away() {
    let (world, watch) = watched();
    world.play_until(Phase::Publish);
    for phase in [Phase::VerifyTag, Phase::Draft] {
        let outcome = talkative(&world, phase).env("GITHUB_API_URL", canned(echo)).run().expect_code(2);
        assert!(outcome.stdout.contains("GET /repos"), "it repeats the request\n{}", outcome.told());
        assert_kept(&world, &watch, &outcome);
    }
    // The wrappers of `Program` look for the password in the form of a Basic credential.
    for input in ["repository-url", "index-url"] {
        let outcome =
            world.phase(Phase::Publish).input(input, format!("{}/x/", canned(echo))).run().expect_code(2);
        let repeated =
            ["uthorization: Basic ***", "no authorization"].iter().any(|text| outcome.stdout.contains(text));
        assert!(repeated, "it repeats the request\n{}", outcome.told());
        assert_kept(&world, &watch, &outcome);
    }
    let identity = format!("{}/token?api-version=2.0", canned(echo));
    let program = talkative(&world, Phase::Publish).env("ACTIONS_ID_TOKEN_REQUEST_URL", identity);
    let outcome = program.run().expect_code(2);
    assert!(outcome.stdout.contains("GET /token"), "it repeats the request\n{}", outcome.told());
    assert_kept(&world, &watch, &outcome);
}

#[test]
fn a_secret_given_by_a_flag_is_hidden_as_well() {
    let world = World::new();
    let outcome = world
        .program("verify-tag")
        .flag("github-token", "ghs_typed_by_hand")
        .secret("ghs_typed_by_hand")
        .env("GITHUB_API_URL", canned(echo))
        .run()
        .expect_code(2);
    assert!(outcome.stdout.contains("::add-mask::ghs_typed_by_hand\n"), "{}", outcome.told());
    // Mistyped, nothing repeats it either.
    for words in [["--github-tokn", "ghs_typed_by_hand"], ["--github-token", "--tag=ghs_typed_by_hand"]] {
        let program = words.iter().fold(world.program("verify-tag"), |program, word| program.arg(word));
        let outcome = program.secret("ghs_typed_by_hand").run();
        assert_ne!(outcome.code, Some(0), "{}", outcome.told());
    }
}
