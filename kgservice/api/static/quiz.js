"use strict";
// One question at a time, with the answer's explanation at once. Without this script the form asks the server.
for (const form of document.querySelectorAll("form.quiz")) {
  const words = form.dataset;
  const questions = [...form.querySelectorAll("fieldset")];
  const button = form.querySelector("button");
  const score = form.querySelector(".score");
  let place = 0;
  let right = 0;
  let answered = false;

  const show = () => {
    questions.forEach((question, index) => (question.hidden = index !== place));
    answered = false;
    button.textContent = words.check;
    score.textContent = "";
  };

  const start = () => {
    place = right = 0;
    for (const question of questions) {
      question.querySelector(".feedback").hidden = true;
      for (const label of question.querySelectorAll("label")) {
        label.className = "";
        label.firstElementChild.checked = label.firstElementChild.disabled = false;
      }
    }
    show();
  };

  const check = (question) => {
    const chosen = question.querySelector("input:checked");
    if (!chosen) return question.querySelector("input").focus();
    const answer = question.dataset.answer;
    for (const label of question.querySelectorAll("label")) {
      const input = label.firstElementChild;
      input.disabled = true;
      if (input.value === answer) label.className = "right";
      else if (input === chosen) label.className = "wrong";
    }
    right += chosen.value === answer ? 1 : 0;
    question.querySelector(".verdict").textContent = chosen.value === answer ? words.right : words.wrong;
    question.querySelector(".feedback").hidden = false;
    answered = true;
    const last = place === questions.length - 1;
    if (last) score.textContent = words.score.replace("{right}", right).replace("{all}", questions.length);
    button.textContent = last ? words.again : words.next;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!answered) return check(questions[place]);
    if (place === questions.length - 1) start();
    else {
      place += 1;
      show();
    }
    questions[place].querySelector("input").focus();
  });
  if (!form.querySelector("input:checked")) show();
}
