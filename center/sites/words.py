"""What is wrong with a wished change of the registry, in words: what it is, and what would be right."""

from collections.abc import Mapping
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from center.core.registry_plan import Problem

PROBLEMS: Final[Mapping[str, Any]] = {
    # of one value
    "required": _("This must not be empty."),
    "invisible": _("There are invisible characters in it. Type the text again instead of pasting it."),
    "too_long": _("Too long; at most %(right)s characters."),
    "no_number": _("Not a number; write one of %(right)s, with a point or a comma for decimals."),
    "no_whole": _("Not a whole number; write one of %(right)s."),
    "out_of_range": _("Out of range; it must lie within %(right)s."),
    "no_coordinate": _("Not a coordinate in degrees; write one within %(right)s."),
    "no_yes": _("Neither yes nor no; write one of: %(right)s."),
    "no_choice": _("Not one of the choices: %(right)s."),
    "no_site_code": _("This is not a site code. Codes look like: %(right)s."),
    "no_slug": _("Only small letters, digits and single hyphens, such as %(right)s."),
    "no_phone": _("Not a telephone number such as %(right)s."),
    "no_email": _("Not an e-mail address such as %(right)s."),
    "no_message_to": _("Not an address of a message channel such as %(right)s."),
    "no_postal_code": _("Not a postal code of five digits such as %(right)s."),
    "no_hours": _("“%(right)s” fits no weekly hours. Write them such as Mon-Fri 07:30-16:00; Sat 08:00-12:00."),
    "no_credits": _("Not a credit table such as %(right)s (below this %% of the month: this %% of the fee)."),
    "no_credits_order": _("The limits must fall and the credits rise, both within 0 and 100, such as %(right)s."),
    # between fields and rows
    "half_position": _("Latitude and longitude belong together: fill in both, or neither."),
    "no_agency": _("An agency has a code such as %(right)s, and no site is its own agency."),
    "no_reference": _("There is no such entry in the table %(right)s. Add it there first."),
    "provider_of_no_line": _("Only an ISP link (%(right)s) has a provider."),
    "circle": _("It would hang on itself: %(right)s."),
    "second_primary": _("The site has a primary line already: %(right)s. Take that mark away first."),
    "has_nodes": _("A site with nodes cannot be removed; its history hangs on it."),
    "needed": _("Others still need it: %(right)s. Change those first."),
    "needed_then": _("The reports of earlier months need it for the lines of: %(right)s."),
    "no_since": _("Not a moment; write it such as %(right)s, or the word always."),
    "since_ahead": _("This lies ahead. Enter the change when it has happened."),
    "since_early": _("Too far back. Write a day from %(right)s on, or the word always."),
    "exists": _("There is one with this code already: %(value)s."),
    "gone": _("It is not there (any more)."),
    "changed_since": _("What this change made has been changed again since; undo the newer change first."),
    "no_undo": _("This change cannot be undone: the history holds no personal data."),
    # of a file
    "empty_file": _("There is nothing in the file."),
    "file_too_big": _("The file is larger than %(right)s kB. Split it."),
    "spreadsheet_file": _("This is a spreadsheet's own file. Save it as CSV (UTF-8) and choose that file."),
    "no_utf8": _("The text is not UTF-8 from this line on. Save the file as CSV UTF-8."),
    "no_text": _("This is not a text file."),
    "bad_quotes": _("A quotation mark is not closed, or a cell is longer than any field."),
    "too_many_rows": _("More than %(right)s rows. Split the file."),
    "column_unknown": _("No such column; perhaps meant: %(right)s."),
    "column_twice": _("This column is there twice."),
    "column_missing": _("This column is missing; rows are recognised by it."),
    "cells": _("The row has %(value)s cells, the header %(right)s. Is there a comma without quotation marks?"),
    "twice": _("The same row stands in line %(right)s already."),
    # of a GeoJSON file
    "no_json": _("Not valid GeoJSON (JSON in UTF-8)."),
    "no_features": _("Not a FeatureCollection with features."),
    "no_feature": _("Not a feature."),
    "other_crs": _("The coordinates are in another system. Export the file in WGS 84 (%(right)s)."),
    "too_many_features": _("More than %(right)s features. Split the file."),
    "too_many_points": _("More than %(right)s points in the file. Simplify it first."),
    "no_code_property": _("No site code in the properties %(right)s. Name the property that holds it."),
    "no_polygon": _("Neither a polygon nor several; wanted: %(right)s."),
    "bad_coordinates": _("The coordinates are not lists of [longitude, latitude]."),
    "no_degrees": _("Not degrees of longitude and latitude. Export the file in WGS 84 (%(right)s)."),
    "swapped": _("Latitude and longitude seem exchanged; GeoJSON has the longitude first: %(right)s."),
    "no_area": _("The outline has no area."),
    "no_such_site": _("There is no site with this code. Add it first, or take it out of the file."),
}  # fmt: skip


def problem_text(problem: Problem, language: str = "") -> str:
    """The sentence, in the reader's language unless one is named; with line, column and value where there are any."""
    with translation.override(language or translation.get_language()):
        sentence = PROBLEMS[problem.what] % {"value": problem.value, "right": problem.right}
        where = [str(_("line %(line)d") % {"line": problem.line})] if problem.line else []
        where += [problem.column] if problem.column else []
        where += [f"“{problem.value}”"] if problem.value else []
        return f"{', '.join(where)}: {sentence}" if where else str(sentence)


def sentence(problem: Problem) -> str:
    """Only what is wrong and what would be right, for where line and column stand in columns of their own."""
    return str(PROBLEMS[problem.what] % {"value": problem.value, "right": problem.right})
