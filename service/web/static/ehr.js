// The mock EHR: opens charts, calls the service as an EHR does, draws what it answers, and writes what the visitor accepts into the chart.

import { calm, detailOf, focusAnswer, problem, ready, show, silence, spoken, wait } from "./ehr_answer.js";
import { ask, fireHook, firesHook, hookRequest, inWords, keepsFeedback, sendFeedback } from "./ehr_calls.js";
import { KNOWN, drawnCard } from "./ehr_cards.js";
import { apply, atNewVisit, freshChart, fulfil, orderedBlock, write } from "./ehr_chart.js";
import { byId, el, uuid } from "./ehr_dom.js";
import { drawPad, entered, followCard, proposeBlock, resetForms, tieFigures } from "./ehr_forms.js";
import { nextStep, nextUnasked } from "./ehr_guide.js";
import { listenToPatients, markOpen } from "./ehr_patients.js";
import { drawnChart, drawnFacts } from "./ehr_summary.js";
import { noteCall } from "./ehr_wire.js";

const SILENCE = "org.cluneal-cds.silence";
const BASIS = "org.cluneal-cds.basis";
const WHY = "org.cluneal-cds.why";
const DEGRADED = "org.cluneal-cds.degraded";
const today = byId("ehr").dataset.today;
const style = () => byId("style").value;
const opening = () => (byId("hook").value === "none" ? "patient-view" : byId("hook").value);

// The open chart. `turn` tells an answer that comes late from one that is awaited.
let visit = null;
let turn = 0;

async function open(which) {
  const mine = ++turn;
  let told;
  try {
    told = which.story ? await ask(`stories/${which.story}`) : await fromServer(which);
  } catch (failed) {
    told = { trouble: `The chart could not be opened. ${failed.message}` };
  }
  if (mine !== turn) return;
  byId("trouble").hidden = !told.trouble;
  byId("trouble").textContent = told.trouble ?? "";
  if (told.trouble) return ready();
  const chart = freshChart(told.request, told.today);
  visit = { which, told, chart, pad: chart.drafts.map((order) => ({ order, warned: false })), last: null, log: [], blocks: 0 };
  for (const id of ["welcome", "visit"]) byId(id).hidden = id === "welcome";
  markOpen(which);
  resetForms();
  byId("story").textContent = told.says;
  if (which.story) history.replaceState(null, "", `#${which.story}`);
  drawVisit();
  byId("who").focus();
  await begin("Opened the chart");
}

async function fromServer({ server, id }) {
  const reading = document.querySelector(`[data-server="${server}"] .server-says`);
  reading.textContent = "Reading the chart ...";
  const { prefetch, unread } = await ask(`servers/${server}/patients/${encodeURIComponent(id)}`).finally(() => (reading.textContent = ""));
  const not = Object.entries(unread).map(([key, why]) => `${key} (${why})`);
  const says = not.length ? `From the FHIR server. Not read: ${not.join("; ")}` : "From the FHIR server.";
  return { says, today, request: { hook: "patient-view", context: { patientId: id, userId: "Practitioner/mock" }, prefetch } };
}

// What an opened chart makes the EHR call: the hook that the visitor chose, or, where an order is about to be signed, that one.
async function begin(what) {
  const at = visit;
  if (at.chart.hook.startsWith("order-") && at.pad.length) {
    const answer = await fire(at.chart.hook, `${what}; an order is about to be signed`);
    for (const one of at.pad) one.warned = stops(answer);
    return visit === at ? drawVisit() : undefined;
  }
  if (byId("hook").value === "none") {
    visit.last = null;
    happened(what);
    return show(calm("Nothing was called: write an order below, or open the chart again with another choice."), "");
  }
  // Nothing starts without a visit, whether or not the story has one.
  if (opening() === "encounter-start" && !visit.chart.encounter) visit.chart = atNewVisit(visit.chart);
  return fire(opening(), what);
}

