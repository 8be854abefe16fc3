// What pointers and keys do to the picture: find, drag, click, draw.

const ARROW = 60, STEP = 1.25 // CSS pixels; a factor
const SLACK = { mouse: 3, pen: 5, touch: 10 }, NEAR = 5 // CSS pixels: a click may tremble; a box's line is this wide
const REACH = { mouse: 9, pen: 12, touch: 20 } // of a handle
const LONG_PRESS = 500, ONE_SCROLL = 250 // ms

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y)
const hundredths = (values) => values.map((v) => Math.round(v * 100) / 100)
const upright = ([x0, y0, x1, y1]) => [Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1)]

class Hands extends Drawing {
  // What was rejected goes before Python has answered.
  shows({ number }) {
    return !this.hidden.has(number) && !this.queue.some((e) => e.kind === "reject" && e.number === number)
  }

  // Where its box is now: as it is dragged, as it was dropped, as Python has it.
  box(shape) {
    if (this.drag?.grip?.number === shape.number) return upright(this.drag.box)
    return this.queue.findLast((e) => e.kind === "move" && e.number === shape.number)?.box ?? shape.box
  }

  hit(spot) {
    const { x, y } = this.place(spot), near = NEAR / this.scale, { layers } = this.data
    const there = this.shapes.filter((s) => this.shows(s)).reverse()
    const within = ([x0, y0, x1, y1], by) => x >= x0 - by && x <= x1 + by && y >= y0 - by && y <= y1 + by
    const masks = layers.includes("Masks") || !layers.includes("Boxes")
    const path = (s) => (masks && !s.editable ? this.paths.get(s.outline)?.[0] : null)
    return (
      there.find((s) => (path(s) ? this.probe.isPointInPath(path(s), x, y, "evenodd") : within(this.box(s), 0))) ??
      there.find((s) => within(this.box(s), near) && !within(this.box(s), -near))
    )
  }

  // The part of an editable box under the pointer: which of its edges move, and the cursor that says so.
  grip(spot, kind) {
    let best = null, nearest = REACH[kind] ?? REACH.mouse
    for (const shape of this.shapes.filter((s) => s.editable && this.shows(s)))
      for (const handle of this.handles(shape)) {
        const away = Math.max(Math.abs(handle.x - spot.x), Math.abs(handle.y - spot.y))
        if (away <= nearest) [best, nearest] = [{ number: shape.number, ...handle }, away]
      }
    if (best || this.data.tool !== "look") return best
    const shape = this.hit(spot)
    return shape?.editable ? { number: shape.number, edges: [1, 1, 1, 1], cursor: "move" } : null
  }

  handles(shape) {
    const [x0, y0, x1, y1] = this.box(shape), found = [], small = 5 * HANDLE
    const [across, down] = [x1 - x0, y1 - y0].map((side) => (side * this.scale < small ? [0, 2] : [0, 1, 2]))
    for (const i of across)
      for (const j of down)
        if (i !== 1 || j !== 1)
          found.push({
            x: this.x + this.scale * (x0 + (i * (x1 - x0)) / 2), y: this.y + this.scale * (y0 + (j * (y1 - y0)) / 2),
            edges: [i === 0, j === 0, i === 2, j === 2].map(Number),
            cursor: i === 1 ? "ns-resize" : j === 1 ? "ew-resize" : i === j ? "nwse-resize" : "nesw-resize",
          })
    return found
  }

  down(e) {
    const spot = this.spot(e), { tool } = this.data, left = e.button === 0 && !this.space
    this.pointers.set(e.pointerId, spot)
    this.stage.setPointerCapture(e.pointerId)
    if (this.pointers.size > 1) return this.cancel() // two fingers: a pinch
    const grip = left ? this.grip(spot, e.pointerType) : null, box = grip && this.box(this.shape(grip.number))
    const mode = grip ? "edit" : tool === "box" && left ? "draw" : e.button === 2 ? "tap" : "pan"
    const slack = SLACK[e.pointerType] ?? SLACK.mouse
    const drag = { mode, grip, box, first: box, id: e.pointerId, from: spot, last: spot, slack }
    drag.tap = e.button !== 1 && !this.space && (left || tool === "click")
    drag.negative = e.button === 2 || e.shiftKey || e.ctrlKey // control-click is the right click of a Mac
    this.drag = drag
    if (e.pointerType === "touch" && tool === "click" && !grip)
      drag.timer = setTimeout(() => { this.tap(spot, { ...drag, negative: true }); this.drag = null }, LONG_PRESS)
  }

