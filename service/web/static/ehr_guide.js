// What a visitor can do next, for those who see this for the first time: a sentence, and the form in which it is done.

import { orderedBlock } from "./ehr_chart.js";

const RECORD = {
  says: "Next: suppose the block was done. Record its result, pain before and after.",
  form: "block",
  way: "Record the result",
};
const SIGN = { says: "Next: sign the order that you wrote, or take it back." };
const AFTER = { says: "This is what comes next. Record a block of another day, or start over with another relief." };
const STEPS = {
  workup: {
    clicks: { says: "Next: suppose you press the point and it brings on the usual pain. Accept what you found, on one side." },
    text: {
      says: "Next: this client cannot write findings from a card. Suppose you press the point, and record what you find.",
      form: "examination",
      way: "Record the examination",
    },
  },
  block: {
    clicks: { says: "Next: order the block that the card suggests." },
    text: {
      says: "Next: no order can be accepted here; the card says why, or what to write instead.",
      form: "orders",
      way: "Write an order",
    },
  },
  response: { clicks: AFTER, text: AFTER },
  order: {
    clicks: { says: "The card is about the order that you write. Follow it, sign all the same, or take the order back." },
    text: { says: "The card is about the order that you write. Sign all the same, or take the order back." },
  },
};

// What comes next where the service was not asked: what was written meanwhile decides, no longer the card of before.
export function nextUnasked(chart, drafted) {
  return orderedBlock(chart) ? RECORD : drafted ? SIGN : null;
}

export function nextStep(answer, chart, style) {
  const card = answer.cards?.[0];
  if (answer.failed) return { says: "The service could not judge this chart and says why. That is an error, never “no card”." };
  if (card) return step(card, orderedBlock(chart), style);
  if (orderedBlock(chart)) return RECORD;
  return { says: "Silence is an answer too, and has its reason. Change the chart below, or open another patient." };
}

function step(card, ordered, style) {
  const kind = card.extension?.["org.cluneal-cds.basis"]?.kind;
  const suggestions = style === "oracle" ? [] : (card.suggestions ?? []);
  const records = suggestions.some((one) => one.actions?.some((action) => action.resource?.resourceType === "Observation"));
  if (kind === "block" && ordered && !suggestions.length) return RECORD;
  const next = STEPS[kind]?.[(kind === "workup" ? records : suggestions.length > 0) ? "clicks" : "text"];
  if (!next) return null;
  return card.links?.length ? { ...next, says: `The link on the card says why. ${next.says}` } : next;
}
