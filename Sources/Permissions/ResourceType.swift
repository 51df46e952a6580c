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

/// Whether objects of a type are resources that the directory keeps.
package enum ResourceTypeStorage: UInt8, Sendable, Hashable, CaseIterable {
  /// Not one: something that has an API of its own, such as a team or a token.
  case intrinsic
  /// A resource without writers.
  case plain
  /// A resource with writers, of whom its creator is the first.
  case writable
}
