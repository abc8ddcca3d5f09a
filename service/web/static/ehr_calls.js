// Calls to the service, as an EHR makes them, each with what was sent, what came back and how long it took.

import { byId, uuid } from "./ehr_dom.js";
import { sentPrefetch } from "./ehr_prefetch.js";

const page = byId("ehr");
const root = page.dataset.root;
const services = JSON.parse(page.dataset.services);
// Epic has no encounter-start, and Oracle Health describes patient-view alone.
const HOOKS = { generic: Object.keys(services), epic: ["patient-view", "order-select", "order-sign"], oracle: ["patient-view"] };
// What Epic adds to a request: which of its triggers fired. 60 opens a chart, 23 signs orders.
const TRIGGERS = { "patient-view": "60", "order-sign": "23" };

export const keepsFeedback = page.dataset.feedback === "1";
export const firesHook = (style, hook) => HOOKS[style].includes(hook);
const doorOf = (style) => (style === "generic" ? root : `${root}/ehr/${style}`);

// The request that an EHR of this style sends. `orders`: the drafts; `chosen`: the ids of those that were just drafted.
export function hookRequest(chart, hook, { style, data, orders = [], chosen = [] }) {
  const context = { userId: chart.user, patientId: chart.patient, ...(chart.encounter ? { encounterId: chart.encounter } : {}) };
  if (hook === "order-select") context.selections = chosen.map((id) => `ServiceRequest/${id}`);
  if (hook.startsWith("order-")) {
    context.draftOrders = { resourceType: "Bundle", type: "collection", entry: orders.map((resource) => ({ resource })) };
  }
  const request = { hook, hookInstance: uuid(), context, prefetch: sentPrefetch(chart, data) };
  const isEpic = style === "epic" && TRIGGERS[hook];
  return isEpic ? { ...request, extension: { "com.epic.cdshooks.request.bpa-trigger-action": TRIGGERS[hook] } } : request;
}

export const fireHook = (style, request) => post(`${doorOf(style)}/cds-services/${services[request.hook]}`, request);

export function sendFeedback(style, hook, item) {
  const body = { feedback: [{ outcomeTimestamp: new Date().toISOString(), ...item }] };
  return post(`${doorOf(style)}/cds-services/${services[hook]}/feedback`, body);
}

// What this page makes of something with the help of its own server: no call of an EHR.
export async function ask(path, body) {
  const call = body === undefined ? await send(`${root}/ehr/${path}`, { method: "GET" }) : await post(`${root}/ehr/${path}`, body);
  if (call.status !== 200) throw new Error(inWords(call).join(" "));
  return call.json;
}

const post = (address, body) => {
  const sent = JSON.stringify(body);
  return send(address, { method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: sent }, body);
};

async function send(address, how, request) {
  const began = performance.now();
  const call = { address, request, sent: how.body ? new Blob([how.body]).size : 0, status: 0, text: "", json: null };
  try {
    const response = await fetch(address, { ...how, cache: "no-store", credentials: "omit" });
    call.status = response.status;
    call.first = performance.now() - began;
    call.text = await response.text();
  } catch {
    // The browser says no more than that there was no answer.
  }
  call.took = performance.now() - began;
  try {
    call.json = JSON.parse(call.text);
  } catch {
    // Shown as the text that it is.
  }
  return call;
}

// What an answer that is no 200 says of itself.
export function inWords(call) {
  if (call.status === 0) return ["No answer came: the service cannot be reached. Is it still running?"];
  const issues = call.json?.resourceType === "OperationOutcome" ? (call.json.issue ?? []) : [];
  const said = issues.flatMap((issue) => [issue.details?.text, issue.diagnostics]).filter(Boolean);
  return said.length ? said : ["The answer has no OperationOutcome that would say more."];
}
