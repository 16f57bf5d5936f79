"""What the real packages say of each vector.

Argument: a file of JSON lines `[grammar, text]`. Printed: a JSON list with one verdict for each: null where the text
is refused, "unsure" where this interpreter is too old to say what the public index says, else what was read.
"""

import email.utils
import json
import keyword
import re
import sys
from email._parseaddr import AddressList

import email_validator
import rfc3986
import trove_classifiers
from packaging import licenses, metadata, requirements, specifiers, utils, version
from packaging.markers import Variable
from rfc3986.exceptions import ValidationError
from rfc3986.validators import Validator


def judge_version(text):
    return str(version.Version(text))


def specifier_list(found):
    return [[one.operator, one.version] for one in found]


def judge_specifier(text):
    return specifier_list(specifiers.SpecifierSet(text))


def judge_contains(text):
    wanted, candidate = text.split("\t")
    return specifiers.SpecifierSet(wanted).contains(version.Version(candidate), prereleases=True)


def operand(node):
    # JSON has no halves of surrogate pairs.
    return ["variable" if isinstance(node, Variable) else "text", re.sub("[\ud800-\udfff]", "\ufffd", node.value)]


def comparisons(marker):
    if isinstance(marker, tuple):
        left, operator, right = marker
        return [[operand(left), operator.value, operand(right)]]
    return [found for part in marker if not isinstance(part, str) for found in comparisons(part)]


def judge_requirement(text):
    found = requirements.Requirement(text)
    return {
        "name": found.name,
        "extras": sorted(found.extras),
        "url": found.url,
        "specifiers": specifier_list(found.specifier),
        "comparisons": comparisons(found.marker._markers) if found.marker else [],
    }


def judge_license(text):
    return licenses.canonicalize_license_expression(text)


def judge_classifier(text):
    if text in trove_classifiers.deprecated_classifiers:
        return trove_classifiers.deprecated_classifiers[text]
    return "known" if text in trove_classifiers.classifiers else "unknown"


def judge_email(text):
    if not getattr(email.utils, "supports_strict_parsing", False):
        if any(c in text for c in '()[]"\\') or len(AddressList(text).addresslist) > 1:
            return "unsure"
    address = email.utils.parseaddr(text)[1]
    if address:
        email_validator.validate_email(address, check_deliverability=False)
    return "good"


def judge_content_type(text):
    raw = {"metadata_version": "2.1", "name": "x", "version": "1", "description_content_type": text}
    metadata.Metadata.from_raw(raw)
    return "good"


def judge_uri(text):
    """As the index asks: normalised, http or https, a host is not needed."""
    validator = Validator().allow_schemes("http", "https").require_presence_of("scheme")
    validator.check_validity_of("scheme", "host", "port", "path", "query")
    validator.validate(rfc3986.uri_reference(text).normalize())
    return "good"


def judge_identifier(text):
    return [text.isidentifier(), keyword.iskeyword(text)]


def judge_wheel(text):
    name, found, build, tags = utils.parse_wheel_filename(text)
    return [name, str(found), list(build), sorted(map(str, tags))]


def judge_sdist(text):
    name, found = utils.parse_sdist_filename(text)
    return [name, str(found)]


REFUSALS = (
    version.InvalidVersion,
    specifiers.InvalidSpecifier,
    requirements.InvalidRequirement,
    licenses.InvalidLicenseExpression,
    email_validator.EmailNotValidError,
    metadata.ExceptionGroup,
    ValidationError,
    utils.InvalidWheelFilename,
    utils.InvalidSdistFilename,
)


def verdict(grammar, text):
    try:
        return globals()[f"judge_{grammar}"](text)
    except REFUSALS:
        return None
    except Exception as error:
        return f"crash: {error!r}"


with open(sys.argv[1], encoding="utf-8") as vectors:
    print(json.dumps([verdict(*json.loads(line)) for line in vectors]))