  move(e) {
    const spot = this.spot(e), before = this.pointers.get(e.pointerId), { drag } = this
    if (!before) return this.over(spot, e.pointerType)
    this.pointers.set(e.pointerId, spot)
    if (this.pointers.size === 2) {
      const [other] = [...this.pointers].filter(([id]) => id !== e.pointerId).map(([, at]) => at)
      const middle = { x: (before.x + other.x) / 2, y: (before.y + other.y) / 2 }
      this.zoom(distance(spot, other) / Math.max(distance(before, other), 1), middle)
      this.pan((spot.x - before.x) / 2, (spot.y - before.y) / 2)
    }
    if (!drag || drag.id !== e.pointerId || (!drag.moved && distance(spot, drag.from) < drag.slack)) return
    clearTimeout(drag.timer)
    drag.moved = true
    if (drag.mode === "pan") this.pan(spot.x - drag.last.x, spot.y - drag.last.y)
    if (drag.mode === "edit") drag.box = this.reshaped(drag, spot)
    drag.last = spot
    this.schedule()
  }

  up(e) {
    const { drag } = this, spot = this.spot(e)
    this.pointers.delete(e.pointerId)
    if (!drag || drag.id !== e.pointerId) return
    clearTimeout(drag.timer)
    if (drag.moved && drag.mode === "draw") this.drawn(this.drawing(drag))
    if (drag.moved && drag.mode === "edit") this.drawn(upright(drag.box), drag.grip.number)
    this.drag = null
    if (!drag.moved && drag.tap && drag.mode !== "draw") this.tap(spot, drag)
    this.schedule()
  }

  cancel() {
    clearTimeout(this.drag?.timer)
    this.drag = null
    this.schedule()
  }

  over(spot, kind) {
    if (kind === "touch") return
    const grip = this.grip(spot, kind), { tool } = this.data
    const shape = tool === "look" || grip ? this.hit(spot) : null
    this.stage.style.cursor = grip?.cursor ?? (tool !== "look" ? "crosshair" : shape ? "pointer" : this.zoomed ? "grab" : "")
    this.point(shape?.number ?? null)
  }

  tap(spot, { negative, grip }) {
    const { x, y } = this.place(spot), { width, height } = this.data.picture
    if (this.data.tool !== "click") this.select(grip?.number ?? this.hit(spot)?.number ?? null)
    else if (x >= 0 && y >= 0 && x < width && y < height) this.send({ kind: "point", point: [...hundredths([x, y]), !negative] })
  }

  // Only what lies in the picture, and only what a hand can have meant.
  drawn(box, number = null) {
    if (Math.min(box[2] - box[0], box[3] - box[1]) < Math.max(1, number === null ? SLACK.mouse / this.scale : 1)) return
    this.send(number === null ? { kind: "box", box: hundredths(box) } : { kind: "move", number, box: hundredths(box) })
  }

  drawing({ from, last }) {
    const a = this.place(from), b = this.place(last), { width, height } = this.data.picture
    return upright([between(a.x, 0, width), between(a.y, 0, height), between(b.x, 0, width), between(b.y, 0, height)])
  }

  reshaped({ from, first, grip: { edges } }, spot) {
    const { width, height } = this.data.picture, whole = edges.every(Boolean)
    let dx = (spot.x - from.x) / this.scale, dy = (spot.y - from.y) / this.scale
    if (whole) [dx, dy] = [between(dx, -first[0], width - first[2]), between(dy, -first[1], height - first[3])]
    return first.map((v, i) => between(v + edges[i] * (i % 2 ? dy : dx), 0, i % 2 ? height : width))
  }

  // A run of wheel events belongs to the page or to the picture as a whole. At the fit, scrolling down is the page's.
  wheel(e) {
    if (e.ctrlKey) this.owner = true // and the pinch of a touchpad
    else if (e.timeStamp - this.lastWheel > ONE_SCROLL) this.owner = this.large || this.zoomed || e.deltaY < 0
    this.lastWheel = e.timeStamp
    if (!this.owner) return
    e.preventDefault()
    const pixels = e.deltaY * [1, 16, this.height][e.deltaMode]
    this.zoom(Math.exp(-between(pixels, -200, 200) * (e.ctrlKey ? 0.01 : 0.002)), this.spot(e))
  }

  key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey) return
    const onStage = e.composedPath()[0] === this.stage
    const does = {
      ArrowLeft: () => onStage && this.pan(ARROW, 0), ArrowRight: () => onStage && this.pan(-ARROW, 0),
      ArrowUp: () => onStage && this.pan(0, ARROW), ArrowDown: () => onStage && this.pan(0, -ARROW),
      "+": () => this.zoom(STEP), "=": () => this.zoom(STEP), "-": () => this.zoom(1 / STEP), 0: () => this.reset(),
      n: () => this.step(1), p: () => this.step(-1), h: () => this.toggle(this.selected),
      Delete: () => this.reject(), Backspace: () => this.reject(), Escape: () => this.leave(),
      " ": () => onStage && (this.space = true),
    }[e.key.length === 1 ? e.key.toLowerCase() : e.key]
    if (!does || does() === false) return // the page's own
    e.preventDefault()
    e.stopPropagation() // Streamlit has shortcuts of its own
  }

  leave() {
    if (this.drag) this.cancel()
    else if (this.large) this.resize(false)
    else if (this.selected !== null) this.select(null)
    else return false
  }
}
