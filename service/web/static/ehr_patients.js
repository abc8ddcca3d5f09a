// The list of patients: finding one by words, marking the open one, and asking an open FHIR server for its own.

import { ask } from "./ehr_calls.js";
import { byId, el } from "./ehr_dom.js";

// `open`: what becomes of a patient that is chosen, { story } or { server, id, name }.
export function listenToPatients(open) {
  const list = byId("patients");
  list.addEventListener("click", (event) => {
    const chosen = event.target.closest(".patient");
    if (!chosen) return;
    const { story, server, id } = chosen.dataset;
    open(story ? { story } : { server, id });
  });
  byId("find").addEventListener("input", (event) => find(event.target.value));
  for (const button of document.querySelectorAll(".list-server")) {
    button.addEventListener("click", () => listServer(button.closest("[data-server]")));
  }
}

function find(words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  let left = 0;
  for (const patient of document.querySelectorAll(".patient")) {
    const item = patient.closest("li");
    const group = item.closest("section.patient-group")?.querySelector("h3").textContent ?? "";
    const all = `${patient.textContent} ${group}`.toLowerCase();
    item.hidden = !wanted.every((word) => all.includes(word));
    left += item.hidden ? 0 : 1;
  }
  for (const group of document.querySelectorAll(".patient-group")) {
    const items = [...group.querySelectorAll("li")];
    group.hidden = wanted.length > 0 && items.length > 0 && items.every((item) => item.hidden);
  }
  byId("found").textContent = wanted.length ? `${left} ${left === 1 ? "patient" : "patients"}` : "";
}

export function markOpen({ story, server, id }) {
  for (const patient of document.querySelectorAll(".patient")) {
    const isOpen = story ? patient.dataset.story === story : patient.dataset.id === id && patient.dataset.server === server;
    patient.setAttribute("aria-pressed", String(isOpen));
  }
  // Where the list stands above the chart, it makes room for it.
  if (matchMedia("(max-width: 60rem)").matches) byId("patients").open = false;
}

async function listServer(group) {
  const [says, list] = [group.querySelector(".server-says"), group.querySelector("ul")];
  says.textContent = "Asking the server ...";
  try {
    const patients = await ask(`servers/${group.dataset.server}/patients`);
    says.textContent = patients.length ? "" : "The server has no patients.";
    list.replaceChildren(...patients.map((patient) => line(patient, group.dataset.server)));
  } catch (failed) {
    says.textContent = failed.message;
  }
}

function line({ id, name, gender, birthDate }, server) {
  const facts = [birthDate ? `born ${birthDate}` : "", gender].filter(Boolean).join(", ");
  const about = { "data-testid": "patient", "data-server": server, "data-id": id, "aria-pressed": "false" };
  const given = { type: "button", class: "patient", ...about };
  const words = [el("span", { class: "patient-title" }, name), el("span", { class: "patient-who" }, facts)];
  return el("li", {}, el("button", given, words));
}
