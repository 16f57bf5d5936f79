//! What is refused, with the words that clients look for.

use super::*;

/// Sends `upload` to a new index, and says how it was refused.
fn refused(upload: &Upload) -> (u16, String) {
    let mut world = World::new();
    let answer = world.upload(upload);
    assert_ne!(answer.0, 200, "it was taken");
    assert_eq!(world.index.files().count(), 0, "something is left of it");
    answer
}

#[track_caller]
fn check(upload: &Upload, status: u16, words: &str) {
    let (found, reason) = refused(upload);
    assert!(found == status && reason.contains(words), "{found} {reason}");
}

#[test]
fn every_rule_of_the_form() {
    let wheel = Upload::wheel;
    check(&wheel().without(":action"), 404, ":action");
    check(&wheel().set(":action", "submit"), 410, "no longer");
    check(&wheel().set(":action", "doc_upload"), 410, "no longer");
    check(&wheel().set("protocol_version", "2"), 400, "Unknown protocol version.");
    check(&wheel().without("name"), 400, "'' is an invalid value for Name. Error: This field is required.");
    check(&wheel().set("name", "-demo"), 400, "'-demo' is an invalid value for Name.");
    check(&wheel().without("filetype"), 400, "Invalid value for filetype. Error: This field is required.");
    check(&wheel().set("filetype", "bdist_egg"), 400, "Use a known file type.");
    check(&wheel().without("pyversion"), 400, "Python version is required for binary distribution uploads.");
    check(&Upload::sdist().set("pyversion", "py3"), 400, "Use 'source' as Python version for an sdist.");
    let none = wheel().without("sha256_digest").without("blake2_256_digest");
    check(&none, 400, "Include at least one message digest.");
    check(&wheel().set("sha256_digest", "00"), 400, "Invalid value for sha256_digest.");
    check(&wheel().set("blake2_256_digest", &"g".repeat(64)), 400, "Invalid value for blake2_256_digest.");
    for digest in ["sha256_digest", "blake2_256_digest"] {
        let words = "The digest supplied does not match a digest calculated from the uploaded file.";
        check(&wheel().set(digest, &"0".repeat(64)), 400, words);
    }
}

#[test]
fn every_rule_of_the_content_part() {
    let mut none = Upload::wheel();
    none.content = None;
    check(&none, 400, "Upload payload does not have a file.");
    let head = |head: &str| Upload::wheel().content_head(head);
    check(&head("\r\nContent-Type: application/octet-stream"), 400, "Should be UTF-8");
    let empty = "; filename=\"demo_kit-1.0-py3-none-any.whl\"\r\nContent-Type:";
    check(&head(empty), 400, "Invalid distribution file.");
    let picture = "; filename=\"demo_kit-1.0-py3-none-any.whl\"\r\nContent-Type: image/png";
    check(&head(picture), 400, "Invalid distribution file.");
    check(&Upload::wheel().add("summary\"; filename=\"x", ""), 400, "summary: Should not be a tuple.");
}