// Calls the service and draws its answer; gives the answer, or null where the visitor has gone on to something else meanwhile.
async function fire(hook, what, { orders = visit.pad.map((one) => one.order), chosen = [] } = {}) {
  const [mine, at] = [++turn, visit];
  at.last = { hook, orders, chosen };
  happened(what);
  drawVisit();
  if (!firesHook(style(), hook)) {
    const words = `A client of this kind does not call ${hook}, as far as is documented: nothing was asked.`;
    show(calm(words), words);
    guide(nextUnasked(at.chart, at.pad.length));
    return { cards: [], unasked: true };
  }
  wait();
  const drawnAs = style();
  const call = await fireHook(drawnAs, hookRequest(at.chart, hook, { style: drawnAs, data: byId("data").value, orders, chosen }));
  noteCall(call, hook);
  const answer = mine === turn ? await drawAnswer(call, hook, drawnAs, mine) : null;
  if (answer === null) return null;
  guide(nextStep(answer, at.chart, drawnAs));
  followCard(answer.cards?.[0]?.extension?.[BASIS]);
  const ordered = orderedBlock(at.chart);
  if (ordered && !byId("block").open) proposeBlock(ordered);
  return answer;
}

async function drawAnswer(call, hook, drawnAs, mine) {
  const cards = call.status === 200 && Array.isArray(call.json?.cards) ? call.json.cards : null;
  if (cards === null) {
    const title = call.status ? `The service answered ${call.status}.` : "The service did not answer.";
    show(problem(title, inWords(call)), `Error. ${title}`);
    return { failed: true };
  }
  const doubt = call.json.extension?.[DEGRADED]?.says;
  const note = doubt ? [el("p", { class: "notice" }, doubt)] : [];
  if (!cards.length) {
    const { [SILENCE]: why, [WHY]: page } = call.json.extension ?? {};
    show([...note, ...silence(why, page)], spoken(why));
    return { cards };
  }
  const details = await Promise.all(cards.map(detailOf));
  if (mine !== turn) return null;
  const drawn = cards.map((card, number) =>
    drawnCard(card, details[number], drawnAs, {
      accept: (suggestion) => accept(card, suggestion, hook, drawnAs),
      dismiss: (reason, comment) => dismiss(card, reason, comment, hook, drawnAs),
    }),
  );
  show([...note, ...drawn], cards.map((card) => `Card: ${card.summary}`).join(" "));
  return { cards };
}

async function accept(card, suggestion, hook, drawnAs) {
  const at = visit;
  wait();
  const done = (suggestion.actions ?? []).map((action) => apply(visit.chart, action));
  const item = { card: card.uuid, outcome: "accepted", acceptedSuggestions: [{ id: suggestion.uuid }] };
  const told = await feedback(item, hook, drawnAs);
  if (visit !== at) return;
  const orders = visit.last?.orders;
  await fire(hook, `Accepted. ${done.join("; ")}. ${told}`, orders ? { orders, chosen: visit.last.chosen } : {});
}

async function dismiss(card, reason, comment, hook, drawnAs) {
  const at = visit;
  wait();
  const words = reason ? `Dismissed: ${reason.display}.` : "Closed.";
  let told = "This kind of client is not known to tell the service.";
  if (drawnAs !== "oracle") {
    const given = reason ? { reason: { code: reason.code, system: reason.system, display: reason.display } } : {};
    const override = reason || comment ? { overrideReason: { ...given, ...(comment ? { userComment: comment } : {}) } } : {};
    told = await feedback({ card: card.uuid, outcome: "overridden", ...override }, hook, drawnAs);
  }
  if (visit !== at) return;
  happened(`${words} ${told}`);
  show(calm(`${words} ${told} Open the chart again to see what the service says now.`), words);
  guide(null);
}

async function feedback(item, hook, drawnAs) {
  if (!keepsFeedback) return "No feedback was sent: this service runs without a memory and takes none.";
  const call = await sendFeedback(drawnAs, hook, item);
  noteCall(call, "feedback");
  return call.status === 200 ? "The service was told." : `The service was not told: ${inWords(call).join(" ")}`;
}

function happened(words) {
  visit.log.push(words);
  byId("log-section").hidden = false;
  byId("log").replaceChildren(...visit.log.slice(-8).map((line) => el("li", {}, line)));
}

function drawVisit() {
  const { name, facts } = drawnFacts(visit.chart);
  byId("who").textContent = name;
  byId("facts").textContent = facts;
  byId("chart").replaceChildren(...drawnChart(visit.chart));
  drawPad(visit.pad, { sign, drop });
}

