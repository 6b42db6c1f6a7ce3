// What the compiler cannot refuse: unsafe types, house rules, and the walls between the packages.
import js from '@eslint/js'
import tseslint from 'typescript-eslint'

/** Syntax that the house does without, each with the reason that the linter prints. */
const notInThisHouse = [
  { selector: 'TSEnumDeclaration', message: 'Use a const table: an enum is not erasable.' },
  { selector: 'ExportDefaultDeclaration', message: 'Name what you export.' },
  { selector: 'Decorator', message: 'No decorators.' },
]

/**
 * Only these may read the environment, print, or end the process.
 *
 * @param {string} property
 * @param {string} where
 */
const privileged = (property, where) => ({
  object: 'process',
  property,
  message: `Only ${where} may use process.${property}.`,
})

export default tseslint.config(
  { ignores: ['build/**', 'node_modules/**', '.tap/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      'no-restricted-syntax': ['error', ...notInThisHouse],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  {
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/*/src/main.ts', 'packages/*/src/terminal.ts', 'packages/*/src/log.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        privileged('env', 'nobody: the launcher builds it from nothing, so no code of ours'),
        privileged('exit', 'main.ts'),
        privileged('stdout', 'terminal.ts and log.ts'),
        privileged('stderr', 'terminal.ts and log.ts'),
      ],
    },
  },
  {
    // openid-client marks as deprecated what it wants nobody to use in the world: here the config in force has to say so,
    // and which addresses are asked is decided by checkedUrl.
    files: ['packages/courier/src/oidc/provider.ts'],
    rules: {
      '@typescript-eslint/no-deprecated': [
        'error',
        { allow: [{ from: 'package', name: 'allowInsecureRequests', package: 'openid-client' }] },
      ],
    },
  },
  {
    // The SDK marks as deprecated what says nothing in the newer era of MCP; for the older there is nothing else.
    files: ['packages/mcp/src/inviting.ts'],
    rules: {
      '@typescript-eslint/no-deprecated': [
        'error',
        {
          allow: [
            { from: 'package', name: 'getClientCapabilities', package: '@modelcontextprotocol/server' },
          ],
        },
      ],
    },
  },
  {
    // The process that the agent talks to, and the one that the human talks to, cannot carry a value.
    files: ['packages/{cli,mcp}/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: ['broker', 'framing'].map((entry) => ({
            name: `@sget/wire/${entry}`,
            message: 'This program has no type for a value.',
          })),
        },
      ],
    },
  },
  {
    // The process that keeps secrets has none of the code that touches the network: it knows the table of messages.
    files: ['packages/*/src/**/*.ts'],
    ignores: ['packages/courier/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '(^|/)courier/(?!messages$)',
              message: 'Of the courier sgetd knows its messages, and nobody else knows anything.',
            },
            {
              regex: '^(node:)?(https?|http2|tls|dns|dgram|undici)(/.*)?$',
              message: 'Only the courier touches the network.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['packages/policy/src/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'Date', 'process', 'setTimeout', 'fetch'],
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
    },
  },
  {
    // tap keeps the promises of subtests and asynchronous assertions itself, and waits for them in order.
    files: ['**/test/**/*.ts'],
    rules: { '@typescript-eslint/no-floating-promises': 'off', '@typescript-eslint/require-await': 'off' },
  },
)
