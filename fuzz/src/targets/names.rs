//! File names: they come apart and back.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

use release_action::model::name::PackageName;
use release_action::model::sdist_name::SdistName;
use release_action::model::version::Version;
use release_action::model::wheel_name::WheelName;

use super::judge::{good_sdist, good_wheel, judge};

/// More tags are not written out.
const MOST_TAGS: usize = 1000;

pub(super) fn wheel(bytes: &[u8]) {
    let text = format!("{}.whl", String::from_utf8_lossy(bytes));
    if let Some(name) = and_back::<WheelName>(&text) {
        holds(name.name(), name.version());
        if name.tag_count() <= MOST_TAGS {
            let distinct = |tags: &[String]| tags.iter().collect::<BTreeSet<_>>().len();
            let tags: BTreeSet<_> = name.tags().collect();
            assert_eq!(
                tags.len(),
                distinct(name.python()) * distinct(name.abi()) * distinct(name.platform())
            );
        }
    }
    judge(&text, &good_wheel());
}

pub(super) fn sdist(bytes: &[u8]) {
    let text = format!("{}.tar.gz", String::from_utf8_lossy(bytes));
    if let Some(name) = and_back::<SdistName>(&text) {
        holds(name.name(), name.version());
        let expected = and_back::<SdistName>(&name.expected()).expect("the normal form is a name too");
        assert_eq!(expected.expected(), name.expected());
        assert_eq!((expected.name(), expected.version()), (name.name(), name.version()));
    }
    judge(&text, &good_sdist());
}

fn and_back<T: FromStr + Display>(text: &str) -> Option<T> {
    let name = text.parse::<T>().ok()?;
    assert_eq!(name.to_string(), text);
    Some(name)
}

/// Normal forms are normal.
fn holds(name: &PackageName, version: &Version) {
    let normal: PackageName = name.normal().parse().expect("a normal name is a name");
    assert_eq!((normal.normal(), &normal == name), (name.normal(), true));
    let text = version.pep440();
    let normal = Version::from_pep440(&text).expect("a normal version is a version");
    assert_eq!((&normal, normal.pep440()), (version, text));
}

fn owned(texts: &[&str]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

pub(super) fn wheels() -> Vec<Vec<u8>> {
    owned(&[
        "sample-1.0-py3-none-any",
        "sample-1.0-1build-py2.py3-none-any",
        "Foo.Bar-1!1.0rc1.post2.dev3+local.1-cp312-abi3-manylinux_2_17_x86_64.manylinux2014_x86_64",
        "sample-1.0-cp313-cp313t-macosx_11_0_universal2",
        "sample-1.0-pp311-pypy311_pp73-win_amd64",
        "a__b-1.0-py3-none-any",
        "sample-0001.0a0-cp39.cp310-abi3.none-musllinux_1_2_aarch64.linux_armv7l",
        "..-v1.0-_-any",
    ])
}

pub(super) fn sdists() -> Vec<Vec<u8>> {
    owned(&[
        "sample-1.0",
        "Foo-Bar-1.0-1",
        "foo.bar-v1.0.alpha1",
        "a_b-1!2.0+x-y_z",
        "sample-",
        "-1.0",
        "a-1-2-3-4",
    ])
}
