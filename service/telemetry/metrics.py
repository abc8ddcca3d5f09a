"""The metrics of one application, in a registry of its own, as Prometheus reads them.

Every label comes from a set that is closed before the first call: hooks, names of the clients file, rules, nerves, tiers, prefetch keys,
codes of errors. What a request says is never one, so nobody can be found in the metrics and no caller can make them grow.
Source: https://prometheus.io/docs/practices/naming/; threat model, rows 15 and 27.
"""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.telemetry.note import Note

# Seconds; the target of a call is 0.5, its end 1.2 with what is fetched.
# They would double the lines, and nobody makes use of them.
disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5, 5.0)
EVERYBODY, NOBODY_KNOWN = "open", "unknown"

Rests = Callable[[], Iterable[tuple[str, bool]]]


class Metrics:
    """What was counted since the application was made.

    version, knowledge  of the service and of what it knows
    draining            whether the process is about to end
    """

    def __init__(self, *, version: str, knowledge: str, draining: Callable[[], bool] = lambda: False) -> None:
        self._registry = registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=registry)
        info = Gauge("cluneal_service", "1; the versions stand in the labels.", ("version", "knowledge"), registry=registry)
        info.labels(version, knowledge).set(1)
        Gauge("cluneal_draining", "1 when the process is about to end.", registry=registry).set_function(lambda: float(draining()))
        of_call = ("call", "hook", "client")
        self._calls = Counter(
            "cluneal_calls", "Calls of hooks, feedback and discovery.", (*of_call, "status", "outcome"), registry=registry
        )
        self._refusals = Counter("cluneal_refusals", "Calls that got an error, by its code.", (*of_call, "code"), registry=registry)
        self._seconds = Histogram(
            "cluneal_call_seconds", "From a call to its answer, receiving included.", ("call", "hook"), buckets=_SECONDS, registry=registry
        )
        self._parts = Histogram("cluneal_call_part_seconds", "Parts of a call.", ("part",), buckets=_SECONDS, registry=registry)
        self._cards = Counter(
            "cluneal_cards", "Cards; of a client in shadow mode as not shown.", ("kind", "nerve", "tier", "shown"), registry=registry
        )
        self._silences = Counter("cluneal_silences", "Calls without a card, by the first rule.", ("rule",), registry=registry)
        self._degraded = Counter("cluneal_degraded", "Calls that were answered without the store.", registry=registry)
        self._fetches = Counter("cluneal_fhir_reads", "Prefetch keys wanted from a FHIR server.", ("key", "outcome"), registry=registry)
        self._unread = Counter("cluneal_keys_not_read", "Keys of a chart that are not known.", ("key", "state"), registry=registry)
        self._feedback = Counter("cluneal_feedback_items", "Items of feedback that are stored.", ("client", "outcome"), registry=registry)
        self._key_sets = Counter("cluneal_key_set_fetches", "Key sets asked for.", ("client", "outcome"), registry=registry)
        self._store = Counter("cluneal_store_failures", "Transactions that failed.", ("what",), registry=registry)
        self._pages = Counter("cluneal_other_requests", "Requests of other addresses.", ("status",), registry=registry)

    def add_call(self, call: str, hook: str, client: str, status: int, code: str, seconds: float, note: Note) -> None:
        """Count a call that is over. `client`: its name, or one of the two words for those without; `code`: of its error, "" for none."""
        decided = note.decided
        outcome = decided.outcome if decided and not code else "done" if not code else "failed" if status >= 500 else "refused"
        self._calls.labels(call, hook, client, str(status), outcome).inc()
        self._seconds.labels(call, hook).observe(seconds)
        for part, took in note.parts.items():
            self._parts.labels(part).observe(took)
        if code:
            self._refusals.labels(call, hook, client, code).inc()
        if decided and decided.kind:
            self._cards.labels(decided.kind, decided.nerve, decided.tier, "no" if decided.outcome == "shadow" else "yes").inc()
        if decided and decided.rule:
            self._silences.labels(decided.rule).inc()
        if note.degraded:
            self._degraded.inc()
        for key, (told, _) in note.fetched.items():
            self._fetches.labels(key, told).inc()
        for key, state in note.unread.items():
            self._unread.labels(key, state).inc()
        for said, items in note.feedback.items():
            self._feedback.labels(client, said).inc(items)

    def add_page(self, status: int) -> None:
        """Count a request that is no call."""
        self._pages.labels(str(status)).inc()

    def add_store_failure(self, what: str) -> None:
        """Count a transaction that failed; `what` it was for, in words of ours."""
        self._store.labels(what).inc()

    def add_key_set(self, client: str, fetched: bool) -> None:
        """Count that the keys of a client were asked for."""
        self._key_sets.labels(client, "fetched" if fetched else "failed").inc()

    def watch_servers(self, rests: Rests) -> None:
        """Tell with each scrape which FHIR servers, by their address in the settings, are left alone for a while."""
        self._registry.register(_Servers(rests))

    def exposition(self) -> bytes:
        """All of it in the text format of Prometheus, version 0.0.4."""
        return generate_latest(self._registry)


class _Servers(Collector):
    def __init__(self, rests: Rests) -> None:
        self._rests = rests

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("cluneal_fhir_server_at_rest", "1 while a FHIR server that failed is left alone.", labels=("server",))
        for server, rests in self._rests():
            family.add_metric((server,), float(rests))
        yield family
