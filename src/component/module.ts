import { Component } from './component.ts'

/**
 * A component meant to be a model: weights as registered state, and by convention a `forward` that computes with
 * them. Request logic belongs in the component that holds it.
 */
export abstract class Module extends Component {}
