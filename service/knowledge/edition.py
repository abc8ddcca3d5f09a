"""version.toml as it is written: which knowledge this is, and which came before it."""

import json
import re
from collections.abc import Iterator

from service.knowledge.provenance import Edition, Version

_HEAD = """\
# Which knowledge this is. A clinical change of any file here takes a new version: cluneal-cds knowledge stamp "what changed".
# digest: the fingerprint of all other files, so that none changes unseen.  earlier: the versions before it, the newest first.
"""


def written(version: Version) -> bytes:
    """The content of the file."""
    lines = [*_rows(version), f'digest  = "{version.digest}"']
    for one in version.earlier:
        lines += ["", "[[earlier]]", *_rows(one)]
    return (_HEAD + "\n".join(lines) + "\n").encode()


def _rows(one: Edition) -> Iterator[str]:
    # A string of JSON is one of TOML but for DEL; what follows DEL steers terminals.
    says = re.sub("[\x7f-\x9f]", lambda sign: f"\\u{ord(sign[0]):04x}", json.dumps(one.says, ensure_ascii=False))
    yield from (f'version = "{one.version}"', f"date    = {one.date.isoformat()}", f"says    = {says}")
