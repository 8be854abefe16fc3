// The picture that can be worked on. `pages/shared/canvas.py` says what goes in (data) and what comes out (events).
//
// Streamlit calls the default export on every run and cleans up once: what is set up once lives in one Canvas a mount.

const MOST = 32 // CSS pixels a picture pixel
const REST = 120, PATIENCE = 800, RETRIES = 3 // ms; ms before each new try
const MOST_WAITING = 50 // events

const canvases = new WeakMap()
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
// Relative to the page and not to the server's root: the app may be served below a path.
const address = (src) => (src.startsWith("data:") ? src : new URL(src, document.baseURI).href)

export default function ({ data, parentElement, setTriggerValue }) {
  let canvas = canvases.get(parentElement)
  if (!canvas || !parentElement.contains(canvas.home)) {
    canvas?.close()
    parentElement.querySelector(".place").innerHTML = PAGE // canvas.css and canvas.html
    canvas = new Canvas(parentElement)
    canvases.set(parentElement, canvas)
  }
  canvas.update(data, setTriggerValue)
  return () => {
    canvas.close()
    canvases.delete(parentElement)
  }
}

class Canvas extends Hands {
  constructor(root) {
    super()
    const names = "home frame stage picture ink percent side objects status room row enlarge"
    for (const name of names.split(" ")) this[name] = root.querySelector(`.${name}`)
    this.ctx = this.ink.getContext("2d")
    this.probe = document.createElement("canvas").getContext("2d") // never transformed: it is asked in places
    this.client = Math.random().toString(36).slice(2)
    Object.assign(this, { scale: 1, x: 0, y: 0, fit: 1, width: 0, height: 0, seq: 0, due: 0, lastWheel: 0, owner: false })
    Object.assign(this, { queue: [], shapes: [], rows: new Map(), paths: new Map(), plates: new Map() })
    Object.assign(this, { hover: null, selected: null, hidden: new Set(), pointers: new Map(), drag: null })
    Object.assign(this, { space: false, large: false, moving: false })
    this.listen(root)
    this.watcher = new ResizeObserver(() => this.measure())
    this.watcher.observe(this.stage)
    document.fonts.ready.then(() => { this.plates.clear(); this.schedule() })
  }

  listen(root) {
    const { stage, objects, frame, room } = this
    stage.onpointerdown = (e) => this.down(e)
    stage.onpointermove = (e) => this.move(e)
    stage.onpointerup = (e) => this.up(e)
    stage.onpointercancel = (e) => { this.pointers.delete(e.pointerId); this.cancel() }
    stage.onpointerleave = () => this.point(null)
    stage.onmousedown = (e) => { if (e.button === 1) e.preventDefault() } // no autoscroll
    stage.oncontextmenu = (e) => { if (this.data.tool === "click") e.preventDefault() }
    stage.ondblclick = (e) => {
      if (this.data.tool === "look") this.zoomed ? this.reset() : this.zoom(2 * STEP, this.spot(e))
    }
    stage.onwheel = (e) => this.wheel(e)
    stage.onkeyup = (e) => { if (e.key === " ") this.space = false }
    stage.onblur = () => { this.space = false }
    frame.onkeydown = (e) => this.key(e)
    root.querySelector(".in").onclick = () => this.zoom(STEP)
    root.querySelector(".out").onclick = () => this.zoom(1 / STEP)
    root.querySelector(".fit").onclick = () => this.reset()
    this.enlarge.onclick = () => this.resize(!this.large)
    room.oncancel = (e) => { e.preventDefault(); this.resize(false) }
    const row = (e) => Number(e.target.closest("li")?.dataset.number) || null
    objects.onpointerover = (e) => this.point(row(e))
    objects.onpointerleave = () => this.point(null)
    objects.addEventListener("focusin", (e) => this.point(row(e)))
    objects.addEventListener("focusout", () => this.point(null))
    objects.onclick = (e) => {
      if (e.target.closest(".eye")) this.toggle(row(e))
      else if (e.target.closest(".name")) this.select(row(e))
    }
    // A scroll that began beside the picture goes on over it: it must not turn into a zoom on the way.
    this.elsewhere = (e) => {
      if (!e.composedPath().includes(stage)) Object.assign(this, { lastWheel: e.timeStamp, owner: false })
    }
    document.addEventListener("wheel", this.elsewhere, { capture: true, passive: true })
  }

  close() {
    this.watcher.disconnect()
    cancelAnimationFrame(this.due)
    for (const timer of [this.retry, this.again, this.rest, this.drag?.timer]) clearTimeout(timer)
    document.removeEventListener("wheel", this.elsewhere, { capture: true })
    if (this.room.open) this.room.close()
  }

  // ---- from Python and back

