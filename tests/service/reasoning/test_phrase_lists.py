"""Phrase lists that more than one finding rests on: what each of them hears, and what it does not."""

import pytest

from service.knowledge.load import load_knowledge
from service.reasoning.language import Ear, Hearing
from service.reasoning.mention import Sense

EAR = Ear(load_knowledge().language, load_knowledge().slips)
HEARD = {
    "superior-cluneal-ablation": ["RF ablation, left superior cluneal nerve", "RFA of the medial branch of the superior cluneal nerve"],
    "middle-cluneal-ablation": ["Pulsed RF medial cluneal nerves", "Cryoneurolysis, superior and middle cluneal nerves"],
    "inferior-cluneal-ablation": ["ICN RFA", "Cryoablation of the posterior femoral cutaneous nerve"],
    "superior-cluneal-surgery": ["Decompression of the left superior cluneal nerve at the iliac crest", "Superior cluneal neurectomy"],
    "middle-cluneal-surgery": ["Neurolysis of the middle cluneal nerve", "MCN decompression"],
    "inferior-cluneal-surgery": ["Resection of the posterior femoral cutaneous nerve", "Inferior cluneal nerve release"],
    "cluneal-ablation": ["Cluneal nerve rhizotomy", "RFA of right cluneal nerve at the posterior superior iliac spine"],
    "cluneal-surgery": ["Cluneal nerve release", "S/p cluneal neurectomy"],
    "superior-cluneal-block": ["Superior, middle and inferior cluneal nerve block", "Superior cluneal nerve block, scheduled"],
    "no-relief": ["No relief after the block", "The injection did not help"],
    "percent-relief": ["80% relief", "80 percent improvement in pain", "Pain reduced by 70%", "No relief", "Complete relief", "75% better"],
    "facet-ablation-order": [
        "Lumbar facet rhizotomy",
        "Medial branch radiofrequency ablation",
        "Radiofrequency ablation, lumbar facet",
        "Lumbar medial branch radiofrequency ablation L4-S1",
    ],
    "spinal-ablation": ["Lumbar facet rhizotomy", "S/p medial branch RFA L4-S1", "SI joint radiofrequency"],
    "spinal-injection": ["Repeat lumbar ESI L5-S1", "Lumbar medial branch block", "L4-5 facet joint injection"],
    "unrelated-visit": ["Diabetes follow-up", "Follow-up for hypertension", "Blood pressure recheck", "Flu shot"],
    "pregnancy": ["Prenatal visit, 24 weeks", "Antenatal check", "OB visit 20w"],
    "sedation": ["Performed under moderate sedation", "Sedation: yes", "IV sedation with midazolam", "Patient was sedated", "Under MAC"],
}
NOT_HEARD = {
    "superior-cluneal-ablation": ["Superior cluneal nerve block", "Medial branch RFA and superior cluneal nerve block"],
    "middle-cluneal-ablation": ["RFA of the medial branch of the superior cluneal nerve", "RFA of the middle cluneal nerve planned"],
    "inferior-cluneal-ablation": ["Posterior femoral cutaneous nerve block", "No ablation of the inferior cluneal nerve"],
    "superior-cluneal-surgery": ["Superior cluneal neuralgia after lumbar decompression", "RF neurolysis of superior cluneal nerve"],
    "middle-cluneal-surgery": ["Middle cluneal nerve block", "Release of the superior cluneal nerve"],
    "inferior-cluneal-surgery": ["Clunealgia after hip surgery", "Inferior cluneal nerve surgery discussed"],
    "cluneal-ablation": ["Cluneal nerve block", "Cluneal nerve RFA denied by insurance", "SCN radiofrequency"],
    "cluneal-surgery": ["Cluneal neuropathy after lumbar fusion surgery", "Cluneal nerve surgery not recommended", "S/p PFCN resection"],
    "superior-cluneal-block": ["Cluneal nerve block at posterior superior iliac spine", "Follow-up after superior cluneal nerve block"],
    "no-relief": ["No relief from physical therapy", "Indication: previous injection without relief"],
    "percent-relief": ["Good relief after lidocaine 2%", "60% improvement in function", "Tolerated well", "Prior block: 80% relief"],
    "facet-ablation-order": ["Cervical facet rhizotomy", "RFA of superior cluneal nerve", "Lumbar facet injection"],
    "spinal-ablation": ["Lumbar medial branch block", "Superior cluneal nerve RFA"],
    "spinal-injection": ["Lumbar facet rhizotomy", "Medial branch radiofrequency ablation", "Lumbar facet denervation"],
    "unrelated-visit": ["Annual physical", "Diabetes follow-up with low back pain", "Diabetic neuropathy follow-up", "Medication refill"],
    "pregnancy": ["Prenatal vitamins", "GYN visit"],
    "sedation": ["No sedation", "Without sedation", "Sedation: none", "IV sedation was not given", "Not sedated", "Sedation declined"],
}


def affirms(name, text):
    """Whether a list of the knowledge is heard in a text and not denied there."""
    senses = {mention.sense for mention in Hearing(EAR, 2026).mentions(text, load_knowledge().phrases[name])}
    return Sense.AFFIRMED in senses and Sense.DENIED not in senses


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in HEARD.items() for text in texts])
def test_what_was_done_to_a_nerve_or_came_of_it_is_heard(name, text):
    """Ablation, surgery, relief and sedation, as procedure notes have them."""
    assert affirms(name, text)


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in NOT_HEARD.items() for text in texts])
def test_what_was_not_done_or_to_something_else_is_not(name, text):
    """Planned, denied, of another nerve, or the percent of a solution."""
    assert not affirms(name, text)
