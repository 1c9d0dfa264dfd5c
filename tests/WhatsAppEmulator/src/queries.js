import { proto, QueryIds } from 'baileys'
import { refusal, result } from './connection.js'
import { becomeActive } from './login.js'
import * as jids from './jids.js'
import { bigEndian, bytes, child, children, outline, stanza, tokenNode } from './stanza.js'
import { verify } from './curve.js'

class Malformed extends Error {}

/** What the real server refuses too, though there is nothing wrong with the question. */
class Refused extends Error {
  constructor(code, text) {
    super(text)
    this.code = code
  }
}

/** Every query the server knows, by type, namespace and first child. Each returns the contents of the result. */
const QUERIES = {
  'get encrypt count': ({ device }) => [stanza('count', { value: device.preKeys.size })],
  'get encrypt digest': digest,
  'get encrypt key': bundles,
  'set encrypt registration': uploadPreKeys,
  'set encrypt rotate': rotateSignedPreKey,
  'get abt props': () => [stanza('props', { hash: 'emulator' }, [stanza('prop', { config_code: '10518', config_value: 'true' })])],
  'get blocklist': () => [stanza('list', {}, [])],
  'set passive active': () => undefined,
  'get privacy privacy': () => [stanza('privacy', {}, [stanza('category', { name: 'readreceipts', value: 'all' })])],
  'set privacy tokens': exchangeTokens,
  'get w:p ping': () => undefined,
  'get usync usync': usync,
  'set w:sync:app:state sync': syncAppState,
  'set urn:xmpp:whatsapp:dirty clean': () => undefined,
  'set md remove-companion-device': removeDevice,
  'set w:m media_conn': mediaConnection,
  'get w:mex query': askAccount,
  'get w:g2 query': askGroups,
  'get w:g2 participating': askGroups,
  'set w:g2 create': askGroups,
  'set w:g2 subject': askGroups,
  'set w:g2 add': askGroups,
  'set w:g2 remove': askGroups
}

/** What a client may ask before it is linked. */
const UNLINKED_QUERIES = {
  'get w:p ping': () => undefined,
  'set md link_code_companion_reg': linkByCode
}

export async function answerQuery(server, connection, node) {
  const { device } = connection
  const { type, xmlns } = node.attrs
  const inner = children(node)[0]
  const name = [type, xmlns, inner?.tag].filter(part => part !== undefined).join(' ')
  const query = (device ? QUERIES : UNLINKED_QUERIES)[name]
  if (!query) {
    server.record.problem(connection.name, `unknown query ${name}: ${outline(node)}`)
    connection.send(refusal(node, 501, 'feature-not-implemented'))
    return
  }
  try {
    const { phone: asker } = device?.account ?? server.accounts.find(inner?.attrs.jid) ?? {}
    const fault = server.faults.take(`query ${name}`, asker, phone => asksAbout(server, inner, phone))
    if (fault?.kind === 'silent') return
    if (fault?.kind === 'drop') {
      connection.drop()
      return
    }
    if (fault) throw new Refused(fault.code, 'planned')
    connection.send(result(node, await query({ server, connection, device, node, inner })))
    if (name === 'set passive active') becomeActive(server, connection)
  } catch (error) {
    if (error instanceof Refused) {
      connection.send(refusal(node, error.code, error.message))
      return
    }
    if (!(error instanceof Malformed)) throw error
    server.record.problem(connection.name, `${name}: ${error.message}`)
    connection.send(refusal(node, 400, 'bad-request'))
  }
}

/** Whether a person is among those that a question is about. */
function asksAbout(server, inner, phone) {
  return children(child(inner, 'list') ?? inner, 'user').some(({ attrs: { jid } }) => jid && server.accounts.find(jid)?.phone === phone)
}

function check(condition, flaw) {
  if (!condition) throw new Malformed(flaw)
}

function digest({ device }) {
  return [stanza('digest', {}, [
    stanza('registration', {}, bigEndian(device.registrationId, 4)),
    stanza('type', {}, Buffer.from([5])),
    stanza('identity', {}, device.identity),
    keyNode('skey', device.signedPreKey)
  ])]
}