  update(data, trigger) {
    const before = this.data, fresh = before?.picture.id !== data.picture.id
    Object.assign(this, { data, trigger })
    if (data.heard[0] === this.client) this.queue = this.queue.filter((e) => e.seq > data.heard[1])
    if (fresh) this.queue = []
    // What the user did last holds until Python has answered it; where nobody listens, until Python changes its mind.
    const news = (name, kind) =>
      (fresh || data.listening || !same(before[name], data[name])) && !this.queue.some((e) => e.kind === kind)
    const chosen = news("selected", "select") && data.selected !== this.selected
    if (chosen) this.selected = data.selected
    if (news("hidden", "hide")) this.hidden = new Set(data.hidden)
    this.shapes = [...data.shapes].sort((a, b) => b.area - a.area || b.number - a.number) // small ones lie on top
    this.outline()
    if (!this.shape(this.selected)) this.selected = null
    if (!this.shape(this.hover)) this.hover = null
    this.picture.alt = data.picture.alt
    this.stage.setAttribute("aria-label", data.picture.alt)
    if (fresh) this.open()
    else if (this.failed) this.load(this.picture, data.picture.screen)
    else this.sharpen()
    this.list()
    if (chosen) this.reveal(this.selected) // chosen in a table, say
    this.touch()
    this.schedule()
  }

  // Streamlit keeps the last of several values that come during one run, so each repeats what is not yet confirmed.
  send(event) {
    if (event.kind !== "full" && !this.data.listening) return
    this.queue = [...this.queue, { ...event, seq: ++this.seq, picture: this.data.picture.id }].slice(-MOST_WAITING)
    this.trigger("event", { client: this.client, events: this.queue })
    this.schedule()
  }

  // The outlines of the masks, fetched where one of them is not known yet; until then, and without them, boxes are drawn.
  async outline(left = RETRIES) {
    const names = this.data.shapes.map((s) => s.outline).filter(Boolean), { outlines } = this.data
    if (names.every((name) => this.paths.has(name)) || this.fetching === outlines) return
    this.fetching = outlines
    try {
      const { coarse, paths } = await (await fetch(address(outlines))).json()
      if (this.fetching !== outlines) return // newer ones are on their way
      const levels = (name) => this.paths.get(name) ?? paths[name].map((path) => new Path2D(path))
      this.coarse = coarse
      this.paths = new Map(Object.keys(paths).map((name) => [name, levels(name)]))
      this.schedule()
    } catch {
      if (left) this.again = setTimeout(() => this.outline(left - 1), PATIENCE) // swept away, as a picture may be
    }
    this.fetching = null
  }

  // What was done in this kind of event and not yet answered.
  waiting(kind) { return this.queue.filter((e) => e.kind === kind).map((e) => e[kind]) }

  shape(number) { return this.shapes.find((s) => s.number === number) }

  get byNumber() { return [...this.shapes].sort((a, b) => a.number - b.number) }

  // ---- the picture file: screen size first, full size once it is needed

  open() {
    const { width, height, screen } = this.data.picture
    clearTimeout(this.retry)
    this.frame.style.setProperty("--w", width)
    this.frame.style.setProperty("--h", height)
    Object.assign(this, { asked: false, sharp: false, hover: null, drag: null, fit: 0 }) // a fit of 0: nothing to keep
    this.load(this.picture, screen)
    this.measure()
  }

  load(image, src, left = RETRIES) {
    this.failed = false
    this.stage.classList.remove("failed")
    image.onload = () => this.sharpen()
    // A run of another session may have swept the file away while ours was on its way to adding it again.
    image.onerror = () => {
      this.failed = true
      this.stage.classList.add("failed")
      if (left) this.retry = setTimeout(() => this.load(image, src, left - 1), PATIENCE)
    }
    image.removeAttribute("src")
    image.src = address(src)
  }

  get tooCoarse() {
    const shown = this.data.picture.width * this.scale * devicePixelRatio
    return (this.zoomed || this.large) && shown > this.picture.naturalWidth * 1.05 && this.picture.naturalWidth
  }

  sharpen() {
    const { full, width, id } = this.data.picture
    if (this.sharp || !this.tooCoarse || this.picture.naturalWidth >= width) return
    if (!full) {
      if (!this.asked) this.send({ kind: "full" })
      this.asked = true
      return
    }
    this.sharp = true
    const image = this.picture.cloneNode()
    image.src = address(full)
    image.decode().then(
      () => {
        if (this.data.picture.id !== id) return
        this.picture.replaceWith(image)
        this.picture = image
        this.schedule()
      },
      () => { this.sharp = false }, // asked for again on the next run
    )
  }

  // ---- the view

  get zoomed() { return this.scale > this.fit * 1.001 }

  measure() {
    const { clientWidth: width, clientHeight: height } = this.stage, { picture } = this.data ?? {}
    if (!picture || !width || !height) return
    const centre = this.place({ x: this.width / 2, y: this.height / 2 }), keep = this.fit && this.zoomed
    Object.assign(this, { width, height, fit: Math.min(width / picture.width, height / picture.height) })
    this.scale = keep ? Math.max(this.scale, this.fit) : this.fit
    this.x = width / 2 - centre.x * this.scale
    this.y = height / 2 - centre.y * this.scale
    this.settle()
  }

