// What the EHR sends of a chart: all of it, or what goes wrong in real ones. The chart itself stays as it is.

import { entriesOf } from "./ehr_chart.js";

// What is needed, and two keys more.
const HALF = ["patient", "conditions", "procedures", "encounter", "reports"];
// Markup in several languages that somebody might type, or paste, into a chart.
const MARKUP = [
  "<img src=x onerror=alert(1)>",
  "<script>alert(1)</script>",
  "[see here](javascript:alert(1))",
  "![](https://evil.example/seen.gif)",
  "</div><svg onload=alert(1)>",
  "{{7*7}} ${7*7} <b>bold</b> **bold**",
];
let turn = 0;

export function sentPrefetch(chart, how) {
  const sent = structuredClone(chart.prefetch);
  return HOW[how](sent);
}

const failure = (key) => ({
  resourceType: "OperationOutcome",
  issue: [{ severity: "error", code: "timeout", diagnostics: `The search of ${key} timed out.` }],
});

const HOW = {
  honest: (sent) => sent,
  partial: (sent) => Object.fromEntries(Object.entries(sent).filter(([key]) => HALF.includes(key))),
  missing: ({ procedures: _, ...sent }) => sent,
  failing: (sent) => ({ ...sent, procedures: failure("procedures") }),
  unread: (sent) => ({ ...sent, allergies: failure("allergies") }),
  foreign: (sent) => {
    const strange = {
      resourceType: "Condition",
      id: "strange",
      code: { text: "Somebody else’s back pain" },
      subject: { reference: "Patient/somebody-else" },
    };
    const entry = [...(sent.conditions?.entry ?? []), { resource: strange, search: { mode: "match" } }];
    return { ...sent, conditions: { resourceType: "Bundle", type: "searchset", entry } };
  },
  markup: (sent) => {
    const words = MARKUP[turn++ % MARKUP.length];
    for (const resource of entriesOf(sent.conditions)) if (resource.code?.text) resource.code.text += ` ${words}`;
    for (const resource of entriesOf(sent.reports)) if (resource.conclusion) resource.conclusion += ` ${words}`;
    for (const name of sent.patient?.name ?? []) if (name.text) name.text += ` ${words}`;
    return sent;
  },
};
