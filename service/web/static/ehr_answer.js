// What the service answered, in its place on the page: cards, a silence with its reason, or an error in its own words.

import { ask } from "./ehr_calls.js";
import { beside, byId, el, grown, isWeb } from "./ehr_dom.js";

// The detail as nodes; where the Markdown cannot be read, as the text that it is.
export async function detailOf(card) {
  try {
    return grown(await ask("markdown", { text: card.detail ?? "" }));
  } catch {
    return [el("p", { class: "as-text" }, card.detail)];
  }
}

// What is read out of a silence.
export const spoken = (why) => (why ? `No card. ${why.says}` : "No card.");

export function silence(why, page) {
  const until = why?.until
    ? [el("p", {}, `Until ${why.until}; a new finding mostly ends it at once. Start over tells the story about a new patient.`)]
    : [];
  const unusable = why?.unusable?.length ? [el("p", {}, `Not used: ${why.unusable.join(", ")}.`)] : [];
  const rules = why ? [why.rule, ...(why.also ?? [])] : [];
  return [
    el(
      "div",
      { class: "silence", tabindex: "-1", "data-testid": "silence" },
      el("h4", {}, "No card"),
      el("p", {}, why?.says ?? "The service gave no reason."),
      ...until,
      ...unusable,
      rules.length ? el("p", { class: "quiet small" }, `Decided by rule${rules.length > 1 ? "s" : ""} ${rules.join(", ")}.`) : null,
      page?.url && isWeb(page.url) ? el("p", {}, beside(page, "why")) : page?.says ? el("p", { class: "quiet small" }, page.says) : null,
    ),
  ];
}

export const problem = (title, sentences) => [
  el(
    "div",
    { class: "problem-box", tabindex: "-1", "data-testid": "error" },
    el("h4", {}, title),
    sentences.map((words) => el("p", {}, words)),
  ),
];

export const calm = (words) => [el("p", { class: "calm", tabindex: "-1" }, words)];

// Nothing can be clicked on an answer while the next one is on its way.
let hadFocus = false;
export function wait() {
  hadFocus ||= byId("answer").contains(document.activeElement);
  byId("answer").setAttribute("aria-busy", "true");
  byId("answer").inert = true;
  // The same words twice are read out twice.
  byId("live").textContent = "";
}

export function ready() {
  byId("answer").setAttribute("aria-busy", "false");
  byId("answer").inert = false;
}

// Draws an answer in the place of the one before, and says it to who listens to the page. Who was in there is led to what is new.
export function show(nodes, words) {
  hadFocus ||= byId("answer").contains(document.activeElement);
  byId("answer").replaceChildren(...nodes);
  ready();
  byId("live").textContent = words;
  if (hadFocus) focusAnswer();
  hadFocus = false;
}

export const focusAnswer = () => byId("answer").querySelector("[tabindex]")?.focus();
