// Whether a mutant compiles. Tests run without types, so one that survives them may be no program at all.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { applied, type Mutant } from './mutants.ts'

/** Compiles again and again, each time with one mutant in the tree, and reads the rest but once. */
export class Compiler {
  readonly #root: string
  readonly #config: ts.ParsedCommandLine
  readonly #files = new Map<string, ts.SourceFile | undefined>()
  #last: ts.SemanticDiagnosticsBuilderProgram | undefined

  constructor(root: string) {
    this.#root = root
    const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) =>
      readFileSync(path, 'utf8'),
    ) as {
      config: unknown
    }
    this.#config = ts.parseJsonConfigFileContent(config, ts.sys, root)
  }

  /** Checks all that `scripts/check` compiles, tests too. Throws where that does not compile without the mutant. */
  accepts(mutant: Mutant): boolean {
    const path = join(this.#root, mutant.path)
    const text = readFileSync(path, 'utf8')
    if (this.#last === undefined && !this.#compiles(path, text)) throw new Error('the tree does not compile')
    return this.#compiles(path, applied(text, mutant))
  }

  #compiles(path: string, text: string): boolean {
    const host = ts.createCompilerHost(this.#config.options)
    host.createHash = (data) => data
    host.getSourceFile = (name, target) => this.#sourceOf(name, target, path, text)
    this.#last = ts.createSemanticDiagnosticsBuilderProgram(
      this.#config.fileNames,
      this.#config.options,
      host,
      this.#last,
    )
    const program = this.#last
    if (program.getSyntacticDiagnostics().length > 0) return false
    return program.getSemanticDiagnostics().length === 0
  }

  #sourceOf(
    name: string,
    target: ts.ScriptTarget | ts.CreateSourceFileOptions,
    mutated: string,
    text: string,
  ) {
    if (name === mutated) return versioned(name, text, target)
    if (!this.#files.has(name)) {
      const found = ts.sys.readFile(name)
      this.#files.set(name, found === undefined ? undefined : versioned(name, found, target))
    }
    return this.#files.get(name)
  }
}

/** What the builder compares to know which files have changed. */
function versioned(
  name: string,
  text: string,
  target: ts.ScriptTarget | ts.CreateSourceFileOptions,
): ts.SourceFile {
  return Object.assign(ts.createSourceFile(name, text, target, true), { version: text })
}
