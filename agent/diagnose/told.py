"""A diagnosis as people and programs read it: evidence items of the wire, sentences, the JSON document."""

from typing import Any

from agent.core.diagnosis import Diagnosis
from agent.core.ladder.finding import Finding
from agent.core.observation import Observation
from agent.notices import MOST_EVIDENCE, evidence_item
from wire.actions import action
from wire.evidence import sentence
from wire.verdicts import RUNGS, VERDICTS


def sentences(evidence: tuple[Observation, ...], lang: str) -> list[str]:
    """The evidence in words, without repetition."""
    said = [sentence(evidence_item(seen), lang) for seen in evidence[:MOST_EVIDENCE]]
    return list(dict.fromkeys(said))


def label(code: str, lang: str) -> str:
    known = VERDICTS[code]
    return known.label_en if lang == "en" else known.label_id


def rung_label(name: str, lang: str) -> str:
    return RUNGS[name][1 if lang == "en" else 0]


def document(found: Diagnosis, duration_s: float, lang: str) -> dict[str, Any]:
    """The JSON document of `sandi diagnose --json`; `evidence`: sentences in `lang`; `facts`: for programs."""
    return {
        "verdict": {
            "code": found.code,
            "label": label(found.code, lang),
            "severity": VERDICTS[found.code].severity,
            "confidence": round(found.confidence, 2),
            "party": found.party,
            "evidence": sentences(found.evidence, lang),
            "facts": [evidence_item(seen) for seen in found.evidence[:MOST_EVIDENCE]],
            "next_action": action(found.code, lang),
        },
        "also": [_also(one, lang) for one in found.also],
        "rungs": [
            {
                "name": rung.name,
                "label": rung_label(rung.name, lang),
                "state": rung.state,
                "code": rung.code,
                "evidence": sentences(rung.evidence, lang),
            }
            for rung in found.rungs
        ],
        "duration_s": round(duration_s, 2),
    }


def _also(one: Finding, lang: str) -> dict[str, Any]:
    return {
        "code": one.code,
        "label": label(one.code, lang),
        "confidence": round(one.confidence, 2),
        "party": one.responsible,
        "evidence": sentences(one.evidence, lang),
        "next_action": action(one.code, lang),
    }
