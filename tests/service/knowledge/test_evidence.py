"""The evidence room: every publication is told whole, hearsay carries nothing, and what is known to be wrong stands nowhere."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from service.knowledge.load import FOLDER, load_knowledge
from service.knowledge.shape import Shape

ROOT = Path(__file__).parents[3]
DOSSIER = ROOT.parent / "shared" / "reference" / "evidence.md"
FILES = tuple(sorted((FOLDER / "evidence").glob("*.toml")))
ALL_FILES = tuple(path for path in sorted(FOLDER.rglob("*")) if path.suffix in (".toml", ".json", ".md", ".py"))
EACH_FILE = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)

# Citations that the two source articles carry and that are wrong or that nobody found (dossier 1f), with what betrays each of them.
WRONG_CITATIONS = {
    "Paracha and Freeman. StatPearls 2023": ("paracha",),
    "Anderson D, McCormick Z, Mattie R, Plastaras C. Orthop Rev 2022;14(1):53-62": ("mccormick z", "mattie r", "plastaras", "14(1):53-62"),
    "Fujihara F, Aota Y, Niimura T. Acta Neurochir 2021;163(4):973-980": ("fujihara f, aota", "niimura", "163(4):973-980"),
    "Aota Y, Niimura T, Yoshikawa K. J Orthop Surg Res 2016;11:119": ("aota y, niimura", "yoshikawa", "j orthop surg res 2016;11:119"),
    "Wu, Chang, Ozcakar, an ultrasound-guided perspective. Insights Imaging 14:54": (
        "an ultrasound-guided perspective",
        "insights imaging 14:54",
        "insights imaging 2023;14:54",
    ),
    "Visnjevac, Costandi, Patel. Pain Med 2022;23(8):1444": ("costandi", "pain med 2022;23(8):1444"),
    "Knight, Inklebarger, Kamel. Pain Physician 2020;23(5):E481": ("inklebarger", "kamel", "pain physician 2020;23(5):e481"),
    "Kasper 2014. Reg Anesth Pain Med 39(3):215": ("kasper", "39(3):215"),
    "Ozuberk, Dogan, Yilmaz. Case series and literature review": ("ozuberk, dogan", "yilmaz", "case series and literature review"),
    "Ogura et al., 2008": ("ogura",),
    "Matsumoto et al., 2018": ("matsumoto et al., 2018", "matsumoto 2018"),
}
# A practice card nobody reviewed, what is known from it alone, and a paper in which nothing could be verified: not for clinicians.
UNFIT = ("echocard", "42182575", "41207967", "ec orthop")

# Claims of the two source articles that the dossier bans (section 1), as they would be written here: claim -> (pattern, example).
BANNED = {
    "it is common": (r"cluneal[^.]{0,50} (is|are) (a )?(very )?(common|frequent)\b", "Cluneal neuropathy is a common cause of pain."),
    "trauma comes first": (
        r"(usually|mostly|typically|always|often) (follows?|after) [^.]{0,20}(trauma|injury)",
        "It usually follows some type of trauma.",
    ),
    "years of latency": (
        r"latency[^.]{0,60}years|(onset|begins?|began|starts?|develops?|appears?)[^.]{0,60}years (after|later)",
        "The pain often begins years after the operation.",
    ),
    "the inferior nerve is second": (
        r"inferior[^.]{0,60}(next|second)[- ]most|(next|second)[- ]most[^.]{0,60}inferior",
        "The inferior nerve is next most common.",
    ),
    "blows as a cause": (
        r"(caused by|due to|follows?|results? from)[^.]{0,60}\b(kicks?|punch(es)?|hard surfaces?|radiology tables?|motor vehicle)\b",
        "It is caused by kicks and punches.",
    ),
    "operations lying supine": (r"(surgery|operations?)[^.]{0,40}supine|supine (surgery|operation)", "It comes of surgery while supine."),
    "the tunnel above the crest": (r"(3|three) ?(-|to) ?(4|four) ?cm (above|cranial)", "The tunnel lies 3-4 cm above the iliac crest."),
    "the middle point under the superior": (
        r"(3|three) ?(-|to) ?(4|four) ?cm (below|caudal to) (the )?superior",
        "Press 3 to 4 cm below the superior point.",
    ),
    "never past the trochanter": (
        r"(not|never|rarely)\b[^.]{0,50}(past|beyond|below) the (greater )?trochanter",
        "The pain does not radiate past the greater trochanter.",
    ),
    "sciatica to the toes": (r"(always|all the way)[^.]{0,60}\btoes\b", "Sciatica always presents with pain all the way to the toes."),
    "a gold standard": (r"gold[- ]standard", "A block is the gold standard."),
    "many months of radiofrequency": (r"many months|months or longer", "Radiofrequency helps for many months or longer."),
    "regenerative products": (r"\bexosomes?\b|\bPRP\b|platelet[- ]rich", "PRP and exosomes repair the nerve."),
}
# The two notices of the FDA name the products in their titles, because they warn of them.
REPORTS_A_BAN = {"regenerative products": ("fda-exosome-2019", "fda-exosome-2020")}
# A sentence that denies the claim before making it, or says that it is refuted, does not make it.
DENIED = re.compile(r"\b(no|not|never|nor|neither|nobody|none|without)\b", re.IGNORECASE)
REFUTED = re.compile(r"\b(contradicted|refuted|unsupported|untrue|wrong|banned)\b", re.IGNORECASE)


@cache
def text_of(path: Path) -> str:
    """The text of a file as one line, whatever its line ends and the continuations of its strings."""
    return " ".join(path.read_text(encoding="utf-8").replace("\\\n", " ").split())


def spoken() -> Iterator[Path]:
    """Every file whose sentences are ours: phrases/ hold the words of charts, value_sets/ those of code systems."""
    yield from (path for path in ALL_FILES if path.parent.name not in ("phrases", "value_sets"))
    yield from sorted((ROOT / "service" / "cards").glob("*.py"))


def claims(pattern: str, text: str) -> list[str]:
    """The sentences of a text that claim what the pattern says."""
    found = []
    for sentence in re.split(r"(?<=[.;!?\"])\s", text):
        match = re.search(pattern, sentence, re.IGNORECASE)
        if match is None or DENIED.search(before := sentence[: match.start()]) or REFUTED.search(before + sentence[match.end() :]):
            continue
        found.append(sentence)
    return found


def shapes_in(part: Any) -> Iterator[Shape]:
    """Every table of the knowledge, however deep."""
    if isinstance(part, Shape):
        yield part
    parts = vars(part) if isinstance(part, Shape) else part
    for inner in parts.values() if isinstance(parts, Mapping) else parts if isinstance(parts, tuple) else ():
        yield from shapes_in(inner)


def citing() -> list[tuple[Shape, tuple[str, ...]]]:
    """Every table that cites, with the publications that it names."""
    knowledge = load_knowledge()
    tables = (shape for field in fields(knowledge) for shape in shapes_in(getattr(knowledge, field.name)))
    return [(shape, shape.evidence) for shape in tables if getattr(shape, "evidence", ())]


def publication(file: Path) -> dict[str, str]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def attributes() -> dict[int, dict[str, Any]]:
    """The source attributes by their numbers, in the order of the file."""
    rows = tomllib.loads((FOLDER / "attributes.toml").read_text(encoding="utf-8"))["attribute"]
    return {row["number"]: row for row in rows}


@EACH_FILE
def test_a_publication_is_told_whole(file):
    """It says which one it is, what it reports and why that may not hold here, in sentences."""
    told = publication(file)

    assert told["citation"].strip()
    assert told["claim"].endswith(".")
    assert told["limits"].endswith(".")
    assert told["claim"] != told["limits"]


@EACH_FILE
def test_a_number_of_a_publication_has_its_form(file):
    """A DOI is one without its address, a PMID is digits; a publication without one leaves the line out."""
    told = publication(file)

    assert re.fullmatch(r"10\.\d{4,9}/[^\s?#]*\w", told.get("doi", "10.1000/none"))
    assert re.fullmatch(r"[1-9]\d{6,7}", told.get("pmid", "1000000"))


@pytest.mark.parametrize("key", ["citation", "doi", "pmid"])
def test_no_publication_stands_twice(key):
    """Two files of one publication would count it twice."""
    said = [publication(file)[key].lower() for file in FILES if key in publication(file)]

    assert len(said) == len(set(said)) > 10


def test_hearsay_carries_nothing():
    """What was seen only as somebody else reports it is cited by no rule, finding, nerve, threshold or sentence of a card."""
    cited = {key for _, keys in citing() for key in keys}
    hearsay = {file.stem for file in FILES if publication(file)["read"] == "secondary"}

    assert {"acr-2021", "kuniya-2014", "trescot-ch63", "harvest-bjj"} <= cited
    assert "asa-2010" in hearsay
    assert cited & hearsay == set()


@pytest.mark.parametrize("citation", WRONG_CITATIONS)
def test_a_wrong_citation_stands_nowhere(citation):
    """Wrong authors, journals and pages of the source articles, and papers that nobody found, were not copied into any file."""
    marks = WRONG_CITATIONS[citation]

    assert any(mark in citation.lower() for mark in marks)
    assert [(path.name, mark) for path in ALL_FILES for mark in marks if mark in text_of(path).lower()] == []


def test_a_surgical_paper_is_no_evidence_of_radiofrequency():
    """Matsumoto's middle cluneal series is of operations: nothing that speaks of radiofrequency cites it."""
    surgical = [shape for shape, keys in citing() if "matsumoto-mcn" in keys]
    words = [part for shape in surgical for part in vars(shape).values() if isinstance(part, str)]

    assert words
    assert not any(re.search(r"radiofrequency|ablation|coagulation|\bRF\b", said, re.IGNORECASE) for said in words)


