// Cards as different clients draw them: a generic one shows all that a card has, the others what their documents say that they show.

import { beside, el, isWeb } from "./ehr_dom.js";

// What is known of each client, for the line below the settings.
export const KNOWN = {
  generic: "Shows everything that a card has: summary, detail, suggestions by their labels, links, reasons for dismissal.",
  epic:
    "As Epic describes its advisories: detail in Markdown, a suggestion by what its action does (labels are not shown), no findings " +
    "written, orders found by the site’s own items, reasons for dismissal; patient-view, order-select and order-sign. It has its own " +
    "door to this service.",
  oracle:
    "As Oracle Health described it: a narrow panel of text and registered links, at patient-view alone; no suggestions and no feedback " +
    "are documented. It has its own door to this service.",
};
const INDICATORS = { info: "Information", warning: "Warning", critical: "Critical" };
const NAMES = { generic: "", epic: "Advisory", oracle: "Decision support" };

// A card as a client of this style draws it. `detail`: nodes; `does`: accept(suggestion) and dismiss(reason, comment).
export function drawnCard(card, detail, style, does) {
  const title = el("h4", { class: "card-summary", tabindex: "-1", id: `summary-${card.uuid}` }, card.summary);
  const shown = el(
    "article",
    {
      class: `card card-${style} card-${card.indicator}`,
      "data-testid": "card",
      "data-style": style,
      "aria-labelledby": title.id,
    },
    el("p", { class: "card-kind" }, [NAMES[style], INDICATORS[card.indicator] ?? "Information"].filter(Boolean).join(" · ")),
    title,
    el("div", { class: "card-detail" }, detail),
    links(card),
    style === "oracle" ? null : suggestions(card, style, does),
    el("p", { class: "card-source" }, source(card)),
    dismissal(card, style, does),
  );
  return shown;
}

function suggestions(card, style, does) {
  if (!card.suggestions?.length) return null;
  const drawn = card.suggestions.map((suggestion) => {
    const actions = (suggestion.actions ?? []).map((action) => action.description);
    // An Epic-like client shows what the actions do and not the label; only it would tick a recommended one beforehand.
    const words = style === "epic" ? actions.join("; ") : suggestion.label;
    const button = el(
      "button",
      { type: "button", class: "suggestion", "data-testid": "suggestion", on: { click: () => does.accept(suggestion) } },
      style === "epic" ? el("span", { class: "do" }, suggestion.isRecommended ? "Accept (recommended)" : "Accept") : null,
      el("span", {}, words),
    );
    return el("li", {}, button);
  });
  const choice = card.selectionBehavior === "at-most-one" && style !== "epic" ? "Choose one at most" : "Suggestions";
  return el("div", { class: "card-suggestions" }, el("p", { class: "card-label" }, choice), el("ul", {}, drawn));
}

function links(card) {
  // Ours lead to the page that explains a card.
  const name = (link) => (new URL(link.url).pathname.includes("/why") ? "why" : "link");
  const drawn = (card.links ?? []).filter((link) => isWeb(link.url)).map((link) => el("li", {}, beside(link, name(link))));
  return drawn.length ? el("ul", { class: "card-links" }, drawn) : null;
}

function source(card) {
  const { label = "Source not named", url } = card.source ?? {};
  return url && isWeb(url) ? ["Source: ", el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label)] : `Source: ${label}`;
}

// The way to say no. Where a card names reasons, they open first; an Oracle-like client has none and tells nobody.
function dismissal(card, style, does) {
  const reasons = style === "oracle" ? [] : (card.overrideReasons ?? []);
  const words = style === "epic" ? "Override" : style === "oracle" ? "Close" : "Dismiss";
  const button = el("button", { type: "button", class: "dismiss", "data-testid": "dismiss" }, words);
  if (!reasons.length) {
    button.addEventListener("click", () => does.dismiss(null, ""));
    return el("div", { class: "card-dismissal" }, button);
  }
  const form = reasonsForm(card, reasons, style, does);
  form.id = `reasons-${card.uuid}`;
  button.setAttribute("aria-expanded", "false");
  button.setAttribute("aria-controls", form.id);
  button.addEventListener("click", () => {
    form.hidden = !form.hidden;
    button.setAttribute("aria-expanded", String(!form.hidden));
    if (!form.hidden) form.querySelector("input").focus();
  });
  return el("div", { class: "card-dismissal" }, button, form);
}

function reasonsForm(card, reasons, style, does) {
  const group = `reason-${card.uuid}`;
  const radios = reasons.map((reason, number) => {
    const id = `${group}-${number}`;
    const radio = el("input", { type: "radio", name: group, id, value: String(number), required: true });
    return el("p", { class: "tick" }, radio, el("label", { for: id }, reason.display));
  });
  const comment = el("input", { id: `${group}-comment`, name: "comment", type: "text", maxlength: "400", autocomplete: "off" });
  const send = (event) => {
    event.preventDefault();
    const chosen = new FormData(event.currentTarget).get(group);
    does.dismiss(reasons[Number(chosen)], comment.value.trim());
  };
  return el(
    "form",
    { class: "reasons", hidden: true, on: { submit: send } },
    el("fieldset", {}, el("legend", {}, style === "epic" ? "Acknowledge reason" : "Not taken up because"), radios),
    el("p", {}, el("label", { for: comment.id }, "Comment (optional)"), comment),
    el("p", {}, el("button", { type: "submit" }, "Send and close the card")),
  );
}
