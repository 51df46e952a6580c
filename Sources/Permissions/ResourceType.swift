/// A type of resource of one policy: an index into its tables, like `Action`.
package struct ResourceType: Sendable, Hashable {
  let index: UInt16
}
