const LIMIT = 100_000

/** What passed through the server, so that a test can compare it with what its own side believes. Bounded: the oldest goes first. */
export class Record {
  #sent = new Map()
  #delivered = new Map()
  #problems = []
  #chatstates = []
  #online = []
  #tokens = []
  #connections = []
  #logIns = []
  #filesAsked = []

  /** A companion sent a message; whether it repeats one that nobody asked for once more. */
  sent({ id, from, to, withToken }) {
    const known = this.#sent.get(id)
    if (!known) {
      keep(this.#sent, id, { id, from, to, at: new Date().toISOString(), times: 1, asked: 0, retries: 0, withToken })
      return false
    }
    const isAnswer = known.retries < known.asked    // each time that it was told, it may answer once
    known[isAnswer ? 'retries' : 'times']++
    return !isAnswer
  }

  /** A companion was told that somebody cannot read what it sent. */
  toldUnreadable(id) {
    const known = this.#sent.get(id)
    if (known) known.asked++
  }

  /** A message was written to a companion's connection; `again` when the companion had asked for it once more. */
  delivered({ id, from, to, again }) {
    const key = `${to} ${id}`
    const known = this.#delivered.get(key) ?? { id, from, to, times: 0, asked: 0, retries: 0, receiptedAt: null }
    known.times++
    if (again) known.retries++
    keep(this.#delivered, key, known)
  }

  /** A companion could not read a message, and asked for it once more. */
  asked({ id, by }) {
    const known = this.#delivered.get(`${by} ${id}`)
    if (known) known.asked++
  }

  /** The companion has it, or, with an `error`, will not read it. */
  receipted({ id, to, error }) {
    const known = this.#delivered.get(`${to} ${id}`)
    if (!known) return
    if (error) known.error = Number(error)
    else known.receiptedAt ??= new Date().toISOString()
  }

  /** A companion asks to be let in, naming its version; its row, for whoever refuses it. */
  loggingIn({ device, version }) {
    const row = { device, version, at: new Date().toISOString(), refused: null }
    if (this.#logIns.length >= LIMIT) this.#logIns.shift()
    this.#logIns.push(row)
    return row
  }

  /** A companion logged in; its row, for whoever learns how that connection ends. */
  connected(device) {
    const row = { device, from: new Date().toISOString(), to: null, end: null }
    if (this.#connections.length >= LIMIT) this.#connections.shift()
    this.#connections.push(row)
    return row
  }

  /** A connection is over: `replaced` by another one of its device, or `closed` by either side. The first word counts. */
  ended(row, end) {
    row.to ??= new Date().toISOString()
    row.end ??= end
  }

  /** A companion said that its owner writes, or stopped. */
  typed({ from, to, state }) {
    if (this.#chatstates.length >= LIMIT) this.#chatstates.shift()
    this.#chatstates.push({ from, to, state, at: new Date().toISOString() })
  }

  /** A companion said that it is in use. */
  cameOnline({ device, name }) {
    if (this.#online.length >= LIMIT) this.#online.shift()
    this.#online.push({ device, name, at: new Date().toISOString() })
  }

  /** A companion gave somebody what shows that its owner wants to hear from them, and asked for theirs. */
  gaveToken({ from, to }) {
    if (this.#tokens.length >= LIMIT) this.#tokens.shift()
    this.#tokens.push({ from, to, at: new Date().toISOString() })
  }

  /** Somebody asked the media server for a file, or for room for one, from a port of this machine. */
  fileAsked(asked) {
    if (this.#filesAsked.length >= LIMIT) this.#filesAsked.shift()
    this.#filesAsked.push({ ...asked, at: new Date().toISOString() })
  }

  /** Something the real server would not have understood or taken. */
  problem(from, what) {
    if (this.#problems.length < LIMIT) this.#problems.push({ from, what, at: new Date().toISOString() })
  }

  save() {
    return { sent: this.#sent, delivered: this.#delivered, problems: this.#problems, connections: this.#connections, logIns: this.#logIns, online: this.#online, tokens: this.#tokens }
  }

  restore({ sent, delivered, problems, connections, logIns, online, tokens }) {
    this.#sent = sent
    this.#delivered = delivered
    this.#problems = problems
    this.#connections = connections
    this.#logIns = logIns
    this.#online = online
    this.#tokens = tokens
  }

  get messages() {
    return { sent: [...this.#sent.values()], delivered: [...this.#delivered.values()] }
  }

  get connections() {
    return [...this.#connections]
  }

  get logIns() {
    return [...this.#logIns]
  }

  get filesAsked() {
    return [...this.#filesAsked]
  }

  get chatstates() {
    return [...this.#chatstates]
  }

  get online() {
    return [...this.#online]
  }

  get tokens() {
    return [...this.#tokens]
  }

  get problems() {
    return [...this.#problems]
  }
}

function keep(map, key, value) {
  if (map.size >= LIMIT && !map.has(key)) map.delete(map.keys().next().value)
  map.set(key, value)
}
