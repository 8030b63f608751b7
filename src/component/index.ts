export { Component } from './component.ts'
