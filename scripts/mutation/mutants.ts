// The single changes that a source can suffer, each small enough to be a slip of the keyboard.
import ts from 'typescript'

/** One change: what stands from `start` to `end` is replaced. */
export interface Mutant {
  /** from the root of the repository */
  readonly path: string
  /** counted from 1 */
  readonly line: number
  /** the nearest function, method or constant around it */
  readonly within: string
  readonly start: number
  readonly end: number
  readonly replacement: string
  /** the lines that it touches, before and after, as one line each */
  readonly before: string
  readonly after: string
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly replacement: string
}

/** Every mutant of a source, in the order of the text. The same edit comes once, whatever rule made it. */
export function mutantsOf(path: string, source: string): Mutant[] {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true)
  const found = new Map<string, Mutant>()
  const visit = (node: ts.Node, within: string): void => {
    if (ts.isTypeNode(node) || isOfAModule(node) || isOfABug(node)) return
    const inside = nameOf(node) ?? within
    for (const edit of editsOf(node, file))
      found.set(JSON.stringify(edit), { path, within: inside, ...edit, ...placed(edit, file) })
    ts.forEachChild(node, (child) => visit(child, inside))
  }
  visit(file, '')
  return [...found.values()].sort((one, other) => one.start - other.start || one.end - other.end)
}

/** The source with the change in it. */
export function applied(source: string, { start, end, replacement }: Edit): string {
  return source.slice(0, start) + replacement + source.slice(end)
}

function isOfAModule(node: ts.Node): boolean {
  return ts.isImportDeclaration(node) || ts.isExportDeclaration(node)
}

/** What a program says when it is wrong itself: no test can make it speak, unless it is wrong. */
function isOfABug(node: ts.Node): boolean {
  if (!ts.isStringLiteralLike(node) && !ts.isTemplateExpression(node)) return false
  const { parent } = node
  return isAssertion(parent) || (ts.isNewExpression(parent) && /Error$/.test(parent.expression.getText()))
}

function isAssertion(node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.getText() === 'assert'
}

function nameOf(node: ts.Node): string | undefined {
  const named = ts.isFunctionDeclaration(node) || ts.isMethodDeclaration(node) || ts.isAccessor(node)
  if (named || ts.isClassDeclaration(node)) return node.name?.getText()
  if (ts.isConstructorDeclaration(node)) return 'constructor'
  return ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent)
    ? node.name.getText()
    : undefined
}

function placed(edit: Edit, file: ts.SourceFile): Pick<Mutant, 'line' | 'before' | 'after'> {
  const { text } = file
  const first = text.lastIndexOf('\n', edit.start - 1) + 1
  const newline = text.indexOf('\n', edit.end)
  const last = newline < 0 ? text.length : newline
  const inLines = { ...edit, start: edit.start - first, end: edit.end - first }
  const lines = text.slice(first, last)
  const line = file.getLineAndCharacterOfPosition(edit.start).line + 1
  return { line, before: squeezed(lines), after: squeezed(applied(lines, inLines)) }
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}

/** What each operator is mistaken for. */
const mistaken: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '&&': '||',
  '||': '&&',
  '??': '&&',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '&': '|',
  '|': '&',
  '<<': '>>',
  '>>': '<<',
  '+=': '-=',
  '-=': '+=',
}

/** What each method is mistaken for. */
const mistakenMethods: Readonly<Record<string, string>> = {
  some: 'every',
  every: 'some',
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  find: 'findLast',
  findLast: 'find',
  min: 'max',
  max: 'min',
  floor: 'ceil',
  ceil: 'floor',
}

/** All that can go wrong at one node itself. */
function* editsOf(node: ts.Node, file: ts.SourceFile): Generator<Edit> {
  const whole = { start: node.getStart(file), end: node.end }
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) yield* negated(node.expression, file)
  else if (ts.isConditionalExpression(node)) yield* negated(node.condition, file)
  if (ts.isBinaryExpression(node)) yield* swapped(node.operatorToken, mistaken, file)
  else if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent))
    yield* swapped(node.name, mistakenMethods, file)
  else if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
    yield { ...whole, replacement: node.operand.getText(file) }
  else if (ts.isArrayLiteralExpression(node)) yield* dropped(node.elements, file)
  else if (ts.isObjectLiteralExpression(node)) yield* dropped(node.properties.filter(isRow), file)
  else if (isDroppable(node)) yield { ...whole, replacement: ts.isStatement(node) ? ';' : '' }
  else yield* otherLiteral(node, whole)
}

/** A comparison for equality is negated by its operator, and `!x` by its operand. */
function* negated(condition: ts.Expression, file: ts.SourceFile): Generator<Edit> {
  if (ts.isPrefixUnaryExpression(condition)) return
  if (ts.isBinaryExpression(condition) && /^[!=]==$/.test(condition.operatorToken.getText(file))) return
  const replacement = `!(${condition.getText(file)})`
  yield { start: condition.getStart(file), end: condition.end, replacement }
}

function* swapped(
  token: ts.Node,
  table: Readonly<Record<string, string>>,
  file: ts.SourceFile,
): Generator<Edit> {
  const text = token.getText(file)
  const replacement = Object.hasOwn(table, text) ? table[text] : undefined
  if (replacement !== undefined) yield { start: token.getStart(file), end: token.end, replacement }
}

/** A row of a table of the module: not a field of an object that a function makes. */
function isRow(property: ts.ObjectLiteralElementLike): boolean {
  let outer: ts.Node = property.parent
  while (!ts.isSourceFile(outer) && !ts.isFunctionLike(outer) && !ts.isClassLike(outer)) outer = outer.parent
  return ts.isPropertyAssignment(property) && ts.isSourceFile(outer)
}

/** Each with the comma after it, or before it where it is the last. */
function* dropped(elements: readonly ts.Node[], file: ts.SourceFile): Generator<Edit> {
  for (const [index, element] of elements.entries()) {
    const before = elements[index - 1]
    const after = elements[index + 1]
    if (after) yield { start: element.getStart(file), end: after.getStart(file), replacement: '' }
    else yield { start: before?.end ?? element.getStart(file), end: element.end, replacement: '' }
  }
}

function isDroppable(node: ts.Node): boolean {
  if (ts.isExpressionStatement(node)) return !isAssertion(node.expression)
  if (ts.isCaseClause(node)) return true
  if (ts.isIfStatement(node)) return node.elseStatement === undefined && !ts.isIfStatement(node.parent)
  return (ts.isThrowStatement(node) || ts.isContinueStatement(node)) && ts.isBlock(node.parent)
}

/** A code, a name or a key: prose is for humans, and a program is not wrong when it is silent. */
function isWord(text: string): boolean {
  return text !== '' && !text.includes(' ')
}

function* otherLiteral(node: ts.Node, whole: Omit<Edit, 'replacement'>): Generator<Edit> {
  if (node.kind === ts.SyntaxKind.TrueKeyword) yield { ...whole, replacement: 'false' }
  else if (node.kind === ts.SyntaxKind.FalseKeyword) yield { ...whole, replacement: 'true' }
  else if (ts.isNumericLiteral(node)) yield { ...whole, replacement: String(Number(node.text) + 1) }
  else if (ts.isBigIntLiteral(node))
    yield { ...whole, replacement: `${String(BigInt(node.text.slice(0, -1)) + 1n)}n` }
  else if (ts.isStringLiteral(node) && isWord(node.text)) yield { ...whole, replacement: `''` }
}
