// What agents are taught.

/** The rules, in a line each; the server's instructions and the prompt both hold them. */
const rules = `\
1. Ask by name: get_secret_environment_variable returns a line of shell with a single-use handle, never the value.
2. Run that line and the command that needs the secret in ONE shell call. Prefer the "run" line.
3. Never print a value: no echo, printenv, env, set -x, and no debugging output that holds it.
4. Never put "$X" into the arguments of a command (curl -H "Authorization: $X" shows it to every process). Let the
   program read the variable itself, or feed it on standard input.
5. Never write a value to a file, a commit, a message or this chat.
6. When the work is done, call clear_secret_environment_variable; in a shell that stays open, run the "cleanup" line.
Env files hold references, not values (DB_PASS=sget://db/prod#password): sget run --env-file FILE -- COMMAND.
A handle serves once: for each further command ask again. What only a human may do (unlock, sign in, approve, prove) you
ask the human to do; never try it yourself.`

/** What a client shows the model with the tools. */
export const instructions = `Secrets are used here without being seen.\n${rules}`

/** The prompt `use-secrets-safely`. */
export const useSecretsSafely = `\
When a command needs a secret (a password, token or key), use the sget tools and follow these rules.
${rules}

How it looks, with "run" and "script" standing for what the tool returned:
- psql reads PGPASSWORD itself: variables ["PGPASSWORD"], then
  RUN psql -h db.example -U app -c 'select 1'
- A token for curl, by standard input (printf is part of the shell, so no process shows it): variables ["TOKEN"], then
  RUN sh -c 'printf "Authorization: Bearer %s" "$TOKEN" | curl -sS -H @- https://api.example/v1/me'
- Several commands: SCRIPT && ./migrate && ./seed; CLEANUP
Single quotes after sh -c matter: the variable must be read by the inner shell, not by yours.
If a call says "waiting", give your human the command it names and call the tool again with the same arguments.
If it says that your human must sign in, show them the address it names, unless your client has, and call it again.
If it says that sgetd does not run or is locked, give your human the command it names, and stop there.
Do not look for the secret elsewhere: not in .env files, shell history, or other tools.`
