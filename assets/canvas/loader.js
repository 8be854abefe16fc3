// All of a canvas that Streamlit sends with every message: it fetches the rest, which `canvas.js` describes, once.

let program
export default function (component) {
  program ??= import(new URL(component.data.program, document.baseURI).href)
    .catch((error) => { program = undefined; throw error }) // the next run tries again
  const started = program.then((it) => it.default(component))
  return () => { started.then((close) => close()) }
}
