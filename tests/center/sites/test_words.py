"""What is wrong with the registry's rows is said in whole sentences, in both languages."""

from pathlib import Path

import pytest

from center.core.registry_plan import Problem


@pytest.mark.parametrize("language", ["id", "en"])
def test_every_problem_is_a_sentence_with_its_values_in_place(center_data: Path, language: str) -> None:
    from center.sites.words import PROBLEMS, problem_text

    for what in PROBLEMS:
        said = problem_text(Problem(what, 3, "name", "§value§", "§right§"), language)
        assert "%(" not in said and "%%" not in said and said.endswith((".", "?")), what
        assert said.startswith(("baris 3, name, “§value§”: ", "line 3, name, “§value§”: ")[language == "en"]), said


def test_the_two_languages_differ(center_data: Path) -> None:
    from center.sites.words import PROBLEMS, problem_text

    same = [what for what in PROBLEMS if problem_text(Problem(what), "id") == problem_text(Problem(what), "en")]
    assert same == []
