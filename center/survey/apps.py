"""Django application of `center.survey`: pages and templates; the answers are a table of `center.complaints`."""

from django.apps import AppConfig


class SurveyConfig(AppConfig):
    name = "center.survey"
    label = "survey"