@pytest.mark.parametrize("mark", UNFIT)
def test_an_unfit_source_stands_nowhere(mark):
    """What the dossier keeps from clinicians has no file and is not mentioned."""
    assert [path.name for path in ALL_FILES if mark in text_of(path).lower()] == []


@pytest.mark.parametrize("claim", BANNED)
def test_a_banned_claim_stands_nowhere(claim):
    """No file whose sentences are ours makes a claim that the dossier bans, nor does the wording of the cards."""
    pattern, _ = BANNED[claim]
    files = [path for path in spoken() if path.stem not in REPORTS_A_BAN.get(claim, ())]

    assert [(path.name, said) for path in files for said in claims(pattern, text_of(path))] == []


@pytest.mark.parametrize("claim", BANNED)
def test_a_banned_claim_would_be_seen(claim):
    """Each pattern catches the claim as it would be written, also after a sentence that denies something else."""
    pattern, example = BANNED[claim]

    assert claims(pattern, f"It does not occur by chance. {example}") == [example]


@pytest.mark.parametrize(
    "written",
    [
        "One open block is no gold standard.",
        "Nobody showed that it usually follows trauma.",
        "That the pain never goes past the greater trochanter is contradicted: half have leg symptoms.",
        "Sciatica does not always reach the toes.",
        "The FDA has approved no exosome product.",
        "Two years after posterior harvest 11 of 92 had more pain on that side.",
        "Plexopathy begins a median of 5 years (1 to 31) after radiotherapy.",
        "The lateral branch pierced the fascia 12.0 mm above the crest.",
    ],
)
def test_a_true_sentence_is_no_banned_claim(written):
    """Who says that it is not so, or something else in like words, is left alone."""
    assert [claim for claim, (pattern, _) in BANNED.items() if claims(pattern, written)] == []


