// A host that really checks signatures: prints "qr" when the server is the one it trusts, else the code it closed with.
import '../src/quiet.js'

const { default: makeWASocket, Curve, initAuthCreds } = await import('baileys')
const { verify } = await import('../src/curve.js')
Curve.verify = verify

const silent = { level: 'silent', child: () => silent, trace() {}, debug() {}, info() {}, warn() {}, error() {} }
const keys = { get: async () => ({}), set: async () => {} }
const socket = makeWASocket({ auth: { creds: initAuthCreds(), keys }, waWebSocketUrl: process.argv[2], logger: silent })
socket.ev.on('connection.update', ({ qr, connection, lastDisconnect }) => {
  if (qr) report('qr')
  else if (connection === 'close') report(lastDisconnect.error.output.statusCode)
})

function report(outcome) {
  process.stdout.write(`${outcome}\n`, () => process.exit(0))
}
