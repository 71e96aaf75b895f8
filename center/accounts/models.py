"""People who sign in at the centre."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """An account. What it may do follows from its groups, which are the roles of `center.accounts.roles`."""
