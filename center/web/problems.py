"""An expected error as a page says it: in the page's language, and without a path of the server."""

import logging

from django.utils.translation import gettext as _

from center.errors import CenterError
from center.sealing import KeyFileError
from center.web.advice import language

log = logging.getLogger(__name__)


def said(error: CenterError) -> str:
    """The sentence for a person. What only a repairer of the server can use goes to the log."""
    if isinstance(error, KeyFileError):
        log.error("sealing-key", extra={"detail": str(error)})
        return _("The centre's own sealing key cannot be used. Tell the administrator: the log says what is wrong.")
    return error.text("en" if language() == "en" else "id")
