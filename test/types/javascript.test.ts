import { describe, expect, test } from 'vitest'
import { describeFiles, describeText } from './describe.ts'

describe('JavaScript with JSDoc types', () => {
  test('is described as TypeScript is', async () => {
    const { parameters, factories, predict, notices, description } = await describeText(
      `
      import { Component } from 'flambe'
      /** @typedef {{ x: number, y?: string }} Point */
      /**
       * @typedef {object} Options
       * @property {number} [depth=3] How deep.
       * @property {string} name Its name.
       */
      /** Finds it. */
      export class Engine extends Component {
        /** @param {Options} options */
        constructor(options) { super() }
        /** @param {{ path: string }} args */
        static fromFile({ path }) { return new Engine({ name: path }) }
        /**
         * Predicts.
         * @param {Point} point The point.
         * @param {import('flambe').PredictContext} context
         * @returns {Promise<{ ok: boolean }>}
         */
        async predict(point, context) { return { ok: true } }
      }`,
      'engine.js',
    )
    expect(notices).toEqual([])
    expect(description).toBe('Finds it.')
    expect(parameters).toEqual({
      type: 'object',
      properties: {
        depth: { type: 'number', default: 3, description: 'How deep.' },
        name: { type: 'string', description: 'Its name.' },
      },
      required: ['name'],
      additionalProperties: false,
    })
    expect(factories).toMatchObject({ fromFile: { properties: { path: { type: 'string' } } } })
    expect(predict).toEqual({
      description: 'Predicts.',
      input: {
        type: 'object',
        properties: { x: { type: 'number' }, y: { type: 'string' } },
        required: ['x'],
        additionalProperties: false,
        description: 'The point.',
      },
      output: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] },
    })
  })

  test('may name the arguments one by one, with constraints between them', async () => {
    const { parameters } = await describeText(
      `
      export class Model { run() {} }
      export class Engine {
        /**
         * @param {object} args
         * @param {number} args.threshold Where to cut.
         * @minimum 0
         * @maximum 1
         * @param {string[]} [args.labels=["a"]] - The labels.
         * @param {Model} args.model
         * @returns nothing
         */
        constructor({ threshold, labels, model }) {}
      }`.replace('export class Model', 'class Model'),
      'engine.js',
    )
    expect(parameters).toEqual({
      type: 'object',
      properties: {
        threshold: { type: 'number', minimum: 0, maximum: 1, description: 'Where to cut.' },
        labels: { type: 'array', items: { type: 'string' }, default: ['a'], description: 'The labels.' },
        model: { 'x-flambe-class': 'Model' },
      },
      required: ['threshold', 'model'],
      additionalProperties: false,
    })
  })

  test.each([
    ['engine.cjs', 'exports.Engine = Engine', 'Engine'],
    ['engine.cjs', 'module.exports.Engine = Engine', 'Engine'],
    ['engine.cjs', 'module.exports = { Engine }', 'Engine'],
    ['engine.cjs', 'module.exports = { Other: Engine }', 'Other'],
    ['engine.cjs', 'module.exports = Engine', 'default'],
    ['engine.js', 'exports.Engine = Engine', 'Engine'],
    ['engine.js', 'module.exports = { Engine }', 'Engine'],
  ])('may be CommonJS: %s, %s', async (file, text, name) => {
    const { classes } = await describeFiles({
      [file]: `
        class Engine {
          /** @param {string} x @returns {number} */
          predict(x) { return x.length }
        }
        ${text}`,
    })
    expect(classes).toMatchObject({
      [name]: { predict: { input: { type: 'string' }, output: { type: 'number' } } },
    })
  })
})

describe('JavaScript without types', () => {
  test('is not checked: names and defaults are told, with a notice', async () => {
    const { parameters, predict, notices } = await describeText(
      `export class Engine {
        constructor({ threshold = 0.5, model }) { this.threshold = threshold }
        predict({ features }) { return { n: features.length } }
        static of(args) { return new Engine(args) }
      }`,
      'engine.js',
    )
    expect(parameters).toEqual({ type: 'object', properties: { threshold: { default: 0.5 }, model: true } })
    expect(predict?.input).toEqual({ type: 'object', properties: { features: true } })
    expect(notices).toEqual([
      'engine.js:2: Engine constructor: has no types; anything is accepted',
      'engine.js:3: Engine.predict input: has no types; anything is accepted',
      'engine.js:4: Engine.of: has no types; anything is accepted',
    ])
  })

  test('and without names is not described', async () => {
    const { parameters, predict } = await describeText(
      'export class Engine { constructor(args = {}) { this.args = args }\n predict(x) { return x } }',
      'engine.js',
    )
    expect(parameters).toBeUndefined()
    expect(predict).toEqual({ input: true, output: true })
  })

  test('nor of a base class that nobody knows', async () => {
    const { parameters, predict, notices } = await describeText(
      "import { Base } from 'nowhere'\nexport class Engine extends Base {}",
      'engine.js',
    )
    expect(parameters).toBeUndefined()
    expect(predict).toBeUndefined()
    expect(notices).toEqual(['engine.js:2: Engine: its base class has no types; any arguments are accepted'])
  })
})
