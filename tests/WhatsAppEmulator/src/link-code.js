import { aesDecryptCTR, aesDecryptGCM, aesEncryptCTR, Curve, derivePairingCodeKey, hkdf } from 'baileys'
import { bytes, child, SERVER, stanza } from './stanza.js'

const BUNDLE = 'link_code_pairing_key_bundle_encryption_key'

/** Linking by a code of 8 characters that a person types on the phone. */
export class CodeDesk {
  #server
  #byPhone = new Map()

  constructor(server) {
    this.#server = server
  }

  isWaiting = phone => this.#byPhone.has(phone)

  forget(connection) {
    for (const [phone, waiting] of this.#byPhone) {
      if (waiting.connection !== connection) continue
      this.#byPhone.delete(phone)
      waiting.abandon?.(new RangeError('the client left'))
    }
  }

  /** A client made up a code and waits for it to be typed. Returns the answer, or undefined for a stanza that lacks something. */
  hello(connection, node) {
    const account = this.#server.accounts.find(node.attrs.jid)
    const wrapped = bytes(node, 'link_code_pairing_wrapped_companion_ephemeral_pub')
    const noiseKey = bytes(node, 'companion_server_auth_key_pub')
    const isWhole = wrapped?.length === 80 && noiseKey?.equals(connection.registration.noiseKey)
      && child(node, 'companion_platform_id') && child(node, 'companion_platform_display') && child(node, 'link_code_pairing_nonce')
    if (!account || !isWhole) return undefined
    const ref = this.#server.ids.bytes(16)
    this.#byPhone.set(account.phone, { connection, wrapped, ref })
    return [stanza('link_code_companion_reg', { stage: 'companion_hello' }, [stanza('link_code_pairing_ref', {}, ref)])]
  }

  /** A person types the code. What the phone and the client then tell each other shows whether it was the same. */
  async enter(phone, code) {
    const waiting = this.#byPhone.get(phone.account.phone)
    if (!waiting) throw new RangeError('nobody waits for a code of this phone')
    const ephemeral = Curve.generateKeyPair()
    const opened = await open(waiting.wrapped, code)
    const finished = new Promise((resolve, reject) => Object.assign(waiting, { finish: resolve, abandon: reject }))
    waiting.connection.send(stanza('notification', { id: this.#server.ids.stanza(), type: 'link_code_companion_reg', from: SERVER }, [
      stanza('link_code_companion_reg', { stage: 'primary_hello' }, [
        stanza('link_code_pairing_wrapped_primary_ephemeral_pub', {}, await seal(this.#server.ids, ephemeral.public, code)),
        stanza('primary_identity_pub', {}, phone.identity),
        stanza('link_code_pairing_ref', {}, waiting.ref)
      ])
    ]))
    const bundle = await finished
    this.#byPhone.delete(phone.account.phone)
    return { connection: waiting.connection, secret: secretOf(phone, ephemeral, opened, bundle) }
  }

  /** The client's last word before it is linked. False for a stanza that lacks something. */
  finish(connection, node) {
    const waiting = [...this.#byPhone.values()].find(each => each.connection === connection && each.finish)
    const bundle = bytes(node, 'link_code_pairing_wrapped_key_bundle')
    const identity = bytes(node, 'companion_identity_public')
    if (!waiting || !bundle || !identity?.equals(connection.registration.identity) || !bytes(node, 'link_code_pairing_ref')?.equals(waiting.ref)) return false
    setImmediate(waiting.finish, bundle)    // the client gets its answer before it is linked
    return true
  }
}

function secretOf(phone, ephemeral, companionEphemeral, bundle) {
  const shared = Curve.sharedKey(ephemeral.private, companionEphemeral)
  const key = Buffer.from(hkdf(shared, 32, { salt: bundle.subarray(0, 32), info: BUNDLE }))
  let plain
  try {
    plain = aesDecryptGCM(bundle.subarray(44), key, bundle.subarray(32, 44), Buffer.alloc(0))
  } catch {
    throw new RangeError('the client shows another code')
  }
  const [companionIdentity, primaryIdentity, random] = [0, 32, 64].map(start => plain.subarray(start, start + 32))
  if (!primaryIdentity.equals(phone.identity)) throw new RangeError("the client means another phone's identity")
  const identities = phone.agree(companionIdentity)
  return Buffer.from(hkdf(Buffer.concat([shared, identities, random]), 32, { info: 'adv_secret' }))
}

async function open(wrapped, code) {
  const key = await derivePairingCodeKey(code, wrapped.subarray(0, 32))
  return aesDecryptCTR(wrapped.subarray(48), key, wrapped.subarray(32, 48))
}

async function seal(ids, plain, code) {
  const salt = ids.bytes(32)
  const iv = ids.bytes(16)
  return Buffer.concat([salt, iv, aesEncryptCTR(plain, await derivePairingCodeKey(code, salt), iv)])
}
