// The chart as its reader sees it: one line for each entry, what was written during the visit marked.

import { el } from "./ehr_dom.js";
import { entriesOf } from "./ehr_chart.js";

const SECTIONS = [
  ["conditions", "Problems"], ["procedures", "Operations and procedures"], ["reports", "Reports"], ["exams", "Examination"],
  ["surveys", "Pain scores"], ["medications", "Medications"], ["allergies", "Allergies"], ["orders", "Orders"], ["labs", "Laboratory"],
];

export function drawnChart(chart) {
  return SECTIONS.map(([key, title]) => el("section", {}, el("h4", {}, title), section(chart, key)));
}

function section(chart, key) {
  const value = chart.prefetch[key];
  if (value === undefined) return el("p", { class: "quiet" }, "Not part of what this EHR sends.");
  if (value?.resourceType === "OperationOutcome") return el("p", { class: "quiet" }, "This EHR failed to read it.");
  const resources = entriesOf(value).filter((one) => one.resourceType !== "OperationOutcome");
  if (!resources.length) return el("p", { class: "quiet" }, "Nothing on file.");
  const newestFirst = resources.map((one) => [when(one), one]).sort(([one], [other]) => other.localeCompare(one));
  return el("ul", {}, newestFirst.map(([day, one]) => line(chart, one, day)));
}

function line(chart, resource, day) {
  const isNew = chart.added.has(`${resource.resourceType}/${resource.id}`);
  return el(
    "li",
    { class: isNew ? "entry-new" : null },
    isNew ? el("span", { class: "tag" }, "new") : null,
    isNew ? " " : null,
    el("span", {}, words(resource)),
    day ? el("span", { class: "quiet" }, ` ${day.slice(0, 10)}`) : null,
    status(resource),
  );
}

const text = (concept) => concept?.text ?? concept?.coding?.find((coding) => coding.display)?.display ?? concept?.coding?.[0]?.code ?? "";

function words(resource) {
  const drug = text(resource.medicationCodeableConcept) || resource.medicationReference?.display;
  const what = text(resource.code) || drug || resource.resourceType;
  const parts = (resource.component ?? []).map((part) => `${text(part.code)} ${said(part)}`.trim());
  const says = [said(resource), resource.conclusion, ...parts].filter(Boolean).join("; ");
  return says ? `${what}: ${says}` : what;
}

function said(one) {
  if (one.valueQuantity) return `${one.valueQuantity.value ?? ""} ${one.valueQuantity.unit?.replace(/[{}]/g, "") ?? ""}`.trim();
  if (one.valueCodeableConcept) return text(one.valueCodeableConcept);
  if (typeof one.valueBoolean === "boolean") return one.valueBoolean ? "yes" : "no";
  return String(one.valueString ?? one.valueInteger ?? "");
}

function status(resource) {
  const clinical = text(resource.clinicalStatus) || resource.status;
  const isPlain = ["final", "completed", "active", "Active", undefined, ""].includes(clinical);
  const inError = resource.status === "entered-in-error" || text(resource.verificationStatus).toLowerCase().includes("error");
  const shown = inError ? "entered in error" : isPlain ? "" : clinical;
  return shown ? el("span", { class: "quiet" }, ` (${shown})`) : null;
}

const when = (one) =>
  one.effectiveDateTime ?? one.performedDateTime ?? one.performedPeriod?.start ?? one.onsetDateTime ?? one.authoredOn ?? one.recordedDate ??
  one.effectivePeriod?.start ?? one.issued ?? "";

const USERS = { Patient: "the patient", RelatedPerson: "a relative" };

// Name, age and sex for the head of the chart.
export function drawnFacts(chart) {
  const patient = chart.prefetch.patient;
  const name = patient?.name?.[0];
  const whole = name?.text ?? [...(name?.given ?? []), name?.family].filter(Boolean).join(" ");
  const age = patient?.birthDate ? `born ${patient.birthDate}` : "";
  const user = USERS[chart.user.split("/")[0]] ?? "a clinician";
  const facts = [age, patient?.gender, chart.encounter ? "visit today" : "no visit named", `opened by ${user}`];
  return { name: whole || "Patient without a name", facts: facts.filter(Boolean).join(" · ") };
}