@pytest.mark.skipif(not DOSSIER.is_file(), reason="the dossier is not here (../shared/reference/evidence.md)")
def test_every_number_of_a_publication_was_seen():
    """No DOI and no PMID is ours: each stands in the dossier, letter by letter."""
    dossier = DOSSIER.read_text(encoding="utf-8")
    seen = {*re.findall(r"10\.\d{4,9}/[^\s|,;]*\w", dossier), *re.findall(r"PMID (?:shown as )?(\d+)", dossier)}
    ours = {publication(file)[key]: file.stem for file in FILES for key in ("doi", "pmid") if key in publication(file)}

    assert {number: name for number, name in ours.items() if number not in seen} == {}


def test_the_thirteen_attributes_are_all_there():
    """The attributes of the regulation stand in its order, each with a name of its own and a value that is a sentence."""
    rows = attributes()

    assert list(rows) == list(range(1, 14))
    assert len({row["name"] for row in rows.values()}) == 13
    assert all(row["value"].endswith(".") for row in rows.values())


@pytest.mark.parametrize("number", range(5, 14))
def test_an_attribute_of_the_patient_says_whether_it_is_used(number):
    """Of race to social determinants nothing is used; the date of birth and pain scores are."""
    assert attributes()[number]["value"].startswith("Used" if number in (11, 13) else "Not used")


def test_pregnancy_and_the_interest_of_the_sources_are_disclosed():
    """Sex is not read but pregnancy is, and whoever reads of funding reads of the conflict of interest."""
    assert "Pregnancy" in attributes()[10]["value"]
    assert "Conflict of interest" in attributes()[3]["value"]


def test_the_bibliography_names_publications_that_are_here():
    """Every DOI of the first attribute is that of a file."""
    named = re.findall(r"doi (10\.[^\s)]+)", attributes()[1]["value"])

    assert named
    assert set(named) <= {publication(file).get("doi") for file in FILES}
