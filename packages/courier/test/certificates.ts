// Certificates for servers of the tests, made by the system's openssl.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A certificate and its key, PEM. It vouches for itself. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** One for a name or address of this machine, or for anything else. */
export function certificateFor(subject = 'IP:127.0.0.1,DNS:localhost'): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'sget-certificate-'))
  try {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key]
    const names = ['-subj', '/CN=sget test', '-addext', `subjectAltName=${subject}`]
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...curve, ...names, '-out', cert], {
      stdio: 'ignore',
    })
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}
