import { Command, Flags } from '@oclif/core'

export default class Hello extends Command {
  static flags = { name: Flags.string({ description: 'whom to greet', default: 'world' }) }
  async run() {
    const { flags } = await this.parse(Hello)
    this.log(`hello ${flags.name}`)
  }
}
