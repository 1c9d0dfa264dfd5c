import { child, seconds, SERVER, stanza } from './stanza.js'
import { result } from './connection.js'

/** From `success` to the last stanza of the backlog: what the server and a linked device say to each other first. */
export function logIn(server, connection, { noiseKey, payload }) {
  const account = server.accounts.byPhone(payload.username)
  const device = account?.devices.get(payload.device)
  const fault = server.faults.take('login', account?.phone)
  if (fault) {
    connection.fail(fault.code, fault.attrs)
    return
  }
  if (!device?.noiseKey?.equals(noiseKey)) {
    connection.fail(401)
    return
  }

  device.connection?.close(stanza('stream:error', {}, [stanza('conflict', { type: 'replaced' })]))
  device.connection = connection
  connection.device = device
  device.startBacklog()
  connection.send(stanza('success', { lid: device.lidJid, t: seconds(), location: 'lla' }))
}

/** The client is ready: it learns how much is waiting, and asks for it in batches. */
export function becomeActive(connection, request) {
  connection.send(result(request))
  const count = connection.device.pendingCount
  connection.backlog = count
  connection.send(stanza('ib', { from: SERVER }, [
    stanza('offline_preview', { count, message: count, notification: 0, receipt: 0, appdata: 0 })
  ]))
}

export function sendBatch(server, connection, node) {
  const count = Number(child(node, 'offline_batch').attrs.count)
  if (!(count > 0)) server.record.problem(connection.name, 'offline_batch without a count')
  const left = connection.device.writeBacklog(count)
  if (left > 0) return

  connection.send(stanza('ib', { from: SERVER }, [stanza('offline', { count: connection.backlog })]))
  connection.isLive = true
  const { account } = connection.device
  account.owner.greet(connection.device)
}
