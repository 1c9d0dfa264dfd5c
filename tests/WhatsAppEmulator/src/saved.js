import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deserialize, serialize } from 'node:v8'

const NAME = 'saved.bin'

/** Writes down what a server must know to be the same one after a restart: everything but connections and planned faults. */
export async function keep(emulator, directory) {
  const { accounts, certificates, groups, ids, media, record } = emulator
  const saved = serialize({
    accounts: accounts.all.map(account => account.save()),
    phones: accounts.all.map(account => [account.phone, account.owner.save()]),
    certificates,
    groups: groups.save(),
    ids: ids.save(),
    media: media.save(),
    record: record.save()
  })
  const file = join(directory, NAME)
  await writeFile(`${file}.new`, saved)
  await rename(`${file}.new`, file)
}

/** Takes up what an earlier server left in this directory, if there was one. */
export async function recall(emulator, directory) {
  const saved = await readFile(join(directory, NAME)).then(deserialize, error => {
    if (error.code !== 'ENOENT') throw error
  })
  if (!saved) return

  const { accounts, groups, ids, media, record } = emulator
  emulator.certificates = saved.certificates
  media.restore(saved.media)
  record.restore(saved.record)
  for (const account of saved.accounts) emulator.addPhone(account).account.restore(account)
  for (const { phone, watchers } of saved.accounts) {
    accounts.byPhone(phone).watchers = new Set(watchers.map(jid => accounts.findDevice(jid)).filter(Boolean))
  }
  for (const [phone, owner] of saved.phones) emulator.phone(phone).restore(owner)
  groups.restore(saved.groups)

  // Last: making the phones drew some.
  ids.restore(saved.ids)
}