  // The picture fills the stage, or lies in its middle; never beside it.
  settle() {
    const { width, height } = this.data.picture
    const held = (offset, room, size) => (size <= room ? (room - size) / 2 : between(offset, room - size, 0))
    this.x = held(this.x, this.width, width * this.scale)
    this.y = held(this.y, this.height, height * this.scale)
    this.touch()
    this.sharpen()
    this.moving = true
    clearTimeout(this.rest)
    this.rest = setTimeout(() => { this.moving = false; this.schedule() }, REST)
    this.schedule()
  }

  touch() {
    this.stage.classList.toggle("held", this.zoomed || this.large || this.data.tool === "box")
  }

  zoom(factor, spot = { x: this.width / 2, y: this.height / 2 }) {
    const scale = between(this.scale * factor, this.fit, Math.max(MOST, this.fit * 4)), ratio = scale / this.scale
    Object.assign(this, { scale, x: spot.x - (spot.x - this.x) * ratio, y: spot.y - (spot.y - this.y) * ratio })
    this.settle()
  }

  pan(dx, dy) {
    if (!this.zoomed) return false
    this.x += dx
    this.y += dy
    this.settle()
    return true
  }

  reset() {
    this.scale = this.fit
    this.settle()
  }

  // In the top layer, where no container of the page can cut it; the place it leaves keeps its height.
  resize(large) {
    if (large === this.large) return
    this.large = large
    this.home.style.minHeight = large ? `${this.home.offsetHeight}px` : ""
    if (!large) this.room.close()
    ;(large ? this.room : this.home).append(this.frame)
    if (large) this.room.showModal()
    this.frame.classList.toggle("large", large)
    this.enlarge.setAttribute("aria-pressed", large)
    this.stage.focus({ preventScroll: true })
    this.measure()
  }

  spot(e) {
    const { left, top } = this.stage.getBoundingClientRect()
    return { x: e.clientX - left, y: e.clientY - top }
  }

  place({ x, y }) { return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale } }

  // ---- objects

  point(number) {
    if (number === this.hover) return
    this.rows.get(this.hover)?.classList.remove("hover")
    this.hover = number
    this.rows.get(number)?.classList.add("hover")
    this.schedule()
  }

  select(number) {
    if (number === this.selected) return
    this.selected = number
    this.send({ kind: "select", number })
    const shape = this.shape(number)
    this.say(shape ? `${shape.label}, selected` : "Nothing selected")
    this.list()
    this.reveal(number)
    this.schedule()
  }

  // Into the stage, and its row into the list; not by scrolling the page.
  reveal(number) {
    const shape = this.shape(number), row = this.rows.get(number), { objects } = this
    if (row) objects.scrollTop = between(objects.scrollTop, row.offsetTop + row.offsetHeight - objects.clientHeight, row.offsetTop)
    if (!shape) return
    const [x0, y0, x1, y1] = this.box(shape), x = ((x0 + x1) / 2) * this.scale, y = ((y0 + y1) / 2) * this.scale
    const out = x + this.x < 0 || y + this.y < 0 || x + this.x > this.width || y + this.y > this.height
    if (out) this.pan(this.width / 2 - x - this.x, this.height / 2 - y - this.y)
  }

  step(by) {
    const numbers = this.byNumber.filter((s) => this.shows(s)).map((s) => s.number), { length } = numbers
    const at = numbers.indexOf(this.selected), from = at < 0 && by < 0 ? 0 : at // from nothing: to the first, or the last
    if (length) this.select(numbers[(from + by + length) % length])
  }

  toggle(number) {
    if (!this.shape(number)) return false
    this.hidden.delete(number) || this.hidden.add(number)
    this.send({ kind: "hide", hidden: [...this.hidden] })
    this.say(`${this.shape(number).label}, ${this.hidden.has(number) ? "hidden" : "shown"}`)
    this.list()
    this.schedule()
    return true
  }

  reject() {
    const shape = this.shape(this.selected)
    if (!shape || !this.data.listening) return false
    this.send({ kind: "reject", number: shape.number })
    this.say(`${shape.label}, rejected`)
    return true
  }

  say(words) { this.status.textContent = words }

  // Rows are kept over runs, so that the keyboard's focus stays where it is.
  list() {
    this.side.hidden = !this.data.objects || !this.shapes.length
    for (const [number, row] of this.rows) if (!this.shape(number)) row.remove(), this.rows.delete(number)
    if (this.side.hidden) return
    this.byNumber.forEach(({ number, label, colour, dashed }, index) => {
      let row = this.rows.get(number)
      if (!row) {
        row = this.row.content.firstElementChild.cloneNode(true)
        row.dataset.number = number
        this.rows.set(number, row)
      }
      if (this.objects.children[index] !== row) this.objects.insertBefore(row, this.objects.children[index] ?? null)
      const [eye, name] = row.children, text = name.querySelector(".text"), chip = name.querySelector(".chip")
      if (text.textContent !== label) text.textContent = name.title = label
      chip.style.setProperty("--colour", colour)
      chip.classList.toggle("dashed", dashed)
      eye.setAttribute("aria-label", `Show ${label}`)
      eye.setAttribute("aria-pressed", !this.hidden.has(number))
      name.setAttribute("aria-pressed", number === this.selected)
      row.classList.toggle("off", this.hidden.has(number))
      row.classList.toggle("selected", number === this.selected)
    })
  }
}
