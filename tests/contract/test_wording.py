"""No words of the surface look like an attack to the signature scanners that directories and gateways run.

The patterns stand for the YARA rules of the offline scanners that were met (credential harvesting, prompt
injection, code execution, system manipulation, tool poisoning), written as widely as those are: a verb of
taking, and later in the same sentence a word for what is taken.
"""

from __future__ import annotations

import json
import re

import pytest

from songwright.server.instructions import INSTRUCTIONS
from songwright.server.prompts import PROMPTS
from songwright.server.resources import TEMPLATES
from songwright.server.tools import CATALOGUE

SIGNATURES = {
    "credential harvesting": (
        r"\b(export|dump|leak|exfiltrate|steal|harvest|grab|collect)\s[^\n]*"
        r"\b(files?|keys?|tokens?|secrets?|credentials?|passwords?|env(ironment)?|variables?)\b"
    ),
    "secrets": r"(api[_-]?key|\bpassword|\bsecret|private[_-]key|\.env\b|\.ssh\b|id_rsa|/etc/passwd)",
    "prompt injection": (
        r"\b(ignore|disregard|forget|override)\b[^\n]*\b(previous|above|prior|instructions?|rules?)\b"
    ),
    "hidden orders": (
        r"(<important>|<system>|do not (tell|mention|inform)|before using this tool|\byou must\b)"
    ),
    "code execution": (
        r"(\beval\s*\(|\bexec\s*\(|os\.system|subprocess|\brm -rf\b|\bcurl\s|\bwget\s|\bsudo\b)"
    ),
    "system manipulation": (
        r"\b(kill|terminate|shutdown|format|delete)\s[^\n]*\b(process|disk|system|registry)\b"
    ),
    "data sent away": (r"\b(send|upload|post|forward)s?\s[^\n]*\b(conversation|history|context|chat)\b"),
    "characters nobody sees": (
        r"[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
    ),
}
SURFACE = {
    **{
        tool.name: f"{tool.name}: {tool.title} {tool.description}\n"
        + json.dumps(tool.definition().model_dump(mode="json", exclude_none=True), ensure_ascii=False)
        for tool in CATALOGUE
    },
    **{
        template.prompt.name: json.dumps(template.prompt.model_dump(mode="json"), ensure_ascii=False)
        for template in PROMPTS
    },
    **{str(template.uri_template): f"{template.name} {template.description}" for template in TEMPLATES},
    "instructions": INSTRUCTIONS,
}


@pytest.mark.parametrize("signature", SIGNATURES)
@pytest.mark.parametrize("name", SURFACE)
def test_no_text_of_the_surface_matches_a_scanners_signature(name: str, signature: str) -> None:
    assert re.search(SIGNATURES[signature], SURFACE[name], re.IGNORECASE) is None


def test_the_signatures_find_what_they_are_for() -> None:
    assert re.search(SIGNATURES["credential harvesting"], "Export a song to a file", re.IGNORECASE)