// Whether the clinician is stopped for a moment before an order is signed. An error stops nobody's order either: it is shown first.
const stops = (answer) => Boolean(answer?.failed || answer?.cards?.length);

async function sign(one) {
  const answer = one.warned ? { cards: [], unasked: true } : await fire("order-sign", `Signing: ${one.order.code?.text}`);
  if (answer === null) return;
  if (stops(answer)) {
    one.warned = true;
  } else {
    visit.pad = visit.pad.filter((other) => other !== one);
    write(visit.chart, { ...one.order, status: "active", authoredOn: visit.chart.today });
    happened(`Signed: ${one.order.code?.text}`);
    const ordered = orderedBlock(visit.chart);
    if (ordered) proposeBlock(ordered);
    // What was signed was not in the chart yet when the service was asked, if it was asked at all.
    const next = nextUnasked(visit.chart, visit.pad.length);
    if (next || answer.unasked) guide(next);
  }
  drawVisit();
  // The button that was pressed is drawn anew, and the keyboard goes on with what came of it.
  focusAnswer();
}

function drop(one) {
  visit.pad = visit.pad.filter((other) => other !== one);
  happened(`Taken back: ${one.order.code?.text}`);
  guide(nextUnasked(visit.chart, visit.pad.length));
  drawVisit();
  byId("order-kind").focus();
}

async function enter(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const writes = form.dataset.writes;
  const at = visit;
  const who = { patient: visit.chart.patient, encounter: visit.chart.encounter, user: visit.chart.user };
  let made;
  try {
    made = await ask(writes, { ...entered(form), ...who, number: ++visit.blocks });
  } catch (failed) {
    const words = [failed.message];
    return show(problem("Nothing was recorded.", words), words.join(" "));
  }
  if (visit !== at) return;
  if (writes === "order") {
    const order = { ...made, id: uuid() };
    visit.pad.push({ order, warned: false });
    return fire("order-select", `Drafted: ${order.code.text}`, { chosen: [order.id] });
  }
  const resources = [made].flat();
  for (const resource of resources) write(visit.chart, resource);
  if (writes === "block") fulfil(visit.chart, resources[0]);
  form.reset();
  form.closest("details").open = false;
  await fire(opening(), `Recorded: ${resources[0].code.text}`, { orders: [] });
  focusAnswer();
}

// What can be done next, and a way to the form in which it is done.
function guide(next) {
  byId("guide").textContent = next?.says ?? "";
  byId("guide-way").hidden = !next?.form;
  byId("guide-way").dataset.form = next?.form ?? "";
  byId("guide-way").textContent = next?.way ?? "";
}

function toForm() {
  const form = byId(byId("guide-way").dataset.form);
  form.open = true;
  const first = [...form.querySelectorAll("select, input")].find((field) => field.value === "");
  (first ?? form.querySelector("select, input")).focus();
}

// The same question once more, under what the visitor has chosen now.
const again = (what) => visit?.last && fire(visit.last.hook, what, visit.last);

function restyle() {
  byId("client-says").textContent = KNOWN[style()];
  again(`Asked again as ${byId("style").selectedOptions[0].text}`);
}

byId("ehr").addEventListener("submit", (event) => event.preventDefault());
for (const form of document.querySelectorAll("form.entry")) form.addEventListener("submit", enter);
byId("style").addEventListener("change", restyle);
byId("data").addEventListener("change", () => again(`Sent again: ${byId("data").selectedOptions[0].text}`));
byId("hook").addEventListener("change", () => visit && begin("Opened the chart again"));
byId("guide-way").addEventListener("click", toForm);
byId("again").addEventListener("click", () => begin("Opened the chart again"));
byId("begin").addEventListener("click", () => document.querySelector(".patient").click());
byId("start-over").addEventListener("click", () => open(visit.which));
byId("new-visit").addEventListener("click", () => {
  visit.chart = atNewVisit(visit.chart);
  begin("A new visit");
});
listenToPatients(open);
tieFigures();
byId("client-says").textContent = KNOWN[style()];
byId("ehr").dataset.ready = "1";
const linked = location.hash.slice(1);
if (linked && document.querySelector(`.patient[data-story="${CSS.escape(linked)}"]`)) open({ story: linked });
