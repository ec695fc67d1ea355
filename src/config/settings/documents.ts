/** The JSON schema of xlab.yaml, for editors, and a commented example, both made from the declared fields. */
import { type Field, SECTIONS, type Shape } from './fields.ts'

type Json = { readonly [key: string]: unknown }

/** JSON Schema (draft 2020-12) of xlab.yaml. */
export const settingsSchema = (): Json => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'xlab.yaml',
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    SECTIONS.map(({ name, description, shapes }) => [
      name,
      {
        description,
        type: ['object', 'null'],
        propertyNames: { pattern: '^[A-Za-z0-9][\\w.-]{0,63}$' },
        additionalProperties:
          shapes.length === 1 ? shapeSchema(shapes[0]) : { oneOf: shapes.map(shapeSchema) },
      },
    ]),
  ),
})

function shapeSchema({ kind, description, fields }: Shape): Json {
  const required = [
    ...(kind === undefined ? [] : ['kind']),
    ...fields.filter(field => field.required).map(field => field.name),
  ]
  return {
    description,
    type: 'object',
    additionalProperties: false,
    ...(required.length > 0 && { required }),
    properties: {
      ...(kind !== undefined && { kind: { const: kind, description } }),
      ...Object.fromEntries(fields.map(field => [field.name, fieldSchema(field)])),
    },
  }
}

function fieldSchema(field: Field): Json {
  const { description, example, otherwise, choices, pattern, range } = field
  const numeric = field.type === 'integer' || field.type === 'number'
  return {
    description: otherwise === undefined ? description : `${description} (left out: ${otherwise})`,
    // YAML takes a bare 0 or 4096 for a number, and we take it for the text it was.
    type: numeric ? field.type : ['string', 'number'],
    examples: [example],
    ...(choices && { enum: choices }),
    ...(pattern && { pattern: pattern[0].source }),
    ...(range && { minimum: range[0], maximum: range[1] }),
  }
}

/**
 * A commented xlab.yaml with an entry of every kind. What may be left out is commented out.
 * @param schema where the editor finds the JSON schema, from the file.
 */
export function exampleSettings(schema = 'docs/xlab.schema.json'): string {
  const lines = [
    `# yaml-language-server: $schema=${schema}`,
    "# Settings of xlab. Copy to xlab.yaml; 'xlab hosts' shows the hosts, also those that need no entry here:",
    '# local, docker, qemu-a78 and qemu-a55. Commented lines may be left out and show an example.',
  ]
  for (const { name, description, shapes } of SECTIONS) {
    lines.push('', `# ${description}`, `${name}:`)
    for (const [i, shape] of (shapes as readonly Shape[]).entries()) {
      if (i > 0) lines.push('')
      lines.push(`  # ${shape.description}`, `  ${shape.example}:`)
      if (shape.kind !== undefined) lines.push(`    kind: ${shape.kind}`)
      for (const field of shape.fields)
        lines.push(
          `    # ${field.description}${field.otherwise === undefined ? '' : ` (left out: ${field.otherwise})`}`,
          `    ${field.required ? '' : '# '}${field.name}: ${field.example}`,
        )
    }
  }
  return `${lines.join('\n')}\n`
}

/** The same for a file of one's own: it says nothing yet, every entry is a comment. */
export const emptySettings = (schema: string): string =>
  exampleSettings(schema)
    .replace("Copy to xlab.yaml; 'xlab hosts'", "'xlab hosts'")
    .replace(
      'Commented lines may be left out and show an example.',
      'Take the # off an entry and the fields you need.',
    )
    .replaceAll(/^( +)(?:# )?(?=[\w-]+:(?: |$))/gm, '$1#')