#[test]
fn every_rule_of_the_metadata() {
    let with = |name: &str, value: &str| Upload::wheel().set(name, value);
    for (name, value, words) in [
        ("metadata_version", "2.0", "'2.0' is not a valid metadata version."),
        ("metadata_version", "", "'' is not a valid metadata version."),
        ("version", "one", "'one' is invalid for 'version'."),
        ("version", "", "'version' is a required field."),
        ("version", "1.0+local", "The use of local versions in '1.0+local' is not allowed."),
        ("summary", "a\nb", "'summary' must be a single line."),
        ("summary", &"x".repeat(513), "'summary' field must be 512 characters or less."),
        ("description_content_type", "text/html", "'description-content-type' must be one of"),
        ("description_content_type", "text/markdown; charset=latin-1", "'description-content-type'"),
        ("requires_python", "3.11 or so", "is invalid for 'requires-python'."),
        ("requires_dist", "foo @ http://localhost/foo.whl", "Can't have direct dependency: foo @"),
        ("requires_dist", "foo[bar]@http://localhost/foo.whl", "Can't have direct dependency: foo[bar]@"),
        ("requires_dist", ">=1", "is invalid for 'requires-dist'."),
        ("home_page", "localhost", "'localhost' is not a valid url."),
        ("download_url", "ftp://localhost/x", "is not a valid url."),
        ("project_urls", ", http://localhost/", "Must have a label."),
        ("project_urls", "Source", "Must have a URL."),
        ("project_urls", "Source, nowhere", "'nowhere' is not a valid url."),
        ("project_urls", &format!("{}, http://localhost/", "x".repeat(33)), "must be 32 characters or less."),
        ("author_email", "Ada", "'Ada' is not a valid email address."),
        ("maintainer_email", "Ada <ada@>", "'ada@' is not a valid email address."),
        ("classifiers", "Programming Language", "is not a valid classifier."),
        ("classifiers", "Private :: Do Not Upload", "is not a valid classifier."),
        ("provides_extra", "-x", "is invalid for 'provides-extra'."),
        ("dynamic", "Version", "is not a valid dynamic field."),
    ] {
        check(&with(name, value), 400, words);
    }
}

#[test]
fn rules_between_fields_of_the_metadata() {
    let both = Upload::wheel().add("license", "MIT").add("license_expression", "MIT");
    check(&both, 400, "License is deprecated when License-Expression is present.");
    let old = Upload::wheel().set("metadata_version", "2.3").add("license_expression", "MIT");
    check(&old, 400, "license-expression introduced in metadata version 2.4, not 2.3.");
    check(&Upload::wheel().add("summary", "twice"), 400, "'summary' has invalid data.");
    let url = "Source, http://localhost/";
    check(
        &Upload::wheel().add("project_urls", url).add("project_urls", url),
        400,
        "'project_urls' has invalid data.",
    );
    check(&Upload::wheel().add("license_file", "LICENSE"), 400, "License-File LICENSE does not exist");
    check(&Upload::sdist().add("license_file", "LICENSE"), 400, "License-File LICENSE does not exist");
}

#[test]
fn every_rule_of_a_wheels_name() {
    for (file_name, words) in [
        ("demo_kit-1.0-py3-none-any.zip", "Extension .zip is invalid for filetype bdist_wheel."),
        ("demo_kit-1.0-py3-none-any.egg", "Use .tar.gz, .whl or .zip extension."),
        (".whl", "Use .tar.gz, .whl or .zip extension."),
        ("a/demo_kit-1.0-py3-none-any.whl", "Cannot upload a file with '/' or '\\' in the name."),
        ("demo_kit-1.0-py3-none-any%0A.whl", "non-printable characters"),
        ("demo_kit-1.0-py3-none-linux_x86_64.whl", "has an unsupported platform tag 'linux_x86_64'."),
        ("demo_kit-1.0-py3-none.whl", "Invalid wheel filename"),
        ("demo_kit-1.0-x-py3-none-any.whl", "Invalid wheel filename"),
    ] {
        check(&Upload::named_wheel(file_name), 400, words);
    }
}

