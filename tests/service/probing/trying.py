"""What the tests of the probe have in common: a FHIR server with the chart of a story, and the command run against it."""

import asyncio
import contextlib
import io
import sys
from dataclasses import dataclass

from cds_hooks.prefetch import filled
from service.cds_services import prefetch_templates
from service.cli import main
from service.knowledge.load import load_knowledge
from service.story import read_story
from tests.faulty_fhir import bundle, resource

STORY = read_story("laminectomy-and-iliac-harvest")
PATIENT = STORY.prefetch["patient"]["id"]
ON_THE_DAY = ("--today", STORY.today.isoformat())
TEMPLATES = prefetch_templates(load_knowledge())
METADATA = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "software": {"name": "Faithful", "version": "7"}}


def key_of(asked, patient=PATIENT, encounter=STORY.encounter or "none"):
    """The prefetch key that a request is for; "metadata" for what the server says of itself."""
    values = {"context.patientId": patient, "context.encounterId": encounter}
    queries = {"metadata": "metadata", **{key: filled(template, values) for key, template in TEMPLATES.items()}}
    return next(key for key, query in queries.items() if asked.target in (f"/fhir/{query}", f"/fhir/{query}&_count=200"))


def chart(of=PATIENT, /, **instead):
    """Answers with the story's chart, and to the named keys with something else."""
    charts = {"metadata": METADATA, **{key: STORY.prefetch.get(key) or bundle() for key in TEMPLATES}}
    answers = {key: resource(value) for key, value in charts.items()} | instead

    async def answer(asked, writer):
        await answers[key_of(asked, of)](asked, writer)

    return answer


@dataclass
class Printed:
    """What the command printed, and how it ended. The words are those of `out` and `err` in one line each."""

    code: int
    out: str
    err: str

    @property
    def words(self):
        return " ".join(self.out.split())

    @property
    def sentence(self):
        return " ".join(self.err.replace("│", " ").split())


async def probe(base, *words, patient=PATIENT):
    """What `cluneal-cds probe` prints, run beside the server of the test."""
    return await asyncio.to_thread(_run, ["cluneal-cds", "probe", base, "--patient", patient, *map(str, words)])


def _run(words):
    before, out, err, code = sys.argv, io.StringIO(), io.StringIO(), 0
    sys.argv = words
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.argv = before
    return Printed(code or 0, out.getvalue(), err.getvalue())
