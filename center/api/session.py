"""Who am I: lets a page tell an ended session from a silent server."""

from django.http import HttpRequest
from ninja import Router, Schema

router = Router(tags=["session"])


class Session(Schema):
    """The signed-in account."""

    username: str
    roles: list[str]


@router.get("", response=Session, summary="The signed-in account")
def session(request: HttpRequest) -> Session:
    user = request.user
    return Session(username=user.get_username(), roles=sorted(user.groups.values_list("name", flat=True)))
