"""Labelled sentences: what a careful reader takes from each, what the service reads in it, and how often the two agree.

A sentence is put into the resource that carries it, in an otherwise plain chart, and goes through the corridor like any other. Which
findings a label stands for is the knowledge's to say: its X and C rules and its nerves. The grammar of a line: fixtures/texts/README.md.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from service.call import Call
from service.errors import ClinicError
from service.evaluate import evaluate
from service.fhir.chart import chart_of_bundle
from service.knowledge.model import Knowledge
from service.reasoning.findings import Findings

_HERE = Path(__file__).parent
# The labels that the sentences of a file may carry, and what else a line may hold.
LABELS: Mapping[str, tuple[str, ...]] = {
    "reports": ("imaging", "red_flags", "surgery"),
    "exams": ("territory", "reproduces", "red_flags", "neuropathic", "aggravating"),
    "problems": ("present", "not_present", "side"),
}
_BESIDE = ("text", "written", "reads_as", "recorded_days_ago")
_IMAGING = ("clear", "lesion", "unknown")
_SIDES = ("right", "left", "bilateral")
_FORMS: Mapping[str, type] = {"imaging": str, "side": str, "reproduces": dict, "neuropathic": bool, "aggravating": bool}
# Every date of the chart is counted back from it, and so any day would do.
_TODAY = date(2026, 11, 20)
_HL7 = "http://terminology.hl7.org/CodeSystem/"

Json = dict[str, Any]
Labels = Mapping[str, Any]
# What is counted by itself: ("red flags", "fever"), ("surgery", "")
Topic = tuple[str, str]


class UnreadableTexts(ClinicError):
    """A folder without labelled sentences, or with lines that are none; the message names every one."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One labelled sentence and where it stands; `later`: it was written after the phrase lists were closed."""

    kind: str
    place: str
    text: str
    labels: Labels
    later: bool = False
    recorded_days_ago: int = 300


