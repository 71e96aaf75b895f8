"""The evidence pack of one provider and month: signed lines, a manifest, and the script that checks them offline.

Made of the month's document alone, so a frozen month gives the same lines for ever. `verify.py` is the very file the
centre itself uses to write and to check them.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from center.errors import CenterError
from center.reports.held import days_of, outages_of
from center.reports.keys import ReportKey
from center.reports.pack import verify
from center.reports.pack.words import README

FORMAT = "sandi-evidence/1"
STAMP = (1980, 1, 1, 0, 0, 0)


class NoSheetError(CenterError):
    """The document has no sheet of this provider."""


def build_pack(document: Mapping[str, Any], provider: str, key: ReportKey, version: int, digest: str) -> bytes:
    """The ZIP file. `version` 0: the month is not frozen, and the pack says that it is provisional."""
    sheet = next((one for one in document["sla"] if one["provider"] == provider), None)
    if sheet is None:
        raise NoSheetError(
            f"no sheet of a provider {provider!r} in this report; see sandi-center report for their codes",
            f"laporan ini tidak memuat penyedia {provider!r}",
        )
    mine = outages_of(document, provider)
    files = {
        "README.txt": README.encode(),
        "verify.py": Path(verify.__file__).read_bytes(),
        "sheet.jsonl": _lines("sheet.jsonl", [sheet], key),
        "days.jsonl": _lines("days.jsonl", days_of(document, sheet), key),
        "outages.jsonl": _lines("outages.jsonl", (row for row in mine if row["isp_s"] > 0), key),
        "others.jsonl": _lines("others.jsonl", (row for row in mine if row["isp_s"] == 0), key),
    }
    manifest = verify.canonical(
        {
            "format": FORMAT,
            "provider": provider,
            "period": f"{document['period']['first']}-{document['period']['last']}",
            "version": version,
            "document_sha256": digest,
            "key": key.public,
            "files": [
                {"name": name, "sha256": hashlib.sha256(content).hexdigest()} for name, content in sorted(files.items())
            ],
        }
    )
    signature = key.sign(verify.DOMAIN + b"manifest.json\n" + manifest)
    return _zipped({"manifest.json": manifest, "manifest.sig": signature.encode() + b"\n", **files})


def _lines(name: str, bodies: Iterable[Mapping[str, Any]], key: ReportKey) -> bytes:
    """Signed lines, each naming the one before it."""
    lines: list[bytes] = []
    before = "0" * 64
    for number, body in enumerate(bodies, 1):
        entry: dict[str, Any] = {"body": body, "n": number, "prev": before}
        signature = key.sign(verify.DOMAIN + name.encode() + b"\n" + verify.canonical(entry))
        line = verify.canonical({**entry, "sig": signature})
        before = hashlib.sha256(line).hexdigest()
        lines.append(line + b"\n")
    return b"".join(lines)


def _zipped(files: Mapping[str, bytes]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return whole.getvalue()
