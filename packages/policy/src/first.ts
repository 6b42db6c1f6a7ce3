// The policy that a new vault begins with.

/** What `init` writes and seals; commented for the developer who will change it. */
export const firstPolicy = `# What sget gives to whom. This file is a draft: an edit changes nothing until you run
#
#     sgetctl policy check      # says what is wrong, with line and column
#     sgetctl policy apply      # shows the difference, asks for your passphrase, puts it in force
#
# The first rule that matches a secret counts.
#
#   secrets    patterns over names: * and ? within a segment, ** for any number of segments
#   exposure   how the value may leave: "run" (sget run -- COMMAND, which hides it from what the command prints; with
#              --no-mask it takes "read" too), "read" (X="$(sget REF)"), "pipe"
#              (sget REF | COMMAND), "helper" (credential helpers), "reveal" (your terminal, with a proof
#              that is remembered), "write" (an agent may store values; you always may)
#   approval   whom an agent must wait for: "never" nobody, "once" a click once a session, "always" the
#              passphrase each time, "proof" the same, and you are asked for it as well
#   uses, ttl  of a handle: how often per field (1), how long ("5m"); nor is a value served that was fetched from a vault on
#              the network longer ago than ttl
#   reason     "required": the agent must say what for
#   command    for exposure "run" alone: the only command lines that may have the value, one or a list of them:
#              "/usr/bin/psql -h db.example *". First the whole path of a program that only root can change; then a
#              pattern for each argument, * and ? within it; a * alone at the end allows any further arguments.
#              Blanks, * and ? between '...' stand for themselves. The command gets a clean environment.
#   attested   true: only to the sget of scripts/install --attested, which nobody can imitate or trace
#   acr        how you must have signed in (sgetctl login) for the value to leave: "mfa", as your provider has it, or one of
#              several: ["mfa", "hwk"]
#   amr        by which methods: "otp", or all of several: ["pwd", "otp"]
#   max_age    so long ago at most: "15m"; a sign-in that is older, or weaker, is asked for anew
#   agent      a pattern over the path of the agent's program. It can only narrow: anyone can wear a path.
#   caller     the whole path of a service that is no agent and no human, such as a cron job. Whatever can start
#              that program can have it ask: name none that takes orders.

[[rule]]
secrets = ["dev/**", "test/**"]
exposure = ["run", "read"]
approval = "never"

[[rule]]
secrets = ["prod/**"]
exposure = ["run"]
approval = "proof"

[[rule]]
secrets = ["**"]
exposure = ["run", "read"]
approval = "once"
`
