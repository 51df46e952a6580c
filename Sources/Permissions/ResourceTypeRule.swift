/// A type of resource as a policy declares it.
package struct ResourceTypeRule: Sendable, Hashable {
  package let name: String
  package let storage: ResourceTypeStorage

  package init(_ name: String, _ storage: ResourceTypeStorage) {
    self.name = name
    self.storage = storage
  }
}
