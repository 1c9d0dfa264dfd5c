import { Device } from './accounts.js'
import { verify } from './curve.js'
import { flawOf } from './device-identity.js'
import { child, seconds, SERVER, stanza } from './stanza.js'

const REFS = 6

/** Where new devices wait until a phone links them. */
export class LinkDesk {
  #server
  #byRef = new Map()

  constructor(server) {
    this.#server = server
  }

  /** A client without an account: it gets the refs of its QR codes. */
  register(connection, { noiseKey, data }) {
    const registration = read(data)
    const flaw = flawIn(registration)
    if (flaw) {
      this.#server.record.problem(connection.name, `registration ${flaw}`)
      connection.fail(400)
      return
    }
    connection.registration = { ...registration, noiseKey }
    const refs = Array.from({ length: REFS }, this.#server.ids.ref)
    for (const ref of refs) this.#byRef.set(ref, connection)
    connection.request(stanza('iq', { id: this.#server.ids.stanza(), type: 'set', xmlns: 'md', from: SERVER }, [
      stanza('pair-device', {}, refs.map(ref => stanza('ref', {}, Buffer.from(ref))))
    ])).catch(() => {})    // a client that leaves instead of answering is forgotten below
  }

  forget(connection) {
    for (const [ref, owner] of this.#byRef) {
      if (owner === connection) this.#byRef.delete(ref)
    }
  }

  /** The client that shows a QR code, and the secret in it. */
  find(qr) {
    const [, payload = qr] = qr.split('#')
    const [ref, noiseKey, identity, secret] = payload.split(',')
    const connection = this.#byRef.get(ref)
    if (!connection) throw new RangeError('nobody shows this QR code')
    const { registration } = connection
    if (registration.noiseKey.toString('base64') !== noiseKey || registration.identity.toString('base64') !== identity) {
      throw new RangeError('the QR code holds other keys than its client')
    }
    return { connection, secret: Buffer.from(secret, 'base64') }
  }

  /** Tells the client that the phone took it; with its signature it becomes a device, and has to connect anew. */
  async link(connection, { account, id, keyIndex, blob }) {
    const { registration } = connection
    this.forget(connection)
    const { lid } = account
    const answer = await connection.request(stanza('iq', { id: this.#server.ids.stanza(), type: 'set', from: SERVER, t: seconds() }, [
      stanza('pair-success', {}, [
        stanza('device-identity', {}, blob),
        ...account.isBusiness ? [stanza('biz', { name: account.name })] : [],
        stanza('device', { jid: `${account.phone}:${id}@s.whatsapp.net`, lid: `${lid}:${id}@lid` }),
        stanza('platform', { name: 'android' })
      ])
    ]))
    const proof = child(child(answer, 'pair-device-sign'), 'device-identity')
    const flaw = proof ? flawOf(proof.content, { accountKey: account.owner.identity, deviceIdentity: registration.identity }) : 'is missing'
    if (flaw || proof.attrs['key-index'] !== String(keyIndex)) {
      this.#server.record.problem(connection.name, `pair-device-sign: the device's proof ${flaw ?? 'has another key index'}`)
      connection.fail(401)
      throw new Error('the device could not prove itself')
    }

    const device = new Device({ account, id, keyIndex, ...registration })
    account.devices.set(id, device)
    connection.streamError(515)
    return device
  }
}

function read(data) {
  return {
    registrationId: data.eRegid?.length === 4 ? Buffer.from(data.eRegid).readUInt32BE() : undefined,
    keyType: data.eKeytype?.[0],
    identity: Buffer.from(data.eIdent ?? []),
    signedPreKey: {
      id: data.eSkeyId?.length === 3 ? Buffer.from(data.eSkeyId).readUIntBE(0, 3) : undefined,
      value: Buffer.from(data.eSkeyVal ?? []),
      signature: Buffer.from(data.eSkeySig ?? [])
    },
    deviceProps: data.deviceProps
  }
}

function flawIn({ registrationId, keyType, identity, signedPreKey, deviceProps }) {
  if (registrationId === undefined) return 'without a registration id'
  if (keyType !== 5) return 'with another key type'
  if (identity.length !== 32) return 'without an identity key'
  if (signedPreKey.id === undefined || signedPreKey.value.length !== 32) return 'without a signed prekey'
  if (!verify(identity, Buffer.concat([Buffer.from([5]), signedPreKey.value]), signedPreKey.signature)) return 'with a wrong prekey signature'
  if (!deviceProps?.length) return 'without device properties'
  return undefined
}
