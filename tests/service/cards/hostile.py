"""What a chart may carry to do harm on a screen, and the places of a chart whose words can reach a card."""

from collections.abc import Callable
from typing import Any

from tests.service.charts import (
    ICD,
    SNOMED,
    ago,
    allergy,
    archetype,
    bundle,
    concept,
    condition,
    observation,
    prescription,
    pressed,
    report,
)

# A word that reaches a card as it is, to show that a place is one.
MARKER = "zebra"
# Each of them in the words of the chart: markup that shows, runs, loads, links, hides, turns round, or ends the sentence that it stands in.
PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<a href=https://evil.example>x</a>",
    "<b>bold</b>",
    "<details open ontoggle=alert(1)>",
    "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content=0>",
    "<!-- hidden -->",
    "<![CDATA[x]]>",
    "<?php x ?>",
    "</p></div><h1>x</h1>",
    "< b >",
    "<https://evil.example>",
    "<mailto:a@evil.example>",
    "<user@evil.example>",
    "[click](https://evil.example)",
    "[click](javascript:alert(1))",
    "[click][1]\n\n[1]: https://evil.example",
    "[x]: https://evil.example",
    "![pixel](https://evil.example/p.png)",
    "![][x]",
    "[![a](b)](c)",
    "[^1]",
    "https://evil.example/?q=1",
    "HTTP://EVIL.EXAMPLE",
    "http:\\//evil.example",
    "h\u200bttps://evil.example",
    "https:\u200b//evil.example",
    "www.evil.example",
    "_www.evil.example",
    "a@evil.example",
    "mailto:a@evil.example",
    "ftp://evil.example",
    "&lt;script&gt;",
    "&#60;img src=x&#62;",
    "&#x3C;b&#x3E;",
    "&nbsp;&colon;&sol;",
    "**Evidence** none",
    "__strong__ _em_ *em*",
    "***",
    "~~gone~~",
    "`code` ``code``",
    "```\ncode\n```",
    "    indented",
    "# Heading",
    "Heading\n===",
    "Heading\n---",
    "> quoted",
    "- item\n- item",
    "1. item\n2. item",
    "- [x] done",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "---",
    "\\<b\\>",
    "\\\\<b>",
    "\\",
    '" onmouseover="alert(1)',
    "$$x^2$$",
    ":smile: #1 @someone",
    "\n\n**Cautions** none found",
    "\r\n<b>",
    "\u202enekat ton",
    "\u2066x\u2069",
    "\u200e\u200f\u061c",
    "\u200b\u200c\u200d\u2060\ufeff",
    "\u00adso\u00adft",
    "\u2028\u2029",
    "\x00\x01\x1b[31m\x7f\x85",
    "\ufffc\ufff9x\ufffb",
    "\U000e0041\U000e0042\U000e007f",
    "\u3164\u115f\uffa0",
    "\ue000\uf8ff",
    "\ufe0f\ufe00",
    "\uff1cscript\uff1e",
)

Prefetch = dict[str, Any]
_POINT = bundle(pressed())


def _also(*resources: Any, exams: Any = _POINT, **keys: Any) -> Prefetch:
    return archetype(exams=exams, conditions=bundle(condition(), *resources), **keys)


def _seen(text: str, **changes: Any) -> Prefetch:
    exam = concept("http://terminology.hl7.org/CodeSystem/observation-category", "exam")
    return archetype(exams=bundle(observation(code=concept(text="Exam"), category=[exam], **{"valueString": text, **changes})))


# Where a text of the chart is shown: the place, and the chart with a text there.
PLACES: dict[str, Callable[[str], Prefetch]] = {
    "the name of the pain": lambda text: archetype(conditions=bundle(condition(code=concept(text=f"{text} chronic low back pain")))),
    "the display of its code": lambda text: archetype(
        conditions=bundle(condition(code={"coding": [{"system": ICD, "code": "M54.50", "display": f"{text} chronic low back pain"}]}))
    ),
    "a note of the pain": lambda text: archetype(
        conditions=bundle(condition(note=[{"text": f"{text} burning pain over the right iliac crest"}]))
    ),
    "the conclusion of a report": lambda text: archetype(reports=bundle(report(f"{text} no stenosis or disc herniation"))),
    "a finding in words": lambda text: _seen(f"Right crest {text} tender, reproduces usual pain"),
    "the note of a finding": lambda text: _seen("See note", note=[{"text": f"{text} right iliac crest tender, reproduces usual pain"}]),
    "the name of an allergy": lambda text: _also(allergies=bundle(allergy(f"Lidocaine {text}"))),
    "the name of a drug": lambda text: _also(medications=bundle(prescription(f"Warfarin {text}"))),
    "the name of a caution": lambda text: _also(condition("dm", code=concept(text=f"Type 2 diabetes mellitus {text}"))),
    "what speaks against it": lambda text: _also(
        condition("old", code=concept(SNOMED, "6077001", f"Foot drop {text}"), onsetDateTime=ago(900), recordedDate=ago(900))
    ),
}


def at_an_order(text: str) -> tuple[Prefetch, tuple[dict[str, Any], ...]]:
    """A chart and the block that is being drafted for it: the text stands in both."""
    draft = {"resourceType": "ServiceRequest", "id": "d", "code": {"text": f"Right superior cluneal nerve block {text}"}}
    return _also(allergies=bundle(allergy(f"Lidocaine {text}"))), (draft,)
