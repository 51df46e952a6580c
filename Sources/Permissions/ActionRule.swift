/// One row of a policy: who may do what to a type of resource.
package struct ActionRule: Sendable, Hashable {
  package let resourceType: String
  package let verb: String
  /// Any one of these allows.
  package let allowedFor: Relations

  package init(_ resourceType: String, _ verb: String, _ allowedFor: Relations) {
    self.resourceType = resourceType
    self.verb = verb
    self.allowedFor = allowedFor
  }
}
