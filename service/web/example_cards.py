"""Made-up patients and the cards that the corridor gives them: what each kind of card looks like, in the words of this knowledge."""

import json
from typing import Any

from cds_hooks.hooks import HOOKS
from cds_hooks.request import read_request
from service.cds_services import evaluation_of
from service.knowledge.model import Knowledge
from service.story import hook_request, read_story
from service.transcript import on_the_wire, transcribed_silence

# What each stands for, and the story that shows it.
_SHOWN = {
    "Examine these points": "laminectomy-and-iliac-harvest",
    "A point reproduces the pain": "laminectomy-and-right-point-recorded-today",
    "The same, and something holds a block back": "right-crest-point-and-lidocaine-allergy",
    "After one block": "right-superior-block-relieved-three-quarters",
    "After two blocks": "two-right-superior-blocks-relieved-three-quarters",
    "While another study is ordered": "laminectomy-and-a-lumbar-mri-is-ordered",
    "While a cluneal block is ordered": "right-crest-point-lidocaine-allergy-and-a-block-is-ordered",
    "No card": "low-back-pain-and-a-normal-mri",
}


def example_cards(knowledge: Knowledge) -> list[dict[str, Any]]:
    """Each example: its title, who the patient is, and the card as a client receives it, or the reason why there is none."""
    return [_told(title, name, knowledge) for title, name in _SHOWN.items()]


def _told(title: str, name: str, knowledge: Knowledge) -> dict[str, Any]:
    story = read_story(name)
    body = json.dumps(hook_request(story, hook_instance=name, today=story.today)).encode()
    found = evaluation_of(read_request(body, hooks=HOOKS), knowledge, today=story.today)
    cards = on_the_wire(found)
    return {
        "title": title,
        "story": name,
        "says": story.says,
        "hook": story.hook,
        "card": cards[0] if cards else None,
        "silence": transcribed_silence(found),
    }
