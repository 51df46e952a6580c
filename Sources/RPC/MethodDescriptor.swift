/// What the router has to know of one method of the contract.
package struct MethodDescriptor: Sendable {
  /// How a method is run.
  package enum Kind: Sendable {
    /// Reads only: answered on the worker that received it, from a snapshot.
    case query
    /// Changes something: decided by the writer, inside its transaction.
    case command
    /// Streams in at least one direction.
    case stream
  }

  /// The full name of the service.
  package let service: String
  package let name: String
  package let kind: Kind

  package init(service: String, name: String, kind: Kind) {
    self.service = service
    self.name = name
    self.kind = kind
  }
}
