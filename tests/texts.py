"""What the service reads in one sentence of a chart: each kind of sentence in the resource that carries it, in an otherwise plain chart."""

import json
from pathlib import Path
from typing import Any

from service.reasoning.findings import Findings
from tests.service.charts import LOINC, ago, bundle, concept, condition, empty, look, observation, report

FOLDER = Path(__file__).parent.parent / "fixtures" / "texts"
Row = dict[str, Any]

_REPORT_FLAGS = ("active-malignancy", "unhealed-fracture", "spinal-or-systemic-infection", "cauda-equina-symptom")
_EXAM_FLAGS = ("motor-or-reflex-deficit", "cauda-equina-symptom", "fever", "night-pain")
RED_FLAGS = frozenset(_REPORT_FLAGS + _EXAM_FLAGS)
_SURGERY = ("prior-lumbar-laminectomy", "prior-lumbar-discectomy", "prior-lumbar-fusion")
_TERRITORY = {
    "superior": "pain-at-iliac-crest-or-upper-buttock",
    "middle": "pain-at-psis-or-medial-buttock",
    "inferior": "pain-at-gluteal-fold-or-ischium",
}
_AGGRAVATING = ("worse-on-lumbar-movement", "worse-on-sitting", "worse-on-standing-flexing-or-sitting-long")


def rows(kind: str) -> list[Row]:
    """The rows of fixtures/texts/<kind>.jsonl."""
    return [json.loads(line) for line in (FOLDER / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()]


def report_read(row: Row) -> Row:
    """What a report's conclusion is read as: imaging, red flags, surgery."""
    findings = _findings(reports=bundle(report(row["text"], effectiveDateTime=ago(210))))
    lesion, clear = findings["compressive-lesion"].is_present, findings["non-explanatory-imaging"].is_present
    return {
        "imaging": "lesion" if lesion else "clear" if clear else "unknown",
        "red_flags": _present(findings, _REPORT_FLAGS),
        "surgery": _present(findings, _SURGERY),
    }


def exam_read(row: Row) -> Row:
    """What the text of an examination is read as: territory, reproduced points with their side, red flags, quality, aggravation."""
    seen = observation("seen", code=concept(LOINC, "29545-1", "Physical findings"), effectiveDateTime=ago(20), valueString=row["text"])
    findings = _findings(exams=bundle(seen))
    pressed = {nerve: findings[f"{nerve}-point-reproduces-pain"] for nerve in _TERRITORY}
    return {
        "territory": sorted(n for n, place in _TERRITORY.items() if _present(findings, (place, f"{n}-point-tender"))),
        "reproduces": {n: ",".join(sorted({str(p.side.value) for p in f.proof})) for n, f in pressed.items() if f.is_present},
        "red_flags": _present(findings, _EXAM_FLAGS),
        "neuropathic": findings["neuropathic-quality"].is_present,
        "aggravating": bool(_present(findings, _AGGRAVATING)),
    }


def problem_read(row: Row) -> Row:
    """What a problem-list entry is read as: which of the findings asked for are present, and the side it gives them."""
    asked = (*row["present"], *row["not_present"])
    entry = condition("entry", code=concept(text=row["text"]), onsetDateTime=None, recordedDate=ago(row.get("recorded_days_ago", 300)))
    # An entry about the back pain itself is read alone: beside the plain chart's own pain nobody could tell the two apart.
    alone = bool({"low-back-pain", "chronic-pain-said"} & set(asked))
    findings = _findings(conditions=bundle(*([] if alone else [condition()]), entry), reports=bundle(report("No stenosis.")))
    sides = {proof.side.value for name in row["present"] for proof in findings[name].proof if proof.quote == row["text"]}
    return {
        "present": [name for name in row["present"] if findings[name].is_present],
        "not_present": [name for name in row["not_present"] if not findings[name].is_present],
        "side": ",".join(sorted(map(str, sides))),
    }


def _findings(**keys: Any) -> Findings:
    return look({**empty(), "conditions": bundle(condition()), **keys}).findings


def _present(findings: Findings, names: tuple[str, ...]) -> list[str]:
    return sorted(name for name in names if findings[name].is_present)
