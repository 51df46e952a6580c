internal import Messages
package import Tokens

/// The user, token and process that make a change, as the log keeps them. It is a copy, since the
/// rows it was read from move with the change. The organization, user and token are empty when the
/// calling process acts by its own role; the executable, UTF-8 without NUL, when it is not known.
package struct Actor: Sendable {
  let organizationID: [UInt8]
  let userID: [UInt8]
  let tokenID: TokenID?
  let processUserID: UInt32
  let processGroupID: UInt32
  let processID: Int32
  let executable: [UInt8]

  package init(
    organizationID: [UInt8], userID: [UInt8], tokenID: TokenID?,
    processUserID: UInt32, processGroupID: UInt32, processID: Int32, executable: [UInt8] = []
  ) {
    self.organizationID = organizationID
    self.userID = userID
    self.tokenID = tokenID
    self.processUserID = processUserID
    self.processGroupID = processGroupID
    self.processID = processID
    self.executable = executable
  }

  /// Fills in all of it, with the name of this machine in a fleet; nil without one.
  func fill(_ actor: PosternStorageV1.Actor.Builder, on host: HostName?) {
    if !organizationID.isEmpty { actor.setOrganizationID(organizationID.span) }
    if !userID.isEmpty { actor.setUserID(userID.span) }
    if let tokenID {
      let bytes = tokenID.bytes
      actor.setTokenID(bytes.span)
    }
    actor.setUid(processUserID)
    actor.setGid(processGroupID)
    actor.setPid(processID)
    if !executable.isEmpty { actor.setExecutable(executable.span) }
    if let host { actor.setHost(host.bytes.span) }
  }
}

/// The name of a machine in a fleet, as the log keeps it with each change that was decided there.
package struct HostName: Sendable, Hashable {
  /// UTF-8 without NUL, 1 to `maximumBytes` bytes.
  package let bytes: [UInt8]

  /// As long as a host's name in the DNS.
  package static let maximumBytes = 253

  /// Nil for what is no such name.
  package init?(_ name: some Collection<UInt8>) {
    let bytes = Array(name)
    guard !bytes.isEmpty, bytes.count <= Self.maximumBytes, bytes.span.isText else { return nil }
    self.bytes = bytes
  }
}
