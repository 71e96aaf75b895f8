"""Django application of `center.enrolment`."""

from django.apps import AppConfig


class EnrolmentConfig(AppConfig):
    name = "center.enrolment"
    label = "enrolment"
    default_auto_field = "django.db.models.BigAutoField"
