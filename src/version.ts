/** Version of flambe, as in package.json (a test says so): a bundle has no package.json to read. */
export const version = '0.1.0'
