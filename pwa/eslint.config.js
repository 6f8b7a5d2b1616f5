import { readdirSync } from 'node:fs'
import { defineConfig } from 'eslint/config'
import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

/** What each folder of src may import of ours. Dependencies point one way; `ui` and `i18n` are leaves. */
const mayImport = {
  wire: [],
  db: ['wire'],
  auth: ['wire', 'db', 'ui', 'i18n', 'sw'],
  sync: ['wire', 'db', 'auth', 'sw'],
  photo: ['wire', 'db', 'auth', 'sync', 'ui', 'i18n', 'sw'],
  features: ['wire', 'db', 'auth', 'sync', 'photo', 'ui', 'i18n', 'sw'],
  ui: ['i18n', 'theme'],
  i18n: [],
  sw: [],
  theme: [],
}
const folders = Object.keys(mayImport)

/** The only files that talk to the network. */
const networkFiles = ['src/sync/transport.ts', 'src/auth/session.ts', 'src/photo/upload.ts']

const features = readdirSync(new URL('./src/features', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)

function restrictedImports(folder, patterns) {
  const paths = folder === 'db' ? [] : [{ name: 'dexie', message: 'Only db/ touches Dexie.' }]
  return ['error', { paths, patterns }]
}

function layer(folder) {
  const foreign = folders.filter((other) => other !== folder && !mayImport[folder].includes(other))
  return {
    regex: `^(@/|(\\.\\./)+)(${[...foreign, 'router', 'main', 'App\\.vue'].join('|')})(/|$)`,
    message: `${folder}/ may import ${mayImport[folder].join(', ') || 'nothing'} of ours.`,
  }
}

const layerRules = folders.map((folder) => ({
  files: [`src/${folder}/**/*.{ts,vue}`],
  rules: { 'no-restricted-imports': restrictedImports(folder, [layer(folder)]) },
}))

const featureRules = features.map((feature) => {
  const others = features.filter((other) => other !== feature)
  return {
    files: [`src/features/${feature}/**/*.{ts,vue}`],
    rules: {
      'no-restricted-imports': restrictedImports('features', [
        layer('features'),
        {
          regex: `^(@/features/|(\\.\\./)+(features/)?)(${others.join('|') || 'none'})/`,
          message: 'Features never import each other: what two need belongs below them.',
        },
      ]),
    },
  }
})

const noDefaultExport = ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true } }]

export default defineConfig(
  { ignores: ['dist/**', 'node_modules/**', 'src/wire/generated.ts', '**/*.mjs'] },
  ...tseslint.configs.recommendedTypeChecked,
  ...vue.configs['flat/essential'],
  {
    files: ['**/*.{ts,vue}'],
    languageOptions: {
      parser: vueParser,
      parserOptions: {
        parser: tseslint.parser,
        project: ['./tsconfig.app.json', './tsconfig.worker.json', './tsconfig.node.json'],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-assertions': ['error', { assertionStyle: 'never' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 600 }],
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-exports': noDefaultExport,
      'no-restricted-globals': ['error', { name: 'fetch', message: `Only ${networkFiles.join(', ')} call fetch.` }],
      'no-restricted-syntax': ['error', { selector: 'TSEnumDeclaration', message: 'A union of literals, not an enum.' }],
      'sort-imports': ['error', { ignoreDeclarationSort: true, ignoreCase: true }],
    },
  },
  {
    files: ['**/*.vue'],
    rules: {
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/block-order': ['error', { order: ['script', 'template', 'style'] }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-props-declaration': ['error', 'type-based'],
      'vue/multi-word-component-names': ['error', { ignores: ['App'] }],
      'vue/no-bare-strings-in-template': 'error',
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': 'error',
      'vue/require-explicit-emits': 'error',
    },
  },
  ...layerRules,
  ...featureRules,
  { files: networkFiles, rules: { 'no-restricted-globals': 'off' } },
  // Guards look at untrusted values and make brands: the one place for `as`.
  { files: ['src/wire/**/*.ts', 'src/**/guards.ts'], rules: { '@typescript-eslint/consistent-type-assertions': 'off' } },
  { files: ['src/**/*.worker.ts', '*.config.{js,ts}', 'src/**/*.d.ts'], rules: { 'no-restricted-exports': 'off' } },
  {
    files: ['src/**/*.test.ts', 'src/test/**/*.ts', 'e2e/**/*.ts'],
    rules: {
      '@typescript-eslint/consistent-type-assertions': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      'no-restricted-globals': 'off',
      'no-restricted-imports': 'off',
    },
  },
  // Dictionaries: keys sorted, so that two people's additions meet in order and a key is found by eye.
  { files: ['src/i18n/{zh-CN,en}/*.ts'], rules: { 'sort-keys': ['error', 'asc', { natural: true }] } },
  { files: ['src/ui/gallery/**/*.vue'], rules: { 'vue/no-bare-strings-in-template': 'off' } },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
)
