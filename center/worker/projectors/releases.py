"""Where a node's update stands, as it last said itself."""

from center.worker.newest import keep_newest
from center.worker.records import Page, StoredRecord
from wire.bodies import ReleaseNotice


def project_release(record: StoredRecord, body: ReleaseNotice, page: Page) -> None:
    """The newest notice of the node stands."""
    said = {
        "state": body.state,
        "version": body.version,
        "running": body.running,
        "digest": body.digest,
        "code": body.code,
        "detail": body.detail,
        "bytes_done": body.bytes_done,
        "bytes_total": body.bytes_total,
    }
    if keep_newest("fleet_noderelease", record, page.moment(record).at_ms, said):
        page.announce("fleet", record.node)
