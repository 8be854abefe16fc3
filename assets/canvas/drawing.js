// How the picture and its objects look. The first of three files that are joined into one module: drawing, hands, canvas.
//
// A place is in picture pixels; a spot is in CSS pixels from the stage's upper left corner.

const CRISP = 3 // CSS pixels a picture pixel, from where on single pixels are looked at
const DARK = "#141414", LIGHT = "#ffffff", GREEN = "#009e73", RED = "#d55e00" // told apart by the colour-blind, too
const FILL = 0.4, FILL_BEHIND = 0.12, LINE = 2, HALO = 1.5, DASH = [8, 6] // shares; CSS pixels, as all sizes below
const HANDLE = 8, POINT = 8, TEXT = 12, PLATE = 18, PLATE_WIDTH = 200, MOST_PLATES = 500
const FEW = 8, WIDER = 1.2 // objects whose labels are whole in any case; how much wider than its object a label may be
const UNSEEN = 0.8 // device pixels that an outline may be off

const between = (value, low, high) => Math.min(Math.max(value, low), high)

class Drawing {
  schedule() {
    this.due ||= requestAnimationFrame(() => {
      this.due = 0
      this.draw()
    })
  }

  draw() {
    const { ctx, ink, picture, scale, x, y } = this, size = this.data.picture, ratio = Math.min(devicePixelRatio, 2)
    picture.style.width = `${size.width}px`
    picture.style.height = `${size.height}px`
    picture.style.transform = `translate(${x}px, ${y}px) scale(${scale})`
    picture.classList.toggle("crisp", scale >= CRISP)
    this.percent.textContent = `${Math.round(scale * 100)} %`
    const [width, height] = [Math.round(this.width * ratio), Math.round(this.height * ratio)]
    if (ink.width !== width || ink.height !== height) Object.assign(ink, { width, height })
    ctx.setTransform(1, 0, 0, 1, 0, 0)
    ctx.clearRect(0, 0, width, height)
    // The coarsest outlines that nobody could tell from the fine ones here; while the picture moves, one step more.
    const { coarse = [] } = this
    this.level = between(coarse.filter((stray) => stray * scale * ratio < UNSEEN).length + this.moving, 0, coarse.length)
    const active = this.hover ?? this.selected
    const shown = this.shapes.filter((s) => this.shows(s) && this.inView(s))
    const top = shown.filter((s) => s.number === this.selected || s.number === this.hover)
    ctx.setTransform(ratio * scale, 0, 0, ratio * scale, ratio * x, ratio * y)
    ctx.lineJoin = "round"
    for (const shape of shown) if (!top.includes(shape)) this.trace(shape, false, active !== null)
    for (const shape of top) this.trace(shape, true, false)
    const rubber = this.drag?.mode === "draw" && this.drag.moved ? [this.drawing(this.drag)] : []
    for (const box of [...this.waiting("box"), ...rubber]) this.line(this.rectangle(box), LIGHT, LINE, true)
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0)
    for (const shape of shown) if (shape.editable) this.handles(shape).forEach((h) => this.square(h))
    for (const [px, py, positive] of [...this.data.points, ...this.waiting("point")])
      this.mark(x + px * scale, y + py * scale, positive)
    this.write(shown, top)
  }

  inView(shape) {
    const [x0, y0, x1, y1] = this.box(shape), { scale, x, y, width, height } = this
    const across = x1 * scale + x > -HANDLE && x0 * scale + x < width + HANDLE
    return across && y1 * scale + y > -HANDLE && y0 * scale + y < height + HANDLE
  }

  rectangle([x0, y0, x1, y1]) {
    const path = new Path2D()
    path.rect(x0, y0, x1 - x0, y1 - y0)
    return path
  }

  trace(shape, strong, behind) {
    const { ctx } = this, { layers } = this.data, { colour, dashed, editable } = shape
    const outline = this.paths.get(shape.outline)?.[this.level], masked = outline && (layers.includes("Masks") || strong)
    if (masked) {
      ctx.fillStyle = colour
      ctx.globalAlpha = behind || dashed ? FILL_BEHIND : FILL
      ctx.fill(outline, "evenodd")
      ctx.globalAlpha = 1
      this.line(outline, colour, strong ? 1.5 * LINE : LINE, dashed, strong)
    }
    if (layers.includes("Boxes") || editable || (strong && !masked))
      this.line(this.rectangle(this.box(shape)), colour, strong ? 1.5 * LINE : masked ? LINE / 2 : LINE, dashed, strong)
  }

  // Dark beneath the colour, and light around what stands out: seen on any ground.
  line(path, colour, width, dashed, strong = false) {
    const { ctx, scale } = this
    const stroke = (style, wide) => Object.assign(ctx, { strokeStyle: style, lineWidth: wide / scale }) && ctx.stroke(path)
    if (strong) stroke(LIGHT, width + 4 * HALO)
    stroke(DARK, width + 2 * HALO)
    if (dashed) ctx.setLineDash(DASH.map((v) => v / scale))
    stroke(colour, width)
    ctx.setLineDash([])
  }

  square({ x, y }) {
    Object.assign(this.ctx, { fillStyle: LIGHT, strokeStyle: DARK, lineWidth: HALO })
    this.ctx.fillRect(x - HANDLE / 2, y - HANDLE / 2, HANDLE, HANDLE)
    this.ctx.strokeRect(x - HANDLE / 2, y - HANDLE / 2, HANDLE, HANDLE)
  }

  // A green disc with a plus, a red diamond with a minus.
  mark(x, y, positive) {
    const { ctx } = this, arm = POINT / 2
    ctx.beginPath()
    if (positive) ctx.arc(x, y, POINT, 0, 2 * Math.PI)
    else for (const [dx, dy] of [[0, -1], [1, 0], [0, 1], [-1, 0]]) ctx.lineTo(x + dx * 1.3 * POINT, y + dy * 1.3 * POINT)
    ctx.closePath()
    Object.assign(ctx, { fillStyle: positive ? GREEN : RED, strokeStyle: DARK, lineWidth: 2 * LINE })
    ctx.stroke()
    ctx.fill()
    Object.assign(ctx, { strokeStyle: LIGHT, lineWidth: LINE })
    ctx.beginPath()
    ctx.moveTo(x - arm, y)
    ctx.lineTo(x + arm, y)
    if (positive) ctx.moveTo(x, y - arm), ctx.lineTo(x, y + arm)
    ctx.stroke()
  }

  // Small objects choose first. Among many, a label much wider than its object is its number alone; who finds no free
  // place is written once it is pointed at.
  write(shown, top) {
    const { ctx } = this, taken = [], plates = [], high = PLATE * this.data.text
    if (this.written !== high) this.plates.clear()
    this.written = high
    ctx.font = `600 ${TEXT * this.data.text}px ${(this.font ??= getComputedStyle(this.stage).fontFamily)}`
    ctx.textBaseline = "middle"
    const all = this.data.layers.includes("Labels") ? [...shown].reverse().filter((s) => !top.includes(s)) : []
    for (const shape of [...[...top].reverse(), ...all]) {
      const strong = top.includes(shape)
      const roomy = shown.length <= FEW || this.plate(shape.label).width < WIDER * this.scale * (shape.box[2] - shape.box[0])
      for (const text of strong ? [shape.label] : roomy ? [shape.label, `${shape.number}`] : [`${shape.number}`]) {
        const plate = this.plate(text), spots = this.spots(shape, plate.width)
        const covers = (s, t) => s.x < t.x + t.width && t.x < s.x + plate.width && Math.abs(s.y - t.y) < high
        const spot = spots.find((s) => !taken.some((t) => covers(s, t))) ?? (strong ? spots[0] : null)
        if (!spot) continue
        taken.push({ ...spot, width: plate.width })
        plates.unshift({ ...plate, ...spot, shape })
        break
      }
    }
    for (const { x, y, width, text, shape } of plates) {
      ctx.fillStyle = shape.colour
      ctx.fillRect(x, y, width, high)
      Object.assign(ctx, { strokeStyle: DARK, lineWidth: 1 })
      ctx.strokeRect(x + 0.5, y + 0.5, width - 1, high - 1)
      ctx.fillStyle = shape.ink
      ctx.fillText(text, x + 5, y + high / 2 + 1)
    }
  }

  plate(label) {
    let found = this.plates.get(label)
    if (!found) {
      const characters = [...label], wide = (text) => this.ctx.measureText(text).width
      let text = label
      while (characters.length > 1 && wide(text) > PLATE_WIDTH * this.data.text) {
        characters.pop()
        text = `${characters.join("").trimEnd()}…`
      }
      found = { text, width: Math.ceil(wide(text)) + 10 }
      if (this.plates.size > MOST_PLATES) this.plates.clear()
      this.plates.set(label, found)
    }
    return found
  }

  // Above, inside, below its box; always on the stage.
  spots(shape, width) {
    const [x0, y0, x1, y1] = this.box(shape).map((v, i) => v * this.scale + (i % 2 ? this.y : this.x))
    const right = x1 - width, high = PLATE * this.data.text
    const wanted = [
      [x0, y0 - high], [x0, y0], [x0, y1], [right, y0 - high], [right, y1], [x0, y1 - high], [right, y0],
      [(x0 + right) / 2, (y0 + y1 - high) / 2],
    ]
    const most = { x: Math.max(this.width - width, 0), y: Math.max(this.height - high, 0) }
    return wanted.map(([x, y]) => ({ x: between(x, 0, most.x), y: between(y, 0, most.y) }))
  }
}