@dataclass(frozen=True, slots=True)
class Reading:
    """A sentence, and what is read in it: the same labels, and topic by topic what a reader takes from it and what was read."""

    sentence: Sentence
    read: Labels
    topics: Mapping[Topic, tuple[frozenset[str], frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Count:
    """How often reader and service agree. true: said and read; false: read, not said; missed: said, not read."""

    sentences: int
    true: int
    false: int
    missed: int


def text_folder() -> Path:
    """Where our own sentences lie: inside an installed package, or at the top of a checkout."""
    inside = _HERE / "fixtures" / "texts"
    return inside if inside.is_dir() else _HERE.parent / "fixtures" / "texts"


def read_sentences(folder: Path, knowledge: Knowledge) -> tuple[Sentence, ...]:
    """The labelled sentences of a folder, any of whose files may be missing; raises UnreadableTexts with every problem."""
    files = {kind: folder / f"{kind}.jsonl" for kind in LABELS if (folder / f"{kind}.jsonl").is_file()}
    if not files:
        raise UnreadableTexts(f"{folder} holds no labelled sentences: none of {', '.join(f'{kind}.jsonl' for kind in LABELS)} is there.")
    sentences: list[Sentence] = []
    problems: list[str] = []
    for kind, path in files.items():
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if line.strip():
                try:
                    sentences.append(_sentence(kind, f"{kind}.jsonl line {number}", json.loads(line), knowledge))
                except (ValueError, RecursionError) as error:
                    problems.append(f"\n  {kind}.jsonl line {number}: {error}")
    if problems:
        raise UnreadableTexts(f"Lines of {folder} that are no labelled sentences:{''.join(problems)}")
    return tuple(sentences)


def read(sentence: Sentence, knowledge: Knowledge) -> Reading:
    """What the service reads in one sentence."""
    labels = {"reports": _in_report, "exams": _in_examination, "problems": _in_problem}[sentence.kind](sentence, knowledge)
    said, heard = (_by_topic(of, knowledge) for of in (sentence.labels, labels))
    for name in _asked(sentence):
        topic = ("red flags", name) if name in red_flags(knowledge) else ("problem findings", "")
        is_said = name in sentence.labels.get("present", ())
        is_read = name in labels["present"] if is_said else name not in labels["not_present"]
        said[topic] = said.get(topic, frozenset()) | ({name} if is_said else set())
        heard[topic] = heard.get(topic, frozenset()) | ({name} if is_read else set())
    return Reading(sentence, labels, {topic: (said[topic], heard[topic]) for topic in said})


def topics(knowledge: Knowledge) -> tuple[Topic, ...]:
    """Everything that is counted by itself, in the order of a table."""
    return (
        *(("imaging", name) for name in _IMAGING[:2]),
        *(("red flags", name) for name in red_flags(knowledge)),
        ("surgery", ""),
        *((group, nerve) for group in ("territory", "reproduced point") for nerve in knowledge.nerves),
        *((group, "") for group in ("neuropathic", "aggravating", "problem findings", "problem side")),
    )


def count(readings: Iterable[Reading], topic: Topic | None = None) -> Count:
    """How often reader and service agree on a topic; without one, on all that the labels speak of."""
    asked = [[pair for one, pair in reading.topics.items() if topic in (None, one)] for reading in readings]
    both, only_read, only_said = 0, 0, 0
    for said, heard in (pair for pairs in asked for pair in pairs):
        both, only_read, only_said = both + len(said & heard), only_read + len(heard - said), only_said + len(said - heard)
    return Count(len(asked) if topic is None else sum(map(bool, asked)), both, only_read, only_said)


def defects(reading: Reading) -> tuple[str, ...]:
    """What may not be misread: an image as clear, a red flag, a reproduced point that nobody described."""
    found = []
    for (group, name), (said, heard) in reading.topics.items():
        if (group, name) == ("imaging", "clear") and heard - said:
            found.append("read as clear")
        elif group == "red flags" and said - heard:
            found.append(f"red flag {name} missed")
        elif group == "red flags" and heard - said:
            found.append(f"read as red flag {name}")
        elif group == "reproduced point" and heard - said:
            found.append(f"read as reproduced point {', '.join(sorted(heard))}")
    return tuple(found)


def listed(value: Any) -> list[str]:
    """The value of a label as words: "superior right" for a point with its side, "yes" and "no"."""
    if isinstance(value, dict):
        return [f"{nerve} {side}" for nerve, side in sorted(value.items())]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return sorted(map(str, value)) if isinstance(value, list) else [str(value)]


def red_flags(knowledge: Knowledge) -> tuple[str, ...]:
    """The findings that keep every card back: red flags, other causes."""
    return _named_by("X", "silence", knowledge)


def _surgery(knowledge: Knowledge) -> tuple[str, ...]:
    return tuple(sorted({name for nerve in knowledge.nerves.values() for name in nerve.surgical}))


def _by_topic(labels: Labels, knowledge: Knowledge) -> dict[Topic, frozenset[str]]:
    """What labels affirm, topic by topic; `present` and `not_present` aside."""
    keys = {"red flags": "red_flags", "reproduced point": "reproduces", "problem side": "side"}
    found: dict[Topic, frozenset[str]] = {}
    for group, name in topics(knowledge):
        if (key := keys.get(group, group)) in labels:
            affirmed = set(listed(labels[key])) - {"no", ""}
            found[group, name] = frozenset(one for one in affirmed if not name or one.split(" ")[0] == name)
    return found


def _sentence(kind: str, place: str, row: Any, knowledge: Knowledge) -> Sentence:
    """The sentence of one line; ValueError says what is wrong with it."""
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"].strip():
        raise ValueError("is no object with a text")
    labels = {name: value for name, value in row.items() if name not in _BESIDE}
    if not labels or (unknown := labels.keys() - set(LABELS[kind])):
        what = f'unknown label "{min(unknown)}"' if labels else "no label"
        raise ValueError(f"{what}; labels here: {', '.join(LABELS[kind])}")
    days = row.get("recorded_days_ago", 300)
    if days not in range(36_500):
        raise ValueError("recorded_days_ago is no number of days")
    for name, value in labels.items():
        known = _known(name, knowledge)
        if not isinstance(value, _FORMS.get(name, list)):
            raise ValueError(f"{name} has not the form that fixtures/texts/README.md describes")
        if strange := [one for one in listed(value) if one not in known]:
            listing = f"; known: {', '.join(known)}" if known is not knowledge.findings else ""
            raise ValueError(f"{name} names {', '.join(strange)}{listing}")
    return Sentence(kind, place, row["text"], labels, row.get("written") == "later", days)


def _known(name: str, knowledge: Knowledge) -> Collection[str]:
    """What a label may say."""
    return {
        "imaging": _IMAGING,
        "red_flags": red_flags(knowledge),
        "surgery": _surgery(knowledge),
        "territory": tuple(knowledge.nerves),
        "reproduces": tuple(f"{nerve} {side}" for nerve in knowledge.nerves for side in _SIDES),
        "side": _SIDES,
        **dict.fromkeys(("neuropathic", "aggravating"), ("yes", "no")),
    }.get(name, knowledge.findings)


def _in_report(sentence: Sentence, knowledge: Knowledge) -> Labels:
    findings = _findings(knowledge, _PAIN, _report(sentence.text))
    clear, lesion = (_named_by("C", effect, knowledge) for effect in ("support", "cap-low"))
    return {
        "imaging": "lesion" if _present(findings, lesion) else "clear" if _present(findings, clear) else "unknown",
        "red_flags": _present(findings, red_flags(knowledge)),
        "surgery": _present(findings, _surgery(knowledge)),
    }


def _in_examination(sentence: Sentence, knowledge: Knowledge) -> Labels:
    seen = {"status": "final", "code": {"text": "Physical findings"}, "effectiveDateTime": _ago(20), "valueString": sentence.text}
    findings = _findings(knowledge, _PAIN, _of_patient("Observation", "seen", seen))
    nerves = knowledge.nerves.items()
    pressed = {name: [proof.side.value for one in findings.present(nerve.reproduced) for proof in one.proof] for name, nerve in nerves}
    return {
        "territory": sorted(name for name, nerve in nerves if _present(findings, (*nerve.territory, *nerve.located))),
        "reproduces": {name: ",".join(sorted(set(sides))) for name, sides in pressed.items() if sides},
        "red_flags": _present(findings, red_flags(knowledge)),
        "neuropathic": any(findings.any_of(nerve.support.get("S1", ())) for _, nerve in nerves),
        "aggravating": any(findings.any_of(nerve.support.get("S2", ())) for _, nerve in nerves),
    }


def _in_problem(sentence: Sentence, knowledge: Knowledge) -> Labels:
    """What the plain chart has anyway is read without it: nobody could tell the two apart."""
    entry = {**_ACTIVE, "code": {"text": sentence.text}, "recordedDate": _ago(sentence.recorded_days_ago)}
    beside = (_PAIN,) if _there_anyway(knowledge).isdisjoint(_asked(sentence)) else ()
    findings = _findings(knowledge, *beside, _of_patient("Condition", "entry", entry), _report("No stenosis."))
    present, not_present = (sentence.labels.get(name, ()) for name in ("present", "not_present"))
    sides = {proof.side.value for name in present for proof in findings[name].proof if proof.quote == sentence.text}
    return {
        "present": [name for name in present if findings[name].is_present],
        "not_present": [name for name in not_present if not findings[name].is_present],
        "side": ",".join(sorted(map(str, sides))),
    }


def _asked(sentence: Sentence) -> tuple[str, ...]:
    return (*sentence.labels.get("present", ()), *sentence.labels.get("not_present", ()))


@lru_cache(maxsize=4)
def _there_anyway(knowledge: Knowledge) -> frozenset[str]:
    return frozenset(_present(_findings(knowledge, _PAIN, _report("No stenosis.")), knowledge.findings))


def _findings(knowledge: Knowledge, *resources: Json) -> Findings:
    """What the corridor finds in the chart of a woman of 52 that holds these resources."""
    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1974-03-09"}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in (patient, *resources)]}
    chart = chart_of_bundle(json.dumps(bundle).encode())
    return evaluate(chart, knowledge, today=_TODAY, call=Call("p", user="Practitioner/1")).findings


def _present(findings: Findings, names: Iterable[str]) -> list[str]:
    return sorted(finding.id for finding in findings.present(names))


def _named_by(stage: str, effect: str, knowledge: Knowledge) -> tuple[str, ...]:
    rules = (rule for rule in knowledge.rules[stage] if rule.effect == effect)
    return tuple(sorted({name for rule in rules for name in (*rule.all_of, *rule.any_of)}))


def _ago(days: int) -> str:
    return (_TODAY - timedelta(days=days)).isoformat()


def _of_patient(kind: str, id_: str, held: Json) -> Json:
    return {"resourceType": kind, "id": id_, "subject": {"reference": "Patient/p"}, **held}


def _report(text: str) -> Json:
    held = {"status": "final", "code": {"coding": [{"system": "http://loinc.org", "code": "30679-5"}]}, "conclusion": text}
    return _of_patient("DiagnosticReport", "mri", {**held, "effectiveDateTime": _ago(210)})


_ACTIVE = {
    "clinicalStatus": {"coding": [{"system": f"{_HL7}condition-clinical", "code": "active"}]},
    "verificationStatus": {"coding": [{"system": f"{_HL7}condition-ver-status", "code": "confirmed"}]},
    "category": [{"coding": [{"system": f"{_HL7}condition-category", "code": "problem-list-item"}]}],
}
# Chronic low back pain, for three years.
_CODE = {"code": {"coding": [{"system": "http://snomed.info/sct", "code": "278860009"}]}}
_PAIN = _of_patient("Condition", "pain", {**_ACTIVE, **_CODE, "onsetDateTime": _ago(1100), "recordedDate": _ago(1090)})
