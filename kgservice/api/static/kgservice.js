"use strict";
// What every page does with scripts: suggestions while one types, and buttons that copy. Without it all else works.

// The combobox pattern of WAI-ARIA: the field keeps the focus, the arrows choose an option of the list below it.
function suggestions(form) {
  const field = form.querySelector("input[type=search]");
  const kept = new URLSearchParams([...form.querySelectorAll("input[type=hidden]")].map((one) => [one.name, one.value]));
  const list = document.createElement("ul");
  const told = document.createElement("span");
  let chosen = -1;
  let asked = "";
  let timer = 0;
  let request = new AbortController();

  const options = () => [...list.children];
  const address = (slug) => form.dataset.to + slug + (kept.size ? `?${kept}` : "");

  const choose = (index) => {
    chosen = index;
    options().forEach((one, place) => one.setAttribute("aria-selected", place === index));
    const option = options()[index];
    if (option) {
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else field.removeAttribute("aria-activedescendant");
  };

  const close = () => {
    clearTimeout(timer);
    request.abort();
    asked = "";
    list.hidden = true;
    list.replaceChildren();
    field.setAttribute("aria-expanded", "false");
    choose(-1);
  };

  const option = (item, place) => {
    const made = document.createElement("li");
    made.id = `${list.id}-${place}`;
    made.role = "option";
    made.dataset.slug = item.slug;
    const label = made.appendChild(document.createElement("span"));
    label.textContent = item.prefLabel ? item.prefLabel.value : item.slug;
    if (item.prefLabel) [label.lang, label.dir] = [item.prefLabel.lang, item.prefLabel.dir];
    if (item.match.field !== "hiddenLabel" && item.match.value !== label.textContent) {
      const match = made.appendChild(document.createElement("span"));
      match.className = "match";
      match.textContent = item.match.value;
      [match.lang, match.dir] = [item.match.lang, item.match.dir];
    }
    return made;
  };

  const ask = async () => {
    const text = field.value.trim();
    if (text === asked) return;
    if (!text) return close();
    request.abort();
    request = new AbortController();
    asked = text;
    const query = new URLSearchParams({ q: text, limit: "8" });
    if (kept.has("lang")) query.set("lang", kept.get("lang"));
    try {
      const answer = await fetch(`/api/v1/suggest?${query}`, { signal: request.signal });
      if (!answer.ok) return close();
      const { items } = await answer.json();
      list.replaceChildren(...items.map(option));
    } catch (error) {
      if (error.name !== "AbortError") close(); // the field still searches when it is sent
      return;
    }
    list.hidden = !list.children.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    told.textContent = (form.dataset.found || "").replace("{n}", list.children.length);
    choose(-1);
  };

  // While an input method composes, what is in the field is not yet a word, and its keys are the method's own.
  const later = (event) => {
    clearTimeout(timer);
    if (!event.isComposing) timer = setTimeout(ask, 120);
  };

  const press = (event) => {
    if (event.isComposing || event.keyCode === 229) return;
    const open = !list.hidden;
    const count = list.children.length;
    if (event.key === "ArrowDown" && !open) ask();
    else if (event.key === "ArrowDown") choose(chosen + 1 < count ? chosen + 1 : -1);
    else if (event.key === "ArrowUp" && open) choose(chosen < 0 ? count - 1 : chosen - 1);
    else if (event.key === "Escape" && open) close();
    else if (event.key === "Enter" && open && chosen >= 0) location.assign(address(options()[chosen].dataset.slug));
    else return;
    event.preventDefault();
  };

  list.id = `${field.id}-suggestions`;
  list.role = "listbox";
  list.className = "suggestions";
  list.hidden = true;
  list.setAttribute("aria-label", form.querySelector("label").textContent);
  told.className = "hidden";
  told.role = "status";
  field.role = "combobox";
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-expanded", "false");
  field.after(list, told);
  field.addEventListener("input", later);
  field.addEventListener("compositionend", later);
  field.addEventListener("keydown", press);
  field.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
  list.addEventListener("click", (event) => {
    const clicked = event.target.closest("[role=option]");
    if (clicked) location.assign(address(clicked.dataset.slug));
  });
}

function copying(button) {
  const words = button.textContent;
  const source = button.parentElement.querySelector("input, code");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = button.dataset.done;
      setTimeout(() => (button.textContent = words), 2000);
    } catch { // not allowed, or not over https: the text is marked, to be copied by hand
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
    }
  });
}

// A drawing that is wider than its place shows its centre first, with something of what is on both sides.
function centred(scroll) {
  const centre = scroll.querySelector(".kg-centre") || scroll.firstElementChild;
  const [place, shown] = [centre, scroll].map((one) => one.getBoundingClientRect());
  scroll.scrollLeft += place.left + place.width / 2 - (shown.left + shown.width / 2);
}

for (const scroll of document.querySelectorAll(".diagram .scroll")) centred(scroll);
for (const form of document.querySelectorAll("form[data-to]")) suggestions(form);
for (const button of document.querySelectorAll("button.copy")) copying(button);
