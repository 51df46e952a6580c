/// One row of a policy as it is declared: who may do what to a type of resource.
package struct ActionRule: Sendable, Hashable {
  package let resourceType: String
  package let verb: String
  /// Any one of these allows; of each all relations must hold. A relation is given by its name, as
  /// `administrator`, `role:power` or `team:ops`.
  package let anyOf: [[String]]

  package init(_ resourceType: String, _ verb: String, anyOf: [[String]]) {
    self.resourceType = resourceType
    self.verb = verb
    self.anyOf = anyOf
  }

  /// A rule of relations that each allow by themselves.
  package init(_ resourceType: String, _ verb: String, _ allowedFor: Relations) {
    let names = allowedFor.bits.compactMap { bit in Relation.fixed(at: bit)?.baseName }
    self.init(resourceType, verb, anyOf: names.map { [$0] })
  }

  /// The action's name.
  package var name: String { "\(resourceType).\(verb)" }
}
