// Stands in for the package `require-addon`, which looks for addons in node_modules: a bundle has its addon beside it.
module.exports = (): unknown => require('./sodium-native.node')
