/// The author of a call: the peer process and its credential.
package struct Call: ~Escapable {
  package let peer: Peer
  package let credential: Credential
  /// The path of the program that the process runs, UTF-8 without NUL, for people only; empty if
  /// unknown. Looked up for calls that change something.
  package let executable: Span<UInt8>
  /// How many of its items were counted as uses of their tokens before it is answered anew; `.max`
  /// where all of it was.
  package var countedItems: Int

  @_lifetime(copy credential, copy executable)
  package init(
    peer: Peer, credential: Credential, executable: Span<UInt8> = Span(), countedItems: Int = 0
  ) {
    self.peer = peer
    self.credential = credential
    self.executable = executable
    self.countedItems = countedItems
  }

  /// Whether a use of a token by all of it is counted.
  package var countsUses: Bool { countedItems == 0 }
}

/// One call as it came off the wire, borrowed from the framing that read it.
package struct IncomingCall: ~Escapable {
  /// The full name of the service, such as `postern.v1.TokenService`, without a slash.
  package let service: Span<UInt8>
  /// The name of the method, such as `ValidateToken`.
  package let method: Span<UInt8>
  /// The encoded request message; empty for a stream of messages.
  package let payload: Span<UInt8>
  /// The credential in the `authorization` metadata.
  package let authorization: Credential
  /// How long the caller waits, in nanoseconds from the arrival of the call. `nil` means without
  /// limit; zero or less means that the deadline has passed.
  package let timeoutNanoseconds: Int64?
  /// Whether the caller sends its messages as a stream.
  package let streamsRequests: Bool
  /// Whether the caller accepts a stream as the answer. In HTTP/2 it always does; in ttrpc the
  /// request says so.
  package let acceptsStream: Bool

  @_lifetime(copy service, copy method, copy payload, copy authorization)
  package init(
    service: Span<UInt8>, method: Span<UInt8>, payload: Span<UInt8>,
    authorization: Credential, timeoutNanoseconds: Int64?, streamsRequests: Bool,
    acceptsStream: Bool
  ) {
    self.service = service
    self.method = method
    self.payload = payload
    self.authorization = authorization
    self.timeoutNanoseconds = timeoutNanoseconds
    self.streamsRequests = streamsRequests
    self.acceptsStream = acceptsStream
  }

  /// The call's credential: from its metadata, and from the field `bearer` if the method's request
  /// has one, which then has this number.
  @_lifetime(copy self)
  package func credential(bearerField: UInt32?) -> Credential {
    guard let field = bearerField else { return authorization }
    return authorization.joined(with: Credential(field: field, of: payload))
  }
}

/// What a peer process may do by itself. Its user and groups decide that when it connects.
package enum Role: UInt8, Sendable {
  /// May validate and check, and do what its bearer token's user may.
  case client
  /// May also issue user tokens for any user: a front end for signing in.
  case issuer
  /// May do everything: bootstraps the first organization.
  case `operator`
}

/// The process at the other end of a connection, as the kernel named it when it connected.
package struct Peer: Sendable {
  package let userID: UInt32
  package let groupID: UInt32
  /// For people only: process ids are reused.
  package let processID: Int32
  package let role: Role
  /// Whether it may ask about the requests that it proxies.
  package let isProxy: Bool

  package init(
    userID: UInt32, groupID: UInt32, processID: Int32, role: Role, isProxy: Bool = false
  ) {
    self.userID = userID
    self.groupID = groupID
    self.processID = processID
    self.role = role
    self.isProxy = isProxy
  }
}