#[test]
fn a_wheels_name_must_be_the_releases() {
    // The inside is renamed with the file, so that only the name is wrong.
    let wheel_of = |stem: &str, project: &str, version: &str| {
        let members: Vec<(String, String)> = WHEEL
            .iter()
            .map(|(path, text)| (path.replace("demo_kit-1.0", stem), text.replace("demo_kit-1.0", stem)))
            .collect();
        let members: Vec<(&str, &str)> =
            members.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let file_name = format!("{stem}-py3-none-any.whl");
        Upload::of(&file_name, "bdist_wheel", "py3", wheel(&members))
            .set("name", project)
            .set("version", version)
    };
    check(&wheel_of("demo-1.0", "demo-kit", "1.0"), 400, "Start filename for 'demo-kit' with 'demo_kit'.");
    check(
        &wheel_of("Demo_Kit-1.0", "demo-kit", "1.0"),
        400,
        "should contain the normalized project name 'demo_kit', not 'Demo_Kit'.",
    );
    check(&wheel_of("demo.kit-1.0", "demo-kit", "1.0"), 400, "not 'demo.kit'.");
    check(
        &wheel_of("demo_kit-1.1", "demo-kit", "1.0"),
        400,
        "Version in filename should be '1.0' not '1.1'.",
    );
    check(&wheel_of("other-1.0", "other", "1.0"), 400, "Name in METADATA should be 'other' not 'Demo.Kit'.");
    check(&wheel_of("demo_kit-2", "demo-kit", "2"), 400, "Version in METADATA should be '2' not '1.0'.");
}

#[test]
fn every_rule_of_a_wheels_inside() {
    let name = "demo_kit-1.0-py3-none-any.whl";
    let inside = |bytes: Bytes| Upload::of(name, "bdist_wheel", "py3", bytes);
    check(
        &inside(Bytes::from_static(b"no archive")),
        400,
        "Invalid distribution file. File is not a zipfile",
    );
    check(&inside(wheel_without("/WHEEL")), 400, "WHEEL not found at demo_kit-1.0.dist-info/WHEEL");
    check(&inside(wheel_without("/METADATA")), 400, "RECORD file that does not match");
    check(&inside(wheel_without("/RECORD")), 400, "does not contain the required RECORD file");
    let mut members = WHEEL.to_vec();
    members.push(("demo_kit/extra.py", ""));
    check(&inside(wheel(&members)), 400, "RECORD file that does not match its contents");
    let without_metadata: Vec<_> =
        WHEEL.into_iter().filter(|(path, _)| !path.ends_with("METADATA")).collect();
    let record = without_metadata[2].1.replace("demo_kit-1.0.dist-info/METADATA,,\n", "");
    let mut members = without_metadata.clone();
    members[2].1 = &record;
    check(&inside(wheel(&members)), 400, "does not contain the required METADATA file");
    let good = wheel(&WHEEL);
    check(&inside([&good[..], b"more"].concat().into()), 400, "ZIP archive not accepted: Trailing data.");
    check(&inside([b"more", &good[..]].concat().into()), 400, "File is not a zipfile");
    let zeros = "\0".repeat(65 << 20);
    let mut members = WHEEL.to_vec();
    members.push(("demo_kit/zeros", &zeros));
    check(&inside(wheel(&members)), 400, "File exceeds compression ratio of 50");
}

#[test]
fn no_truncated_wheel_is_taken() {
    let good = wheel(&WHEEL);
    for end in 0..good.len() {
        let upload = Upload::of("demo_kit-1.0-py3-none-any.whl", "bdist_wheel", "py3", good.slice(..end));
        assert_eq!(World::new().upload(&upload).0, 400, "{end}");
    }
}

#[test]
fn every_rule_of_an_sdist() {
    let named = |file_name: &str| Upload::of(file_name, "sdist", "source", sdist(&SDIST));
    check(&named("demo-kit-1.0.tar.gz"), 400, "is invalid, should be 'demo_kit-1.0.tar.gz'.");
    check(&named("demo_kit-1.0.0.tar.gz"), 400, "is invalid, should be 'demo_kit-1.0.tar.gz'.");
    check(&named("demo_kit-1.0.whl"), 400, "Extension .whl is invalid for filetype sdist.");
    let inside = |bytes: Bytes| Upload::of("demo_kit-1.0.tar.gz", "sdist", "source", bytes);
    check(&inside(Bytes::from_static(b"no archive")), 400, "File is not a tarfile");
    check(&inside(sdist(&[("demo_kit-1.0/a.py", "")])), 400, "PKG-INFO not found at demo_kit-1.0/PKG-INFO");
    let two = [("demo_kit-1.0/PKG-INFO", ""), ("other/a.py", "")];
    check(&inside(sdist(&two)), 400, "Incorrect number of top-level directories in sdist");
    let good = sdist(&SDIST);
    check(&inside(good.slice(..good.len() - 1)), 400, "File is not a tarfile");
}

