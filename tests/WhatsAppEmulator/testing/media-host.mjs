// A client in a process of its own, since trust in a certificate is given at the start: links itself, sends a file, takes one.
// Prints what it does, one JSON a line. Arguments: the emulator's url, and the address to send to.
import { Client, until } from './client.js'

const { downloadContentFromMessage, downloadMediaMessage } = await import('baileys')
const [url, to] = process.argv.slice(2)
const say = (what, value) => process.stdout.write(`${JSON.stringify({ what, value })}\n`)

const host = new Client({ url })
host.connect()
say('qr', await host.qr())
await host.closed()
await host.open()

const sent = await host.socket.sendMessage(to, { document: Buffer.from('from the companion'), mimetype: 'text/plain', fileName: 'a.txt' })
say('sent', sent.key.id)

const message = await until('a file', () => host.upserts.find(each => each.message?.imageMessage))
say('received', (await downloadMediaMessage(message, 'buffer')).toString())
// A message that only carries the path is fetched from the public host, which the preload turns to the emulator.
const { mediaKey, directPath } = message.message.imageMessage
const chunks = []
for await (const chunk of await downloadContentFromMessage({ mediaKey, directPath }, 'image')) chunks.push(chunk)
say('redirected', Buffer.concat(chunks).toString())
host.close()
process.stdout.write('', () => process.exit(0))
