/// What the router needs to know about one method of the contract.
package struct MethodDescriptor: Sendable {
  /// How a method is run.
  package enum Kind: Sendable {
    /// Reads only: answered on the worker that received it, from a snapshot.
    case query
    /// Changes something: decided by the writer, inside its transaction.
    case command
    /// Reads only, but takes time that grows with the ledger: answered on a background thread.
    case background
    /// A conversation on the worker that received it. With `isCommand` it changes something, in
    /// steps that the writer decides.
    case stream(Streaming, isCommand: Bool)
  }

  /// Which messages of a call come as a stream.
  package enum Streaming: Sendable {
    case requests, responses, both
  }

  /// The full name of the service.
  package let service: String
  package let name: String
  package let kind: Kind
  /// The number of the request's field `bearer`; nil if it has none.
  package let bearerField: UInt32?
  /// Whether a background thread reads the policy file before the command is decided.
  package let readsPolicyFile: Bool

  package init(
    service: String, name: String, kind: Kind, bearerField: UInt32? = nil,
    readsPolicyFile: Bool = false
  ) {
    self.service = service
    self.name = name
    self.kind = kind
    self.bearerField = bearerField
    self.readsPolicyFile = readsPolicyFile
  }
}

extension MethodDescriptor.Kind {
  /// Whether the caller sends a stream of messages.
  package var streamsRequests: Bool {
    switch self {
    case .query, .command, .background, .stream(.responses, _): false
    case .stream(.requests, _), .stream(.both, _): true
    }
  }

  /// Whether the answer is a stream of messages.
  package var streamsResponses: Bool {
    switch self {
    case .query, .command, .background, .stream(.requests, _): false
    case .stream(.responses, _), .stream(.both, _): true
    }
  }
}
