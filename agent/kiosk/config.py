"""`[kiosk]`: what citizens may hand in at this box, and how long it keeps what is already at the centre."""

from agent.configuration.settings import Settings, field
from agent.kiosk.areas import read_areas
from agent.kiosk.serial.config import SerialConfig
from agent.kiosk.web.config import WebConfig


class KioskConfig(Settings, frozen=True):
    """The door itself. The web form and the serial panel have tables of their own inside this one.

    Days count from the centre's acknowledgement (for a ticket: from its last answer, when one came later).
    """

    status_url: str = field(
        default="",
        metadata={
            "help": "public page that says how a ticket stands; its address with the code goes into the QR",
            "pattern": r"(https?://[^\s#?]{1,180})?",
            "example": "https://aduan.serangkota.go.id/status",
        },
    )
    photos: bool = field(default=True, metadata={"help": "photos may be handed in with a complaint"})
    areas_file: str = field(
        default="kota-serang",
        metadata={"help": "the kelurahan to choose from: kota-serang, or the absolute path of a CSV file"},
    )
    retain_sealed_days: int = field(
        default=7, metadata={"help": "sealed complaints and photos stay on the card this long", "min": 0, "max": 90}
    )
    retain_ticket_days: int = field(
        default=90, metadata={"help": "tickets and their answers can be looked up this long", "min": 1, "max": 3650}
    )

    serial: SerialConfig = field(default_factory=SerialConfig)
    web: WebConfig = field(default_factory=WebConfig)

    def __post_init__(self) -> None:
        if self.areas_file != "kota-serang":  # the list that comes along is read when somebody needs it
            read_areas(self.areas_file)
        if self.retain_ticket_days < self.retain_sealed_days:
            raise ValueError("retain_ticket_days must not be less than retain_sealed_days")
