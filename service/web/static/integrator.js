// Convenience for the integrator's page: the answer comes into the page, so that what was pasted stays where it is; files can be dropped.
"use strict";
const trial = document.getElementById("trial");
const chart = document.getElementById("chart");
const file = document.getElementById("file");
const answer = document.getElementById("answer");
const busy = document.getElementById("busy");
const noFile = document.getElementById("no-file");

function showCopies(place) {
  for (const button of place.querySelectorAll(".copy")) button.hidden = !navigator.clipboard;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
    button.textContent = "Copied";
  } catch {
    button.textContent = "Select and copy it by hand";
  }
  setTimeout(() => { button.textContent = words; }, 2000);
});

function chosen() {
  noFile.hidden = !file.files.length;
}
file.addEventListener("change", chosen);
noFile.addEventListener("click", () => { file.value = ""; chosen(); file.focus(); });

for (const name of ["dragover", "dragleave", "drop"]) {
  trial.addEventListener(name, (event) => {
    if (!event.dataTransfer || !event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    chart.classList.toggle("over", name === "dragover");
    if (name === "drop") {
      file.files = event.dataTransfer.files;
      chosen();
    }
  });
}

trial.addEventListener("submit", async (event) => {
  event.preventDefault();
  busy.textContent = "Evaluating …";
  trial.querySelector("[type=submit]").disabled = true;
  try {
    const response = await fetch(trial.action, { method: "POST", body: new FormData(trial), headers: { Accept: "text/html" }, cache: "no-store" });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const told = page.getElementById("answer");
    if (told) answer.replaceChildren(...told.childNodes);
    else answer.textContent = `The service answered ${response.status} without a page.`;
    showCopies(answer);
    answer.focus();
    answer.scrollIntoView();
    busy.textContent = "";
  } catch {
    busy.textContent = "The service could not be reached.";
  } finally {
    trial.querySelector("[type=submit]").disabled = false;
  }
});
showCopies(document);
