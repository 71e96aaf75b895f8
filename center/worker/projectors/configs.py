"""Which configuration a node runs, as it last said itself."""

from center.worker.newest import keep_newest
from center.worker.records import Page, StoredRecord, json_text
from wire.bodies import ConfigNotice


def project_config(record: StoredRecord, body: ConfigNotice, page: Page) -> None:
    """The newest notice of the node stands; what it is wanted to run is nobody's but the centre's."""
    said = {
        "state": body.state,
        "generation": body.generation,
        "revision": body.revision,
        "digest": body.digest,
        "code": body.code,
        "detail": body.detail,
        "tried": body.tried,
        "overrides": json_text(body.overrides),
        "problems": json_text(body.problems),
    }
    wanted = {"wanted_generation": "", "wanted_revision": 0}
    if keep_newest("fleet_nodeconfig", record, page.moment(record).at_ms, said, wanted):
        page.announce("fleet", record.node)
