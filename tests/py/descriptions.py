"""The public index's judgement of long descriptions in reStructuredText.

Reads a JSON list of texts from standard input, and writes a JSON list: what is wrong with each text, or null.
"""

import io
import json
import re
import sys

from docutils.parsers.rst import roles
from readme_renderer.rst import render


def judgement(text):
    # Roles that a document defines outlive it in docutils, and would help the next one.
    roles._roles.clear()
    told = io.StringIO()
    try:
        rendered = render(text, stream=told)
    except Exception as error:  # The index does not take what its renderer cannot read.
        return f"{type(error).__name__}: {error}"
    if rendered is not None:
        return None
    return re.sub(r"\s+", " ", told.getvalue())[:200] or "nothing is rendered"


# Above what the nesting of a good text takes, below what overflows the stack.
sys.setrecursionlimit(3000)
json.dump([judgement(text) for text in json.load(sys.stdin)], sys.stdout)
