import { Curve, proto } from 'baileys'

const { Details } = proto.CertChain.NoiseCertificate

/** The chain of keys that a client with a pinned root would trust: root, intermediate, leaf. */
export function createCertificates() {
  const root = Curve.generateKeyPair()
  const intermediate = Curve.generateKeyPair()
  const leaf = Curve.generateKeyPair()
  const chain = proto.CertChain.encode({
    intermediate: sign(root, { serial: 1, issuerSerial: 0, key: intermediate.public }),
    leaf: sign(intermediate, { serial: 2, issuerSerial: 1, key: leaf.public })
  }).finish()
  return { rootKey: root.public, staticKey: leaf, chain }
}

function sign(issuer, { serial, issuerSerial, key }) {
  const now = Math.floor(Date.now() / 1000)
  const details = Details.encode({ serial, issuerSerial, key, notBefore: now - 86_400, notAfter: now + 86_400 }).finish()
  return { details, signature: Curve.sign(issuer.private, details) }
}