function keyNode(tag, { id, value, signature }) {
  const parts = [stanza('id', {}, bigEndian(id, 3)), stanza('value', {}, value)]
  if (signature) parts.push(stanza('signature', {}, signature))
  return stanza(tag, {}, parts)
}

function bundles({ server, device, inner }) {
  const users = children(inner, 'user')
  check(users.length > 0, 'asks for the keys of nobody')
  return [stanza('list', {}, users.flatMap(({ attrs: { jid } }) => {
    const target = server.accounts.findDevice(jid)
    if (!target) return stanza('user', { jid }, [stanza('error', { code: 404, text: 'item-not-found' })])
    const fault = server.faults.take('keys', device.account.phone, about => server.accounts.findDevice(about) === target)
    if (fault) return fault.kind === 'omitted' ? [] : stanza('user', { jid }, [stanza('error', { code: fault.code, text: 'planned' })])
    target.account.watchers.add(device)
    const { registrationId, identity, signedPreKey, preKey } = target.takeBundle()
    return stanza('user', { jid }, [
      stanza('registration', {}, bigEndian(registrationId, 4)),
      stanza('type', {}, Buffer.from([5])),
      stanza('identity', {}, identity),
      ...preKey ? [keyNode('key', preKey)] : [],
      keyNode('skey', signedPreKey)
    ])
  }))]
}

function uploadPreKeys({ device, node }) {
  const list = children(child(node, 'list'), 'key')
  check(bytes(node, 'registration')?.readUInt32BE() === device.registrationId, 'another registration id')
  check(bytes(node, 'type')?.equals(Buffer.from([5])), 'another key type')
  check(bytes(node, 'identity')?.equals(device.identity), 'another identity')
  check(list.length > 0, 'no keys')
  const keys = list.map(key => [bytes(key, 'id'), bytes(key, 'value')])
  check(keys.every(([id, value]) => id?.length === 3 && value?.length === 32), 'a key without an id of 3 or a value of 32 bytes')
  device.signedPreKey = readSignedPreKey(device, child(node, 'skey'))
  device.addPreKeys(keys.map(([id, value]) => [id.readUIntBE(0, 3), value]))
  return undefined
}

function rotateSignedPreKey({ device, inner }) {
  device.signedPreKey = readSignedPreKey(device, child(inner, 'skey'))
  return undefined
}

function readSignedPreKey(device, node) {
  const id = bytes(node, 'id')
  const value = bytes(node, 'value')
  const signature = bytes(node, 'signature')
  check(id?.length === 3 && value?.length === 32, 'no signed prekey')
  check(verify(device.identity, Buffer.concat([Buffer.from([5]), value]), signature), 'a wrong prekey signature')
  return { id: id.readUIntBE(0, 3), value, signature }
}

function usync({ server, device, inner }) {
  const protocols = children(child(inner, 'query')).map(protocol => protocol.tag)
  const unknown = protocols.filter(protocol => !['contact', 'devices', 'lid', 'status', 'disappearing_mode'].includes(protocol))
  check(unknown.length === 0, `unknown protocols ${unknown}`)
  const users = children(child(inner, 'list'), 'user')
  check(users.length > 0, 'asks for nobody')
  return [stanza('usync', { context: inner.attrs.context, mode: inner.attrs.mode, sid: inner.attrs.sid, index: 0, last: true }, [
    stanza('list', {}, users.map(user => describe(server, device, protocols, user)))
  ])]
}

function describe(server, device, protocols, user) {
  const phone = bytes(user, 'contact')?.toString()
  const account = phone ? server.accounts.byAnyForm(phone) : server.accounts.find(user.attrs.jid)
  const jid = user.attrs.jid ?? account?.jid ?? `${phone.replace('+', '')}@s.whatsapp.net`
  if (!account) return stanza('user', { jid }, protocols.includes('contact') ? [stanza('contact', { type: 'out' })] : [])

  const answers = {
    contact: () => stanza('contact', { type: 'in' }),
    devices: () => {
      account.watchers.add(device)
      return stanza('devices', {}, [stanza('device-list', {}, [...account.devices.values()].map(({ id, keyIndex }) =>
        stanza('device', { id, 'key-index': id === 0 ? undefined : keyIndex })))])
    },
    lid: () => account.publicLid && !jids.isLid(jid) && stanza('lid', { val: account.publicLid }),
    status: () => stanza('status', {}),
    disappearing_mode: () => stanza('disappearing_mode', { duration: 0, t: 0 })
  }
  return stanza('user', { jid }, protocols.map(protocol => answers[protocol]()).filter(Boolean))
}

