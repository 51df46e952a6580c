/// A type of resource of one policy: an index into its tables, like `Action`.
package struct ResourceType: Sendable, Hashable {
  let index: UInt16
}

/// A type of resource as a policy declares it.
package struct ResourceTypeRule: Sendable, Hashable {
  package let name: String
  package let storage: ResourceTypeStorage

  package init(_ name: String, _ storage: ResourceTypeStorage) {
    self.name = name
    self.storage = storage
  }
}

/// Whether the directory stores objects of a type as resources.
package enum ResourceTypeStorage: UInt8, Sendable, Hashable, CaseIterable {
  /// Not stored as a resource: it has its own API, such as a team or a token.
  case intrinsic
  /// A resource without writers.
  case plain
  /// A resource with writers; its creator is the first.
  case writable
}
