/// Whether objects of a type are resources that the directory keeps.
package enum ResourceTypeStorage: UInt8, Sendable, Hashable, CaseIterable {
  /// Not one: something that has an API of its own, such as a team or a token.
  case intrinsic
  /// A resource without writers.
  case plain
  /// A resource with writers, of whom its creator is the first.
  case writable
}
