// Beside the chart: every call to the service, with its request, its answer and its time.

import { byId, el } from "./ehr_dom.js";

const MOST = 12;
const size = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);

// Adds a call at the top; the oldest ones go.
export function noteCall(call, what) {
  byId("wire-empty").hidden = true;
  const list = byId("wire");
  const status = call.status === 0 ? "no answer" : String(call.status);
  const item = el(
    "li",
    { class: call.status === 200 ? "call" : "call call-failed" },
    el("p", {}, el("strong", {}, what), " ", el("span", { class: "call-status" }, status), ` in ${Math.round(call.took)} ms`),
    el("p", { class: "quiet small" }, `POST ${call.address}`),
    el("p", { class: "quiet small" }, timing(call)),
    text("Request", pretty(call.request, "")),
    text("Answer", pretty(call.json, call.text)),
  );
  list.prepend(item);
  while (list.children.length > MOST) list.lastElementChild.remove();
}

function timing(call) {
  const back = new Blob([call.text]).size;
  const waited = call.first === undefined ? "" : `, of which ${Math.round(call.first)} ms until the answer began`;
  return `${size(call.sent)} sent, ${size(back)} back${waited}`;
}

const pretty = (value, otherwise) => (value === null || value === undefined ? otherwise : JSON.stringify(value, null, 2));

// A text that opens; a long one is only drawn then.
function text(name, content) {
  const body = el("pre", { tabindex: "0", role: "region", "aria-label": name });
  const said = el("span", { class: "quiet small", role: "status" });
  const does = { click: () => copied(content, body, said) };
  const copy = el("button", { type: "button", class: "copy", on: does }, `Copy ${name.toLowerCase()}`);
  const opens = el("details", {}, el("summary", {}, name), el("p", {}, copy, " ", said), body);
  opens.addEventListener("toggle", () => {
    if (opens.open && !body.firstChild) body.append(content);
  });
  return opens;
}

async function copied(content, body, said) {
  try {
    await navigator.clipboard.writeText(content);
    said.textContent = "Copied.";
  } catch {
    // A page may be kept from the clipboard: then it is selected, and the keyboard copies it.
    getSelection().selectAllChildren(body);
    said.textContent = "Selected; copy it with the keyboard.";
  }
}