/** A companion lets people write to it; the answer has what they gave its account for the same. */
function exchangeTokens({ server, device, inner }) {
  const given = children(inner, 'token')
  check(given.length > 0, 'no tokens')
  const people = given.map(({ attrs: { jid, t, type } }) => {
    const account = server.accounts.find(jid)
    check(account && type === 'trusted_contact' && Number(t) > 0, 'a token without a person, type or time')
    server.record.gaveToken({ from: device.jid, to: account.jid })
    return { jid, known: device.account.tokens.get(account.phone) }
  })
  const tokens = people.filter(({ known }) => known).map(({ jid, known }) => tokenNode({ jid, ...known }))
  return tokens.length > 0 ? [stanza('tokens', {}, tokens)] : undefined
}

function mediaConnection({ server }) {
  check(server.media.description, 'this server was started without media')
  return [stanza('media_conn', { auth: server.media.auth, ttl: 300, auth_ttl: 300, max_buckets: 1 }, [
    stanza('host', { hostname: server.media.host, maxContentLengthBytes: 64 * 1024 * 1024 })
  ])]
}

/** What the account may do: nothing is limited here, unless a test refuses its messages. */
function askAccount({ inner }) {
  const answers = {
    [QueryIds.REACHOUT_TIMELOCK]: { xwa2_fetch_account_reachout_timelock: { is_active: false } },
    [QueryIds.MESSAGE_CAPPING_INFO]: { xwa2_message_capping_info: { total_quota: 0, used_quota: 0 } }
  }
  const data = answers[inner.attrs.query_id]
  check(data, `an unknown question ${inner.attrs.query_id}`)
  return [stanza('result', {}, Buffer.from(JSON.stringify({ data })))]
}

function askGroups(question) {
  const { server, device, node } = question
  const { to } = node.attrs
  if (to !== '@g.us') {
    if (!server.groups.has(to)) throw new Refused(404, 'item-not-found')
    if (!server.groups.find(to).members.has(device.account)) throw new Refused(403, 'forbidden')
  }
  const answer = server.groups.answer(question)
  check(answer, `not understood: ${outline(node)}`)
  return answer
}

async function syncAppState({ device, inner }) {
  const collections = children(inner, 'collection')
  check(collections.length > 0, 'no collection')
  return [stanza('sync', {}, await Promise.all(collections.map(async collection => {
    const { name, version, return_snapshot: isFromScratch } = collection.attrs
    check(name && version !== undefined, 'a collection without name or version')
    const { owner } = device.account
    const patched = children(collection, 'patch').length
    const snapshot = isFromScratch === 'true' ? await owner.snapshotOf(name) : undefined
    const known = snapshot?.version ?? Number(version)
    const patches = owner.appState.since(name, known).map(patch => stanza('patch', {}, patch))
    return stanza('collection', { name, type: 'result', version: known + patched + patches.length }, [
      ...snapshot ? [stanza('snapshot', {}, proto.ExternalBlobReference.encode(snapshot.reference).finish())] : [],
      stanza('patches', {}, patches)
    ])
  })))]
}

function linkByCode({ server, connection, inner }) {
  switch (inner.attrs.stage) {
    case 'companion_hello': {
      if (!server.accounts.find(inner.attrs.jid)) throw new Refused(404, 'item-not-found')
      const answer = server.codeDesk.hello(connection, inner)
      check(answer, 'companion_hello lacks something')
      return answer
    }
    case 'companion_finish':
      check(server.codeDesk.finish(connection, inner), 'companion_finish lacks something, or was not asked for')
      return undefined
    default:
      throw new Malformed(`unknown stage ${inner.attrs.stage}`)
  }
}

function removeDevice({ server, device, inner }) {
  const target = server.accounts.findDevice(inner.attrs.jid)
  check(target === device, 'removes another device than itself')
  device.account.owner.forgetDevice(device)
  return undefined
}

