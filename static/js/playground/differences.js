// Side by side: mark the lines that no other column has.

import { active, textOf, whenChanged } from "./result.js";

let marked;

function mark() {
  const outputs = [...document.querySelectorAll(".result[data-kind=side-by-side] .output")];
  if (outputs.length < 2 || outputs.some((output) => output.matches(active))) return;
  const state = outputs.map((output) => output.dataset.run).join() + outputs.length;
  if (marked === state && outputs.every((output) => "marked" in output.dataset)) return;
  marked = state;
  const texts = outputs.map(textOf);
  const lines = texts.map((text) => new Set(text.split("\n").map((line) => line.trim())));
  outputs.forEach((output, column) => {
    const others = lines.filter((_, other) => other !== column);
    const pieces = texts[column].split(/(?<=\n)/).map((line) => {
      const isShared = !line.trim() || others.some((shown) => shown.has(line.trim()));
      if (isShared) return line;
      const piece = document.createElement("mark");
      piece.textContent = line;
      return piece;
    });
    output.dataset.marked = "";
    output.querySelector(".output__text").replaceChildren(...pieces);
  });
}

whenChanged(mark);