#[test]
fn a_second_sdist_of_a_release_is_refused() {
    let mut world = World::new();
    let other = "demo-kit-1.0.tar.gz".parse().expect("good");
    world.index.place(&other, "old naming").expect("an sdist");
    let (status, reason) = world.upload(&Upload::sdist());
    assert_eq!((status, reason.as_str()), (400, "Only one sdist may be uploaded per release."));
}

#[test]
fn the_same_name_with_other_bytes_is_refused() {
    let mut world = World::new();
    world.upload(&Upload::wheel());
    let mut members = WHEEL.to_vec();
    members[0].1 = "changed = True\n";
    let other = Upload::of("demo_kit-1.0-py3-none-any.whl", "bdist_wheel", "py3", wheel(&members));
    let (status, reason) = world.upload(&other);
    let digest = Blake2b256::of(&wheel(&members));
    let words = format!(
        "File already exists ('demo_kit-1.0-py3-none-any.whl', with blake2_256 hash '{digest}'). See "
    );
    assert!(status == 400 && reason.starts_with(&words) && reason.contains("#file-name-reuse"), "{reason}");
    assert_eq!(world.listed("demo-kit")[0].1, Hashes::of(&wheel(&WHEEL)).sha256.to_string());
}

#[test]
fn the_same_bytes_under_another_name_are_refused() {
    let mut world = World::new();
    world.upload(&Upload::wheel());
    let (status, reason) = world.upload(&Upload::named_wheel("demo_kit-1.0-py2.py3-none-any.whl"));
    assert!(status == 400 && reason.starts_with("File already exists ('demo_kit-1.0-py2.py3-"), "{reason}");
}

#[test]
fn a_deleted_files_name_is_burnt() {
    let mut world = World::new();
    world.upload(&Upload::wheel());
    world.index.delete("demo_kit-1.0-py3-none-any.whl").expect("it was there");
    let (status, reason) = world.upload(&Upload::wheel());
    let words =
        "This filename was previously used by a file that has since been deleted. Use a different version.";
    assert!(status == 400 && reason.starts_with(words), "{reason}");
}

#[test]
fn credentials_are_needed_and_must_be_a_token() {
    let mut world = World::new();
    let mut answer = |authorization: Option<String>| {
        let mut request = Upload::wheel().request("x");
        request.headers.retain(|(name, _)| name != "authorization");
        request.headers.extend(authorization.map(|value| ("authorization".to_owned(), value)));
        let response = world.index.handle(&request);
        (response.status, response.reason.unwrap_or_default())
    };
    for none in [None, Some(basic("__token__", "pypi-x")), Some("Bearer x".to_owned())] {
        let (status, reason) = answer(none);
        let words = "Invalid or non-existent authentication information. See ";
        assert!(status == 403 && reason.starts_with(words), "{status} {reason}");
    }
    let (status, reason) = answer(Some(basic("ada", "hunter2")));
    assert!(status == 403 && reason.starts_with("Username/Password authentication is no longer supported."));
    assert!(!reason.contains("hunter2"));
}

#[test]
fn a_project_token_opens_its_project_only() {
    let mut world = World::new();
    let project = |name: &str| Scope::Project(name.parse().expect("good"));
    world.token = world.index.issue_token(project("other"));
    let (status, reason) = world.upload(&Upload::wheel());
    let words = "Invalid API Token: project-scoped token is not valid for project: 'demo-kit'";
    assert_eq!((status, reason.as_str()), (403, words));
    world.token = world.index.issue_token(project("Demo.Kit"));
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
}

