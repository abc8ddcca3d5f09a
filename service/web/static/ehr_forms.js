// The forms below a chart: an examination, a block and its result, an order. Their entries are written by the server of this page, with the
// codes of the knowledge.

import { byId, el } from "./ehr_dom.js";

const number = (field) => (field.value === "" ? null : Number(field.value));
const FIGURES = ["daysAgo", "before", "after", "relief", "minutes", "hours"];
const tidy = (value) => String(Math.round(value * 100) / 100);

// Ties the three figures of a block together: two scores give the relief, one score and a relief give the other.
export function tieFigures() {
  const [before, after, relief] = ["block-before", "block-after", "block-relief"].map(byId);
  const fromScores = () => {
    if (!(number(before) > 0) || number(after) === null) return;
    // More pain than before is no relief, and may be recorded.
    relief.value = number(after) > number(before) ? "" : tidy(((number(before) - number(after)) / number(before)) * 100);
  };
  before.addEventListener("input", () => (number(after) === null ? fromRelief() : fromScores()));
  after.addEventListener("input", fromScores);
  const fromRelief = () => {
    if (number(before) !== null && number(relief) !== null) after.value = tidy(number(before) * (1 - number(relief) / 100));
  };
  relief.addEventListener("input", fromRelief);
}

// What the visitor entered in a form, ready to be sent.
export function entered(form) {
  const fields = form.elements;
  if (form.dataset.writes === "order") return { order: fields.order.value };
  const about = { nerve: fields.nerve.value, side: fields.side.value };
  if (form.dataset.writes === "examination") return { ...about, reproduces: fields.reproduces.value === "yes" };
  const figures = Object.fromEntries(FIGURES.map((name) => [name, number(fields[name])]));
  return { ...about, ...figures, steroid: fields.steroid.checked, sedation: fields.sedation.checked };
}

// Sets the forms to the nerve and side that a card is about.
export function followCard(basis) {
  for (const form of ["examination", "block"]) {
    const nerve = byId(`${form}-nerve`);
    if ([...nerve.options].some((option) => option.value === basis?.nerves?.[0])) nerve.value = basis.nerves[0];
  }
  // No side is presumed of what is yet to be examined.
  if (["right", "left"].includes(basis?.side)) byId("block-side").value = basis.side;
}

// Opens the form of a block for the one that was ordered.
export function proposeBlock({ nerve, side }) {
  byId("block").open = true;
  byId("block-nerve").value = nerve;
  byId("block-side").value = side;
}

export function resetForms() {
  for (const form of document.querySelectorAll("form.entry")) form.reset();
  for (const id of ["examination", "block", "orders"]) byId(id).open = false;
}

// The orders that are being written. `does`: sign(order) and drop(order).
export function drawPad(pad, does) {
  const drawn = pad.map((one) => {
    const words = one.warned ? "Sign all the same" : "Sign";
    const sign = el("button", { type: "button", "data-testid": "sign", on: { click: () => does.sign(one) } }, words);
    const drop = el("button", { type: "button", on: { click: () => does.drop(one) } }, "Remove");
    return el("li", {}, el("span", {}, one.order.code?.text ?? "Order"), el("span", { class: "pad-buttons" }, sign, drop));
  });
  byId("pad").replaceChildren(...drawn);
  if (pad.length) byId("orders").open = true;
}
