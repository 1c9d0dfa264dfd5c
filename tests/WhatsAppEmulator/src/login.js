import * as jids from './jids.js'
import { child, seconds, SERVER, stanza } from './stanza.js'

/** From `success` to the last stanza of the backlog: what the server and a linked device say to each other first. */
export function logIn(server, connection, { noiseKey, payload }) {
  const account = server.accounts.byPhone(payload.username)
  const device = account?.devices.get(payload.device)
  const { primary, secondary, tertiary } = payload.userAgent?.appVersion ?? {}
  const asked = server.record.loggingIn({ device: jids.pn(payload.username, payload.device), version: `${primary}.${secondary}.${tertiary}` })
  const refuse = (code, attrs) => {
    asked.refused = code
    connection.fail(code, attrs)
  }
  const fault = server.faults.take('login', account?.phone)
  if (fault) {
    refuse(fault.code, fault.attrs)
    return
  }
  if (!device?.noiseKey?.equals(noiseKey)) {
    refuse(401)
    return
  }

  device.connection?.replace()
  device.connection = connection
  connection.row = server.record.connected(device.jid)
  connection.device = device
  device.startBacklog()
  connection.send(stanza('success', { lid: device.lidJid, t: seconds(), location: 'lla' }))
}

/** The client is ready: it learns how much is waiting, and asks for it in batches; maybe also that its groups are out of date. */
export function becomeActive(server, connection) {
  const count = connection.device.pendingCount
  connection.backlog = count
  connection.send(stanza('ib', { from: SERVER }, [
    stanza('offline_preview', { count, message: count, notification: 0, receipt: 0, appdata: 0 })
  ]))
  if (server.faults.take('dirty', connection.device.account.phone)) {
    connection.send(stanza('ib', { from: SERVER }, [stanza('dirty', { type: 'groups', timestamp: seconds() })]))
  }
}

export function startBacklog(server, connection, node) {
  const batch = Number(child(node, 'offline_batch').attrs.count)
  if (!(batch > 0)) server.record.problem(connection.name, 'offline_batch without a count')
  connection.batch = batch
  continueBacklog(connection)
}

/** Writes the next batch once the one before is confirmed, and ends the backlog after the last. */
export function continueBacklog(connection) {
  const { device } = connection
  if (!connection.batch || connection.isLive || device.unconfirmedCount > 0) return
  if (device.writeBacklog(connection.batch) > 0) return

  connection.send(stanza('ib', { from: SERVER }, [stanza('offline', { count: connection.backlog })]))
  connection.isLive = true
  device.account.owner.greet(device)
}
