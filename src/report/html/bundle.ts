/** The page's script: the library that compares texts, then the files of client/, each in a scope of its own. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** In the order they need each other. */
const FILES = ['figures', 'dom', 'data', 'pairs', 'code', 'strips', 'story', 'table', 'main'] as const

/** The script's text. It holds no `</script`, whatever a comment in a library says. */
export function clientScript(): string {
  const diff = readFileSync(
    fileURLToPath(new URL('../dist/diff.min.js', import.meta.resolve('diff'))),
    'utf8',
  )
  const script = `${diff}\n;'use strict'\n${FILES.map(scope).join('')}`
  return script.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--')
}

/** A module as a function's scope: its imports are taken from the scopes before, its exports are what it gives back. */
function scope(name: string): string {
  const text = readFileSync(new URL(`./client/${name}.js`, import.meta.url), 'utf8')
  const exported = [...text.matchAll(/^export (?:async )?(?:function|const) (\w+)/gm)].map(match => match[1])
  const body = text
    .replace(/^import (\{[^}]*\}) from '\.\/(\w+)\.js'$/gm, 'const $1 = page_$2')
    .replace(/^export /gm, '')
    .replace(/\/\*\*[\s\S]*?\*\/ ?/g, '')
    .replace(/^\s*\/\/.*\n/gm, '')
  return `const page_${name} = (() => {\n${body}\nreturn { ${exported.join(', ')} }\n})()\n`
}

const STYLES = ['base', 'summary', 'kernels', 'story', 'media'] as const

/** The page's styles. */
export const clientStyle = (): string =>
  STYLES.map(name => readFileSync(new URL(`./style/${name}.css`, import.meta.url), 'utf8')).join('')
