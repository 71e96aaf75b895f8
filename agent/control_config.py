"""Who may use the sockets."""

from agent.configuration.settings import Settings, field


class ControlConfig(Settings, frozen=True):
    """Which groups of the operating system may use the sockets, besides root and the agent's own user."""

    technicians_group: str = field(
        default="sandi-technician", metadata={"help": "may ask for status and act on this box"}
    )
    kiosk_group: str = field(
        default="sandi-kiosk", metadata={"help": "may hand in and look up complaints, nothing else"}
    )
    camera_group: str = field(
        default="sandi-camera", metadata={"help": "may hand in pictures of the cameras configured here, nothing else"}
    )
