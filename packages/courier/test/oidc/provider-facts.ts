// What the provider of the tests and the tests know of each other.

/** A client that cannot keep a secret, like us, and one that has one all the same. */
export const clientId = 'sget'
export const secretClientId = 'sget-with-secret'
export const secretOfClient = 'not kept very well, with a & and a +'

/** Ways of signing in: with a password, and with a second factor too. */
export const weak = 'urn:test:password'
export const strong = 'urn:test:second-factor'

/** The second factor that the provider takes. */
export const factor = '123456'
