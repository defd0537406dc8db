// The faces of the desk's agents, drawn once by the page and copied from there.

/** A copy of an agent's face in a size ("av-xs", "av-sm"), with the state it has now; null for a stranger. */
export function faceOf(id, size) {
  const faces = document.getElementById("faces");
  const face = faces?.querySelector(`[data-face="${CSS.escape(id)}"] > .av`)?.cloneNode(true);
  if (!face) return null;
  face.classList.replace("av-sm", size);
  if (size === "av-xs") face.querySelector(".pres")?.remove();
  return face;
}
