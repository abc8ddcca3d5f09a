// The mock chart: what the EHR holds of one patient, in the memory of this page alone.

import { uuid } from "./ehr_dom.js";

const KEYS = {
  Condition: "conditions", Procedure: "procedures", DiagnosticReport: "reports", ServiceRequest: "orders",
  MedicationRequest: "medications", AllergyIntolerance: "allergies",
};
const OURS = "https://cluneal-cds.github.io/fhir/CodeSystem/examination";

// The chart of a request, told about a patient, a visit and a user of whom the service has never heard: what it remembers of an earlier
// visitor's clicks (quiet) would otherwise keep this one's card back.
export function freshChart(request, today) {
  const copy = structuredClone({ context: request.context, prefetch: request.prefetch });
  const { patientId, encounterId, userId } = copy.context;
  const [userType, user] = userId.split("/");
  const fresh = { patient: like(patientId), encounter: like(encounterId ?? "visit"), user: like(user) };
  let told = renamed(copy, "Patient", patientId, fresh.patient);
  if (encounterId) told = renamed(told, "Encounter", encounterId, fresh.encounter);
  if (userType !== "Patient") told = renamed(told, userType, user, fresh.user);
  return {
    patient: fresh.patient,
    encounter: encounterId ? fresh.encounter : "",
    user: told.context.userId,
    prefetch: told.prefetch,
    drafts: (told.context.draftOrders?.entry ?? []).map((entry) => entry.resource),
    hook: request.hook,
    today,
    added: new Set(),
  };
}

// The same patient at another visit.
export function atNewVisit(chart) {
  const encounter = like(chart.encounter || "visit");
  const visit = chart.prefetch.encounter;
  const renewed = visit ? { ...visit, id: encounter } : visit;
  return { ...chart, encounter, prefetch: { ...chart.prefetch, ...(visit ? { encounter: renewed } : {}) } };
}

// An id of the same kind as another, and a new one each time.
function like(id) {
  const isUuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  return isUuid ? uuid() : `${id.slice(0, 40)}-${uuid().slice(0, 8)}`;
}

function renamed(value, type, from, to) {
  const escaped = from.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const named = new RegExp(`((?:^|/)${type}/|^urn:uuid:|patient=)${escaped}(?![A-Za-z0-9.-])`, "g");
  const walk = (part) => {
    if (typeof part === "string") return part.replace(named, (_, before) => before + to);
    if (Array.isArray(part)) return part.map(walk);
    if (part === null || typeof part !== "object") return part;
    const walked = Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, walk(inner)]));
    return part.resourceType === type && part.id === from ? { ...walked, id: to } : walked;
  };
  return walk(value);
}

// The resources under a prefetch key, whether they came in a bundle or alone.
export function entriesOf(value) {
  const entries = value?.resourceType === "Bundle" ? (value.entry ?? []) : [{ resource: value }];
  return entries.map((entry) => entry.resource).filter(Boolean);
}

const keyOf = (resource) =>
  KEYS[resource.resourceType] ??
  (resource.resourceType === "Observation" ? (JSON.stringify(resource.category ?? "").includes('"exam"') ? "exams" : "surveys") : null);

// Writes a resource into the chart; a bundle that could not be read stays so.
export function write(chart, resource) {
  const key = keyOf(resource);
  const written = { ...resource, id: resource.id ?? uuid() };
  const old = chart.prefetch[key];
  if (key === null || old?.resourceType === "OperationOutcome") return written;
  // An EHR that says of an empty search that it found nothing stops saying so.
  const rest = entriesOf(old).filter((one) => one.resourceType !== "OperationOutcome" && !isSame(one, written));
  keep(chart, key, [...rest, written]);
  chart.added.add(`${written.resourceType}/${written.id}`);
  return written;
}

const isSame = (one, other) => one.resourceType === other.resourceType && one.id === other.id;

function keep(chart, key, resources) {
  const before = chart.prefetch[key]?.entry ?? [];
  // What came with a full URL keeps it: other entries may refer to it by that.
  const entry = resources.map((resource) => ({
    fullUrl: `urn:uuid:${uuid()}`,
    search: { mode: "match" },
    ...before.find((one) => one.resource && isSame(one.resource, resource)),
    resource,
  }));
  chart.prefetch[key] = { resourceType: "Bundle", type: "searchset", entry };
}

// Carries out one action of an accepted suggestion, and says in words what was done.
export function apply(chart, action) {
  if (action.type === "delete") {
    // One reference, or in later versions a list with one.
    const [named = `${action.resource?.resourceType}/${action.resource?.id}`] = [action.resourceId ?? []].flat();
    const [type, id] = named.split("/").slice(-2);
    for (const [key, value] of Object.entries(chart.prefetch)) {
      const left = entriesOf(value).filter((one) => one.resourceType !== type || one.id !== id);
      if (value?.resourceType === "Bundle" && left.length < entriesOf(value).length) keep(chart, key, left);
    }
    return `Removed: ${action.description}`;
  }
  // This EHR signs an order with the click that accepts it; one that is written by hand is signed by hand.
  const isOrder = action.resource?.resourceType === "ServiceRequest";
  if (action.resource) write(chart, isOrder ? { ...action.resource, status: "active", authoredOn: chart.today } : action.resource);
  return action.description;
}

// A block that was done is no longer ordered.
export function fulfil(chart, procedure) {
  const left = entriesOf(chart.prefetch.orders).filter((order) => order.code?.text !== procedure.code.text);
  if (chart.prefetch.orders?.resourceType === "Bundle") keep(chart, "orders", left);
}

// The newest cluneal block that is ordered in this chart, as { nerve, side }.
export function orderedBlock(chart) {
  for (const order of entriesOf(chart.prefetch.orders).reverse()) {
    const code = order.code?.coding?.find((coding) => coding.system === OURS)?.code ?? "";
    const nerve = /^([a-z]+)-cluneal-block$/.exec(code)?.[1];
    const side = /\b(right|left)\b/i.exec(order.code?.text ?? "")?.[1]?.toLowerCase();
    if (nerve && side && order.status === "active") return { nerve, side };
  }
  return null;
}
