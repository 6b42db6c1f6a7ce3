// Names of environment variables that may hold a secret.
import { defaultField, type Ref } from './ref.ts'

/** The name a variable gets when nobody chose one: `db/prod#password` → `DB_PROD_PASSWORD`. */
export function defaultVariable(ref: Ref): string {
  const words = `${ref.path}/${ref.field ?? defaultField}`.toUpperCase().replace(/[^A-Z0-9]+/g, '_')
  const name = words.replace(/^_+|_+$/g, '')
  return /^[0-9]/.test(name) || name === '' ? `SECRET_${name}` : name
}

/** Whether a secret may be put into a variable of this name. */
export function isSafeVariable(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) && !obeyed.some((pattern) => pattern.test(name))
}

/** Names that a loader, a shell, an interpreter or a common tool obeys: a secret there would be code or a setting. */
const obeyed = [
  /^(LD|DYLD|MALLOC|GLIBC|GCONV|LOCPATH)_?/,
  /^(PATH|HOME|IFS|ENV|SHELL|SHELLOPTS|BASHOPTS|BASH_ENV|BASH_FUNC.*|PS[0-4]|PROMPT_COMMAND|CDPATH|FPATH|ZDOTDIR|TMPDIR|TERM|USER|LOGNAME|PWD|OLDPWD|LANG|LANGUAGE|LC_.*|TZ|_)$/,
  /^(UID|EUID|PPID|GROUPS|FUNCNEST|RANDOM|SECONDS|HISTFILE|HISTCMD|LINENO|OPTIND|OPTARG|MAIL.*|POSIXLY_CORRECT)$/,
  /^(NODE_OPTIONS|NODE_PATH|NODE_EXTRA_CA_CERTS|NODE_REPL_.*|BUN_OPTIONS|DENO_.*|NPM_CONFIG_.*|npm_config_.*)$/,
  /^(PYTHON(PATH|HOME|STARTUP|INSPECT|USERBASE|BREAKPOINT|WARNINGS|EXECUTABLE)|PERL5?(LIB|OPT|DB)|PERLLIB|PERL5DB|RUBY(LIB|OPT)|GEM_(HOME|PATH)|JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS|CLASSPATH|PHP(RC|_INI_SCAN_DIR)|LUA_(PATH|CPATH|INIT)(_.*)?|R_(PROFILE|ENVIRON)(_.*)?)$/,
  /^(GIT_.*|SSH_ASKPASS.*|SSH_AUTH_SOCK|SUDO_ASKPASS|EDITOR|VISUAL|PAGER|MANPAGER|BROWSER|LESS(OPEN|CLOSE)?|MAKEFLAGS|MFLAGS|CC|CXX|CFLAGS|LDFLAGS|RUSTC.*|CARGO_.*WRAPPER|GOFLAGS|DOCKER_HOST|KUBECONFIG)$/,
  /^(HTTPS?|ALL|NO|FTP)_PROXY$/i,
  /^(SSL_CERT_(FILE|DIR)|CURL_CA_BUNDLE|REQUESTS_CA_BUNDLE|OPENSSL_(CONF|ENGINES|MODULES)|SGET_.*)$/,
]
