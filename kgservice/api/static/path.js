"use strict";
// What the reader knows is kept in this browser, as a list of slugs. A link that names what is known goes before it.
const KEY = "kgservice.known";

function kept() {
  try {
    const read = JSON.parse(localStorage.getItem(KEY) || "[]");
    return new Set(Array.isArray(read) ? read.filter((one) => typeof one === "string") : []);
  } catch {
    return new Set(); // storage is off, or has something else: nothing is known
  }
}

function keep(slug, known) {
  const now = kept();
  if (known) now.add(slug);
  else now.delete(slug);
  try {
    localStorage.setItem(KEY, JSON.stringify([...now]));
  } catch {
    // Storage is off: the ticks hold as long as the page is open.
  }
}

// The way to a goal: the server has sent all steps; what is ticked decides which are left.
function path(form) {
  const steps = new Map([...form.querySelectorAll("li[data-slug]")].map((one) => [one.dataset.slug, one]));
  const share = document.getElementById("share");
  const shared = new URLSearchParams(location.search).has("known");
  const known = new Set();

  const left = (slug, found) => {
    if (known.has(slug) || found.has(slug) || !steps.has(slug)) return found;
    found.add(slug);
    for (const one of steps.get(slug).dataset.after.split(" ")) left(one, found);
    return found;
  };

  const state = (slug, needed) => {
    if (known.has(slug)) return "known";
    if (!needed.has(slug)) return "spare";
    return steps.get(slug).dataset.after.split(" ").every((one) => !one || known.has(one)) ? "next" : "later";
  };

  const show = () => {
    const needed = left(form.dataset.goal, new Set());
    for (const [slug, step] of steps) {
      step.className = state(slug, needed);
      step.querySelector("input").checked = known.has(slug);
      step.querySelector(".state").textContent = form.dataset[step.className];
    }
    for (const link of document.querySelectorAll("figure a")) {
      const slug = new URL(link.href.baseVal ?? link.href, location.href).pathname.split("/").pop();
      link.classList.toggle("known", known.has(slug));
    }
    form.querySelector(".number").textContent = needed.size;
    const address = new URL(share.value);
    if (known.size) address.searchParams.set("known", [...known].join(","));
    else address.searchParams.delete("known");
    share.value = address.href.replaceAll("%2C", ",");
    if (shared) history.replaceState(null, "", new URL(share.value).search || location.pathname);
  };

  for (const [slug, step] of steps) {
    const box = step.querySelector("input");
    if (shared ? box.checked : kept().has(slug)) known.add(slug);
    box.addEventListener("change", () => {
      if (box.checked) known.add(slug);
      else known.delete(slug);
      keep(slug, box.checked);
      show();
    });
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}

// What can be learned next: the server answers that; this asks it again with what the browser has kept.
function next(section) {
  const ask = async (known) => {
    const query = new URLSearchParams(location.search);
    query.set("known", [...known].join(","));
    const answer = await fetch(`${location.pathname}?${query}`);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    section.replaceChildren(...page.getElementById("next").children);
    live();
  };

  const live = () => {
    const forget = section.querySelector(".forget");
    if (forget) forget.addEventListener("click", () => localStorage.removeItem(KEY));
    for (const box of section.querySelectorAll("input[type=checkbox]")) {
      box.addEventListener("change", async () => {
        keep(box.value, box.checked);
        await ask(kept());
        (section.querySelector("input[type=checkbox]") || section.querySelector("a"))?.focus();
      });
    }
  };

  live();
  if (kept().size && !new URLSearchParams(location.search).has("known")) ask(kept());
}

for (const form of document.querySelectorAll("form.path")) path(form);
for (const section of document.querySelectorAll("section.next")) next(section);
