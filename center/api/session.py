"""Who am I: lets a page tell an ended session from a silent server."""

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from center.api.permission import program

router = Router(tags=["session"])


class Session(Schema):
    """The signed-in account, or the program with its level."""

    username: str
    roles: list[str] = Field(description="of a program: its level")


@router.get("", response=Session, summary="The account or program that asks")
def session(request: HttpRequest) -> Session:
    if asking := program(request):
        return Session(username=asking.name, roles=[asking.level])
    user = request.user
    return Session(username=user.get_username(), roles=sorted(user.groups.values_list("name", flat=True)))