#[test]
fn a_project_of_someone_else_is_closed() {
    let mut world = World::new();
    world.index.create_foreign_project(&"demo-kit".parse().expect("good"));
    let (status, reason) = world.upload(&Upload::wheel());
    assert!(
        status == 403 && reason.starts_with("The user 'release-robot' isn't allowed to upload to project")
    );
}

#[test]
fn a_read_only_index_says_so_before_it_asks_who_is_there() {
    let mut world = World::new();
    world.index.set_read_only(true);
    world.token = "wrong".into();
    let words = "Read-only mode: Uploads are temporarily disabled.";
    assert_eq!(world.upload(&Upload::wheel()), (403, words.to_owned()));
    world.index.set_read_only(false);
    assert_ne!(world.upload(&Upload::wheel()).1, words);
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let mut world = World::new();
    world.index.set_file_limit(100);
    let (status, reason) = world.upload(&Upload::wheel());
    let words = "File too large. Limit for project 'demo-kit' is 0 MB.";
    assert!(status == 400 && reason.starts_with(words), "{reason}");
}

#[test]
fn too_many_new_projects_are_refused_and_old_ones_are_not() {
    let mut world = World::new();
    world.index.set_new_projects_left(1);
    assert_eq!(world.upload(&Upload::wheel()).0, 200);
    assert_eq!(world.upload(&Upload::sdist()).0, 200);
    let other = Upload::wheel().set("name", "other");
    assert_eq!(world.upload(&other), (429, "Too many new projects created".to_owned()));
}

#[test]
fn attestations_are_refused() {
    let (status, reason) = refused(&Upload::wheel().add("attestations", "[{}]"));
    let words = "Invalid attestations supplied during upload: Attestations are only supported when using Trusted Publishing";
    assert_eq!((status, reason.as_str()), (400, words));
}

#[test]
fn the_missing_slash_is_explained() {
    let mut world = World::new();
    let mut request = Upload::wheel().request(&world.token);
    request.path = "/legacy".into();
    let response = world.index.handle(&request);
    assert_eq!((response.status, response.header("location")), (308, Some("/legacy/")));
    assert!(response.reason.is_some_and(|reason| reason.contains("with a trailing slash")));
}

#[test]
fn what_is_no_form_is_refused() {
    let mut world = World::new();
    let authorization = basic("__token__", &world.token);
    for (content_type, body) in [("application/json", "{}"), (TYPE, "--xyz\r\n"), (TYPE, "")] {
        let headers = [("authorization", authorization.as_str()), ("content-type", content_type)];
        let response = world.index.handle(&request("POST", "/legacy/", &headers, body));
        assert_eq!(response.status, 400, "{content_type} {body}");
    }
}

#[test]
fn no_mutated_upload_panics() {
    let mut seed = 0x2545_f491_u32;
    let mut next = |limit: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % limit
    };
    for upload in [Upload::wheel(), Upload::sdist()] {
        let good = upload.content.clone().expect("content").1;
        let file_name = if upload.fields.iter().any(|(_, value)| value == "sdist") {
            "demo_kit-1.0.tar.gz"
        } else {
            "demo_kit-1.0-py3-none-any.whl"
        };
        for _ in 0..1500 {
            // First the archive, whose digests then agree; then the whole body.
            let mut bytes = good.to_vec();
            for _ in 0..=next(3) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            let hashes = Hashes::of(&bytes);
            let mutated = upload
                .clone()
                .set("sha256_digest", &hashes.sha256.to_string())
                .set("blake2_256_digest", &Blake2b256::of(&bytes).to_string())
                .file(file_name, bytes.into());
            let mut world = World::new();
            let (status, _) = world.upload(&mutated);
            assert!(matches!(status, 200 | 400), "{status}");
            let mut request = upload.request(&world.token);
            let mut body = request.body.to_vec();
            let at = next(body.len());
            body[at] = next(256) as u8;
            request.body = body.into();
            assert!(world.index.handle(&request).status < 500);
        }
    }
}
